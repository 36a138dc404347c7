// SPDX-License-Identifier: Apache-2.0
// Starts the program as a user does, from its sources, and waits for what it prints.

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import type { Readable, Writable } from 'node:stream'

const root = resolve(__dirname, '../..')
const program = join(root, 'lib/cli/main.ts')
const loader = join(root, 'node_modules/tsx/dist/loader.mjs')

export interface Answer {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>
  /** All that was written so far. */
  readonly output: { stdout: string; stderr: string }
  /** Resolves when a stream has text that matches, with the match. Rejects when the program ends first. */
  readonly prints: (stream: 'stdout' | 'stderr', pattern: RegExp) => Promise<RegExpExecArray>
  readonly ended: Promise<Answer>
}

export function start(args: readonly string[], cwd: string = root): Running {
  const child = spawn(process.execPath, ['--import', loader, program, ...args], {
    cwd,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text
      child.emit('printed')
    })
  }
  const ended = once(child, 'close').then((values) => {
    child.emit('printed')
    return { status: values[0] as number | null, ...output }
  })
  const prints = async (stream: 'stdout' | 'stderr', pattern: RegExp) => {
    for (;;) {
      const match = pattern.exec(output[stream])
      if (match !== null) return match
      if (child.exitCode !== null) throw new Error(`the program ended: ${output.stdout}${output.stderr}`)
      await once(child, 'printed')
    }
  }
  return { child, output, prints, ended }
}

/** Runs a command to its end. */
export async function seclua(args: readonly string[], input = '', cwd: string = root): Promise<Answer> {
  const { child, ended } = start(args, cwd)
  child.stdin.end(input)
  return ended
}
