// SPDX-License-Identifier: Apache-2.0
// Raw HTTP/1 messages, as a person keeps them in a file or a test client sends them, taken apart for the engine.
//
// Bytes stay bytes: texts are latin1, one character a byte, as Node gives header lines; bodies are buffers. The readers
// forgive what editors do to such files (bare LF, a Content-Length that is no longer true) and hand over whatever a
// rule might want to see. What a server would refuse is not their business: see ftw/front-end.ts.

import type { RequestInput, ResponseInput } from '../index.js'

export type HeaderPairs = readonly (readonly [string, string])[]

/** The message cannot be taken apart; the text says at which line and why. */
export class MessageError extends Error {
  override readonly name = 'MessageError'
}

export interface MessageParts {
  /** Lines up to the empty one, without their ends. The first is the start line. */
  readonly lines: readonly string[]
  /** Everything after the empty line, framing included. */
  readonly rest: Buffer
}

const lineFeed = 0x0a
const carriageReturn = 0x0d

/** Splits at the first empty line. Lines end at LF; one CR before it goes with it. Empty lines in front are dropped. */
export function splitMessage(bytes: Buffer): MessageParts {
  const lines: string[] = []
  let at = 0
  while (at < bytes.length) {
    const feed = bytes.indexOf(lineFeed, at)
    const next = feed === -1 ? bytes.length : feed + 1
    let end = feed === -1 ? bytes.length : feed
    if (end > at && bytes[end - 1] === carriageReturn) end -= 1
    const isEmpty = end === at
    if (isEmpty && lines.length > 0) return { lines, rest: bytes.subarray(next) }
    if (!isEmpty) lines.push(bytes.toString('latin1', at, end))
    at = next
  }
  return { lines, rest: Buffer.alloc(0) }
}

export function trimBlanks(text: string): string {
  return text.replace(/^[ \t]+/, '').replace(/(?<![ \t])[ \t]+$/, '')
}

/** Header lines as pairs: order, repeats and spelling kept, a folded line joined to the one before by a blank. */
function readHeaders(lines: readonly string[]): [string, string][] {
  const headers: [string, string][] = []
  for (const [index, line] of lines.entries()) {
    const last = headers.at(-1)
    if ((line.startsWith(' ') || line.startsWith('\t')) && last !== undefined) {
      last[1] = trimBlanks(`${last[1]} ${trimBlanks(line)}`)
      continue
    }
    const colon = line.indexOf(':')
    if (colon === -1)
      throw new MessageError(`line ${index + 2}: a header line needs a colon: ${JSON.stringify(line)}`)
    headers.push([line.slice(0, colon), trimBlanks(line.slice(colon + 1))])
  }
  return headers
}

export function headerValue(headers: HeaderPairs, lowerCaseName: string): string | undefined {
  return headers.find(([name]) => name.toLowerCase() === lowerCaseName)?.[1]
}

/** Joined chunks. Where the framing breaks off, what was decoded up to there. Extensions and trailers are dropped. */
export function decodeChunks(bytes: Buffer): Buffer {
  const chunks: Buffer[] = []
  let at = 0
  for (;;) {
    const feed = bytes.indexOf(lineFeed, at)
    if (feed === -1) break
    const size = /^[ \t]*([0-9a-f]{1,12})[ \t]*(?:;.*)?\r?$/i.exec(bytes.toString('latin1', at, feed))?.[1]
    if (size === undefined) break
    const length = Number.parseInt(size, 16)
    if (length === 0) break
    const start = feed + 1
    chunks.push(bytes.subarray(start, start + length))
    at = start + length
    if (bytes[at] === carriageReturn) at += 1
    if (bytes[at] !== lineFeed) break
    at += 1
  }
  return Buffer.concat(chunks)
}

/** The body that the headers announce; undefined when none of them says how long it is. */
export function framedBody(headers: HeaderPairs, rest: Buffer): Buffer | undefined {
  if (/\bchunked\b/i.test(headerValue(headers, 'transfer-encoding') ?? '')) return decodeChunks(rest)
  const length = headerValue(headers, 'content-length')
  if (length === undefined || !/^[0-9]{1,15}$/.test(length)) return undefined
  return rest.subarray(0, Number(length))
}

/** One request from its bytes. Without a version in the request line, HTTP/1.1 is meant. */
export function parseRequest(bytes: Buffer): RequestInput {
  const { lines, rest } = splitMessage(bytes)
  const [startLine, ...headerLines] = lines
  const match = /^(\S+)[ \t]+(.*?)(?:[ \t]+(HTTP\/\S*))?[ \t]*$/.exec(startLine ?? '')
  if (match === null) {
    throw new MessageError('line 1: a request begins with METHOD URI HTTP/1.1')
  }
  const [, method = '', uri = '', protocol = 'HTTP/1.1'] = match
  if (uri === '') throw new MessageError('line 1: the request line has no URI')
  const headers = readHeaders(headerLines)
  return { method, uri, protocol, headers, body: framedBody(headers, rest) ?? rest }
}

/** One response from its bytes. */
export function parseResponse(bytes: Buffer): ResponseInput {
  const { lines, rest } = splitMessage(bytes)
  const [startLine, ...headerLines] = lines
  const match = /^(HTTP\/\S+)[ \t]+([1-9][0-9]{2})(?:[ \t].*)?$/.exec(startLine ?? '')
  if (match === null) throw new MessageError('line 1: a response begins with HTTP/1.1 STATUS REASON')
  const [, protocol = '', status = ''] = match
  const headers = readHeaders(headerLines)
  return { status: Number(status), protocol, headers, body: framedBody(headers, rest) ?? rest }
}
