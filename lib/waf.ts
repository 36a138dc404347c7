// SPDX-License-Identifier: Apache-2.0
// A compiled rule set in force: loads and reloads it, opens transactions, judges whole messages, counts.
//
// Nothing here knows what a rule means. A reload swaps one field, after everything that can fail;
// transactions under way keep the rule set that they began with.

import { EventEmitter } from 'node:events'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'

import { expressMiddleware } from './adapters/express.js'
import { httpListener } from './adapters/http.js'
import { ConfigError, SecluaError, type Diagnostic } from './errors.js'
import type { EvaluationResult, WafEvents } from './events.js'
import {
  bodyBytes,
  byteString,
  type ConnectionInput,
  type RequestInput,
  type ResponseInput,
} from './message.js'
import { addon, loadAsync, type Engine, type Loaded, type Store } from './native.js'
import { fetchSources, refuseRemote } from './remote.js'
import { readOptions, type CheckedOptions, type WafOptions } from './options.js'
import { luaStats } from './script-stats.js'
import { choiceOf, openStore, type StoreChoice } from './stores/choice.js'
import { actions, Transaction } from './transaction.js'

/** What is in force between two reloads. */
interface Active {
  readonly engine: Engine
  readonly loaded: Loaded
  /** Of persistent collections: they outlive a reload, unless it names another store. */
  readonly store: Store
  readonly storeChoice: StoreChoice
}

/** Only the package's own files can name it, so that nobody makes a Waf without loading one. */
const ownConstruction: unique symbol = Symbol('load')

const defaultAddress = '127.0.0.1'

const isSameStore = (a: StoreChoice, b: StoreChoice): boolean => JSON.stringify(a) === JSON.stringify(b)

function activate(loaded: Loaded, checked: CheckedOptions, predecessor: Active | undefined): Active {
  const { rules, diagnostics } = loaded
  if (rules === null) throw new ConfigError(diagnostics)
  const storeChoice = checked.store ?? choiceOf(loaded.store, checked.native.cwd) ?? { kind: 'memory' }
  const keeps = predecessor !== undefined && isSameStore(storeChoice, predecessor.storeChoice)
  const store = keeps ? predecessor.store : openStore(storeChoice, checked.storeKey, checked.storeLimits)
  const engine = addon.newEngine(rules, store, predecessor?.engine)
  addon.release(rules) // the engine holds it from here on
  return { engine, loaded, store, storeChoice }
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
  #options: WafOptions
  #active: Active
  #isClosed = false
  #finalStats: Readonly<Record<string, unknown>> | undefined
  #reloads: Promise<void> = Promise.resolve()

  /** @internal */
  constructor(token: typeof ownConstruction, options: WafOptions, active: Active) {
    super()
    if ((token as unknown) !== ownConstruction) {
      throw new SecluaError('SECLUA_E_ARGUMENT', 'a Waf is made by Waf.load or Waf.loadSync')
    }
    this.#options = options
    this.#active = active
  }

  /**
   * Compiles a configuration in a thread of its own. Rejects with a {@link ConfigError} that carries every
   * error found.
   *
   * @example
   * const waf = await Waf.load({ rules: 'SecRuleEngine On\nSecRule ARGS "@contains <script"
   * "id:1,phase:2,deny"' })
   */
  static async load(options: WafOptions = {}): Promise<Waf> {
    const checked = readOptions(options)
    return Waf.#open(options, checked, await loadAsync(await fetchSources(checked.sources), checked.native))
  }

  /**
   * Compiles a configuration at once, holding up the thread while it does.
   *
   * @example
   * const waf = Waf.loadSync({ files: 'rules/*.conf' })
   */
  static loadSync(options: WafOptions = {}): Waf {
    const checked = readOptions(options)
    refuseRemote(checked.sources)
    return Waf.#open(options, checked, addon.load(checked.sources, checked.native))
  }

  static #open(options: WafOptions, checked: CheckedOptions, loaded: Loaded): Waf {
    return new Waf(ownConstruction, options, activate(loaded, checked, undefined))
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
    const turn = this.#reloads.then(() => this.#reload(options ?? this.#options))
    this.#reloads = turn.catch(() => undefined)
    return turn
  }

  async #reload(options: WafOptions): Promise<void> {
    this.#requireOpen()
    const checked = readOptions(options)
    const loaded = await loadAsync(await fetchSources(checked.sources), checked.native)
    this.#requireOpen()
    const old = this.#active
    this.#active = activate(loaded, checked, old)
    this.#options = options
    addon.release(old.engine)
    if (this.#active.store !== old.store) addon.release(old.store)
    addon.reopenLogs(this.#active.engine)
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
    return Transaction.open(this.#begin(connection), this, this.#active.loaded)
  }

  /**
   * All five phases for a whole request and, where given, its response. Without one, phases 1, 2 and 5 run.
   *
   * @example
   * const { verdict, matches } = await waf.evaluate({ method: 'GET', uri: '/?q=<script>' })
   */
  evaluate(request: RequestInput & ConnectionInput, response?: ResponseInput): Promise<EvaluationResult> {
    return new Promise((resolve) => {
      resolve(this.#evaluate(request, response))
    })
  }

  /**
   * The same at once. Throws when a rule might have to wait.
   *
   * @example
   * if (waf.evaluateSync({ method: 'GET', uri }).verdict.action !== 'pass') refuse()
   */
  evaluateSync(request: RequestInput & ConnectionInput, response?: ResponseInput): EvaluationResult {
    if (!this.sync) {
      throw new SecluaError(
        'SECLUA_E_SYNC',
        'a rule of this set may have to wait: use evaluate, not evaluateSync',
      )
    }
    return this.#evaluate(request, response)
  }

  #evaluate(request: RequestInput & ConnectionInput, response: ResponseInput | undefined): EvaluationResult {
    const requestBody = bodyBytes(request.body)
    const responseBody = bodyBytes(response?.body)
    const transaction = Transaction.openScoped(this.#begin(request), this, this.#active.loaded)
    try {
      transaction.stepRequestHeaders(request)
      if (requestBody !== undefined) transaction.writeRequestBody(requestBody)
      transaction.stepRequestBody()
      if (response !== undefined) {
        transaction.stepResponseHeaders(response)
        if (responseBody !== undefined) transaction.writeResponseBody(responseBody)
        transaction.stepResponseBody()
      }
      transaction.stepLogging()
      return transaction.result()
    } finally {
      transaction.close()
    }
  }

  /**
   * Wraps a node:http handler: what the rules refuse never reaches it.
   *
   * @example
   * http.createServer(waf.http((req, res) => res.end('hello'))).listen(8080)
   */
  http(handler: RequestListener): RequestListener {
    return httpListener(this, handler)
  }

  /**
   * Connect or Express middleware. To stand before every body parser and every route.
   *
   * @example
   * app.use(waf.express())
   */
  express(): (req: IncomingMessage, res: ServerResponse, next: (err?: unknown) => void) => void {
    return expressMiddleware(this)
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
    const { verdicts, auditRecords, auditDropped } = stats
    const { transactions, interventions, rulesEvaluated, rulesSkippedAbsent, internalErrors, matches } = stats
    return {
      rules: this.ruleCount,
      scripts: this.#active.loaded.scriptCount,
      transactions,
      interventions,
      rulesEvaluated,
      rulesSkippedAbsent,
      internalErrors,
      matches,
      verdicts: Object.fromEntries(actions.map((action, number) => [action, verdicts[number] ?? 0])),
      lua: luaStats(stats),
      audit: { records: auditRecords, dropped: auditDropped },
      store: {
        kind: this.#active.storeChoice.kind,
        errors: stats.storeErrors,
        ...addon.storeStats(this.#active.store),
      },
    }
  }

  /**
   * Ends the Waf. Transactions under way go on to their end; new ones are refused. May be called again.
   *
   * @example
   * await waf.close()
   */
  async close(): Promise<void> {
    await this.#reloads
    if (this.#isClosed) return
    this.#isClosed = true
    this.#finalStats = this.#stats()
    addon.release(this.#active.engine)
    addon.release(this.#active.store)
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
    const { engine } = this.#active
    const told = [id, serverName, remoteUser].map((text) => (text === undefined ? text : byteString(text)))
    return addon.begin(
      engine,
      clientAddress,
      clientPort,
      serverAddress,
      serverPort,
      told[0],
      told[1],
      told[2],
    )
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new SecluaError('SECLUA_E_CLOSED', 'this Waf is closed')
  }
}
