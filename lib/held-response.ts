// SPDX-License-Identifier: Apache-2.0
// A response that the rules look at before the client does. Stands between a handler and node's own response
// methods.
//
// The head is judged (phase 3) when the handler would send it; the body is held back only if the rules want
// to see it, until phase 4 has spoken; anything else flows through untouched. While something is held,
// `headersSent` and the header setters behave for the handler as if it had been sent.

import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'

import { answerBlocked, dropConnection, internalError } from './blocked.js'
import type { Verdict } from './events.js'
import { protocolOf } from './message.js'
import type { Judgement, Transaction } from './transaction.js'

type Callback = (error?: Error | null) => void
type Chunk = string | Uint8Array

/**
 * open: no head yet. waiting: the rules are; what the handler does meanwhile comes after. holding: the body is kept back.
 * flowing: everything passes. over: refused, the rest is discarded.
 */
type State = 'open' | 'waiting' | 'holding' | 'flowing' | 'over'

/** The methods that are replaced, as they were; to be called on the response. */
interface Original {
  readonly writeHead: (this: ServerResponse, status: number, ...rest: unknown[]) => ServerResponse
  readonly write: (
    this: ServerResponse,
    chunk: Chunk,
    encoding: BufferEncoding | undefined,
    callback: Callback | undefined,
  ) => boolean
  readonly end: (
    this: ServerResponse,
    chunk: Chunk | undefined,
    encoding: BufferEncoding | undefined,
    callback: Callback | undefined,
  ) => ServerResponse
  readonly flushHeaders: (this: ServerResponse) => void
}

/* eslint-disable @typescript-eslint/unbound-method -- bound at each call: four bound functions a response are slow to make */
function originalOf({ writeHead, write, end, flushHeaders }: ServerResponse): Original {
  return { writeHead, write, end, flushHeaders } as Original
}
/* eslint-enable @typescript-eslint/unbound-method */

/** `write(chunk, encoding?, callback?)` in all its forms. */
function writeArguments(values: readonly unknown[]): [BufferEncoding | undefined, Callback | undefined] {
  const callback = values.find((value) => typeof value === 'function') as Callback | undefined
  const encoding = values.find((value) => typeof value === 'string') as BufferEncoding | undefined
  return [encoding, callback]
}

function bytesOf(chunk: Chunk, encoding: BufferEncoding | undefined): Uint8Array {
  return typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk
}

/** The headers that `writeHead` was given, in any of its forms, become headers of the response. */
function applyHeaders(response: ServerResponse, headers: OutgoingHttpHeaders | readonly unknown[]): void {
  if (!Array.isArray(headers)) {
    for (const [name, value] of Object.entries(headers as OutgoingHttpHeaders))
      if (value !== undefined) response.setHeader(name, value)
    return
  }
  const flat = (headers as readonly unknown[]).flat() as string[]
  for (let i = 0; i + 1 < flat.length; i += 2) response.removeHeader(flat[i] ?? '')
  for (let i = 0; i + 1 < flat.length; i += 2) response.appendHeader(flat[i] ?? '', flat[i + 1] ?? '')
}

/** What `writeHead` was given behind the status. */
function applyRest(response: ServerResponse, rest: readonly unknown[]): void {
  const message = rest.find((value) => typeof value === 'string')
  const headers = rest.find((value) => typeof value === 'object' && value !== null)
  if (message !== undefined) response.statusMessage = message
  if (headers !== undefined) applyHeaders(response, headers as OutgoingHttpHeaders | readonly unknown[])
}

function headerList(response: ServerResponse): [string, string][] {
  const list: [string, string][] = []
  // HTTP/2 responses do not keep the spelling of names.
  const { getRawHeaderNames } = response as { getRawHeaderNames?: () => string[] }
  const names = getRawHeaderNames?.call(response) ?? response.getHeaderNames()
  for (const name of names) {
    const value = response.getHeader(name)
    if (value === undefined) continue
    for (const one of Array.isArray(value) ? value : [value]) list.push([name, String(one)])
  }
  return list
}

/** What changes a head. While one is held, these must say that it is too late. */
const setters = ['setHeader', 'appendHeader', 'setHeaders', 'removeHeader'] as const

/**
 * Puts the rules between a handler and the client. To be called before the handler sees the response; whoever calls it calls
 * `giveUp` when the response is closed.
 */
export function watchResponse(
  request: IncomingMessage,
  response: ServerResponse,
  transaction: Transaction,
): HeldResponse {
  return new HeldResponse(request, response, transaction)
}

export class HeldResponse {
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #transaction: Transaction
  readonly #original: Original
  readonly #held: Uint8Array[] = []
  /** The setters that others had put on the response before. */
  #setters: Map<string, PropertyDescriptor | undefined> | undefined
  #state: State = 'open'
  #isImplicit = false // no writeHead from the handler
  #isEnding = false // the handler has given all of it: nothing of its own comes between head and body
  #isOpened = false // what `prepend` adds is out
  #isJudged = false // phase 4 has spoken
  /** What the handler did while the rules were waiting. */
  readonly #queue: (() => void)[] = []
  #owesDrain = false
  #isHeld = false // setters say that it is too late

  constructor(request: IncomingMessage, response: ServerResponse, transaction: Transaction) {
    this.#request = request
    this.#response = response
    this.#transaction = transaction
    this.#original = originalOf(response)
    response.writeHead = (status: number, ...rest: unknown[]) => this.#writeHead(status, rest)
    response.write = ((chunk: Chunk, ...rest: unknown[]) =>
      this.#write(chunk, rest)) as ServerResponse['write']
    response.end = ((...values: unknown[]) => this.#end(values)) as ServerResponse['end']
    response.flushHeaders = () => {
      this.#judgeHead()
      this.#flushHeaders()
    }
  }

  // ---- the head

  #writeHead(status: number, rest: readonly unknown[]): ServerResponse {
    const response = this.#response
    if (this.#state !== 'open') {
      return this.#state === 'flowing' ? this.#original.writeHead.call(response, status, ...rest) : response
    }
    response.statusCode = status
    if (rest.length !== 0) applyRest(response, rest)
    const head = {
      status,
      reason: this.#request.httpVersionMajor < 2 ? response.statusMessage : '',
      protocol: protocolOf(this.#request),
      headers: headerList(response),
    }
    // All of the response is known when it ends with its head: then phase 4 comes at once where it has no body to see.
    this.#judge(
      () => this.#transaction.stepResponseHeaders(head, this.#isEnding),
      () => {
        this.#passHead(status)
      },
    )
    return response
  }

  #passHead(status: number): void {
    if (this.#transaction.wantsBody) {
      if (!this.#isEnding) this.#hold()
      this.#state = 'holding'
      return
    }
    this.#state = 'flowing'
    if (this.#injects()) this.#response.removeHeader('Content-Length')
    // A head that nobody asked for yet is left to node, which can still count a body that comes in one piece.
    if (!this.#isImplicit) this.#original.writeHead.call(this.#response, status)
  }

  /**
   * Phase 3, once, by way of whatever others have hung into `writeHead` to set headers at the last moment.
   */
  #judgeHead(): void {
    if (this.#state !== 'open') return
    this.#isImplicit = true
    this.#response.writeHead(this.#response.statusCode)
  }

  #flushHeaders(): void {
    if (this.#state === 'flowing') this.#original.flushHeaders.call(this.#response)
    if (this.#state !== 'waiting') return
    this.#queue.push(() => {
      this.#flushHeaders()
    })
  }

  // ---- the body

  #write(chunk: Chunk, rest: readonly unknown[]): boolean {
    this.#judgeHead()
    const [encoding, callback] = writeArguments(rest)
    if (this.#state === 'flowing') {
      return this.#original.write.call(this.#response, this.#opened(chunk, encoding), encoding, callback)
    }
    if (this.#state !== 'waiting') {
      this.#keep(chunk, encoding, callback)
      return true
    }
    const bytes = Buffer.from(bytesOf(chunk, encoding)) // the handler may use its buffer again
    this.#queue.push(() => {
      if (this.#state === 'flowing')
        this.#original.write.call(this.#response, this.#opened(bytes, undefined), undefined, callback)
      else this.#keep(bytes, undefined, callback)
    })
    this.#owesDrain = true
    return false
  }

  #end(values: readonly unknown[]): ServerResponse {
    const [chunk, ...rest] = typeof values[0] === 'function' ? [undefined, ...values] : values
    this.#isEnding = true
    this.#judgeHead()
    const [encoding, callback] = rest.length === 0 ? [undefined, undefined] : writeArguments(rest)
    const body = (chunk as Chunk | null | undefined) ?? undefined
    if (this.#isThrough()) this.#original.end.call(this.#response, body, encoding, callback)
    else this.#finish(body, encoding, callback)
    return this.#response
  }

  /** The rules have let all of it pass with the head, and add nothing: node may have it as it is. */
  #isThrough(): boolean {
    if (this.#state !== 'flowing' || this.#isJudged || !this.#transaction.isAhead || this.#injects())
      return false
    this.#isJudged = true
    return true
  }

  #finish(
    body: Chunk | undefined,
    encoding: BufferEncoding | undefined,
    callback: Callback | undefined,
  ): void {
    if (this.#state === 'waiting') {
      this.#queue.push(() => {
        this.#finish(body, encoding, callback)
      })
      return
    }
    if (this.#state === 'holding' && body !== undefined && this.#held.length !== 0) {
      this.#keep(body, encoding, undefined)
      this.#finish(undefined, undefined, callback)
      return
    }
    const end = { isSent: false }
    const send = (last: Chunk | undefined, itsEncoding: BufferEncoding | undefined): void => {
      this.#original.end.call(this.#response, this.#closed(last, itsEncoding), itsEncoding, callback)
    }
    const judge = (): void => {
      this.#judgeBody(() => {
        end.isSent = true
        if (this.#state === 'flowing') send(body, encoding)
        else if (body !== undefined) this.#releaseWhole(body, encoding, send)
        else
          this.#release(true, (bytes) => {
            send(bytes, undefined)
          })
      })
    }
    if (this.#state === 'holding' && body !== undefined) this.#show(bytesOf(body, encoding), judge)
    else judge()
    if (end.isSent || callback === undefined) return
    this.#response.once('close', () => {
      if (!end.isSent) callback()
    })
  }

  // ---- what the rules add

  /** Text can be added to a body that there is, and to one that is not compressed. */
  #injects(): boolean {
    const { prepend, append } = this.#transaction.changes
    if (prepend === undefined && append === undefined) return false
    const coding = this.#response.getHeader('Content-Encoding')
    return this.#hasBody() && (coding === undefined || coding === 'identity')
  }

  /** A piece of the body, behind what `prepend` adds if it is the first one. */
  #opened(chunk: Chunk, encoding: BufferEncoding | undefined): Chunk {
    const { prepend } = this.#transaction.changes
    if (this.#isOpened || prepend === undefined || !this.#injects()) return chunk
    this.#isOpened = true
    return Buffer.concat([prepend, bytesOf(chunk, encoding)])
  }

  /** The last piece, with what `append` adds. */
  #closed(chunk: Chunk | undefined, encoding: BufferEncoding | undefined): Chunk | undefined {
    if (!this.#injects()) return chunk
    const { append = Buffer.alloc(0) } = this.#transaction.changes
    const last = this.#opened(chunk ?? '', encoding)
    return Buffer.concat([bytesOf(last, encoding), append])
  }

  // ---- what the rules see of it

  /** A response to HEAD, and one that has no body, is judged with an empty one. */
  #hasBody(): boolean {
    const { statusCode } = this.#response
    return this.#request.method !== 'HEAD' && statusCode !== 204 && statusCode !== 304
  }

  #keep(chunk: Chunk, encoding: BufferEncoding | undefined, callback: Callback | undefined): void {
    // Called back at once: a handler may wait for that before it goes on, and its going on is what releases the rest.
    if (callback !== undefined) process.nextTick(callback)
    if (this.#state !== 'holding') return
    const bytes = bytesOf(chunk, encoding)
    this.#held.push(Buffer.from(bytes)) // the handler may use its buffer again
    this.#show(bytes, () => {
      // Past the limit the rules have all that they will see: they speak now, and the rest flows.
      if (this.#transaction.wantsBody) return
      this.#judgeBody(() => {
        this.#release(false, (held) =>
          this.#original.write.call(this.#response, this.#opened(held, undefined), undefined, undefined),
        )
      })
    })
  }

  /** A piece of the body for the rules; `pass` when they let it pass. */
  #show(bytes: Uint8Array, pass: () => void): void {
    if (!this.#hasBody() || bytes.length === 0) pass()
    else this.#judge(() => this.#transaction.writeResponseBody(bytes), pass)
  }

  /** Phase 4, once; then, or if it has spoken before, the response may go out. */
  #judgeBody(pass: () => void): void {
    if (this.#state === 'over') return
    if (this.#isJudged) {
      pass()
      return
    }
    this.#isJudged = true
    this.#judge(() => this.#transaction.stepResponseBody(), pass)
  }

  // ---- the rules

  /** One step. If it does not let the response pass, or fails, the response is refused. */
  #judge(step: () => Judgement, pass: () => void): void {
    let verdict: Judgement
    try {
      verdict = step()
    } catch (error) {
      this.#refuse(internalError)
      throw error
    }
    if (verdict instanceof Promise) this.#wait(verdict, pass)
    else this.#settle(verdict, pass)
  }

  #settle(verdict: Verdict, pass: () => void): void {
    if (verdict.action === 'pass') pass()
    else this.#refuse(verdict)
  }

  /** Until the rules have their answer the response is as if it had been sent: nothing can be changed, nothing flows. */
  #wait(verdict: Promise<Verdict>, pass: () => void): void {
    const before = this.#state
    this.#hold()
    this.#state = 'waiting'
    const resume = (go: () => void): void => {
      if (this.#state !== 'waiting') return // nobody is left to be answered
      if (before !== 'holding') this.#unhold()
      this.#state = before
      go()
      while (this.#queue.length > 0 && !this.#is('waiting')) this.#queue.shift()?.()
      this.#payDrain()
    }
    // Out of the promise: what is thrown is an uncaught exception, as it would be without it.
    verdict.then(
      (value) => {
        queueMicrotask(() => {
          resume(() => {
            this.#settle(value, pass)
          })
        })
      },
      (error: unknown) => {
        queueMicrotask(() => {
          if (this.#state !== 'waiting') return
          resume(() => {
            this.#refuse(internalError)
          })
          throw error
        })
      },
    )
  }

  #is(state: State): boolean {
    return this.#state === state
  }

  #payDrain(): void {
    if (!this.#owesDrain || this.#is('waiting')) return
    this.#owesDrain = false
    this.#response.emit('drain')
  }

  /** From here on everything passes, unjudged: to be called when no client is left. */
  giveUp(): void {
    if (this.#state === 'holding' || this.#state === 'waiting') this.#unhold()
    this.#held.length = 0
    this.#queue.length = 0
    this.#isJudged = true
    this.#state = 'flowing'
  }

  #hold(): void {
    if (this.#isHeld) return
    this.#isHeld = true
    const response = this.#response
    Object.defineProperty(response, 'headersSent', { value: true, configurable: true, writable: true })
    const tooLate = (): never => {
      const error = new Error('Cannot set headers after they are sent to the client')
      throw Object.assign(error, { code: 'ERR_HTTP_HEADERS_SENT' })
    }
    this.#setters = new Map()
    for (const name of setters) {
      this.#setters.set(name, Object.getOwnPropertyDescriptor(response, name))
      Object.defineProperty(response, name, { value: tooLate, configurable: true, writable: true })
    }
  }

  /** Takes away what `#hold` put before the response's own, and others', properties. */
  #unhold(): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    for (const name of ['headersSent', ...setters]) Reflect.deleteProperty(this.#response, name)
    for (const [name, own] of this.#setters ?? [])
      if (own !== undefined) Object.defineProperty(this.#response, name, own)
  }

  /** What was held goes out; all of the body, or only its beginning, which cannot be replaced. */
  #release(isAll: boolean, send: (bytes: Uint8Array) => unknown): void {
    this.#unhold()
    this.#state = 'flowing'
    const held = Buffer.concat(this.#held.splice(0))
    send(this.#replacement(isAll) ?? held)
  }

  /** A body that came in one piece goes out as it came, so that node can put it behind the head in one write. */
  #releaseWhole(
    body: Chunk,
    encoding: BufferEncoding | undefined,
    send: (body: Chunk, encoding: BufferEncoding | undefined) => void,
  ): void {
    this.#unhold()
    this.#state = 'flowing'
    const other = this.#replacement(true)
    if (other === undefined) send(body, encoding)
    else send(other, undefined)
  }

  /** What the rules put in place of all of the body. Where its length changes, what was said of it no longer holds. */
  #replacement(isAll: boolean): Uint8Array | undefined {
    const { responseBody } = this.#transaction.changes
    const other = isAll && this.#hasBody() ? responseBody : undefined
    if (other !== undefined || this.#injects()) this.#response.removeHeader('Content-Length')
    return other
  }

  #refuse(verdict: Verdict): void {
    this.#unhold()
    const isOnItsWay = this.#response.headersSent
    this.#state = 'over'
    this.#held.length = 0
    if (isOnItsWay) {
      dropConnection(this.#request, this.#response)
      return
    }
    const end = (body: string): void => {
      // node's own end asks for writeHead, which is ours: for this once it is to reach node's.
      this.#state = 'flowing'
      this.#original.end.call(this.#response, body, undefined, undefined)
      this.#state = 'over'
    }
    answerBlocked(this.#request, this.#response, verdict, this.#transaction.id, end)
  }
}
