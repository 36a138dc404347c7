// SPDX-License-Identifier: Apache-2.0
// What all adapters share: takes a request of node's through the phases, before and around a handler.
//
//   request headers (1) → body, read and put back (2) → handler → response head (3) → response body (4) →
//   closed (5)
//
// A request that is refused never reaches the handler. An error of our own refuses, too: the adapters answer
// 500.

import type { IncomingMessage, ServerResponse } from 'node:http'

import { answerBlocked } from './blocked.js'
import type { Verdict } from './events.js'
import { watchResponse, type HeldResponse } from './held-response.js'
import { defaultAddress, protocolOf, type Ends } from './message.js'
import type { Overload } from './overload.js'
import { inspectRawBody, mayHaveBody, replaceRawBody } from './raw-body.js'
import type { Judgement, Transaction } from './transaction.js'

/** What a driver needs of a Waf. */
export interface Guard {
  readonly overload: Overload
  scopedTransaction(ends: Ends): Transaction
}

const overloaded: Verdict = Object.freeze({ action: 'deny', status: 503 })

/** What an adapter may be told. */
export interface AdapterOptions {
  /**
   * Carries out the action `proxy` of a rule: hands the request, its body unread, to another server. Without it such a
   * request is refused with 403.
   */
  proxy?: (request: IncomingMessage, response: ServerResponse, url: string) => void
}

/** Called once, when the request may go on to its handler, or with the error that keeps it from that. */
type Next = (error?: unknown) => void

function endsOf(request: IncomingMessage): Ends {
  const { remoteAddress, remotePort, localAddress, localPort } = request.socket
  // All of it, always: objects that are put together from pieces cost V8 a new shape for each request.
  return {
    clientAddress: remoteAddress ?? defaultAddress,
    clientPort: remotePort ?? 0,
    serverAddress: localAddress ?? defaultAddress,
    serverPort: localPort ?? 0,
  }
}

/** The fields as received. HTTP/2 sends parts of its request line among them. */
function headersOf(request: IncomingMessage): string[] {
  const { rawHeaders } = request
  if (request.httpVersionMajor < 2) return rawHeaders
  const fields: string[] = []
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? ''
    const value = rawHeaders[i + 1] ?? ''
    if (name === ':authority') fields.push('host', value)
    else if (!name.startsWith(':')) fields.push(name, value)
  }
  return fields
}

/** Routers cut off what they matched; the target as it was on the wire is kept beside. */
function targetOf(request: IncomingMessage): string {
  const { originalUrl } = request as { originalUrl?: string }
  return originalUrl ?? request.url ?? '/'
}

/** Ends all that is ours with the response: finished, or given up by the client. */
function closeWith(visit: Visit): void {
  const { response, transaction } = visit
  if (response.closed) {
    transaction.close()
    return
  }
  // Not `once`, which costs three times as much; ends that come twice do no harm.
  response.on('close', () => {
    transaction.close()
    visit.held?.giveUp()
  })
}

/**
 * Judges a request and, when it passes, calls `next`; sees to its response from there on. `next` runs in the
 * same tick unless a body has to be waited for, or a rule has to wait.
 */
export function guard(
  waf: Guard,
  request: IncomingMessage,
  response: ServerResponse,
  next: Next,
  options: AdapterOptions = {},
): void {
  if (waf.overload.giveUp('request')) {
    answerBlocked(request, response, overloaded, 'none', (body) => {
      response.setHeader('Retry-After', '1')
      response.end(body)
    })
    return
  }
  let visit: Visit
  let verdict: Judgement
  try {
    const transaction = waf.scopedTransaction(endsOf(request)) // each response is closed one day
    const hasBody = mayHaveBody(request)
    visit = { waf, request, response, transaction, next, options, hasBody, held: undefined }
    closeWith(visit)
    const head = {
      method: request.method ?? 'GET',
      uri: targetOf(request),
      protocol: protocolOf(request),
      headers: headersOf(request),
    }
    verdict = transaction.stepRequestHeaders(head, !hasBody)
  } catch (error) {
    next(error)
    return
  }
  if (verdict instanceof Promise) later(visit, verdict, readBody)
  else readBody(visit, verdict)
}

/** A request on its way to its handler. */
interface Visit {
  readonly waf: Guard
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly transaction: Transaction
  readonly next: Next
  readonly options: AdapterOptions
  /** The request announces one. */
  readonly hasBody: boolean
  /** The response, if the rules stand before it. */
  held: HeldResponse | undefined
}

/** The rules have decided: another server's answer where that can be had, else our own. */
function refuse({ request, response, transaction, options }: Visit, verdict: Verdict): void {
  if (verdict.action === 'proxy' && verdict.url !== undefined && options.proxy !== undefined)
    options.proxy(request, response, verdict.url)
  else answerBlocked(request, response, verdict, transaction.id)
}

/** Goes on when something that has to be waited for is there. */
function later<T>(visit: Visit, promise: Promise<T>, go: (visit: Visit, value: T) => void): void {
  const { request, response, next } = visit
  promise.then(
    (value) => {
      // Out of the promise: what a handler throws is to be an uncaught exception, as it is without us.
      queueMicrotask(() => {
        go(visit, value)
      })
    },
    (error: unknown) => {
      // A client that went away gets no answer and its request no handler; the response ends the transaction.
      if (!response.closed && !request.socket.destroyed) next(error)
    },
  )
}

/** After phase 1. */
function readBody(visit: Visit, verdict: Verdict): void {
  const { request, transaction, hasBody } = visit
  if (verdict.action !== 'pass') {
    refuse(visit, verdict)
    return
  }
  if (!transaction.wantsBody || !hasBody) {
    judgeBody(visit)
    return
  }
  const take = (chunk: Buffer): boolean =>
    transaction.writeRequestBody(chunk).action === 'pass' && transaction.wantsBody
  later(visit, inspectRawBody(request, take), judgeBody)
}

/** Phase 2. */
function judgeBody(visit: Visit): void {
  let verdict: Judgement
  try {
    if (visit.response.closed) return
    verdict = visit.transaction.stepRequestBody()
  } catch (error) {
    visit.next(error)
    return
  }
  if (verdict instanceof Promise) later(visit, verdict, handle)
  else handle(visit, verdict)
}

/** The handler's turn. */
function handle(visit: Visit, verdict: Verdict): void {
  const { waf, request, response, transaction, next } = visit
  try {
    if (verdict.action !== 'pass') {
      refuse(visit, verdict)
      return
    }
    const { requestBody } = transaction.changes
    if (requestBody !== undefined) replaceRawBody(request, requestBody)
    if (transaction.watchesResponse && !waf.overload.giveUp('response'))
      visit.held = watchResponse(request, response, transaction)
  } catch (error) {
    next(error)
    return
  }
  afterPause(verdict, response, next)
}

/** A rule with `pause` delays the request, never the server; a client that went away in the meantime ends it. */
function afterPause(verdict: Verdict, response: ServerResponse, go: () => void): void {
  const { pause = 0 } = verdict
  if (pause === 0) {
    go()
    return
  }
  const timer = setTimeout(go, pause)
  response.once('close', () => {
    clearTimeout(timer)
  })
}
