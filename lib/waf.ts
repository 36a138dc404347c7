// SPDX-License-Identifier: Apache-2.0
// A compiled rule set in force: loads and reloads it, opens transactions, judges whole messages, counts.
//
// Nothing here knows what a rule means. A reload swaps one field, after everything that can fail;
// transactions under way keep the rule set that they began with.

import { EventEmitter } from 'node:events'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'

import { activate, leave, reach, written, type Active } from './active.js'
import { expressMiddleware } from './adapters/express.js'
import { httpListener } from './adapters/http.js'
import type { AdapterOptions } from './driver.js'
import { SecluaError, type Diagnostic } from './errors.js'
import type { EvaluationResult, WafEvents } from './events.js'
import {
  bodyBytes,
  byteString,
  defaultAddress,
  type ConnectionInput,
  type Ends,
  type RequestInput,
  type ResponseInput,
} from './message.js'
import { addon, loadAsync, type Loaded } from './native.js'
import { WaitCounters } from './outside/outside.js'
import type { Overload } from './overload.js'
import { fetchSources, refuseRemote } from './remote.js'
import { readOptions, type CheckedOptions, type WafOptions } from './options.js'
import { luaStats } from './script-stats.js'
import { statsOf } from './stores/choice.js'
import { orInMemory, orInMemorySync } from './stores/fallback.js'
import { actions, atOnce, Transaction, waitError, type Judgement } from './transaction.js'
import { Watch } from './watch.js'

/** Only the package's own files can name it, so that nobody makes a Waf without loading one. */
const ownConstruction: unique symbol = Symbol('load')

/** What has to happen for a message, in order. */
function stepsFor(
  transaction: Transaction,
  request: RequestInput,
  response: ResponseInput | undefined,
): (() => Judgement)[] {
  const requestBody = bodyBytes(request.body)
  const responseBody = bodyBytes(response?.body)
  const steps = [
    () => transaction.stepRequestHeaders(request, requestBody === undefined),
    () => {
      if (requestBody !== undefined) transaction.writeRequestBody(requestBody)
      return transaction.stepRequestBody()
    },
  ]
  if (response !== undefined) {
    steps.push(
      () => transaction.stepResponseHeaders(response, responseBody === undefined),
      () => {
        if (responseBody !== undefined) transaction.writeResponseBody(responseBody)
        return transaction.stepResponseBody()
      },
    )
  }
  steps.push(() => transaction.stepLogging())
  return steps
}

/**
 * A web application firewall: a rule set, compiled once, that judges requests and responses.
 *
 * @example
 * const waf = await Waf.load({ files: ['crs-setup.conf', 'rules/*.conf'] })
 * waf.on('match', (match) => console.warn(match.logLine))
 * app.use(waf.express())
 */
export class Waf extends EventEmitter<WafEvents> {
  readonly #waits: WaitCounters
  #options: WafOptions
  #active: Active
  #isClosed = false
  #finalStats: Readonly<Record<string, unknown>> | undefined
  #reloads: Promise<void> = Promise.resolve()
  #watch: Watch | undefined

  /** @internal */
  constructor(token: typeof ownConstruction, options: WafOptions, active: Active, waits: WaitCounters) {
    super()
    if ((token as unknown) !== ownConstruction) {
      throw new SecluaError('SECLUA_E_ARGUMENT', 'a Waf is made by Waf.load or Waf.loadSync')
    }
    this.#options = options
    this.#active = active
    this.#waits = waits
  }

  /**
   * Compiles a configuration in a thread of its own. Rejects with a {@link ConfigError} that carries every
   * error found.
   *
   * @example
   * const waf = await Waf.load({ rules: 'SecRuleEngine On\nSecRule ARGS "@contains <script"
   * "id:1,phase:2,deny"' })
   */
  static load(options: WafOptions = {}): Promise<Waf> {
    return orInMemory(options, (chosen, warning) => Waf.#load(options, chosen, warning))
  }

  /** `given` is what a reload begins with. */
  static async #load(given: WafOptions, options: WafOptions, warning?: Diagnostic): Promise<Waf> {
    const checked = readOptions(options)
    const sources = await fetchSources(checked.sources)
    const since = Date.now()
    const loaded = await loadAsync(sources, checked.native)
    const waf = Waf.#open(given, checked, loaded, since, warning)
    try {
      await reach(waf.#active)
      return waf
    } catch (error) {
      await waf.close().catch(() => undefined) // the first failure is the one to be told
      throw error
    }
  }

  /**
   * Compiles a configuration at once, holding up the thread while it does.
   *
   * @example
   * const waf = Waf.loadSync({ files: 'rules/*.conf' })
   */
  static loadSync(options: WafOptions = {}): Waf {
    return orInMemorySync(options, (chosen, warning) => Waf.#loadSync(options, chosen, warning))
  }

  static #loadSync(given: WafOptions, options: WafOptions, warning?: Diagnostic): Waf {
    const checked = readOptions(options)
    refuseRemote(checked.sources)
    if (checked.native.hasRemoteStore) {
      throw new SecluaError(
        'SECLUA_E_SYNC',
        'option store: it has to be reached first: use Waf.load, not loadSync',
      )
    }
    const since = Date.now()
    return Waf.#open(given, checked, addon.load(checked.sources, checked.native), since, warning)
  }

  static #open(
    options: WafOptions,
    checked: CheckedOptions,
    loaded: Loaded,
    since: number,
    warning?: Diagnostic,
  ): Waf {
    if (warning !== undefined) loaded.diagnostics.push(warning)
    const waits = new WaitCounters()
    const waf = new Waf(ownConstruction, options, activate(loaded, checked, undefined, waits), waits)
    waf.#follow(checked, loaded, since)
    return waf
  }

  /**
   * Compiles again and swaps in atomically. On an error the old rules stay in force and the {@link
   * ConfigError} is thrown. Without options: those of the last load.
   *
   * @example
   * process.on('SIGHUP', () => waf.reload().catch((error) => console.error(error.message)))
   */
  reload(options?: WafOptions): Promise<void> {
    // One after the other, so that of two reloads at once the later call wins.
    const given = options ?? this.#options
    const turn = this.#reloads.then(() =>
      orInMemory(given, (chosen, warning) => this.#reload(given, chosen, warning)),
    )
    this.#reloads = turn.catch(() => undefined)
    return turn
  }

  async #reload(given: WafOptions, options: WafOptions, warning?: Diagnostic): Promise<void> {
    this.#requireOpen()
    const checked = readOptions(options)
    const sources = await fetchSources(checked.sources)
    const since = Date.now()
    const loaded = await loadAsync(sources, checked.native)
    if (given === this.#options) this.#watch?.followAlso(loaded.places, since)
    if (warning !== undefined) loaded.diagnostics.push(warning)
    this.#requireOpen()
    const old = this.#active
    const active = activate(loaded, checked, old, this.#waits)
    try {
      if (active.store !== old.store) await reach(active)
      this.#requireOpen()
    } catch (error) {
      await leave(active, old).catch(() => undefined)
      throw error
    }
    this.#active = active
    this.#options = given
    active.outside.hold(old.outside.settled().then(() => leave(old, active)))
    await written(old.engine)
    addon.reopenLogs(this.#active.engine)
    this.#follow(checked, loaded, since)
    this.emit('reload')
  }

  /** Watches what was just loaded, if it is to be watched. `since`: when its files began to be read. */
  #follow(checked: CheckedOptions, { places }: Loaded, since: number): void {
    if (checked.watch) {
      this.#watch ??= new Watch({
        changed: () => {
          this.reload().catch(this.#tellFailure)
        },
        failed: this.#tellFailure,
      })
      this.#watch.follow(places, since)
    } else {
      this.#watch?.close()
      this.#watch = undefined
    }
  }

  readonly #tellFailure = (error: unknown): void => {
    const told = error instanceof Error ? error : new Error(String(error))
    if (this.listenerCount('reloadError') > 0) this.emit('reloadError', told)
    else process.emitWarning(told.message, 'SecluaWatch')
  }

  /**
   * Opens the files of the audit and debug logs anew, for whoever rotates them: what comes later goes into new files of
   * the same names. A reload does it, too.
   *
   * @example
   * process.on('SIGUSR2', () => waf.reopenLogs())
   */
  reopenLogs(): void {
    this.#requireOpen()
    addon.reopenLogs(this.#active.engine)
  }

  /** Rules that can be addressed by id; a chain counts once. */
  get ruleCount(): number {
    return this.#active.loaded.ruleCount
  }

  /** What the last load had to say without refusing. */
  get warnings(): readonly Diagnostic[] {
    return this.#active.loaded.diagnostics
  }

  /** True when no rule can ever have to wait (DNS, programs, remote store): then the …Sync methods work. */
  get sync(): boolean {
    return !this.#active.loaded.canWait
  }

  /**
   * Begins a transaction. Close it when the response is done; one that is dropped is closed by the collector.
   *
   * @example
   * const tx = waf.transaction({ clientAddress: req.socket.remoteAddress })
   */
  transaction(connection: ConnectionInput = {}): Transaction {
    const { loaded, outside } = this.#active
    return Transaction.open(this.#begin(connection), this, loaded, outside)
  }

  /**
   * All five phases for a whole request and, where given, its response. Without one, phases 1, 2 and 5 run.
   *
   * @example
   * const { verdict, matches } = await waf.evaluate({ method: 'GET', uri: '/?q=<script>' })
   */
  evaluate(request: RequestInput & ConnectionInput, response?: ResponseInput): Promise<EvaluationResult> {
    return new Promise((resolve) => {
      resolve(this.sync ? this.#evaluate(request, response) : this.#evaluateWaiting(request, response))
    })
  }

  /**
   * The same at once. Throws when a rule might have to wait.
   *
   * @example
   * if (waf.evaluateSync({ method: 'GET', uri }).verdict.action !== 'pass') refuse()
   */
  evaluateSync(request: RequestInput & ConnectionInput, response?: ResponseInput): EvaluationResult {
    if (!this.sync) throw waitError('use evaluate, not evaluateSync')
    return this.#evaluate(request, response)
  }

  #openScoped(connection: ConnectionInput): Transaction {
    const { loaded, outside } = this.#active
    return Transaction.openScoped(this.#begin(connection), this, loaded, outside)
  }

  #evaluate(request: RequestInput & ConnectionInput, response: ResponseInput | undefined): EvaluationResult {
    const transaction = this.#openScoped(request)
    try {
      for (const step of stepsFor(transaction, request, response)) atOnce(step())
      return transaction.result()
    } finally {
      transaction.close()
    }
  }

  async #evaluateWaiting(
    request: RequestInput & ConnectionInput,
    response: ResponseInput | undefined,
  ): Promise<EvaluationResult> {
    const transaction = this.#openScoped(request)
    try {
      for (const step of stepsFor(transaction, request, response)) await step()
      return transaction.result()
    } finally {
      transaction.close()
    }
  }

  /** A transaction that its maker closes in any case. It begins with its first step. @internal */
  scopedTransaction(ends: Ends): Transaction {
    this.#requireOpen()
    const { loaded, outside, entrance } = this.#active
    return Transaction.openLater(entrance, ends, this, loaded, outside)
  }

  /**
   * Wraps a node:http handler: what the rules refuse never reaches it.
   *
   * @example
   * http.createServer(waf.http((req, res) => res.end('hello'))).listen(8080)
   */
  http(handler: RequestListener, options?: AdapterOptions): RequestListener {
    return httpListener(this, handler, options)
  }

  /**
   * Connect or Express middleware. To stand before every body parser and every route.
   *
   * @example
   * app.use(waf.express())
   */
  express(
    options?: AdapterOptions,
  ): (req: IncomingMessage, res: ServerResponse, next: (err?: unknown) => void) => void {
    return expressMiddleware(this, options)
  }

  /**
   * Counters since load, over all reloads.
   *
   * @example
   * waf.stats().verdicts // { pass: 997, deny: 3, drop: 0, redirect: 0, proxy: 0 }
   */
  stats(): Readonly<Record<string, unknown>> {
    return this.#finalStats ?? this.#stats()
  }

  #stats(): Readonly<Record<string, unknown>> {
    const stats = addon.stats(this.#active.engine)
    const { verdicts, auditRecords, auditDropped, auditShed } = stats
    const { transactions, interventions, rulesEvaluated, rulesSkippedAbsent, internalErrors, matches } = stats
    return {
      rules: this.ruleCount,
      scripts: this.#active.loaded.scriptCount,
      transactions,
      interventions,
      rulesEvaluated,
      rulesSkippedAbsent,
      valueCache: { lookups: stats.valueCacheLookups, hits: stats.valueCacheHits },
      internalErrors,
      matches,
      verdicts: Object.fromEntries(actions.map((action, number) => [action, verdicts[number] ?? 0])),
      lua: luaStats(stats),
      audit: {
        records: auditRecords,
        dropped: auditDropped,
        shed: auditShed,
        ...(this.#active.shipper !== undefined && { ship: this.#active.shipper.stats() }),
      },
      overload: this.#active.overload.stats(),
      store: {
        kind: this.#active.storeChoice.kind,
        errors: stats.storeErrors,
        ...statsOf(this.#active.store),
      },
      waits: this.#active.outside.stats(),
    }
  }

  /**
   * Ends the Waf. Transactions under way go on to their end; new ones are refused. May be called again.
   *
   * @example
   * await waf.close()
   */
  async close(): Promise<void> {
    this.#watch?.close()
    await this.#reloads
    this.#watch?.close() // a reload may have begun another one
    if (this.#isClosed) return
    this.#isClosed = true
    const active = this.#active
    await active.outside.settled()
    await Promise.all([active.shipper?.close(), written(active.engine)])
    this.#finalStats = this.#stats()
    await leave(active)
  }

  /** @internal */
  get overload(): Overload {
    return this.#active.overload
  }

  /** Called for each transaction that the audit engine may record, after phase 5. @internal */
  shipAudit(transaction: number, isStopped: boolean): void {
    const { shipper } = this.#active
    if (shipper === undefined) return
    const line = addon.auditLine(transaction)
    if (line !== '') shipper.put(line, isStopped)
  }

  #begin(connection: ConnectionInput): number {
    this.#requireOpen()
    const {
      clientAddress = defaultAddress,
      clientPort = 0,
      serverAddress = defaultAddress,
      serverPort = 0,
      id,
      serverName,
      remoteUser,
    } = connection
    const { entrance } = this.#active
    return addon.begin(
      entrance,
      clientAddress,
      clientPort,
      serverAddress,
      serverPort,
      id === undefined ? id : byteString(id),
      serverName === undefined ? serverName : byteString(serverName),
      remoteUser === undefined ? remoteUser : byteString(remoteUser),
    )
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new SecluaError('SECLUA_E_CLOSED', 'this Waf is closed')
  }
}
