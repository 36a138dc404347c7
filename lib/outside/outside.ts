// SPDX-License-Identifier: Apache-2.0
// The world outside the engine: answers what transactions wait for, with Node's own asynchronous means.
//
// Never more than a bound of them wait at once; each question has its deadline. Whatever goes wrong is an answer, too: the
// engine decides what it means for the rule.

import { isDeepStrictEqual } from 'node:util'

import { addon, type NativeAnswer, type NativeWait } from '../native.js'
import type { CollectionStore } from '../store.js'
import { LateError, within } from './deadline.js'
import { Dns, type DnsSettings } from './dns.js'
import { Programs, type ProgramSettings } from './programs.js'

const { answers } = addon

export interface OutsideSettings {
  /** Transactions that may wait at once. */
  readonly maxWaiting: number
  readonly dns: DnsSettings
  readonly programs: ProgramSettings
  readonly storeTimeoutMs: number
}

/** What was asked, over all reloads of a Waf. */
export class WaitCounters {
  waiting = 0
  readonly asked = { dns: 0, program: 0, load: 0, apply: 0 }
  failed = 0
  late = 0
  refused = 0
}

/** Applying has its time where nobody waits for it: after a transaction was closed. */
const unattendedApplyTimeoutMs = 5000

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** A store's texts are bytes, one character each; what is none is written in UTF-8. */
function bytesOf(text: unknown): string {
  const string = String(text)
  return /[^\x00-\xff]/.test(string) ? Buffer.from(string, 'utf8').toString('latin1') : string
}

function members(values: Readonly<Record<string, unknown>>, record: number): (string | number)[] {
  return Object.entries(values).flatMap(([name, value]) => [record, bytesOf(name), bytesOf(value)])
}

export class Outside {
  readonly #settings: OutsideSettings
  readonly #store: CollectionStore | undefined
  readonly #counters: WaitCounters
  #dns: Dns
  #programs: Programs
  readonly #endings = new Set<Promise<unknown>>()
  readonly #onUnused: (() => void)[] = []
  #users = 0

  constructor(settings: OutsideSettings, store: CollectionStore | undefined, counters: WaitCounters) {
    this.#settings = settings
    this.#store = store
    this.#counters = counters
    this.#dns = new Dns(settings.dns)
    this.#programs = new Programs(settings.programs)
  }

  /** Never rejects. `isUnattended`: nobody waits for what comes of it. */
  async answer(wait: NativeWait, signal: AbortSignal, isUnattended: boolean): Promise<NativeAnswer> {
    const counters = this.#counters
    if (counters.waiting >= this.#settings.maxWaiting) {
      counters.refused++
      return { status: answers.refused, reason: 'too many transactions wait already' }
    }
    counters.waiting++
    counters.asked[wait.kind]++
    try {
      return { status: answers.answered, reason: '', ...(await this.#ask(wait, signal, isUnattended)) }
    } catch (error) {
      if (error instanceof LateError) counters.late++
      else if (!signal.aborted) counters.failed++ // else nobody wanted it any more
      return {
        status: error instanceof LateError ? answers.late : answers.failed,
        reason: bytesOf(reasonOf(error)),
      }
    } finally {
      counters.waiting--
    }
  }

  async #ask(wait: NativeWait, signal: AbortSignal, isUnattended: boolean): Promise<Partial<NativeAnswer>> {
    const { dns, storeTimeoutMs } = this.#settings
    switch (wait.kind) {
      case 'dns': {
        const addresses = await within(this.#dns.resolve(wait.name), dns.timeoutMs, signal)
        return { members: addresses.flatMap((address) => [0, '', address]) }
      }
      case 'program':
        return this.#programs.run(wait, signal)
      case 'load': {
        const { namespace, collection, key } = wait
        const values = await within(this.#open().load(namespace, collection, key), storeTimeoutMs, signal)
        return values === null ? {} : { members: members(values, 0) }
      }
      case 'apply': {
        const timeoutMs = isUnattended ? Math.max(storeTimeoutMs, unattendedApplyTimeoutMs) : storeTimeoutMs
        const sums = await within(this.#open().apply(wait.batch), timeoutMs, signal)
        return { members: sums.flatMap(members) }
      }
    }
  }

  #open(): CollectionStore {
    if (this.#store === undefined) throw new Error('there is no such store')
    return this.#store
  }

  /** A transaction that may ask begins. */
  enter(): void {
    this.#users++
  }

  /** It has ended. */
  leave(): void {
    this.#users--
    if (this.#users === 0) for (const tell of this.#onUnused.splice(0)) tell()
  }

  /**
   * Takes over from the one before a reload, whose transactions go on: the names that it knows, and the programs that it runs,
   * unless their settings are others now.
   */
  succeed(predecessor: Outside): void {
    const { dns, programs } = predecessor.#settings
    if (isDeepStrictEqual(this.#settings.dns, dns)) this.#dns = predecessor.#dns
    if (isDeepStrictEqual(this.#settings.programs, programs)) this.#programs = predecessor.#programs
    this.hold(predecessor.settled())
    if (!predecessor.isUsed) return
    this.enter()
    void predecessor.unused().then(() => {
      this.leave()
    })
  }

  get isUsed(): boolean {
    return this.#users > 0
  }

  /** Resolves when no transaction is left that may ask. */
  unused(): Promise<void> {
    return new Promise((resolve) => {
      if (this.isUsed) this.#onUnused.push(resolve)
      else resolve()
    })
  }

  /** A transaction that is closed while it still has something to wait for. */
  hold(ending: Promise<unknown>): void {
    const held = ending.catch(() => undefined).finally(() => this.#endings.delete(held))
    this.#endings.add(held)
  }

  /** Resolves when none is left. */
  async settled(): Promise<void> {
    while (this.#endings.size > 0) await Promise.all(this.#endings)
  }

  stats(): Readonly<Record<string, number>> {
    const { waiting, asked, failed, late, refused } = this.#counters
    const { dns, program, load, apply } = asked
    return {
      waiting,
      dns,
      dnsCacheHits: this.#dns.hits,
      programs: program,
      loads: load,
      applies: apply,
      failed,
      late,
      refused,
    }
  }
}
