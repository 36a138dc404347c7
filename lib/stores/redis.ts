// SPDX-License-Identifier: Apache-2.0
// Persistent collections in Redis or Valkey, for the processes of several machines.
//
// Each record is one key, and each record's changes are one call of a script: that is what is atomic. Calls of one turn of the
// event loop go out together. A batch that got no answer is sent again for five seconds, under a mark of its own, so that
// it counts once; what waits for that is bounded.

import { createHash, randomUUID } from 'node:crypto'

import { SecluaError } from '../errors.js'
import type { CollectionChange, CollectionStore, RecordChange } from '../store.js'
import { isPassing, RedisLink, type RedisAddresses } from './redis-link.js'
import { applyScript, loadScript } from './redis-scripts.js'

const keyBytesMax = 512
const resendMs = 5000
const markSeconds = 30
const waitingChangesMax = 10_000

/** What a store of this kind counts; part of `waf.stats().store`. */
export interface RedisStoreStats {
  loads: number
  applies: number
  /** Calls that failed in the end. */
  failures: number
  /** Batches that were sent again. */
  resent: number
  /** Changes that were given up. */
  dropped: number
  /** How often a connection was lost. */
  losses: number
  /** Changes that wait for the connection now. */
  waiting: number
}

// One character is one byte, here as in the engine.
const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1')
const textOf = (word: unknown): string =>
  Buffer.isBuffer(word) ? word.toString('latin1') : typeof word === 'number' ? String(word) : ''

/** Colons and braces are what the key is put together with. */
const escaped = (text: string): string =>
  text.replace(/[%:{}]/g, (character) => `%${character.charCodeAt(0).toString(16)}`)

/** `seclua:{space:collection:key}`: what stands in braces decides the node of a cluster. */
function recordTag(namespace: string, collection: string, key: string): string {
  const bytes = bytesOf(key)
  const short =
    bytes.length <= keyBytesMax
      ? `=${key.replace(/[{}]/g, (brace) => `%${brace.charCodeAt(0).toString(16)}`)}`
      : `#${createHash('sha256').update(bytes).digest('hex')}`
  return `{${escaped(namespace)}:${escaped(collection)}:${short}}`
}

const limit = 2n ** 63n - 1n
function integer(value: number): string {
  if (Number.isSafeInteger(value)) return String(value)
  if (!Number.isFinite(value)) return value > 0 ? String(limit) : value < 0 ? String(-limit) : '0'
  const whole = BigInt(Math.trunc(value))
  return String(whole > limit ? limit : whole < -limit ? -limit : whole)
}

function wordsOf(change: CollectionChange): (string | Buffer)[] {
  const name = bytesOf(change.name)
  switch (change.op) {
    case 'set':
      return ['set', name, bytesOf(change.value), '']
    case 'add':
      return ['add', name, integer(change.delta), '']
    case 'unset':
      return ['unset', name, '', '']
    case 'expire':
      return ['expire', name, integer(change.epoch), '']
    case 'deprecate':
      return ['deprecate', name, integer(change.amount), integer(change.period)]
  }
}

function pairs(words: unknown): Record<string, string> {
  const list: readonly unknown[] = Array.isArray(words) ? words : []
  const entries: [string, string][] = []
  for (let i = 0; i + 1 < list.length; i += 2) entries.push([textOf(list[i]), textOf(list[i + 1])])
  return Object.fromEntries(entries)
}

const nowSeconds = (): string => String(Math.floor(Date.now() / 1000))

class RedisStore implements CollectionStore {
  readonly #link: RedisLink
  readonly #prefix: string
  readonly #variablesMax: string
  readonly #id = randomUUID()
  #batches = 0
  #underWay = 0
  readonly #counts = { loads: 0, applies: 0, failures: 0, resent: 0, dropped: 0, waiting: 0 }

  constructor(addresses: RedisAddresses, prefix: string, variablesMax: number) {
    this.#link = new RedisLink(addresses)
    this.#prefix = prefix
    this.#variablesMax = String(variablesMax)
  }

  open(): Promise<void> {
    return this.#link.open()
  }

  async load(namespace: string, collection: string, key: string): Promise<Record<string, string> | null> {
    this.#counts.loads++
    try {
      const record = bytesOf(this.#prefix + recordTag(namespace, collection, key))
      const reply: unknown = await this.#link.run(loadScript, [record], [nowSeconds()])
      const [fields, live] = Array.isArray(reply) ? (reply as unknown[]) : []
      return fields === 0 ? null : pairs(live)
    } catch (error) {
      this.#counts.failures++
      throw error
    }
  }

  apply(batch: readonly RecordChange[]): Promise<Readonly<Record<string, string>>[]> {
    return Promise.all(batch.map((change) => this.#applyOne(change)))
  }

  async #applyOne(change: RecordChange): Promise<Readonly<Record<string, string>>> {
    const tag = recordTag(change.namespace, change.collection, change.key)
    const keys = [
      bytesOf(this.#prefix + tag),
      bytesOf(`${this.#prefix}${tag}:${this.#id}:${(this.#batches++).toString(36)}`),
    ]
    const life = String(Math.max(0, Math.trunc(change.ttlSeconds)))
    const words = [
      nowSeconds(),
      life,
      String(markSeconds),
      this.#variablesMax,
      ...change.changes.flatMap(wordsOf),
    ]
    this.#counts.applies++
    this.#underWay++
    try {
      return pairs(await this.#send(keys, words, change.changes.length))
    } catch (error) {
      this.#counts.failures++
      this.#counts.dropped += change.changes.length
      throw error
    } finally {
      this.#underWay--
    }
  }

  /** Again and again, while the answer is none, for as long as the mark stands. */
  async #send(
    keys: readonly Buffer[],
    words: readonly (string | Buffer)[],
    changes: number,
  ): Promise<unknown> {
    const began = performance.now()
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#link.run(applyScript, keys, words)
      } catch (error) {
        const left = resendMs - (performance.now() - began)
        const hasRoom = this.#counts.waiting + changes <= waitingChangesMax
        if (!isPassing(error) || !hasRoom || left <= 0) throw error
        this.#counts.waiting += changes
        const isReady = await this.#link.ready(left)
        this.#counts.waiting -= changes
        if (!isReady) throw error
        this.#counts.resent++
      }
    }
  }

  stats(): RedisStoreStats {
    return { ...this.#counts, losses: this.#link.losses }
  }

  /** What is under way gets a second to arrive. */
  async close(): Promise<void> {
    const stepMs = 20
    for (let left = 1000; this.#underWay > 0 && left > 0; left -= stepMs) {
      await new Promise((resolve) => setTimeout(resolve, stepMs))
    }
    this.#link.close()
  }
}

const scheme = /^(?:redis|valkey)(s?)(-cluster)?:\/\//

/** True for what {@link redisStore} takes. */
export const isRedisAddress = (address: string): boolean => scheme.test(address)

function addressesOf(address: string | readonly string[]): RedisAddresses {
  const given = typeof address === 'string' ? [address] : address
  const isCluster = typeof address !== 'string' || scheme.exec(address)?.[2] !== undefined
  const isWrong = given.some((one) => !isRedisAddress(one) || !URL.canParse(one))
  const urls = given.map((one) => one.replace(scheme, 'redis$1://')) // the client knows no other
  if (urls.length === 0 || isWrong) {
    throw new SecluaError(
      'SECLUA_E_OPTION',
      'a store in Redis takes redis://[user:password@]host:port[/db]',
      {
        hint: 'valkey:// is the same; rediss:// for TLS; redis-cluster:// or a list of addresses for a cluster',
      },
    )
  }
  return { urls, isCluster }
}

/**
 * A store of persistent collections in Redis or Valkey. Option `store` makes one of an address itself; this is for
 * several nodes of a cluster, or another prefix of keys than `seclua:`. `variablesMax` is what option
 * `collections.limits.variables` says; 64 when nothing does.
 *
 * @example
 * const store = redisStore(['redis://10.0.0.1:6379', 'redis://10.0.0.2:6379'])
 * const waf = await Waf.load({ files: 'rules/*.conf', store })
 */
export function redisStore(
  address: string | readonly string[],
  options: { prefix?: string; variablesMax?: number } = {},
): CollectionStore & { stats(): RedisStoreStats } {
  const { prefix = 'seclua:', variablesMax = 64 } = options
  return new RedisStore(addressesOf(address), prefix, variablesMax)
}
