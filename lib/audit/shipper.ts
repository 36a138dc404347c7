// SPDX-License-Identifier: Apache-2.0
// Audit records on their way to a receiver: lines of JSON, some at a time, in the body of a POST.
//
// Who puts a record never waits. Records wait in memory, bounded; when the receiver does not take them and there is a folder,
// they wait there, in their order, also over a restart. A record that fits nowhere is dropped and counted: first those of
// transactions that were let through. A record may arrive twice, when the receiver's answer was lost; it has its transaction's id.

import { agentFor, post, type Receiver } from './post.js'
import { countLines, Spool } from './spool.js'

export interface ShipperOptions {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Where what cannot be delivered waits; undefined: in memory only. */
  readonly folder: string | undefined
  readonly folderBytesMax: number
  readonly flushMs: number
  readonly timeoutMs: number
}

export interface ShipperStats {
  delivered: number
  /** That did not fit anywhere, or were left at the end. */
  dropped: number
  /** That the receiver did not want: it answered 4xx. */
  refused: number
  /** Attempts that failed. */
  failures: number
  /** In memory now. */
  queued: number
  /** Bytes in the folder now. */
  spooledBytes: number
  lastError: string
}

const recordsMax = 10_000
const bytesMax = 64 * 1024 * 1024
const batchRecordsMax = 500
const batchBytesMax = 1024 * 1024
const pauseMsMin = 500
const pauseMsMax = 30_000

interface Queued {
  readonly line: Buffer
  readonly matters: boolean
}

/** Whole lines from the front, about as many as a batch. */
function cut(lines: Buffer, from: number): Buffer {
  const end = lines.indexOf(10, Math.min(from + batchBytesMax, lines.length) - 1)
  return lines.subarray(from, end < 0 ? lines.length : end + 1)
}

export class Shipper {
  readonly #receiver: Receiver
  readonly #flushMs: number
  readonly #spool: Spool | undefined
  #queue: Queued[] = []
  #queuedBytes = 0
  #delivered = 0
  #dropped = 0
  #refused = 0
  #failures = 0
  #lastError = ''
  #isClosing = false
  #hasEnded = false
  #wake: () => void = () => undefined
  readonly #running: Promise<void>

  /** Throws what the system says when the folder cannot be used. */
  constructor(options: ShipperOptions) {
    const url = new URL(options.url)
    this.#receiver = { url, headers: options.headers, timeoutMs: options.timeoutMs, agent: agentFor(url) }
    this.#flushMs = options.flushMs
    this.#spool = options.folder === undefined ? undefined : new Spool(options.folder, options.folderBytesMax)
    this.#running = this.#run()
  }

  /** `matters`: of a transaction that was stopped. */
  put(record: string, matters: boolean): void {
    const line = Buffer.from(`${record}\n`)
    if (this.#hasEnded || !this.#makeRoom(line.length)) {
      this.#dropped++
      return
    }
    this.#queue.push({ line, matters })
    this.#queuedBytes += line.length
    if (this.#queue.length >= batchRecordsMax || this.#queuedBytes >= batchBytesMax) this.#wake()
  }

  stats(): ShipperStats {
    return {
      delivered: this.#delivered,
      dropped: this.#dropped + (this.#spool?.dropped ?? 0),
      refused: this.#refused,
      failures: this.#failures,
      queued: this.#queue.length,
      spooledBytes: this.#spool?.bytes ?? 0,
      lastError: this.#lastError,
    }
  }

  /** One more attempt for what is left; what then still is goes into the folder, where there is one. */
  async close(): Promise<void> {
    this.#isClosing = true
    this.#wake()
    await this.#running
    this.#receiver.agent.destroy()
  }

  #makeRoom(more: number): boolean {
    const hasRoom = (): boolean => this.#queue.length < recordsMax && this.#queuedBytes + more <= bytesMax
    if (hasRoom()) return true
    // Many at once, so that a flood does not walk the queue for each of its records.
    const kept: Queued[] = []
    let toGo = recordsMax / 10
    for (const one of this.#queue) {
      if (toGo > 0 && !one.matters) {
        toGo--
        this.#dropped++
        this.#queuedBytes -= one.line.length
      } else kept.push(one)
    }
    this.#queue = kept
    return hasRoom()
  }

  async #run(): Promise<void> {
    await this.#spool?.open()
    let pauseMs = 0
    for (;;) {
      await this.#sleep(pauseMs > 0 ? pauseMs : this.#hasBacklog() ? 0 : this.#flushMs)
      const isLast = this.#isClosing
      const retryMs = await this.#deliver()
      if (isLast) break
      pauseMs = retryMs === undefined ? 0 : Math.min(Math.max(pauseMs * 2, retryMs, pauseMsMin), pauseMsMax)
    }
    await this.#putAway()
    await this.#spool?.close()
    this.#hasEnded = true
    this.#dropped += this.#queue.length
  }

  #hasBacklog(): boolean {
    return this.#spool?.isEmpty === false || this.#queue.length >= batchRecordsMax
  }

  /** Ends early when a batch is full, or at the end. */
  #sleep(ms: number): Promise<void> {
    if (ms === 0 || this.#isClosing) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms).unref()
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  /** All there is now, oldest first. undefined: it went well; else how long the receiver wants to be left alone. */
  async #deliver(): Promise<number | undefined> {
    for (
      let oldest = await this.#spool?.oldest();
      oldest !== undefined;
      oldest = await this.#spool?.oldest()
    ) {
      for (let from = 0; from < oldest.lines.length;) {
        const lines = cut(oldest.lines, from)
        const failed = await this.#post(lines)
        if (failed !== undefined) return this.#failed(failed)
        from += lines.length
      }
      await oldest.done()
    }
    let left = this.#queue.length
    while (left > 0) {
      const batch = this.#take()
      left -= batch.length
      const failed = await this.#post(Buffer.concat(batch.map(({ line }) => line)))
      if (failed === undefined) continue
      this.#queue.unshift(...batch)
      this.#queuedBytes += batch.reduce((sum, { line }) => sum + line.length, 0)
      return this.#failed(failed)
    }
    return undefined
  }

  async #failed(retryMs: number): Promise<number> {
    await this.#putAway()
    return retryMs
  }

  #take(): Queued[] {
    let count = 0
    let bytes = 0
    for (const { line } of this.#queue) {
      if (count > 0 && (count === batchRecordsMax || bytes + line.length > batchBytesMax)) break
      count++
      bytes += line.length
    }
    this.#queuedBytes -= bytes
    return this.#queue.splice(0, count)
  }

  /** From memory into the folder. */
  async #putAway(): Promise<void> {
    while (this.#spool !== undefined && this.#queue.length > 0) {
      const batch = this.#take()
      try {
        await this.#spool.append(Buffer.concat(batch.map(({ line }) => line)))
      } catch (error) {
        this.#lastError = error instanceof Error ? error.message : String(error)
        this.#queue.unshift(...batch)
        this.#queuedBytes += batch.reduce((sum, { line }) => sum + line.length, 0)
        return
      }
    }
  }

  /** undefined: these lines are done with. */
  async #post(lines: Buffer): Promise<number | undefined> {
    const { outcome, reason, retryAfterMs } = await post(this.#receiver, lines)
    if (outcome === 'done') {
      this.#delivered += countLines(lines)
      return undefined
    }
    this.#failures++
    this.#lastError = reason
    if (outcome === 'later') return retryAfterMs ?? 0
    this.#refused += countLines(lines)
    return undefined
  }
}
