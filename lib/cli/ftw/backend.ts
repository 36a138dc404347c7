// SPDX-License-Identifier: Apache-2.0
// The small test server that stands behind the WAF in the CRS project's own runs, as a function: request in, answer out.
// It has no state and no sockets. Tests tell it by POST /reflect what to answer; everything else gets an empty 200.

import type { RequestInput, ResponseInput } from '../../index.js'

const sniffedBytes = 512
const htmlTag = /^<(?:!DOCTYPE HTML|HTML|HEAD|SCRIPT|IFRAME|H1|DIV|FONT|TABLE|A|STYLE|TITLE|B|BODY|BR|P)[ >]/i

/** The type that Go's server gives a body whose handler set none. */
export function sniffType(body: Buffer): string {
  const text = body.toString('latin1', 0, sniffedBytes)
  const start = text.replace(/^[\t\n\f\r ]+/, '')
  if (htmlTag.test(start) || start.startsWith('<!--')) return 'text/html; charset=utf-8'
  if (start.startsWith('<?xml')) return 'text/xml; charset=utf-8'
  if (start.startsWith('%PDF-')) return 'application/pdf'
  if (/[\u0000-\u0008\u000b\u000e-\u001a\u001c-\u001f]/.test(text)) return 'application/octet-stream'
  return 'text/plain; charset=utf-8'
}

type Header = readonly [string, string]

function answer(method: string, status: number, headers: readonly Header[], body: Buffer): ResponseInput {
  const complete: Header[] = [...headers]
  const has = (wanted: string) => headers.some(([name]) => name.toLowerCase() === wanted)
  if (body.length > 0 && !has('content-type') && !has('content-encoding'))
    complete.push(['Content-Type', sniffType(body)])
  if (!has('content-length')) complete.push(['Content-Length', String(body.length)])
  return { status, protocol: 'HTTP/1.1', headers: complete, body: method === 'HEAD' ? Buffer.alloc(0) : body }
}

const plainText: readonly Header[] = [['Content-Type', 'text/plain; charset=utf-8']]

interface Reflection {
  readonly status?: unknown
  readonly headers?: unknown
  readonly body?: unknown
  readonly encodedBody?: unknown
}

function readReflection(body: Buffer): Reflection | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

const latin1 = (text: string) => Buffer.from(text, 'utf8').toString('latin1')

function reflect(method: string, requestBody: Buffer): ResponseInput {
  const wanted = readReflection(requestBody)
  if (wanted === undefined) {
    return answer(method, 400, plainText, Buffer.from('Invalid JSON in request body'))
  }
  const status = typeof wanted.status === 'number' && wanted.status !== 0 ? wanted.status : 200
  if (status < 100 || status > 599) {
    return answer(method, 400, plainText, Buffer.from(`Invalid status code: ${status}`))
  }
  const headers: Header[] = Object.entries((wanted.headers ?? {}) as Record<string, unknown>).map(
    ([name, value]) => [latin1(name), latin1(String(value))],
  )
  const plain = typeof wanted.body === 'string' ? wanted.body : ''
  const encoded = typeof wanted.encodedBody === 'string' ? wanted.encodedBody : ''
  return answer(
    method,
    status,
    headers,
    plain === '' ? Buffer.from(encoded, 'base64') : Buffer.from(plain, 'utf8'),
  )
}

/** The path of a request target, absolute or not, without its query. */
function pathOf(uri: string): string {
  return uri.replace(/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?]*/, '').replace(/[?#].*$/s, '')
}

export function backendAnswer(request: RequestInput): ResponseInput {
  const path = pathOf(request.uri)
  const isReflect = path === '/reflect' || path.startsWith('/reflect/')
  if (request.method === 'POST' && isReflect) {
    const body = request.body ?? ''
    return reflect(request.method, Buffer.isBuffer(body) ? body : Buffer.from(body))
  }
  return answer(request.method, 200, [], Buffer.alloc(0))
}
