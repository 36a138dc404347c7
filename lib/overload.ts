// SPDX-License-Identifier: Apache-2.0
// How far this process is behind, and what it gives up for that: a policy that the user has set, step by step.
//
// Late is a timer that comes late: then everything in this thread does. Steps are taken at once and taken back slowly, when the
// loop has been in time for a while, or the load would swing with them.

import type { Shed } from './options.js'

const tickMs = 50
/** Share of a former lag that is remembered at each tick: half of it is forgotten in about a third of a second. */
const memory = 0.9

export interface OverloadStats {
  /** Milliseconds, with what is remembered. */
  lag: number
  /** What is given up now. */
  active: readonly Shed[]
  /** How often something was given up. */
  shed: Readonly<Record<Shed, number>>
}

export class Overload {
  readonly #lagMs: number
  readonly #order: readonly Shed[]
  readonly #changed: () => void
  readonly #counts: Record<Shed, number>
  #timer: NodeJS.Timeout | undefined
  #expected = 0
  #lag = 0
  #level = 0

  /** `changed` is called when something is given up from now on, or no longer. Counts on where its predecessor was. */
  constructor(
    { lagMs, shed }: { lagMs: number; shed: readonly Shed[] },
    changed: () => void,
    predecessor?: Overload,
  ) {
    this.#counts = predecessor !== undefined ? predecessor.#counts : { audit: 0, response: 0, request: 0 }
    this.#lagMs = lagMs
    this.#order = shed
    this.#changed = changed
    if (lagMs === 0) return
    this.#expected = performance.now() + tickMs
    this.#timer = setInterval(() => {
      this.#tick()
    }, tickMs).unref()
  }

  #tick(): void {
    const now = performance.now()
    this.#lag = Math.max(now - this.#expected, this.#lag * memory, 0)
    this.#expected = now + tickMs
    const steps = Math.floor(Math.log2(this.#lag / this.#lagMs)) + 1
    const level = Math.min(Math.max(steps, 0), this.#order.length)
    if (level === this.#level) return
    this.#level = level
    this.#changed()
  }

  sheds(what: Shed): boolean {
    if (this.#level === 0) return false
    const place = this.#order.indexOf(what)
    return place >= 0 && place < this.#level
  }

  /** The same, and counts that it was asked for something that is given up. */
  giveUp(what: Shed): boolean {
    if (!this.sheds(what)) return false
    this.#counts[what]++
    return true
  }

  stats(): OverloadStats {
    return {
      lag: Math.round(this.#lag),
      active: this.#order.slice(0, this.#level),
      shed: { ...this.#counts },
    }
  }

  close(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }
}
