// SPDX-License-Identifier: Apache-2.0
// The counters of scripts as `waf.stats().lua` shows them: kinds of failures get their names here.
//
// The order of the names is that of seclua_script_failure in the engine's header.

import type { NativeScriptStats, NativeStats } from './native.js'

const errorKinds = ['error', 'noMain'] as const
const limitKinds = [
  'instructions',
  'time',
  'memory',
  'patternSteps',
  'calls',
  'coroutines',
  'transactionMemory',
] as const

/** What one script did since the Waf was loaded, over all reloads. */
export interface ScriptStats {
  readonly name: string
  readonly runs: number
  readonly matches: number
  /** Runs that ended in an error of Lua, or for want of a main. */
  readonly errors: Readonly<Record<(typeof errorKinds)[number], number>>
  /** Runs that ended at a limit, by limit. */
  readonly limits: Readonly<Record<(typeof limitKinds)[number], number>>
  /** Calls of what `lua.allow` keeps closed, caught by the script or not. */
  readonly closedDoors: number
  /** Milliseconds. */
  readonly totalMs: number
  readonly maxMs: number
  readonly instructions: number
  /** Most bytes that one run had in use. */
  readonly maxMemory: number
}

function named<Kind extends string>(kinds: readonly Kind[], counts: readonly number[]): Record<Kind, number> {
  return Object.fromEntries(kinds.map((kind, i) => [kind, counts[i] ?? 0])) as Record<Kind, number>
}

function scriptStats({ failures, ...counters }: NativeScriptStats): ScriptStats {
  return {
    ...counters,
    errors: named(errorKinds, failures),
    limits: named(limitKinds, failures.slice(errorKinds.length)),
  }
}

/** `waf.stats().lua` */
export interface LuaStats {
  readonly runs: number
  readonly errors: number
  readonly limits: number
  readonly scripts: readonly ScriptStats[]
}

export function luaStats(stats: NativeStats): LuaStats {
  const { scriptRuns, scriptErrors, scriptLimits, scripts } = stats
  return { runs: scriptRuns, errors: scriptErrors, limits: scriptLimits, scripts: scripts.map(scriptStats) }
}
