// SPDX-License-Identifier: Apache-2.0
// The answer to a client whose transaction was stopped: a status and a short text, a redirect, or nothing.
//
// It says no more than a client may know: the rule and its message are for the logs.

import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http'

import type { Verdict } from './events.js'
import { mayHaveBody } from './raw-body.js'

/** The verdict when we ourselves fail: nothing passes unjudged. */
export const internalError: Verdict = Object.freeze({ action: 'deny', status: 500 })

const isError = (status: number): boolean => status >= 400 && status <= 599

/** The engine replaced line breaks; what else a header cannot carry is escaped here. */
function headerSafe(url: string): string {
  return url.replace(/[^\x21-\xff]|\x7f/g, (character) => encodeURIComponent(character))
}

/** Closes the connection without an answer. */
export function dropConnection(request: IncomingMessage, response: ServerResponse): void {
  const { stream } = response as { stream?: { close(code: number): void } }
  if (request.httpVersionMajor >= 2 && stream !== undefined)
    stream.close(8) // CANCEL: the other streams go on
  else request.socket.destroy()
}

/**
 * Writes the answer. If a part of another answer is on its way already, all that is left is to cut it off.
 * `end` is the response's own, for where another stands before it.
 */
export function answerBlocked(
  request: IncomingMessage,
  response: ServerResponse,
  verdict: Verdict,
  id: string,
  end: (body: string) => void = (body) => response.end(body),
): void {
  if (verdict.action === 'drop' || response.headersSent) {
    dropConnection(request, response)
    return
  }
  const isRedirect = verdict.action === 'redirect' && verdict.url !== undefined
  // A proxy verdict that nobody carries out is refused, for letting the request through would be worse.
  const status = isRedirect || isError(verdict.status) ? verdict.status : 403
  const body = `${status} ${STATUS_CODES[status] ?? 'Refused'}\nReference: ${id}\n`
  for (const name of response.getHeaderNames()) response.removeHeader(name)
  response.statusCode = status
  if (request.httpVersionMajor < 2) response.statusMessage = STATUS_CODES[status] ?? ''
  response.setHeader('Content-Type', 'text/plain; charset=utf-8')
  response.setHeader('Content-Length', Buffer.byteLength(body))
  response.setHeader('Cache-Control', 'no-store')
  if (isRedirect) response.setHeader('Location', headerSafe(verdict.url))
  // The rest of a body that nobody will read must not keep the connection busy.
  if (!request.complete && mayHaveBody(request) && request.httpVersionMajor < 2)
    response.setHeader('Connection', 'close')
  end(body)
}
