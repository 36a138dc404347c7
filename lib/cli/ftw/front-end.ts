// SPDX-License-Identifier: Apache-2.0
// What a web server does before a WAF module runs: bytes of a connection become a request, or a refusal.
//
// Rules never see a request that no server would hand on, so a test whose request is refused has the answer 400 and an
// empty log. `lenient` is for the few tests that want the engine's opinion on such a request all the same.

import type { RequestInput } from '../../index.js'
import { framedBody, headerValue, splitMessage, trimBlanks } from '../http-message.js'

export type FrontEndAnswer =
  | { readonly request: RequestInput }
  /** Why the server answers 400 by itself. */
  | { readonly refusal: string }

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
const version = /^HTTP\/[1-9][0-9]*(?:\.[0-9]+)?$/
const authority = /^[^/?#@]+:[0-9]+$/
const absolute = /^[A-Za-z][A-Za-z0-9+.-]*:\/\//

function refuseRequestLine(parts: readonly string[]): string | undefined {
  const [method = '', uri = '', protocol = ''] = parts
  if (parts.length !== 3) return 'the request line does not have three parts'
  if (!token.test(method)) return 'the method is no token'
  if (!version.test(protocol)) return 'the version is not HTTP/ and a number from 1 on'
  const isKnownForm = uri.startsWith('/') || uri === '*' || absolute.test(uri)
  if (!isKnownForm && !(method === 'CONNECT' && authority.test(uri))) return 'the URI is of no known form'
  return undefined
}

function refuseHeader(name: string, value: string): string | undefined {
  if (name === '') return 'a header line has no name'
  if (/[\r\0]/.test(value)) return `a CR or NUL is within the value of ${name}`
  if (name.toLowerCase() === 'content-length' && !/^[0-9]+$/.test(value)) return 'Content-Length is no number'
  return undefined
}

function readHeader(line: string): [string, string] {
  const colon = line.indexOf(':')
  return colon === -1 ? ['', line] : [line.slice(0, colon), trimBlanks(line.slice(colon + 1))]
}

/** As a strict server reads it. */
export function acceptRequest(bytes: Buffer): FrontEndAnswer {
  const { lines, rest } = splitMessage(bytes)
  const [requestLine = '', ...headerLines] = lines
  const parts = requestLine.split(' ')
  const headers = headerLines.map(readHeader)
  const refusal =
    refuseRequestLine(parts) ??
    headers.map(([name, value]) => refuseHeader(name, value)).find((reason) => reason !== undefined)
  if (refusal !== undefined) return { refusal }
  const [method = '', uri = '', protocol = ''] = parts
  return { request: { method, uri, protocol, headers, body: framedBody(headers, rest) ?? Buffer.alloc(0) } }
}

/** Whatever arrives is handed on: the first and last blank of the request line count, and all data is the body. */
export function acceptAnything(bytes: Buffer): RequestInput {
  const { lines, rest } = splitMessage(bytes)
  const [requestLine = '', ...headerLines] = lines
  const first = requestLine.indexOf(' ')
  const last = requestLine.lastIndexOf(' ')
  const headers = headerLines.map(readHeader).filter(([name]) => name !== '')
  const isChunked = headerValue(headers, 'transfer-encoding') !== undefined
  return {
    method: first === -1 ? requestLine : requestLine.slice(0, first),
    uri: first === last ? requestLine.slice(first + 1) : requestLine.slice(first + 1, last),
    protocol: first === last ? '' : requestLine.slice(last + 1),
    headers,
    body: isChunked ? (framedBody(headers, rest) ?? rest) : rest,
  }
}
