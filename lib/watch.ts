// SPDX-License-Identifier: Apache-2.0
// Watches where a load looked for files, and says when something changed there.
//
// Folders are watched, not files: editors and deployments put a new file in the place of the old one, and a file that is
// missing may come. Links on the way are watched as the files they are, for some deployments only turn a link round. A
// watched folder may go and come back, so after each change everything is looked at anew. Nothing here keeps the process
// alive.

import { lstatSync, readlinkSync, statSync, watch, type FSWatcher } from 'node:fs'
import { basename, join, parse, resolve } from 'node:path'

import { addon } from './native.js'

/** So long nothing may have changed: a file is often written in several steps, and rules in several files. */
const settlesMs = 200
const linksMax = 40
/** The clock of a file system may be behind. Better once too often than a change that nobody sees. */
const clockSlackMs = 10

export interface WatchReport {
  /** Something changed, and has settled. */
  changed: () => void
  /** A folder cannot be watched. */
  failed: (error: Error) => void
}

type Names = Map<string, Set<string>>

function add(names: Names, folder: string, name: string): void {
  const known = names.get(folder)
  if (known === undefined) names.set(folder, new Set([name]))
  else known.add(name)
}

/** What stands at a path: where a link leads, or whether there is anything. */
function look(path: string): string | boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  return stats?.isSymbolicLink() === true ? readlinkSync(path) : stats !== undefined
}

/** Finds the folders to watch for a path, and the names in them: its own, and those of links or gaps on the way there. */
class Surveyor {
  readonly names: Names = new Map()
  readonly #seen = new Map<string, string | boolean>()

  survey(path: string, links = 0): void {
    const { root } = parse(path)
    let at = root
    const rest = path.slice(root.length).split(/[\\/]/).filter(Boolean)
    for (let component = rest.shift(); component !== undefined; component = rest.shift()) {
      const next = join(at, component)
      const there = this.#look(next)
      if (there !== true || rest.length === 0) add(this.names, at, component)
      if (there === false) return
      if (typeof there === 'string') {
        if (links < linksMax) this.survey(resolve(at, there, ...rest), links + 1)
        return
      }
      at = next
    }
  }

  #look(path: string): string | boolean {
    const seen = this.#seen.get(path)
    if (seen !== undefined) return seen
    let there: string | boolean
    try {
      there = look(path)
    } catch {
      there = false // not to be looked at: neither can it be read
    }
    this.#seen.set(path, there)
    return there
  }
}

function changeTime(path: string): number {
  try {
    return statSync(path).ctimeMs
  } catch {
    return 0
  }
}

export class Watch {
  readonly #report: WatchReport
  #places: readonly string[] = []
  #names: Names = new Map()
  readonly #watchers = new Map<string, FSWatcher>()
  readonly #unwatchable = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor(report: WatchReport) {
    this.#report = report
  }

  /**
   * From now on these are watched. What changed after `since`, when somebody began to read what is there, counts as seen
   * only now.
   */
  follow(places: readonly string[], since: number): void {
    const known = new Set(this.#places)
    this.#places = places
    this.#arrange()
    if (places.some((place) => !known.has(place) && changeTime(place) > since - clockSlackMs))
      this.#schedule()
  }

  /** These, too: of a load that failed, and may succeed when one of them is mended. */
  followAlso(places: readonly string[], since: number): void {
    this.follow([...new Set([...this.#places, ...places])], since)
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    for (const folder of [...this.#watchers.keys()]) this.#leave(folder)
  }

  #arrange(): void {
    if (this.#isClosed) return
    const surveyor = new Surveyor()
    for (const place of this.#places) surveyor.survey(place)
    this.#names = surveyor.names
    for (const folder of [...this.#watchers.keys()]) if (!this.#names.has(folder)) this.#leave(folder)
    for (const folder of this.#names.keys()) if (!this.#watchers.has(folder)) this.#enter(folder)
  }

  #enter(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false })
      watcher.on('change', (_event, name) => {
        this.#onChange(folder, name)
      })
      watcher.on('error', () => {
        this.#lost(folder)
      })
      this.#watchers.set(folder, watcher)
      this.#unwatchable.delete(folder)
    } catch (cause) {
      if (this.#unwatchable.has(folder)) return
      this.#unwatchable.add(folder)
      const reason = cause instanceof Error ? cause.message : String(cause)
      this.#report.failed(new Error(`${folder} cannot be watched: ${reason}`, { cause }))
    }
  }

  #leave(folder: string): void {
    this.#watchers.get(folder)?.close()
    this.#watchers.delete(folder)
  }

  /** The folder went away, or is another one. */
  #lost(folder: string): void {
    this.#leave(folder)
    this.#schedule()
  }

  #onChange(folder: string, name: string | Buffer | null): void {
    const text = name?.toString()
    if (text === basename(folder)) {
      this.#lost(folder) // its own name, when it is moved or removed
    } else if (text === undefined || this.#means(folder, text)) {
      this.#schedule()
    }
  }

  #means(folder: string, name: string): boolean {
    const names = this.#names.get(folder)
    if (names === undefined) return false
    return names.has(name) || [...names].some((pattern) => addon.wildcardMatch(pattern, name))
  }

  #schedule(): void {
    if (this.#isClosed) return
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#arrange() // before anybody reads: what changes from here on is seen
      this.#report.changed()
    }, settlesMs).unref()
  }
}
