// SPDX-License-Identifier: Apache-2.0
// Compares what a stage expects with what the engine logged. Pure: no engine, no files.

import type { FtwOutput } from './model.js'

/** What one stage led to. */
export interface Seen {
  /** HTTP status that a client would have received. */
  readonly status: number
  /** Why the front end refused; then the engine saw nothing. */
  readonly refusal: string | undefined
  /** Ids of the rules that matched with `log` in force, in order. */
  readonly ids: readonly number[]
  readonly logLines: readonly string[]
}

export interface Mismatch {
  readonly expected: string
  readonly seen: string
}

/** Go's leading flags, `(?i)`, become JavaScript's. The rest of the syntax that tests use is common to both. */
export function goRegex(source: string): RegExp {
  const flags = /^\(\?([ims]+)\)/.exec(source)
  return flags === null ? new RegExp(source) : new RegExp(source.slice(flags[0].length), flags[1])
}

function describeIds(seen: Seen): string {
  if (seen.refusal !== undefined) return `a refusal by the server: ${seen.refusal}`
  return seen.ids.length === 0 ? 'nothing logged' : `logged ${seen.ids.join(' ')}`
}

/** The first thing that does not hold, or undefined when all does. */
export function compare(output: FtwOutput, seen: Seen): Mismatch | undefined {
  const missing = output.expectIds.filter((id) => !seen.ids.includes(id))
  if (missing.length > 0) return { expected: `rule ${missing.join(' ')}`, seen: describeIds(seen) }

  const unwanted = output.noExpectIds.filter((id) => seen.ids.includes(id))
  if (unwanted.length > 0) return { expected: `no rule ${unwanted.join(' ')}`, seen: describeIds(seen) }

  const { matchRegex, noMatchRegex } = output
  if (matchRegex !== undefined && !seen.logLines.some((line) => goRegex(matchRegex).test(line))) {
    return {
      expected: `a log line like /${matchRegex}/`,
      seen: seen.logLines.join('\n') || describeIds(seen),
    }
  }
  if (noMatchRegex !== undefined) {
    const line = seen.logLines.find((text) => goRegex(noMatchRegex).test(text))
    if (line !== undefined) return { expected: `no log line like /${noMatchRegex}/`, seen: line }
  }
  if (output.status !== undefined && output.status !== seen.status) {
    return { expected: `status ${output.status}`, seen: `status ${seen.status}, ${describeIds(seen)}` }
  }
  // A server that refuses does answer; without sockets no connection ever fails.
  if (output.expectError === true) return { expected: 'a connection error', seen: `status ${seen.status}` }
  return undefined
}
