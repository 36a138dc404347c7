// SPDX-License-Identifier: Apache-2.0
// DNS for the rules (`@rbl`): IPv4 addresses of a name through Node's resolver, kept for as long as the answer says.
//
// That there is no such name is an answer, too, and by far the most frequent one. Questions that are under way
// are shared. The names come from clients, so what is kept is bounded: the one not asked for longest goes first.

import { NODATA, NOTFOUND, promises, TIMEOUT } from 'node:dns'

import { LateError } from './deadline.js'

export interface DnsSettings {
  /** Addresses of servers, with or without port; undefined: those of the system. */
  readonly servers: readonly string[] | undefined
  readonly timeoutMs: number
  /** Names whose answer is kept. */
  readonly maxCached: number
  /** For answers that do not say how long they hold, as that there is no such name. */
  readonly defaultTtlSeconds: number
}

interface Kept {
  readonly addresses: readonly string[]
  readonly until: number
}

const codeOf = (error: unknown): string | undefined => (error as { code?: string }).code

export class Dns {
  readonly #settings: DnsSettings
  readonly #kept = new Map<string, Kept>()
  readonly #underWay = new Map<string, Promise<readonly string[]>>()
  #resolver: promises.Resolver | undefined
  /** Answers that were known already. */
  hits = 0

  constructor(settings: DnsSettings) {
    this.#settings = settings
  }

  /** No addresses: there is no such name. */
  resolve(name: string): Promise<readonly string[]> {
    const kept = this.#recall(name)
    if (kept !== undefined) return Promise.resolve(kept)
    const known = this.#underWay.get(name)
    if (known !== undefined) return known
    const asked = this.#ask(name).finally(() => this.#underWay.delete(name))
    this.#underWay.set(name, asked)
    return asked
  }

  #recall(name: string): readonly string[] | undefined {
    const kept = this.#kept.get(name)
    if (kept === undefined) return undefined
    this.#kept.delete(name)
    if (kept.until <= Date.now()) return undefined
    this.#kept.set(name, kept) // as the youngest
    this.hits++
    return kept.addresses
  }

  #keep(name: string, addresses: readonly string[], ttlSeconds: number): void {
    if (ttlSeconds <= 0 || this.#settings.maxCached === 0) return
    if (this.#kept.size >= this.#settings.maxCached) {
      const [oldest] = this.#kept.keys()
      if (oldest !== undefined) this.#kept.delete(oldest)
    }
    this.#kept.set(name, { addresses, until: Date.now() + ttlSeconds * 1000 })
  }

  async #ask(name: string): Promise<readonly string[]> {
    try {
      const found = await this.#open().resolve4(name, { ttl: true })
      const addresses = found.map(({ address }) => address)
      this.#keep(name, addresses, Math.min(...found.map(({ ttl }) => ttl)))
      return addresses
    } catch (error) {
      const code = codeOf(error)
      if (code === TIMEOUT) throw new LateError(`no answer within ${this.#settings.timeoutMs} ms`)
      if (code !== NOTFOUND && code !== NODATA) throw error
      this.#keep(name, [], this.#settings.defaultTtlSeconds)
      return []
    }
  }

  #open(): promises.Resolver {
    if (this.#resolver !== undefined) return this.#resolver
    const { servers, timeoutMs } = this.#settings
    this.#resolver = new promises.Resolver({ timeout: timeoutMs, tries: 1 })
    if (servers !== undefined) this.#resolver.setServers(servers)
    return this.#resolver
  }
}
