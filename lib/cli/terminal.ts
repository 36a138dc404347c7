// SPDX-License-Identifier: Apache-2.0
// What people see: lines on standard output, colour and progress where there is a terminal. Everything for machines is
// written as one JSON text by the command itself and never passes through here, so that no colour can get into it.

import type { WriteStream } from 'node:tty'

export type Painter = (text: string) => string
export interface Palette {
  readonly bold: Painter
  readonly dim: Painter
  readonly red: Painter
  readonly green: Painter
  readonly yellow: Painter
}

const plain: Painter = (text) => text
const paint =
  (code: number): Painter =>
  (text) =>
    `\u001b[${code}m${text}\u001b[0m`

/** Colours for a stream: real ones on a terminal, none elsewhere or where NO_COLOR is set to anything. */
export function paletteFor(stream: { readonly isTTY?: boolean }): Palette {
  const coloured = stream.isTTY === true && (process.env['NO_COLOR'] ?? '') === ''
  if (!coloured) return { bold: plain, dim: plain, red: plain, green: plain, yellow: plain }
  return { bold: paint(1), dim: paint(2), red: paint(31), green: paint(32), yellow: paint(33) }
}

export function printLine(text: string): void {
  process.stdout.write(`${text}\n`)
}

export function complain(text: string): void {
  process.stderr.write(`${text}\n`)
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}

/** Control bytes of a request must not reach the terminal of the person who reads about it. */
export function visible(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`
  })
}

/**
 * One line on standard error that counts up. It is drawn only on a terminal, at most ten times a second, and wiped at
 * the end, so that neither a log file nor the answer on standard output is touched by it.
 */
export class Progress {
  readonly #stream: WriteStream
  readonly #label: string
  readonly #total: number
  #done = 0
  #drawnAt = 0

  constructor(label: string, total: number) {
    this.#stream = process.stderr
    this.#label = label
    this.#total = total
  }

  step(): void {
    this.#done += 1
    const now = performance.now()
    if (!this.#stream.isTTY || now - this.#drawnAt < 100) return
    this.#drawnAt = now
    this.#stream.write(`\r${this.#label} ${this.#done}/${this.#total}\u001b[K`)
  }

  end(): void {
    if (this.#stream.isTTY && this.#drawnAt !== 0) this.#stream.write('\r\u001b[K')
  }
}
