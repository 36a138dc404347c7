// SPDX-License-Identifier: Apache-2.0
// Requests and responses as users give them, and the flat form in which they cross into the addon.
//
// All pieces of a message head go as one string, separated by NUL: one crossing, whatever the number of
// headers. Each character is one byte there; a character beyond that stands for its UTF-8 bytes.

import { SecluaError } from './errors.js'

/**
 * Header list as Node gives it (`rawHeaders`), as pairs, or as an object; order and repeats are kept where
 * the form keeps them.
 */
export type HeadersInput =
  readonly string[] | readonly (readonly [string, string])[] | Record<string, string | readonly string[]>

export const defaultAddress = '127.0.0.1'

export interface ConnectionInput {
  /** Default '127.0.0.1'. */
  clientAddress?: string
  clientPort?: number
  serverAddress?: string
  serverPort?: number
  /** Unique id of the transaction. Default: one that the engine makes. */
  id?: string
  /** SERVER_NAME of a request without a Host header. */
  serverName?: string
  /** REMOTE_USER, where the server knows better than the credentials of the request. */
  remoteUser?: string
}

/** A connection of which no more is known than its ends. */
export interface Ends {
  readonly clientAddress: string
  readonly clientPort: number
  readonly serverAddress: string
  readonly serverPort: number
}

export interface RequestInput {
  method: string
  /** Request target exactly as on the request line (path and query, or absolute form). */
  uri: string
  /** 'HTTP/1.1' (default), 'HTTP/1.0', 'HTTP/2', … */
  protocol?: string
  headers?: HeadersInput
  /** Strings are taken as UTF-8 bytes. */
  body?: string | Uint8Array
}

export interface ResponseInput {
  status: number
  /** The reason phrase, for STATUS_LINE. Default: the standard one. */
  reason?: string
  protocol?: string
  headers?: HeadersInput
  body?: string | Uint8Array
}

/** The head of a message, ready to cross. */
export interface Head {
  /** All pieces, joined by NUL. */
  readonly joined: string
  readonly count: number
  readonly lead: readonly string[]
  readonly fields: readonly string[]
}

/** The pieces one by one: for the head in which one holds a NUL itself, which the addon sees by the count. */
export function piecesOf(head: Head): string[] {
  return [...head.lead, ...head.fields].map(bytesOf)
}

const defaultProtocol = 'HTTP/1.1'

/** A text that is there already, for what nearly all messages say. */
export const protocolOf = ({ httpVersion }: { readonly httpVersion: string }): string =>
  httpVersion === '1.1' ? defaultProtocol : `HTTP/${httpVersion}`

function isPairs(headers: readonly unknown[]): headers is readonly (readonly [string, string])[] {
  return Array.isArray(headers[0])
}

function isList(
  headers: HeadersInput,
): headers is readonly string[] | readonly (readonly [string, string])[] {
  return Array.isArray(headers)
}

/** Names and values in turn. A list in that form already is not copied. */
function flatten(headers: HeadersInput): readonly string[] {
  if (isList(headers)) {
    if (isPairs(headers)) return headers.flat()
    if (headers.length % 2 === 0) return headers
    throw new SecluaError('SECLUA_E_ARGUMENT', 'headers: a flat list holds a value for each name')
  }
  const flat: string[] = []
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value === 'string') flat.push(name, value)
    else for (const one of value) flat.push(name, one)
  }
  return flat
}

/** Beyond Latin-1: a character that does not stand for one byte. */
const wide = /[^\0-\xff]/
const wideRuns = /[^\0-\xff]+/gu

function bytesOf(text: string): string {
  return text.replace(wideRuns, (run) => Buffer.from(run).toString('latin1'))
}

const beyondAscii = /[^\0-\x7f]/

/** A text of the application's: its UTF-8 bytes, one character each. */
export function byteString(text: string): string {
  return beyondAscii.test(text) ? Buffer.from(text).toString('latin1') : text
}

function requireText(value: unknown, name: string): void {
  if (typeof value !== 'string') throw new SecluaError('SECLUA_E_ARGUMENT', `${name}: a string is needed`)
}

function headOf(lead: readonly string[], headers: HeadersInput | undefined): Head {
  if (headers !== undefined && (typeof headers !== 'object' || (headers as unknown) === null)) {
    throw new SecluaError('SECLUA_E_ARGUMENT', 'headers: a list or an object is needed')
  }
  const fields = headers === undefined ? [] : flatten(headers)
  // Joined by the engine's own function: a string that is put together piece by piece has to be copied together again.
  const text = fields.length === 0 ? lead.join('\0') : `${lead.join('\0')}\0${fields.join('\0')}`
  return { joined: wide.test(text) ? bytesOf(text) : text, count: lead.length + fields.length, lead, fields }
}

/** `before`: pieces that come before the request's own. */
export function requestHead(request: Omit<RequestInput, 'body'>, before: readonly string[] = []): Head {
  requireText(request.method, 'method')
  requireText(request.uri, 'uri')
  const { method, uri, protocol, headers } = request
  return headOf([...before, method, uri, protocol ?? defaultProtocol], headers)
}

export function responseHead(response: Omit<ResponseInput, 'body'>): Head {
  if (!Number.isInteger(response.status) || response.status < 0 || response.status > 999) {
    throw new SecluaError('SECLUA_E_ARGUMENT', 'status: a whole number of at most three digits is needed')
  }
  return headOf([response.protocol ?? defaultProtocol, response.reason ?? ''], response.headers)
}

/** A body as bytes; undefined when there is none. */
export function bodyBytes(body: string | Uint8Array | undefined): Uint8Array | undefined {
  if (body === undefined || body.length === 0) return undefined
  return typeof body === 'string' ? Buffer.from(body) : chunkBytes(body)
}

export function chunkBytes(chunk: Uint8Array): Uint8Array {
  if (chunk instanceof Uint8Array) return chunk
  throw new SecluaError('SECLUA_E_ARGUMENT', 'body: a string or a Uint8Array is needed')
}
