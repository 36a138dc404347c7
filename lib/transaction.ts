// SPDX-License-Identifier: Apache-2.0
// One request and its response, step by step. A handle: the transaction itself lives in the addon.
//
// Each step is one native call that answers with an integer; only when its bits say that something happened
// are objects made, and only what somebody listens to or asks for. A handle that is dropped without close()
// is closed when the collector finds it, so that phase 5 runs and nothing leaks.
//
// A step that has to wait for the outside world gives a promise instead of a verdict; only then is there one. While it
// waits, nothing else can be done with the transaction but to close it.
//
// The adapters take several steps in one call where nobody wants to know anything in between: beginning with the first one, the
// phase of a body that does not come with the one of its headers, and the last one with the end.

import { SecluaError } from './errors.js'
import {
  PASS,
  type BodyChanges,
  type EvaluationResult,
  type LogRecord,
  type MatchedRule,
  type Verdict,
  type WafEvents,
} from './events.js'
import {
  byteString,
  chunkBytes,
  piecesOf,
  requestHead,
  responseHead,
  type Head,
  type Ends,
  type RequestInput,
  type ResponseInput,
} from './message.js'
import { addon, type Entrance, type Loaded, type NativeVerdict, type Pieces } from './native.js'
import type { Outside } from './outside/outside.js'

const { bits } = addon

/** What an answer may say that calls for nothing, whoever listens. */
const calm = bits.newMatches | bits.newLogged | bits.newRecords | bits.wantsBody | bits.wentOn
const allBits = Object.values(bits).reduce((all, bit) => all | bit, 0)
/** For `stops`: the step is only what it is called. */
const noFurther = -1
/** For a transaction that is not begun yet. */
const noNumber = -1

/** By the number of the engine's action. */
export const actions = ['pass', 'deny', 'drop', 'redirect', 'proxy'] as const

/** What a transaction needs of the Waf that it belongs to: somebody to tell. */
export interface Home {
  listenerCount(event: keyof WafEvents): number
  emit<E extends keyof WafEvents>(event: E, ...values: WafEvents[E]): boolean
  /** Sends the audit record on, where there is one and a receiver. */
  shipAudit(transaction: number, isStopped: boolean): void
}

/** A promise where the rules have to wait. */
export type Judgement = Verdict | Promise<Verdict>

/** What a transaction has to know of its rules. */
type Facts = Pick<Loaded, 'canWait' | 'inspectsResponse' | 'wantsAudit'>

/** What a transaction that is begun with its first step begins with. */
interface Start {
  readonly entrance: Entrance
  readonly ends: Ends
}

/** What must outlive the handle: enough to end the transaction after the handle is gone. */
class Live {
  toldMatches = 0
  toldRecords = 0
  isBegun = false
  isLogged = false

  number: number
  readonly home: Home
  /** Of the rules that it began with: those in force may be others by now. */
  readonly facts: Facts
  readonly outside: Outside

  constructor(number: number, home: Home, facts: Facts, outside: Outside) {
    this.number = number
    this.home = home
    this.facts = facts
    this.outside = outside
    if (facts.canWait) outside.enter()
  }
}

const dropped = new FinalizationRegistry<Live>((live) => {
  Transaction.adopt(live).close()
})

function toVerdict(native: NativeVerdict): Verdict {
  const { status, phase, ruleId, url, message, pause } = native
  return Object.freeze({
    action: actions[native.action] ?? 'deny',
    status,
    ...(url !== '' && { url }),
    ...(ruleId !== 0 && { ruleId }),
    ...(phase !== 0 && { phase: phase as NonNullable<Verdict['phase']> }),
    ...(message !== '' && { message }),
    ...(pause !== 0 && { pause }),
  })
}

const noChanges: BodyChanges = Object.freeze({})

const closedError = (): SecluaError => new SecluaError('SECLUA_E_CLOSED', 'this transaction is closed')

export const waitError = (advice: string): SecluaError =>
  new SecluaError('SECLUA_E_SYNC', `a rule of this set may have to wait: ${advice}`)

/** For rule sets that never have to wait. */
export function atOnce(judgement: Judgement): Verdict {
  if (judgement instanceof Promise) throw waitError('this cannot be had at once')
  return judgement
}

/**
 * One request and its response, judged step by step. `waf.transaction()` makes one.
 *
 * @example
 * const tx = waf.transaction({ clientAddress: '192.0.2.7' })
 * let verdict = await tx.processRequestHeaders({ method: 'POST', uri: '/login', headers })
 * if (verdict.action === 'pass') verdict = tx.writeRequestBody(body)
 * if (verdict.action === 'pass') verdict = await tx.processRequestBody()
 * await tx.processLogging()
 * tx.close()
 */
export class Transaction {
  readonly #live: Live
  #id: string | undefined
  #verdict: Verdict = PASS
  #matches: MatchedRule[] = []
  #audit: object | undefined
  #changes: BodyChanges = noChanges
  #hasChanges = false
  #hasFreshMatches = false
  #hasLogged = false
  #wantsBody = false
  #isClosing = false
  #isClosed = false
  /** The phase of a body was taken with the one of its headers. */
  #isAhead = false
  /** Somebody outside of the package may have this handle, and ask it anything after the end. */
  #isShown = false
  #start: Start | undefined
  /** Of what is waited for; undefined: nothing is. */
  #abandon: AbortController | undefined
  /** Phase 5, while it waits. */
  #logging: Promise<Verdict> | undefined

  /** @internal */
  constructor(live: Live) {
    this.#live = live
  }

  /** A new handle for a transaction that must be closed by whoever asks for it. @internal */
  static adopt(live: Live): Transaction {
    return new Transaction(live)
  }

  /** A handle that the collector may close. @internal */
  static open(number: number, home: Home, facts: Facts, outside: Outside): Transaction {
    const live = new Live(number, home, facts, outside)
    const transaction = new Transaction(live)
    transaction.#isShown = true
    dropped.register(transaction, live, transaction)
    return transaction
  }

  /** A handle that its maker closes in any case. @internal */
  static openScoped(number: number, home: Home, facts: Facts, outside: Outside): Transaction {
    return new Transaction(new Live(number, home, facts, outside))
  }

  /** The same, begun with its first step. @internal */
  static openLater(entrance: Entrance, ends: Ends, home: Home, facts: Facts, outside: Outside): Transaction {
    const transaction = Transaction.openScoped(noNumber, home, facts, outside)
    transaction.#start = { entrance, ends }
    return transaction
  }

  /** Unique id, also in the logs. */
  get id(): string {
    if (this.#id === undefined) {
      this.#requireOpen()
      this.#id = addon.id(this.#live.number)
    }
    return this.#id
  }

  /** The verdict so far. */
  get verdict(): Verdict {
    return this.#verdict
  }

  /**
   * All rules that matched so far, in order. They stay after `close()`, unless none of them has the log flag and nobody had
   * asked for them before: of a request that is nobody's concern no objects are made.
   */
  get matches(): readonly MatchedRule[] {
    this.#fetchMatches()
    return this.#matches
  }

  /**
   * After the request headers: whether a rule set looks at the request's body, so that it has to be written.
   * After the response headers: whether the response's body has to be held back until phase 4 has spoken.
   */
  get wantsBody(): boolean {
    return this.#wantsBody
  }

  /** Phase 1. */
  processRequestHeaders(request: Omit<RequestInput, 'body'>): Promise<Verdict> {
    return this.#later(() => this.stepRequestHeaders(request))
  }

  /** Phase 1, at once. Throws when a rule might have to wait. */
  processRequestHeadersSync(request: Omit<RequestInput, 'body'>): Verdict {
    return this.#now(() => this.stepRequestHeaders(request))
  }

  /** Body bytes as they arrive; may interrupt when a limit with action Reject is passed. */
  writeRequestBody(chunk: Uint8Array): Verdict {
    this.#requireOpen()
    return this.#read(addon.writeRequestBody(this.#live.number, chunkBytes(chunk)))
  }

  /** Phase 2; to be called for a request without a body, too. */
  processRequestBody(): Promise<Verdict> {
    return this.#later(() => this.stepRequestBody())
  }

  /** Phase 2, at once. Throws when a rule might have to wait. */
  processRequestBodySync(): Verdict {
    return this.#now(() => this.stepRequestBody())
  }

  /** Phase 3. */
  processResponseHeaders(response: Omit<ResponseInput, 'body'>): Promise<Verdict> {
    return this.#later(() => this.stepResponseHeaders(response))
  }

  /** Phase 3, at once. Throws when a rule might have to wait. */
  processResponseHeadersSync(response: Omit<ResponseInput, 'body'>): Verdict {
    return this.#now(() => this.stepResponseHeaders(response))
  }

  /** Bytes of the response's body; may interrupt when a limit with action Reject is passed. */
  writeResponseBody(chunk: Uint8Array): Verdict {
    this.#requireOpen()
    return this.#read(addon.writeResponseBody(this.#live.number, chunkBytes(chunk)))
  }

  /** Phase 4. */
  processResponseBody(): Promise<Verdict> {
    return this.#later(() => this.stepResponseBody())
  }

  /** Phase 4, at once. Throws when a rule might have to wait. */
  processResponseBodySync(): Verdict {
    return this.#now(() => this.stepResponseBody())
  }

  /** Phase 5; always runs once, also on close(). */
  async processLogging(): Promise<void> {
    await this.#later(() => this.stepLogging())
  }

  /** Phase 5, at once. Throws when a rule might have to wait. */
  processLoggingSync(): void {
    this.#now(() => this.stepLogging())
  }

  /**
   * Reads a variable or collection as a rule would see it now; for tests and diagnosis. One character of a
   * value is one byte: `Buffer.from(value, 'latin1')` gives the bytes.
   *
   * @example
   * tx.variable('ARGS') // [{ name: 'ARGS:id', value: '7' }]
   */
  variable(name: string): readonly { name: string; value: string }[] {
    this.#requireOpen()
    const found = addon.variable(this.#live.number, name)
    if (found === null) throw new SecluaError('SECLUA_E_ARGUMENT', `there is no variable ${name}`)
    return found
  }

  /**
   * What the rules changed of the bodies so far, by `\@rsub`, `append` and `prepend`.
   *
   * @example
   * const { responseBody = body } = tx.changes
   */
  get changes(): BodyChanges {
    this.#fetchChanges()
    return this.#changes
  }

  /** What rules set with `setenv`, for the application. */
  get env(): Readonly<Record<string, string>> {
    this.#requireOpen()
    return Object.fromEntries(addon.env(this.#live.number).map(({ name, value }) => [name, value]))
  }

  /**
   * Tells the rules a parameter of the route, which only the application knows: a member of ARGS_PATH and ARGS for the
   * phases still to come.
   *
   * @example
   * tx.addPathParam('id', request.params.id)
   */
  addPathParam(name: string, value: string): void {
    this.#requireOpen()
    addon.addPathParameter(this.#live.number, byteString(name), byteString(value))
  }

  /** Tells the rules a line that the server wrote to its error log about this request: a member of WEBSERVER_ERROR_LOG. */
  addServerError(line: string): void {
    this.#requireOpen()
    addon.addServerError(this.#live.number, byteString(line))
  }

  /**
   * Ends the transaction: gives up what it waits for, runs phase 5 if that is still to come, and frees everything. May be
   * called again. Where phase 5 itself has to wait, that goes on by itself; `waf.close()` waits for it.
   */
  close(): void {
    if (this.#isClosing) return
    this.#isClosing = true
    const live = this.#live
    const last = this.#finish()
    if (last === 0) return
    if (live.number !== noNumber) this.#id ??= addon.id(live.number)
    let logging: Judgement | undefined = this.#logging
    try {
      if (last !== undefined) atOnce(this.#step(last, true))
      if (logging === undefined) this.#giveUp()
      if (live.isBegun && !live.isLogged) logging = this.stepLogging()
    } finally {
      const free = (): void => {
        this.#free()
      }
      if (logging instanceof Promise) live.outside.hold(logging.finally(free))
      else free()
    }
  }

  /**
   * Phase 5 and the end in one call, where nobody can ask for anything behind them. What it answers, and 0 when it is over;
   * undefined: this is no such case.
   */
  #finish(): number | undefined {
    const live = this.#live
    const { canWait, wantsAudit } = live.facts
    if (this.#isShown || canWait || wantsAudit || !live.isBegun || live.isLogged) return undefined
    if (this.#hasChanges || this.#verdict !== PASS) return undefined
    const keeps = this.#loud()
    const answer = addon.finish(live.number, keeps)
    live.isLogged = true
    if ((answer & keeps) !== 0) return answer
    this.#isClosed = true
    return 0
  }

  /** What an answer has to say for the next step to wait until it was told. */
  #loud(): number {
    const { home } = this.#live
    let loud = ~calm & allBits
    if (home.listenerCount('match') > 0) loud |= bits.newMatches
    if (home.listenerCount('log') > 0) loud |= bits.newRecords
    return loud
  }

  /** What is waited for before phase 5: nobody wants it any more. */
  #giveUp(): void {
    if (!this.#live.facts.canWait) return
    this.#abandon?.abort()
    addon.cancel(this.#live.number)
  }

  #free(): void {
    if (this.#hasLogged || this.#matches.length !== 0) this.#fetchMatches()
    this.#fetchChanges()
    this.#isClosed = true
    dropped.unregister(this)
    const { number, facts, outside } = this.#live
    addon.free(number) // also a number that none has
    if (facts.canWait) outside.leave()
  }

  /** Some rule looks at the response, or the audit log does. @internal */
  get watchesResponse(): boolean {
    const { inspectsResponse, wantsAudit } = this.#live.facts
    return inspectsResponse || wantsAudit
  }

  // ---- what the package's own files call: a verdict at once, or a promise where a rule has to wait

  /**
   * `goesOn`: the request has no body, so phase 2 may be taken at once; then `stepRequestBody` has nothing left to do.
   * @internal
   */
  stepRequestHeaders(request: Omit<RequestInput, 'body'>, goesOn = false): Judgement {
    const stops = goesOn ? this.#loud() : noFurther
    const start = this.#start
    const verdict =
      start !== undefined
        ? this.#open(start, request, stops)
        : this.#stepHead(requestHead(request), (pieces, count) =>
            addon.requestHeaders(this.#live.number, pieces, count, stops),
          )
    this.#live.isBegun = true
    return verdict
  }

  #open(start: Start, request: Omit<RequestInput, 'body'>, stops: number): Judgement {
    const { clientAddress, clientPort, serverAddress, serverPort } = start.ends
    return this.#stepHead(requestHead(request, [clientAddress, serverAddress]), (pieces, count) => {
      const answer = addon.open(start.entrance, pieces, count, stops, clientPort, serverPort)
      if ((answer & bits.malformed) !== 0) return answer
      this.#live.number = addon.news[0] ?? noNumber
      this.#start = undefined
      return answer
    })
  }

  /** @internal */
  stepRequestBody(): Judgement {
    return this.#isAhead ? this.#catchUp() : this.#step(addon.requestBody(this.#live.number))
  }

  /** `goesOn`: no more than the head is to come, unless the rules want to see a body. @internal */
  stepResponseHeaders(response: Omit<ResponseInput, 'body'>, goesOn = false): Judgement {
    const stops = goesOn ? this.#loud() | bits.wantsBody : noFurther
    return this.#stepHead(responseHead(response), (pieces, count) =>
      addon.responseHeaders(this.#live.number, pieces, count, stops, response.status),
    )
  }

  /** @internal */
  stepResponseBody(): Judgement {
    return this.#isAhead ? this.#catchUp() : this.#step(addon.responseBody(this.#live.number))
  }

  /** The next step, on a body, was taken already. @internal */
  get isAhead(): boolean {
    return this.#isAhead
  }

  #catchUp(): Verdict {
    this.#isAhead = false
    return this.#verdict
  }

  /** @internal */
  stepLogging(): Judgement {
    const answer = addon.logging(this.#live.number)
    if ((answer & (bits.outOfOrder | bits.closed)) === 0) this.#live.isLogged = true
    const verdict = this.#step(answer, true)
    if (!(verdict instanceof Promise)) {
      this.#tellAudit(verdict)
      return verdict
    }
    this.#logging = verdict.then((last) => {
      this.#tellAudit(last)
      return last
    })
    return this.#logging
  }

  #tellAudit({ action }: Verdict): void {
    const { home, facts, number } = this.#live
    if (!facts.wantsAudit || this.#isClosed) return
    home.shipAudit(number, action !== 'pass')
    if (home.listenerCount('audit') === 0) return
    const record = this.audit()
    if (record !== undefined) home.emit('audit', record)
  }

  /** The audit record, after phase 5. @internal */
  audit(): object | undefined {
    if (this.#audit === undefined && this.#live.facts.wantsAudit) {
      const text = addon.audit(this.#live.number)
      if (text !== '') this.#audit = JSON.parse(text) as object
    }
    return this.#audit
  }

  /** All that came of it, after phase 5. @internal */
  result(): EvaluationResult {
    const { number } = this.#live
    const audit = this.audit()
    return {
      verdict: this.#verdict,
      matches: this.matches,
      logs: this.#withId(addon.records(number, 0)),
      tx: this.#tx(),
      ...(this.#hasChanges && { changes: this.changes }),
      ...(audit !== undefined && { audit }),
    }
  }

  #tx(): Record<string, string> {
    const members = addon.variable(this.#live.number, 'TX') ?? []
    // The display name is "TX:name". fromEntries defines: a member called __proto__ is a member and nothing
    // more.
    return Object.fromEntries(
      members.map(({ name, value }) => [name.slice(name.indexOf(':') + 1).toLowerCase(), value]),
    )
  }

  // ---- one step

  #stepHead(head: Head, call: (pieces: Pieces, count: number) => number): Judgement {
    let answer = call(head.joined, head.count)
    if ((answer & bits.malformed) !== 0) answer = call(piecesOf(head), head.count)
    if ((answer & bits.wentOn) !== 0) this.#isAhead = true
    return this.#step(answer)
  }

  #step(answer: number, isLast = false): Judgement {
    const verdict = this.#read(answer)
    if ((answer & bits.suspended) === 0) return verdict
    if (this.#isClosing && !isLast) throw closedError() // by a listener, just now
    return this.#waitThrough()
  }

  /** Has each question of the engine answered from outside, until its step is done. */
  async #waitThrough(): Promise<Verdict> {
    const { number, outside } = this.#live
    const abandon = new AbortController()
    this.#abandon = abandon
    let wait = addon.wait(number)
    while (wait !== null) {
      const { status, reason, members, output, exitStatus } = await outside.answer(
        wait,
        abandon.signal,
        this.#isClosing,
      )
      if (!abandon.signal.aborted)
        this.#read(addon.resume(number, status, reason, members, output, exitStatus))
      if (abandon.signal.aborted) throw closedError()
      wait = addon.wait(number)
    }
    this.#abandon = undefined
    return this.#verdict
  }

  /** Reads what a step answered: the verdict, and what is to be told before the step returns. */
  #read(answer: number): Verdict {
    this.#wantsBody = (answer & bits.wantsBody) !== 0
    this.#hasChanges = (answer & bits.changes) !== 0
    const quiet = bits.wantsBody | bits.wentOn | bits.actionMask | bits.paused | bits.changes
    if ((answer & ~quiet) !== 0) this.#report(answer)
    const isNews = (answer & (bits.actionMask | bits.paused)) !== 0
    if (isNews && this.#verdict === PASS && !this.#isClosed) {
      this.#verdict = toVerdict(addon.verdict(this.#live.number))
      const { home } = this.#live
      if (this.#verdict.action !== 'pass' && home.listenerCount('interruption') > 0) {
        this.#isShown = true
        home.emit('interruption', this.#verdict, this)
      }
    }
    return this.#verdict
  }

  #report(answer: number): void {
    if ((answer & bits.closed) !== 0) throw closedError()
    if ((answer & bits.outOfOrder) !== 0) {
      throw new SecluaError('SECLUA_E_ORDER', 'this step is out of order: nothing was evaluated', {
        hint: 'request headers, request body, response headers, response body, logging: each once',
      })
    }
    if ((answer & bits.malformed) !== 0) {
      throw new SecluaError('SECLUA_E_ARGUMENT', 'headers: names and values are strings')
    }
    if ((answer & bits.newRecords) !== 0) this.#emitRecords()
    if ((answer & bits.newMatches) !== 0) {
      this.#hasFreshMatches = true
      if ((answer & bits.newLogged) !== 0) this.#hasLogged = true
      this.#emitMatches()
    }
  }

  #emitRecords(): void {
    const live = this.#live
    if (live.home.listenerCount('log') === 0) return
    const records = this.#withId(addon.records(live.number, live.toldRecords))
    live.toldRecords += records.length
    for (const record of records) live.home.emit('log', record)
  }

  #emitMatches(): void {
    const live = this.#live
    if (this.#isClosed || live.home.listenerCount('match') === 0) return
    this.#fetchMatches()
    const fresh = this.#matches.slice(live.toldMatches)
    live.toldMatches = this.#matches.length
    this.#isShown = true
    for (const match of fresh) live.home.emit('match', match, this)
  }

  #fetchChanges(): void {
    if (!this.#isClosed && this.#hasChanges) this.#changes = addon.changes(this.#live.number)
  }

  #fetchMatches(): void {
    if (!this.#hasFreshMatches || this.#isClosed) return
    this.#hasFreshMatches = false
    this.#matches = [...this.#matches, ...addon.matches(this.#live.number, this.#matches.length)]
  }

  #withId(records: readonly Omit<LogRecord, 'transactionId'>[]): LogRecord[] {
    if (records.length === 0) return []
    const transactionId = this.id
    return records.map((record) => ({ ...record, transactionId }))
  }

  // ---- what may be asked when

  #later(step: () => Judgement): Promise<Verdict> {
    return new Promise((resolve) => {
      this.#requireOpen()
      resolve(step())
    })
  }

  #now(step: () => Judgement): Verdict {
    if (this.#live.facts.canWait) throw waitError('use the methods without Sync')
    this.#requireOpen()
    return atOnce(step())
  }

  #requireOpen(): void {
    if (this.#isClosing) throw closedError()
  }
}
