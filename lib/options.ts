// SPDX-License-Identifier: Apache-2.0
// The one place that reads what a user passed as options: checks every name and value, and makes the record
// that the addon takes.
//
// Defaults of the engine are not repeated here: what is left out stays undefined, and the engine fills it in.
// A name that does not exist is an error, for a mistyped option must never mean an unprotected server.

import { Resolver } from 'node:dns'
import { resolve } from 'node:path'

import type { ShipperOptions } from './audit/shipper.js'
import { SecluaError } from './errors.js'
import { shippedRules } from './native.js'
import type { OutsideSettings } from './outside/outside.js'
import type { CollectionStore } from './store.js'
import { choiceOf, isRemote, type StoreChoice, type StoreLimits } from './stores/choice.js'
import { readTransformations, type Transformations, type Transformer } from './transformations.js'

export type EngineMode = 'On' | 'DetectionOnly' | 'Off'

/** What scripts may do and cost. */
export interface LuaOptions {
  /** Instructions per run. 0 means no limit. Defaults are safe for a server. */
  maxInstructions?: number
  /** Bytes. */
  maxMemory?: number
  /** Milliseconds of wall clock. */
  timeout?: number
  /** Steps of string.find/match/gmatch/gsub. */
  maxPatternSteps?: number
  /** What a run that ends in an error means for its rule. Default 'no-match'. */
  onError?: 'no-match' | 'match'
  /** 'literal' (default, v3) stores text as given; 'v2' expands macros and reads +N / -N / !name. */
  setvar?: 'literal' | 'v2'
  /** Doors out of the sandbox; each is closed unless named. */
  allow?: { io?: boolean; os?: boolean; require?: boolean | readonly string[]; debug?: boolean }
}

/** Audit records by POST, besides or instead of files: lines of JSON, some at a time. */
export interface AuditShipping {
  /** Where to: 'https://…', or 'http://' on this machine. Default: SecAuditLog, with SecAuditLogType HTTPS. */
  url?: string
  /** Fields of each request, such as Authorization. */
  headers?: Readonly<Record<string, string>>
  /**
   * Folder in which records wait that cannot be delivered, also over a restart. Default:
   * SecAuditLogStorageDir, with SecAuditLogType HTTPS; else they wait in memory.
   */
  folder?: string
  /** Most bytes in that folder; beyond them the oldest go. Default 256 MiB. */
  folderBytes?: number
  /** Milliseconds for which records are collected. Default 1000. */
  flushInterval?: number
  /** Milliseconds that a delivery may take. Default 10000. */
  timeout?: number
}

/** What is given up while the process is behind. */
export type Shed = 'audit' | 'response' | 'request'

export interface OverloadOptions {
  /** Milliseconds that the event loop may be late. Default 0: it may always. */
  lag?: number
  /**
   * What is given up first, what next. The first from that lag on, each further one from twice the lag of the one before:
   * 'audit': records of transactions that are let through; 'response': phases 3 and 4; 'request': whole requests, which the
   * adapters answer with 503. Default: 'audit'.
   */
  shed?: readonly Shed[]
}

/**
 * What {@link Waf.load} takes. With neither `files` nor `rules`, the small rule set that ships with the
 * package is loaded.
 *
 * @example
 * const waf = await Waf.load({ files: ['crs-setup.conf', 'rules/*.conf'], engine: 'DetectionOnly' })
 */
export interface WafOptions {
  /**
   * SecLang files in order; globs allowed; relative to `cwd`. An address 'https://…#sha256=…' is fetched by
   * {@link Waf.load}; when that fails, or the content is not the pinned one, so does the load.
   */
  files?: string | readonly string[]
  /** SecLang text, loaded after `files`. */
  rules?: string
  /**
   * Lists that rules name by their address, `\@pmFromFile https://…`: each 'https://…#sha256=…' is fetched by
   * {@link Waf.load}; when that fails, or the content is not the pinned one, so does the load.
   */
  remoteFiles?: string | readonly string[]
  /** What rules get that name these as files (`\@pmFromFile`, `\@ipMatchFromFile`, grammars): no file is looked for. */
  embeddedFiles?: Readonly<Record<string, string | Uint8Array>>
  /**
   * Where relative names (Include, Lua scripts, \@pmFromFile …) in `rules` and `files` start. Default:
   * process.cwd().
   */
  cwd?: string
  /** Overrides SecRuleEngine. */
  engine?: EngineMode
  lua?: LuaOptions
  /**
   * What `t:NAME` is besides the engine's own: a function, or a Lua file, relative to `cwd`, whose `main` returns a text for a
   * text. Also those of {@link registerTransformation}.
   */
  transformations?: Readonly<Record<string, Transformer | string>>
  /** External programs (exec:, \@inspectFile without .lua): off unless named; a list of paths or folders. */
  allowExec?: boolean | readonly string[]
  /** Other engines' readings where the specification names a switch. All off by default. */
  compat?: {
    v3Defaults?: boolean
    rxMultiline?: boolean
    requestBodyAlways?: boolean
    execPerMatch?: boolean
    logEveryMatch?: boolean
    phraseSyntax?: 'v2' | 'v3'
    /** `\@rsub` matches whenever it ran, also without a replacement (v2). */
    rsubAlwaysMatches?: boolean
    /** `t:base64DecodeExt` takes - and _ for + and / (Coraza). */
    base64url?: boolean
    /** `%uXXXX` in `t:urlDecodeUni` without SecUnicodeMapFile: to what it looks like in US-ASCII, as in Coraza. */
    unicodeMap?: 'builtin-20127'
    /** A rule without a severity shows 0 in log lines and records of libmodsecurity's format, as it does there. */
    strict?: boolean
    /** `t:normalizePathWin` leaves of each name what Windows opens: no stream, no dots and blanks at its end (Coraza). */
    windowsNames?: boolean
    /** `\@geoLookup` without SecGeoLookupDb loads with a warning and never matches, instead of being an error. */
    geoWithoutDatabase?: boolean
  }
  /** What audit records show. */
  audit?: {
    /** Bytes of a body; what is longer is cut. Default: 65536 in JSON, 1048576 in the Native format. */
    bodyLimit?: number
    /** What is not UTF-8 in JSON: 'replace' (default) writes U+FFFD, 'base64' adds a member `NAME_b64` with the bytes. */
    binary?: 'replace' | 'base64'
    /** Masks Authorization, Proxy-Authorization, Cookie and Set-Cookie, whatever the rules say. */
    maskDefaults?: boolean
    /** What a rule hides is hidden in messages, too (default), or stays readable there, as in ModSecurity 2. */
    maskMessages?: boolean
    /** With DetectionOnly, SecAuditLogRelevantStatus looks at what would have been answered, as in Coraza. Default false. */
    wouldBeStatus?: boolean
    /** Bytes of part E (Native) that are not printable are written as `\xHH`, as in libmodsecurity 3. Default false. */
    escapeBody?: boolean
    /** Of each record, in the index of the concurrent log. Default 'md5', as in ModSecurity. */
    hash?: 'md5' | 'sha256'
    /** Sends records to a receiver, besides what the rules say of files. */
    ship?: AuditShipping
  }
  /**
   * Of which transactions SecDebugLog gets the lines: of 'all' (default), or of the 'relevant' ones, which an audit engine
   * that is RelevantOnly records. Until that is known up to 1 MiB of lines is kept, the newest.
   */
  debugLog?: 'all' | 'relevant'
  /** The format of log lines: of libmodsecurity 3 (default), ModSecurity 2 or Coraza. */
  logFormat?: 'v3' | 'v2' | 'coraza'
  /** Bytes of a log line; where it would be longer, tags are left out. 5120 to 1048576. Default 8192. */
  logLineBytes?: number

  /**
   * Persistent collections: 'memory' (default), 'lmdb:<folder>', 'redis://host:port/db', or an
   * implementation.
   */
  store?: string | CollectionStore
  /**
   * When changes reach the store: 'transaction' (after phase 5, as v2), 'phase' (for rate limits),
   * 'immediate' (v3).
   */
  commit?: 'transaction' | 'phase' | 'immediate'
  /** How persistent collections are kept. */
  collections?: {
    /** SecWebAppId belongs to the key of every collection, not only of SESSION, USER and RESOURCE. Default false. */
    scopeAll?: boolean
    /**
     * What deprecatevar counts from: 'record' (default, v2), the last update of the record, whatever it changed;
     * or 'per-variable', when the variable was set, and what is left of a period counts next time.
     */
    deprecateMode?: 'record' | 'per-variable'
    /** What takes the place of a store that cannot be opened, with a warning. Default: nothing, the load fails. */
    fallback?: 'memory'
    limits?: {
      /** Bytes of a variable's name; a longer one is not kept. Default 64. */
      variableName?: number
      /** Bytes of a value; more is cut off. Default 4096. */
      value?: number
      /** Variables of a record; further ones are not kept. Default 64. */
      variables?: number
      /** Collections that one transaction may open. Default and most: 16. */
      opened?: number
      /** Records of one collection in memory; more push out those that end first. Default 1,000,000. */
      records?: number
      /** Bytes that an LMDB file may grow to. Default 4 GiB. */
      fileBytes?: number
    }
  }
  /** A transaction that runs out of memory is let through, instead of being denied with 500. Default false. */
  failOpen?: boolean
  /** What a transaction gets when the store does not answer. Default 'pass'. */
  onStoreError?: 'pass' | 'deny'
  /** Milliseconds that a transaction waits for a store that is not in this process. Default 100. */
  storeTimeout?: number
  /** How external programs are run. */
  programs?: {
    /** Milliseconds from being asked for to its end; then it is killed. Default 10,000. */
    timeout?: number
    /** Runs at once; more wait for their turn. Default 8. */
    maxConcurrent?: number
  }
  /** How names are looked up for \@rbl. */
  dns?: {
    /** Addresses of the servers, '192.0.2.53' or '192.0.2.53:5353'. Default: those of the system. */
    servers?: readonly string[]
    /** Milliseconds. Default 500. */
    timeout?: number
    /** Names whose answer is kept for as long as it holds; 0 keeps none. Default 10,000. */
    maxCached?: number
    /** Seconds for which it is kept that there is no such name. Default 300. */
    negativeTtl?: number
  }
  /** When rules have to wait for the outside world: programs, DNS, a store elsewhere. */
  waiting?: {
    /** Transactions that may wait at once. Default 1,000. */
    max?: number
    /** What one gets beyond that: as if there had been no answer ('pass', the default), or 503 ('deny'). */
    onBusy?: 'pass' | 'deny'
  }
  overload?: OverloadOptions
  /**
   * Loads again when a file changes that the load has read, or one appears that it would have: rules, scripts, lists,
   * databases. Told by the events `reload` and `reloadError`; ends with {@link Waf.close}. Default false.
   */
  watch?: boolean
  /**
   * Sound short-cuts of the evaluator (candidate index, value cache). Only for tests and diagnosis. Default
   * true.
   */
  acceleration?: boolean
  /**
   * What may be kept, in bytes, of header texts that keep coming, with all that is known of them: by each thread. 0: nothing
   * is kept. Default 4 MiB.
   */
  valueCacheBytes?: number
}

/** One piece of configuration, as the addon takes it. */
export interface NativeSource {
  readonly isText: boolean
  readonly name: string
  readonly text: string | Uint8Array
  /** Not configuration, but what a rule gets that names it as a file. */
  readonly isData?: boolean
}

/** Every option, checked, by the names and numbers of the addon. */
export interface NativeOptions {
  readonly cwd: string
  readonly engine: number
  readonly commit: number
  readonly allowExec: boolean | readonly string[]
  readonly v3Defaults: boolean
  readonly rxMultiline: boolean
  readonly requestBodyAlways: boolean
  readonly execPerMatch: boolean
  readonly logEveryMatch: boolean
  readonly phraseSyntaxV2: boolean
  readonly rsubAlwaysMatches: boolean
  readonly base64url: boolean
  readonly unicodeMap20127: boolean
  readonly windowsNames: boolean
  readonly geoWithoutDatabase: boolean
  readonly logFormat: number
  readonly auditBodyLimit: number | undefined
  readonly auditBinaryBase64: boolean
  readonly auditMaskDefaults: boolean
  readonly auditLeaveMessages: boolean
  readonly auditWouldBeStatus: boolean
  readonly auditEscapeBody: boolean
  readonly auditHashSha256: boolean
  readonly logLineBytes: number | undefined
  readonly debugRelevantOnly: boolean
  readonly strict: boolean
  readonly failOpen: boolean
  readonly noAcceleration: boolean
  readonly valueCacheBytes: number | undefined
  readonly denyOnStoreError: boolean
  readonly denyWhenBusy: boolean
  readonly hasRemoteStore: boolean
  readonly transformations: Transformations['native']
  readonly collections: {
    readonly scopeAll: boolean
    readonly deprecateOwnAge: boolean
    readonly nameBytesMax: number | undefined
    readonly valueBytesMax: number | undefined
    readonly variablesMax: number | undefined
    readonly openedMax: number | undefined
  }
  readonly lua: {
    readonly maxInstructions: number | undefined
    readonly maxMemory: number | undefined
    readonly timeout: number | undefined
    readonly maxPatternSteps: number | undefined
    readonly matchOnError: boolean
    readonly setvarV2: boolean
    readonly allowIo: boolean
    readonly allowOs: boolean
    readonly allowRequire: boolean | readonly string[]
    readonly allowDebug: boolean
  }
}

export interface CheckedOptions {
  readonly transformers: Transformations['transformers']
  readonly sources: readonly NativeSource[]
  readonly native: NativeOptions
  /** url '': what the rules say, or nothing. */
  readonly ship: ShipperOptions
  readonly watch: boolean
  readonly overload: { readonly lagMs: number; readonly shed: readonly Shed[] }
  /** undefined: what SecPersistentStore says, or memory. */
  readonly store: StoreChoice | undefined
  readonly outside: OutsideSettings
  readonly storeLimits: StoreLimits
  /** Equal for equal rules of equal origin: threads that load the same share their memory store by it. */
  readonly storeKey: string
}

// The numbers of the engine's enums, by the words that users write.
const engineModes = ['', 'Off', 'DetectionOnly', 'On'] as const
const logFormats = ['v3', 'v2', 'coraza'] as const
const commits = ['transaction', 'phase', 'immediate'] as const

function wrong(name: string, expected: string, value: unknown): SecluaError {
  const shown =
    typeof value === 'string'
      ? JSON.stringify(value)
      : typeof value === 'number'
        ? String(value)
        : typeof value
  return new SecluaError('SECLUA_E_OPTION', `option ${name} takes ${expected}, not ${shown}`)
}

/** One object of options. Each reader takes an option by name; what nobody took does not exist. */
class Reader {
  readonly #values: Readonly<Record<string, unknown>>
  readonly #prefix: string
  readonly #known = new Set<string>()

  constructor(value: unknown, name: string) {
    if (value !== undefined && (typeof value !== 'object' || value === null || Array.isArray(value))) {
      throw wrong(name, 'an object', value)
    }
    this.#values = { ...value }
    this.#prefix = name === '' ? '' : `${name}.`
  }

  take(name: string): unknown {
    this.#known.add(name)
    return this.#values[name]
  }

  object(name: string): Reader {
    return new Reader(this.take(name), this.#prefix + name)
  }

  /** All members of an object whose names are the user's own. */
  entries(name: string): readonly (readonly [string, unknown])[] {
    return Object.entries(new Reader(this.take(name), this.#prefix + name).#values)
  }

  text(name: string): string | undefined {
    const value = this.take(name)
    if (value === undefined || typeof value === 'string') return value
    throw wrong(this.#prefix + name, 'a string', value)
  }

  texts(name: string): readonly string[] | undefined {
    const value = this.take(name)
    if (value === undefined) return undefined
    const list: readonly unknown[] = Array.isArray(value) ? value : [value]
    if (list.every((item) => typeof item === 'string' && item !== '')) return list as readonly string[]
    throw wrong(this.#prefix + name, 'a name or a list of names', value)
  }

  flag(name: string, standard = false): boolean {
    const value = this.take(name) ?? standard
    if (typeof value === 'boolean') return value
    throw wrong(this.#prefix + name, 'true or false', value)
  }

  count(name: string): number | undefined {
    const value = this.take(name)
    if (value === undefined) return undefined
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
    throw wrong(this.#prefix + name, 'a whole number from 0 on', value)
  }

  countWithin(name: string, least: number, most: number): number | undefined {
    const value = this.count(name)
    if (value === undefined || (value >= least && value <= most)) return value
    throw wrong(this.#prefix + name, `a whole number from ${String(least)} to ${String(most)}`, value)
  }

  word<const W extends string>(name: string, words: readonly W[]): W | undefined {
    const value = this.take(name)
    if (value === undefined) return undefined
    const found = words.find((word) => word === value)
    if (found !== undefined) return found
    throw wrong(this.#prefix + name, words.map((word) => `'${word}'`).join(' or '), value)
  }

  flagOrNames(name: string): boolean | readonly string[] {
    const value = this.take(name) ?? false
    if (typeof value === 'boolean') return value
    if (Array.isArray(value)) return this.texts(name) ?? []
    throw wrong(this.#prefix + name, 'true, false or a list of names', value)
  }

  /** Every name there is, with what `read` makes of it. */
  all<T>(read: (name: string) => T): Record<string, T> {
    return Object.fromEntries(Object.keys(this.#values).map((name) => [name, read(name)]))
  }

  /** Every option that was passed must have been read by now. */
  finish(): void {
    const stranger = Object.keys(this.#values).find((name) => !this.#known.has(name))
    if (stranger === undefined) return
    throw new SecluaError('SECLUA_E_OPTION', `there is no option ${this.#prefix}${stranger}`, {
      hint: `known here: ${[...this.#known].join(', ')}`,
    })
  }
}

function readLua(options: Reader): NativeOptions['lua'] {
  const lua = options.object('lua')
  const allow = lua.object('allow')
  const checked = {
    maxInstructions: lua.count('maxInstructions'),
    maxMemory: lua.count('maxMemory'),
    timeout: lua.count('timeout'),
    maxPatternSteps: lua.count('maxPatternSteps'),
    matchOnError: lua.word('onError', ['no-match', 'match']) === 'match',
    setvarV2: lua.word('setvar', ['literal', 'v2']) === 'v2',
    allowIo: allow.flag('io'),
    allowOs: allow.flag('os'),
    allowRequire: allow.flagOrNames('require'),
    allowDebug: allow.flag('debug'),
  }
  allow.finish()
  lua.finish()
  return checked
}

function readCollections(options: Reader): {
  native: NativeOptions['collections']
  storeLimits: StoreLimits
} {
  const collections = options.object('collections')
  const limits = collections.object('limits')
  const native = {
    scopeAll: collections.flag('scopeAll'),
    deprecateOwnAge: collections.word('deprecateMode', ['record', 'per-variable']) === 'per-variable',
    nameBytesMax: limits.countWithin('variableName', 1, 1024),
    valueBytesMax: limits.countWithin('value', 1, 1048576),
    variablesMax: limits.countWithin('variables', 1, 65536),
    openedMax: limits.countWithin('opened', 1, 16),
  }
  collections.word('fallback', ['memory']) // carried out by whoever loads: stores/fallback.ts
  const storeLimits = {
    records: limits.countWithin('records', 1, 1e9) ?? 0,
    fileBytes: limits.countWithin('fileBytes', 1048576, 2 ** 46) ?? 0,
  }
  limits.finish()
  collections.finish()
  return { native, storeLimits }
}

function readStore(options: Reader, cwd: string, variablesMax: number | undefined): StoreChoice | undefined {
  const store = options.take('store')
  if (store === undefined) return undefined
  if (typeof store === 'object' && store !== null && isStore(store)) return { kind: 'custom', store }
  const choice = typeof store === 'string' ? choiceOf(store, cwd) : undefined
  if (choice !== undefined) return choice.kind === 'redis' ? { ...choice, variablesMax } : choice
  throw wrong(
    'store',
    "'memory', 'lmdb:<folder>', 'redis://host:port/db' or an object with load and apply",
    store,
  )
}

function isStore(value: object): value is CollectionStore {
  const { load, apply } = value as { load?: unknown; apply?: unknown }
  return typeof load === 'function' && typeof apply === 'function'
}

function readServers(dns: Reader): readonly string[] | undefined {
  const servers = dns.texts('servers')
  try {
    if (servers !== undefined) new Resolver().setServers(servers)
  } catch {
    throw wrong('dns.servers', 'addresses of DNS servers', servers?.join(', '))
  }
  return servers
}

function readOutside(options: Reader, cwd: string): { outside: OutsideSettings; denyWhenBusy: boolean } {
  const programs = options.object('programs')
  const dns = options.object('dns')
  const waiting = options.object('waiting')
  const denyWhenBusy = waiting.word('onBusy', ['pass', 'deny']) === 'deny'
  const outside = {
    maxWaiting: waiting.count('max') ?? 1000,
    dns: {
      servers: readServers(dns),
      timeoutMs: dns.count('timeout') ?? 500,
      maxCached: dns.count('maxCached') ?? 10_000,
      defaultTtlSeconds: dns.count('negativeTtl') ?? 300,
    },
    programs: {
      timeoutMs: programs.count('timeout') ?? 10_000,
      maxConcurrent: Math.max(1, programs.count('maxConcurrent') ?? 8),
      cwd,
    },
    storeTimeoutMs: options.count('storeTimeout') ?? 100,
  }
  programs.finish()
  dns.finish()
  waiting.finish()
  return { outside, denyWhenBusy }
}

/** Records hold what clients sent: in the clear they stay on this machine. */
function isReceiver(text: string): boolean {
  if (!URL.canParse(text)) return false
  const { protocol, hostname } = new URL(text)
  return (
    protocol === 'https:' || (protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname))
  )
}

function readHeaders(ship: Reader): Readonly<Record<string, string>> {
  const headers = ship.object('headers')
  return headers.all((name) => headers.text(name) ?? '')
}

function readShipping(audit: Reader, cwd: string): ShipperOptions {
  const ship = audit.object('ship')
  const url = ship.text('url') ?? ''
  if (url !== '' && !isReceiver(url)) {
    throw wrong('audit.ship.url', "an address 'https://…', or 'http://localhost…'", url)
  }
  const folder = ship.text('folder')
  const checked = {
    url,
    headers: readHeaders(ship),
    folder: folder === undefined ? undefined : resolve(cwd, folder),
    folderBytesMax: ship.count('folderBytes') ?? 256 * 1024 * 1024,
    flushMs: ship.count('flushInterval') ?? 1000,
    timeoutMs: ship.count('timeout') ?? 10_000,
  }
  ship.finish()
  return checked
}

const sheds = ['audit', 'response', 'request'] as const

function readOverload(options: Reader): CheckedOptions['overload'] {
  const overload = options.object('overload')
  const lagMs = overload.count('lag') ?? 0
  const shed = overload.texts('shed') ?? ['audit']
  const known = shed.flatMap((name) => sheds.filter((one) => one === name))
  if (known.length < shed.length || new Set(known).size < known.length) {
    throw wrong('overload.shed', `each of ${sheds.join(', ')} once at most`, shed.join(', '))
  }
  overload.finish()
  return { lagMs, shed: known }
}

function readSources(options: Reader): NativeSource[] {
  const files = options.texts('files')
  const rules = options.text('rules')
  const sources = (files ?? []).map((name) => ({ isText: false, name, text: '' }))
  if (rules !== undefined) sources.push({ isText: true, name: 'rules', text: rules })
  if (sources.length === 0) sources.push({ isText: false, name: shippedRules, text: '' })
  return [...sources, ...readData(options)]
}

function readData(options: Reader): NativeSource[] {
  const remote = (options.texts('remoteFiles') ?? []).map((name) => {
    if (name.startsWith('https://')) return { isText: false, name, text: '', isData: true }
    throw wrong('remoteFiles', "addresses 'https://…#sha256=…'", name)
  })
  const embedded = options.entries('embeddedFiles').map(([name, text]) => {
    if (typeof text === 'string' || text instanceof Uint8Array)
      return { isText: true, name, text, isData: true }
    throw wrong(`embeddedFiles[${JSON.stringify(name)}]`, 'a string or a Uint8Array', text)
  })
  return [...remote, ...embedded]
}

/** Checks all options. Throws a {@link SecluaError} that names the first wrong one. */
export function readOptions(given: WafOptions = {}): CheckedOptions {
  const options = new Reader(given, '')
  const sources = readSources(options)
  const cwd = resolve(options.text('cwd') ?? '.')
  const engine = options.word('engine', ['On', 'DetectionOnly', 'Off'])
  const commit = options.word('commit', commits)
  const allowExec = options.flagOrNames('allowExec')
  const lua = readLua(options)
  const { outside, denyWhenBusy } = readOutside(options, cwd)
  const { native: collections, storeLimits } = readCollections(options)
  const store = readStore(options, cwd, collections.variablesMax)
  const overload = readOverload(options)
  const transformations = readTransformations(options.entries('transformations'))
  const compat = options.object('compat')
  const watch = options.flag('watch')
  const audit = options.object('audit')
  const ship = readShipping(audit, cwd)
  const native: NativeOptions = Object.freeze({
    cwd,
    engine: engineModes.indexOf(engine ?? ''),
    commit: commits.indexOf(commit ?? 'transaction'),
    allowExec: typeof allowExec === 'boolean' ? allowExec : allowExec.map((path) => resolve(cwd, path)),
    v3Defaults: compat.flag('v3Defaults'),
    rxMultiline: compat.flag('rxMultiline'),
    requestBodyAlways: compat.flag('requestBodyAlways'),
    execPerMatch: compat.flag('execPerMatch'),
    logEveryMatch: compat.flag('logEveryMatch'),
    rsubAlwaysMatches: compat.flag('rsubAlwaysMatches'),
    base64url: compat.flag('base64url'),
    unicodeMap20127: compat.word('unicodeMap', ['builtin-20127']) !== undefined,
    windowsNames: compat.flag('windowsNames'),
    geoWithoutDatabase: compat.flag('geoWithoutDatabase'),
    auditBodyLimit: audit.count('bodyLimit'),
    auditBinaryBase64: audit.word('binary', ['replace', 'base64']) === 'base64',
    auditMaskDefaults: audit.flag('maskDefaults'),
    auditLeaveMessages: !audit.flag('maskMessages', true),
    auditWouldBeStatus: audit.flag('wouldBeStatus'),
    auditEscapeBody: audit.flag('escapeBody'),
    auditHashSha256: audit.word('hash', ['md5', 'sha256']) === 'sha256',
    logLineBytes: options.countWithin('logLineBytes', 5120, 1024 * 1024),
    debugRelevantOnly: options.word('debugLog', ['all', 'relevant']) === 'relevant',
    strict: compat.flag('strict'),
    failOpen: options.flag('failOpen'),
    logFormat: logFormats.indexOf(options.word('logFormat', logFormats) ?? 'v3'),
    phraseSyntaxV2: compat.word('phraseSyntax', ['v2', 'v3']) === 'v2',
    noAcceleration: !options.flag('acceleration', true),
    valueCacheBytes: options.count('valueCacheBytes'),
    denyWhenBusy,
    hasRemoteStore: store !== undefined && isRemote(store),
    denyOnStoreError: options.word('onStoreError', ['pass', 'deny']) === 'deny',
    transformations: transformations.native,
    collections,
    lua,
  })
  compat.finish()
  audit.finish()
  options.finish()
  const storeKey = JSON.stringify([cwd, sources, storeLimits])
  const { transformers } = transformations
  return { sources, native, transformers, ship, watch, overload, store, storeLimits, outside, storeKey }
}
