// SPDX-License-Identifier: Apache-2.0
// The one door to the addon: finds and loads it, and gives its functions their types. No other file loads it
// or casts what it returns.
//
// Its functions take positional values that were checked before; a wrong one is a mistake of ours, not of a
// user.

import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

import { SecluaError, type Diagnostic } from './errors.js'
import type { BodyChanges, LogRecord, MatchedRule } from './events.js'
import type { NativeOptions, NativeSource } from './options.js'
import type { RecordChange } from './store.js'
import type { Transformer } from './transformations.js'

/** Objects of the addon: opaque here, alive as long as something refers to them. */
declare const kind: unique symbol
export interface Rules {
  readonly [kind]: 'rules'
}
export interface Store {
  readonly [kind]: 'store'
}
export interface Engine {
  readonly [kind]: 'engine'
}
/** To an engine, for beginning transactions; it does not keep the engine. */
export interface Entrance {
  readonly [kind]: 'entrance'
}

export interface Loaded {
  /** null: the diagnostics hold errors. */
  readonly rules: Rules | null
  readonly diagnostics: Diagnostic[]
  readonly ruleCount: number
  readonly scriptCount: number
  readonly canWait: boolean
  /** Some rule looks at the response. */
  readonly inspectsResponse: boolean
  /** Some transaction may be recorded. */
  readonly wantsAudit: boolean
  /** SecAuditLogType HTTPS: where records are to be sent; else ''. */
  readonly auditAddress: string
  /** With it: where they may wait, or ''. */
  readonly auditFolder: string
  /** Where it looked for files, also when it failed: absolute, any component may have wildcards. */
  readonly places: readonly string[]
  /** SecPersistentStore: 'memory' or 'lmdb:' and a folder; '' when it is not there. */
  readonly store: string
}

/** What a store has now, and what it did in this process. */
export interface NativeStoreStats {
  readonly records: number
  readonly bytes: number
  /** Records that reached their end. */
  readonly expiries: number
  /** Live records that had to make room. */
  readonly evictions: number
  /** Of files: transactions that wrote, and that could not. */
  readonly commits: number
  readonly failures: number
}

export interface NativeVerdict {
  readonly action: number
  readonly status: number
  readonly phase: number
  readonly ruleId: number
  readonly url: string
  readonly message: string
  readonly pause: number
}

/** What one script did, over all reloads. */
export interface NativeScriptStats {
  readonly name: string
  readonly runs: number
  readonly matches: number
  /** By number of the kind, in the order of seclua_script_failure. */
  readonly failures: readonly number[]
  readonly closedDoors: number
  readonly totalMs: number
  readonly maxMs: number
  readonly instructions: number
  readonly maxMemory: number
}

export interface NativeStats {
  readonly transactions: number
  readonly interventions: number
  readonly rulesEvaluated: number
  readonly rulesSkippedAbsent: number
  readonly valueCacheLookups: number
  readonly valueCacheHits: number
  readonly scriptRuns: number
  readonly scriptErrors: number
  readonly scriptLimits: number
  readonly auditRecords: number
  readonly auditDropped: number
  /** Records that were not made, see shedAudit. */
  readonly auditShed: number
  readonly internalErrors: number
  /** Loads and changes that the store of persistent collections did not answer. */
  readonly storeErrors: number
  /** By number of the action. */
  readonly verdicts: readonly number[]
  readonly matches: Readonly<Record<string, number>>
  /** By name. */
  readonly scripts: readonly NativeScriptStats[]
}

/** Of a message's head: joined by NUL with their count, or a list when one of them holds a NUL. */
export type Pieces = string | readonly string[]

/** What a transaction waits for. Texts of collections hold one byte in each character. */
export type NativeWait =
  | { readonly kind: 'dns'; readonly name: string }
  | {
      readonly kind: 'program'
      readonly arguments: readonly string[]
      /** Names and values in turn. */
      readonly environment: readonly string[]
    }
  | { readonly kind: 'load'; readonly namespace: string; readonly collection: string; readonly key: string }
  | { readonly kind: 'apply'; readonly batch: readonly RecordChange[] }

export interface NativeAnswer {
  /** One of the addon's `answers`. */
  readonly status: number
  /** Unless it is `answered`: for the log. */
  readonly reason: string
  /** In turn: the number of the record, a name, a value. Without: there is no record. */
  readonly members?: readonly (string | number)[]
  readonly output?: Uint8Array
  readonly exitStatus?: number
}

/** One word of the rule language, as the engine's table has it. */
export interface Word {
  readonly kind: 'directive' | 'variable' | 'operator' | 'transformation' | 'action' | 'ctl' | 'code'
  readonly name: string
  /** Of a code: its severity. */
  readonly support: 'works' | 'silent' | 'warned' | 'refused' | 'error' | 'warning'
  readonly manual: string
}

interface Addon {
  version(): string
  vocabulary(): Word[]
  /** Is the name of a file one that a component of such a place means? */
  wildcardMatch(pattern: string, name: string): boolean
  load(sources: readonly NativeSource[], options: NativeOptions): Loaded
  /** The same in another thread. Calls back with (error) or (undefined, loaded). */
  loadAsync(
    sources: readonly NativeSource[],
    options: NativeOptions,
    callback: (error: Error | undefined, loaded: Loaded) => void,
  ): void
  /** The memory store that threads share which load the same; see the binding for who shares. */
  openStore(key: string, recordsMax: number): Store
  /** The store in the files of a folder, shared by all who open it. */
  openFileStore(folder: string, bytesMax: number): Store
  /** A store whose questions come as waits. */
  openRemoteStore(): Store
  storeStats(store: Store): NativeStoreStats
  /** transformers: by number of the transformation; undefined: JavaScript computes none. */
  newEngine(
    rules: Rules,
    store: Store,
    predecessor: Engine | undefined,
    transformers: readonly Transformer[] | undefined,
  ): Engine
  entrance(engine: Engine): Entrance
  release(held: Rules | Store | Engine): void
  /** The log files of the rules, under their names again after somebody moved them away. */
  reopenLogs(engine: Engine): void
  stats(engine: Engine): NativeStats
  /** Calls back when all that was logged is written, or cannot be. */
  flushLogs(engine: Engine, callback: () => void): void
  /** On: transactions that are let through leave no audit record. */
  shedAudit(engine: Engine, doesShed: boolean): void

  /** Names of the bits that a step answers with. Its lowest bits are the number of the verdict's action. */
  readonly bits: {
    readonly actionMask: number
    readonly newMatches: number
    readonly newLogged: number
    readonly newRecords: number
    readonly wantsBody: number
    readonly outOfOrder: number
    readonly failed: number
    readonly suspended: number
    readonly closed: number
    readonly malformed: number
    readonly paused: number
    readonly changes: number
    /** The phase after the headers is done, too. */
    readonly wentOn: number
  }
  readonly answers: {
    readonly answered: number
    readonly failed: number
    readonly late: number
    readonly refused: number
  }
  /** What a call says besides its answer: the number of the transaction that `open` began. */
  readonly news: Readonly<Float64Array>
  /** The number of the new transaction. */
  begin(
    entrance: Entrance,
    clientAddress: string,
    clientPort: number,
    serverAddress: string,
    serverPort: number,
    id: string | undefined,
    serverName: string | undefined,
    remoteUser: string | undefined,
  ): number
  /**
   * Begins a transaction and takes its first step, in one call. The pieces: both addresses, then the request's. `stops`: as for
   * requestHeaders. An answer with the bit `malformed`: none was begun.
   */
  open(
    entrance: Entrance,
    pieces: Pieces,
    count: number,
    stops: number,
    clientPort: number,
    serverPort: number,
  ): number
  /** `stops`: unless the answer has one of these bits, the phase behind it is done, too. Negative: never. */
  requestHeaders(transaction: number, pieces: Pieces, count: number, stops: number): number
  writeRequestBody(transaction: number, chunk: Uint8Array): number
  requestBody(transaction: number): number
  responseHeaders(transaction: number, pieces: Pieces, count: number, stops: number, status: number): number
  writeResponseBody(transaction: number, chunk: Uint8Array): number
  responseBody(transaction: number): number
  logging(transaction: number): number
  /** Logging and, unless the answer has one of the bits `keeps`, free, in one call. */
  finish(transaction: number, keeps: number): number
  /** No descriptor of this process from 3 on is inherited by a program that is started after this. */
  sealDescriptors(): void
  /** What it waits for, after a step or an answer with the bit `suspended`. */
  wait(transaction: number): NativeWait | null
  /** Goes on with the step that was suspended. */
  resume(
    transaction: number,
    status: number,
    reason: string,
    members: readonly (string | number)[] | undefined,
    output: Uint8Array | undefined,
    exitStatus: number | undefined,
  ): number
  /** Gives up what is waited for, and the phase with it. */
  cancel(transaction: number): void
  free(transaction: number): void

  id(transaction: number): string
  verdict(transaction: number): NativeVerdict
  matches(transaction: number, from: number): MatchedRule[]
  records(transaction: number, from: number): Omit<LogRecord, 'transactionId'>[]
  variable(transaction: number, name: string): { name: string; value: string }[] | null
  audit(transaction: number): string
  /** The same as a line, in the format that SecAuditLogFormat says when that is JSON of some kind. */
  auditLine(transaction: number): string
  changes(transaction: number): BodyChanges
  env(transaction: number): { name: string; value: string }[]
  addPathParameter(transaction: number, name: string, value: string): void
  addServerError(transaction: number, line: string): void
}

const packageRoot = join(__dirname, '..')

/**
 * node-gyp-build knows Alpine, but no other system with musl. Where musl is installed at all, Node says what
 * it was linked with; the report is not asked for elsewhere, for it takes its time.
 */
function nameLibc(): void {
  if (process.platform !== 'linux' || process.env.LIBC !== undefined) return
  if (!readdirSync('/lib').some((name) => name.startsWith('ld-musl-'))) return
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } }
  if (header.glibcVersionRuntime === undefined) process.env.LIBC = 'musl'
}

function loadAddon(): Addon {
  try {
    nameLibc()
    const find = createRequire(__filename)('node-gyp-build') as (folder: string) => Addon
    return find(packageRoot)
  } catch (cause) {
    throw new SecluaError(
      'SECLUA_E_NO_BINARY',
      `no binary of seclua for ${process.platform}-${process.arch} loads here; to build one: npx seclua rebuild`,
      { cause },
    )
  }
}

export const addon: Addon = loadAddon()

/** Compiles in another thread. */
export function loadAsync(sources: readonly NativeSource[], options: NativeOptions): Promise<Loaded> {
  return new Promise((resolve, reject) => {
    addon.loadAsync(sources, options, (error, loaded) => {
      if (error === undefined) resolve(loaded)
      else reject(error)
    })
  })
}

/** The rule set that ships with the package. */
export const shippedRules: string = join(packageRoot, 'rules', 'seclua.conf')
