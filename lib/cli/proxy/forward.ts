// SPDX-License-Identifier: Apache-2.0
// Passes a request on to the upstream server and its answer back, as streams. Stands behind the engine: what arrives here
// was judged, and what goes back through `response` is judged by the adapter around it. Nothing here knows rules.
//
// Headers on the way up: Host stays the client's own, so that the application sees the name it was called by;
// X-Forwarded-For gets the client's address at its end, X-Forwarded-Proto says how the client came. Headers of the
// connection itself (RFC 9110, 7.6.1) end here in both directions.

import * as http from 'node:http'
import * as https from 'node:https'
import { pipeline } from 'node:stream'

/** How long the upstream server may be silent. */
const silenceMsMax = 60_000

const connectionHeaders: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'proxy-authenticate', 'proxy-authorization'],
  ...['te', 'trailer', 'transfer-encoding', 'upgrade', 'expect', 'http2-settings'],
])

/** Raw header list as pairs. */
function* pairs(rawHeaders: readonly string[]): Generator<readonly [string, string]> {
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) yield [rawHeaders[i] ?? '', rawHeaders[i + 1] ?? '']
}

/** Names that the Connection header itself takes out of the message. */
function namedByConnection(connection: string | undefined): ReadonlySet<string> {
  return new Set((connection ?? '').split(',').map((name) => name.trim().toLowerCase()))
}

/** End-to-end headers, grouped by name as the first line spells it; repeats keep their order. */
function endToEnd(
  rawHeaders: readonly string[],
  connection: string | undefined,
): Map<string, [string, string[]]> {
  const named = namedByConnection(connection)
  const headers = new Map<string, [string, string[]]>()
  for (const [name, value] of pairs(rawHeaders)) {
    const key = name.toLowerCase()
    if (connectionHeaders.has(key) || named.has(key)) continue
    const known = headers.get(key)
    if (known === undefined) headers.set(key, [name, [value]])
    else known[1].push(value)
  }
  return headers
}

const repeatable = /^(?:GET|HEAD|OPTIONS|TRACE|PUT|DELETE)$/

function hasBody({ headers }: http.IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}

function upstreamHeaders(request: http.IncomingMessage): http.OutgoingHttpHeaders {
  const headers = endToEnd(request.rawHeaders, request.headers.connection)
  const clientAddress = request.socket.remoteAddress ?? ''
  const forwardedFor = [...(headers.get('x-forwarded-for')?.[1] ?? []), clientAddress].join(', ')
  headers.set('x-forwarded-for', ['X-Forwarded-For', [forwardedFor]])
  headers.set('x-forwarded-proto', ['X-Forwarded-Proto', ['encrypted' in request.socket ? 'https' : 'http']])

  // A body of unknown length stays one, even for methods that usually have none; and no body stays no body.
  if (request.headers['transfer-encoding'] !== undefined) {
    headers.delete('content-length')
    headers.set('transfer-encoding', ['Transfer-Encoding', ['chunked']])
  } else if (
    request.headers['content-length'] === undefined &&
    !/^(?:GET|HEAD|OPTIONS|TRACE|DELETE)$/.test(request.method ?? '')
  ) {
    headers.set('content-length', ['Content-Length', ['0']])
  }
  return Object.fromEntries(
    [...headers.values()].map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  )
}

function answerFailure(response: http.ServerResponse, status: number, text: string): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.statusCode = status
  response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  response.end(`${text}\n`)
}

export interface Forwarder {
  readonly handle: http.RequestListener
  /** Ends the connections that are kept open towards the upstream server. */
  readonly close: () => void
}

/** A request listener that forwards to one upstream server over kept connections. */
export function createForwarder(upstream: URL, onError: (message: string) => void): Forwarder {
  const client = upstream.protocol === 'https:' ? https : http
  const agent = new client.Agent({ keepAlive: true, scheduling: 'lifo' })
  const base = upstream.pathname.replace(/\/$/, '')
  const target: https.RequestOptions = {
    agent,
    protocol: upstream.protocol,
    hostname: upstream.hostname.replace(/^\[|\]$/g, ''),
    port: upstream.port,
    timeout: silenceMsMax,
    servername: upstream.hostname,
    insecureHTTPParser: false,
  }

  const forward = (request: http.IncomingMessage, response: http.ServerResponse, mayRetry: boolean): void => {
    const outgoing = client.request({
      ...target,
      method: request.method,
      // The absolute form is for proxies that the client chose; to a server goes its path.
      path: base + (request.url ?? '/').replace(/^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^/?]*/, ''),
      headers: upstreamHeaders(request),
      setHost: request.headers.host === undefined,
    })
    let timedOut = false
    outgoing.on('timeout', () => {
      timedOut = true
      outgoing.destroy(new Error('no answer in time'))
    })
    outgoing.on('error', (error: NodeJS.ErrnoException) => {
      // A client that left ends the upstream request by itself; nobody waits for an answer then.
      if (response.destroyed) return
      // A kept connection may have been closed by the other side in the very moment it was taken again.
      if (mayRetry && outgoing.reusedSocket && error.code === 'ECONNRESET' && !response.headersSent) {
        forward(request, response, false)
        return
      }
      onError(`${upstream.origin}: ${error.message}`)
      if (timedOut) answerFailure(response, 504, 'The server did not answer in time.')
      else answerFailure(response, 502, 'The server cannot be reached.')
    })
    outgoing.on('response', (incoming) => {
      response.statusCode = incoming.statusCode ?? 502
      response.statusMessage = incoming.statusMessage ?? ''
      for (const [name, values] of endToEnd(incoming.rawHeaders, incoming.headers.connection).values()) {
        response.setHeader(name, values.length === 1 ? (values[0] ?? '') : values)
      }
      pipeline(incoming, response, (error) => {
        if (error != null) outgoing.destroy()
      })
    })
    response.on('close', () => {
      if (!response.writableEnded) outgoing.destroy()
    })
    // Errors of either end are reported by the listeners above; the pipe must only not outlive them.
    if (hasBody(request)) request.pipe(outgoing)
    else outgoing.end()
  }

  return {
    // Only what can be sent again in full, and may be by its method, is tried twice.
    handle: (request, response) => {
      forward(request, response, !hasBody(request) && repeatable.test(request.method ?? ''))
    },
    close: () => {
      agent.destroy()
    },
  }
}
