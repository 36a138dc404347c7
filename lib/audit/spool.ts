// SPDX-License-Identifier: Apache-2.0
// A folder of audit records that could not be delivered yet: lines in files of a few megabytes, oldest first by name.
//
// Each user of the folder has files of its own, by a token in their names; process ids would not do, for each container
// begins to count them anew. An owner touches its files as long as it lives. What was not touched for a while was left behind by
// one that was killed, and what an orderly end leaves belongs to nobody: whoever sees it first takes it over. Should its owner
// have been alive after all, records arrive twice, and none is lost. The folder has a limit; beyond it the oldest file goes.

import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { appendFile, readdir, readFile, rename, stat, unlink, utimes } from 'node:fs/promises'
import { join } from 'node:path'

const segmentBytesMax = 4 * 1024 * 1024
const pattern = /^audit-([0-9a-z]{9})-([0-9a-f]{8}|free)-[0-9a-z]+\.ndjson$/
const nobody = 'free'
/** A process whose event loop stands for longer loses its files to others, which is no loss. */
const defaultLeaseMs = 20_000

interface Segment {
  name: string
  bytes: number
}

/** How many lines these bytes are. */
export function countLines(lines: Buffer): number {
  let count = 0
  for (let at = lines.indexOf(10); at >= 0; at = lines.indexOf(10, at + 1)) count++
  return count
}

const byName = (a: Segment, b: Segment): number => (a.name < b.name ? -1 : 1)

export class Spool {
  readonly #folder: string
  readonly #bytesMax: number
  readonly #leaseMs: number
  readonly #token = randomBytes(4).toString('hex')
  #segments: Segment[] = []
  #serial = 0
  #timer: NodeJS.Timeout | undefined
  #round: Promise<void> = Promise.resolve()
  /** Records that went with the oldest file. */
  dropped = 0

  /** Throws what the system says when the folder cannot be made or read. */
  constructor(folder: string, bytesMax: number, leaseMs: number = defaultLeaseMs) {
    this.#folder = folder
    this.#bytesMax = bytesMax
    this.#leaseMs = leaseMs
    if (!existsSync(folder)) mkdirSync(folder, { mode: 0o700 })
    readdirSync(folder)
  }

  get bytes(): number {
    return this.#segments.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  get isEmpty(): boolean {
    return this.#segments.length === 0
  }

  /** Takes over what there is, and looks again from time to time. */
  async open(): Promise<void> {
    await this.#adopt()
    this.#timer = setInterval(() => {
      this.#round = this.#touch().then(() => this.#adopt())
    }, this.#leaseMs / 4).unref()
  }

  /** What is left is for whoever comes next. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#round
    for (const segment of this.#segments) await this.#giveUp(segment)
  }

  async append(lines: Buffer): Promise<void> {
    let last = this.#segments.at(-1)
    if (last === undefined || last.bytes + lines.length > segmentBytesMax) {
      const stamp = Date.now().toString(36).padStart(9, '0')
      last = { name: this.#nameOf(stamp), bytes: 0 }
      this.#segments.push(last)
    }
    await appendFile(join(this.#folder, last.name), lines, { mode: 0o600, flush: true })
    last.bytes += lines.length
    while (this.bytes > this.#bytesMax && this.#segments.length > 1) {
      const [oldest] = this.#segments
      if (oldest === undefined) return
      this.dropped += countLines(await this.#read(oldest))
      await this.#remove(oldest)
    }
  }

  /** The oldest file's lines; `done` takes it away. Nothing may be appended in between. */
  async oldest(): Promise<{ lines: Buffer; done: () => Promise<void> } | undefined> {
    const [segment] = this.#segments
    if (segment === undefined) return undefined
    const lines = await this.#read(segment)
    return { lines, done: () => this.#remove(segment) }
  }

  #nameOf(stamp: string): string {
    return `audit-${stamp}-${this.#token}-${(this.#serial++).toString(36).padStart(6, '0')}.ndjson`
  }

  async #touch(): Promise<void> {
    const now = new Date()
    for (const { name } of this.#segments)
      await utimes(join(this.#folder, name), now, now).catch(() => undefined)
  }

  async #adopt(): Promise<void> {
    const names = await readdir(this.#folder).catch(() => [])
    for (const name of names.sort()) {
      const [, stamp, owner] = pattern.exec(name) ?? []
      if (stamp === undefined || owner === this.#token) continue
      const path = join(this.#folder, name)
      try {
        const { mtimeMs, size } = await stat(path)
        if (owner !== nobody && Date.now() - mtimeMs < this.#leaseMs) continue
        const own = this.#nameOf(stamp)
        await rename(path, join(this.#folder, own)) // only one of several succeeds
        this.#segments.push({ name: own, bytes: size })
      } catch {
        continue
      }
    }
    this.#segments.sort(byName)
    await this.#touch()
  }

  async #giveUp(segment: Segment): Promise<void> {
    const { name } = segment
    // The owner stays in it, at the end: two that nobody owns may not have one name.
    segment.name = name.replace(`-${this.#token}-`, `-${nobody}-`).replace('.ndjson', `${this.#token}.ndjson`)
    await rename(join(this.#folder, name), join(this.#folder, segment.name)).catch(() => undefined)
  }

  #read(segment: Segment): Promise<Buffer> {
    return readFile(join(this.#folder, segment.name)).catch(() => Buffer.alloc(0))
  }

  async #remove(segment: Segment): Promise<void> {
    this.#segments = this.#segments.filter((one) => one !== segment)
    await unlink(join(this.#folder, segment.name)).catch(() => undefined)
  }
}
