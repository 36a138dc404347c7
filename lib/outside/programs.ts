// SPDX-License-Identifier: Apache-2.0
// External programs for the rules (`exec:`, `@inspectFile`): started without a shell, with an environment of their own, with
// nothing inherited but the two ends of a pipe, and never more than a few at once.
//
// Each is the head of a process group, so that what it started ends with it.

import { spawn, type ChildProcess } from 'node:child_process'

import { addon } from '../native.js'
import { within } from './deadline.js'

export interface ProgramSettings {
  /** From being asked for to its end, the wait for its turn included. */
  readonly timeoutMs: number
  /** Runs at once; the others wait for their turn. */
  readonly maxConcurrent: number
  /** The folder that they run in. */
  readonly cwd: string
}

export interface ProgramRun {
  /** The first is the path of the program. */
  readonly arguments: readonly string[]
  /** Names and values in turn. */
  readonly environment: readonly string[]
}

export interface ProgramEnd {
  /** The beginning of what it wrote. */
  readonly output: Uint8Array
  /** -1: a signal ended it. */
  readonly exitStatus: number
}

const outputBytesMax = 4096
/** A program that writes more than this has gone mad, and is ended. */
const floodBytes = 1024 * 1024
/** What a program started may hold on to its output after it has ended; for so long it is waited for. */
const lingerMs = 100

function environmentOf({ environment }: ProgramRun): NodeJS.ProcessEnv {
  const pairs: [string, string][] = []
  for (let i = 0; i + 1 < environment.length; i += 2)
    pairs.push([environment[i] ?? '', environment[i + 1] ?? ''])
  return Object.fromEntries(pairs)
}

/** The whole group, where there are such. */
function kill(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    if (process.platform === 'win32') child.kill('SIGKILL')
    else process.kill(-child.pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

class Running {
  readonly ended: Promise<ProgramEnd>
  readonly #child: ChildProcess
  readonly #chunks: Buffer[] = []
  #kept = 0
  #written = 0

  constructor(run: ProgramRun, cwd: string) {
    const [path = '', ...rest] = run.arguments
    addon.sealDescriptors()
    this.#child = spawn(path, rest, {
      cwd,
      env: environmentOf(run),
      stdio: ['ignore', 'pipe', 'ignore'],
      shell: false,
      detached: process.platform !== 'win32',
      windowsHide: true,
    })
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#take(chunk)
    })
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('exit', (code) => {
        const finish = (): void => {
          clearTimeout(timer)
          resolve({ output: Buffer.concat(this.#chunks), exitStatus: code ?? -1 })
        }
        const timer = setTimeout(() => {
          this.end()
          finish()
        }, lingerMs)
        this.#child.once('close', finish)
      })
    })
  }

  #take(chunk: Buffer): void {
    this.#written += chunk.length
    if (this.#kept < outputBytesMax) {
      const part = chunk.subarray(0, outputBytesMax - this.#kept)
      this.#chunks.push(part)
      this.#kept += part.length
    }
    if (this.#written > floodBytes) this.end()
  }

  end(): void {
    kill(this.#child)
    this.#child.stdout?.destroy()
  }
}

export class Programs {
  readonly #settings: ProgramSettings
  readonly #turns: (() => void)[] = []
  #running = 0

  constructor(settings: ProgramSettings) {
    this.#settings = settings
  }

  /** Rejects when it cannot be started, or has not ended in time; then it is killed. */
  run(run: ProgramRun, signal: AbortSignal): Promise<ProgramEnd> {
    const end = new AbortController()
    return within(this.#runInTurn(run, end.signal), this.#settings.timeoutMs, signal, () => {
      end.abort()
    })
  }

  async #runInTurn(run: ProgramRun, end: AbortSignal): Promise<ProgramEnd> {
    if (this.#running >= this.#settings.maxConcurrent) await this.#turn(end)
    else this.#running++
    try {
      end.throwIfAborted()
      const running = new Running(run, this.#settings.cwd)
      const stop = (): void => {
        running.end()
      }
      end.addEventListener('abort', stop)
      return await running.ended.finally(() => {
        end.removeEventListener('abort', stop)
      })
    } finally {
      // The place goes to whoever waits longest.
      const next = this.#turns.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }

  #turn(end: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#turns.splice(this.#turns.indexOf(go), 1)
        reject(new Error('its turn did not come'))
      }
      const go = (): void => {
        end.removeEventListener('abort', leave)
        resolve()
      }
      this.#turns.push(go)
      end.addEventListener('abort', leave)
    })
  }
}
