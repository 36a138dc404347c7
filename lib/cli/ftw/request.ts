// SPDX-License-Identifier: Apache-2.0
// Builds the bytes that the go-ftw client would send for one stage.
//
// The CRS tests were written against that client, so its habits are part of the tests: it sorts headers, completes them,
// encodes forms that look unencoded and turns LF into CRLF in multipart data. Each habit is one function here. Texts are
// latin1, one character a byte.

import type { FtwInput } from './model.js'

const formType = 'application/x-www-form-urlencoded'
/** A repeat count is a test author's number, but a file can come from anywhere. */
const repeatedBytesMax = 64 * 1024 * 1024

type Header = readonly [string, string]

function valuesOf(headers: readonly Header[], lowerCaseName: string): string[] {
  return headers.filter(([name]) => name.toLowerCase() === lowerCaseName).map(([, value]) => value)
}

/** Replaces `{{ "text" | repeat N }}`. Other double braces are data: template injection is what some tests are about. */
export function expandTemplates(data: string): string {
  return data.replaceAll(
    /\{\{\s*"([^"\\]*)"\s*\|\s*repeat\s+([0-9]{1,9})\s*\}\}/g,
    (_, text: string, count: string) => {
      const times = Number(count)
      if (text.length * times > repeatedBytesMax)
        throw new RangeError(`a test repeats ${text.length} bytes ${count} times`)
      return text.repeat(times)
    },
  )
}

/** Everything but letters, digits and -_.~ as %XX; a blank as +. */
function escapeQuery(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9\-_.~]/g, (character) => {
    if (character === ' ') return '+'
    return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`
  })
}

/** Encodes form data that unescaping would leave as it is; anything with a + or a % counts as encoded already. */
export function encodeForm(data: string): string {
  if (/[+%]/.test(data)) return data
  return data
    .split('&')
    .map((part) => {
      const equals = part.indexOf('=')
      if (equals === -1) return escapeQuery(part)
      return `${escapeQuery(part.slice(0, equals))}=${escapeQuery(part.slice(equals + 1))}`
    })
    .join('&')
}

function hasLengthWithoutData(method: string): boolean {
  return (
    method.startsWith('POST') ||
    method.includes('PUT') ||
    method.includes('PATCH') ||
    method.endsWith('DELETE')
  )
}

/** The client sorts headers by the bytes of their names; equal names stay in their order. */
function sortByName(headers: readonly Header[]): Header[] {
  return [...headers].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
}

export function buildRequest(input: FtwInput): Buffer {
  if (input.encodedRequest !== undefined) return Buffer.from(input.encodedRequest, 'base64')

  const headers: Header[] = [...input.headers]
  let data = expandTemplates(input.data)
  if (data !== '' && input.autocompleteHeaders) {
    if (valuesOf(headers, 'content-type').length === 0) headers.push(['Content-Type', formType])
    if (valuesOf(headers, 'content-type').some((type) => type.toLowerCase() === formType))
      data = encodeForm(data)
  }
  const types = valuesOf(headers, 'content-type')
  if (types.some((type) => type.toLowerCase().includes('multipart/form-data;')))
    data = data.replaceAll('\n', '\r\n')
  if (input.autocompleteHeaders) {
    if (valuesOf(headers, 'connection').length === 0) headers.push(['Connection', 'close'])
    const needsLength = data !== '' || hasLengthWithoutData(input.method)
    if (needsLength && valuesOf(headers, 'content-length').length === 0) {
      headers.push(['Content-Length', String(data.length)])
    }
  }
  const lines = sortByName(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(
    `${input.method} ${input.uri} ${input.version}\r\n${lines.join('')}\r\n${data}`,
    'latin1',
  )
}
