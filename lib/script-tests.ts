// SPDX-License-Identifier: Apache-2.0
// Tests of scripts, written in Lua (lua/test.lua has the style): read from a file, each to be run by the command, by mocha
// or by whatever else calls a function and looks whether it throws.
//
// A test runs inside a transaction of the real engine, with the limits and the sandbox of a server. The Lua sources reach
// it as text in one generated script, so that no door has to be opened for the tests that the scripts themselves would not
// have.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'

import { SecluaError } from './errors.js'
import type { EvaluationResult } from './events.js'
import type { ConnectionInput, RequestInput, ResponseInput } from './message.js'
import type { LuaOptions } from './options.js'
import { Waf } from './waf.js'

/** One `test(…)` of a file. */
export interface ScriptTest {
  readonly name: string
  /** Throws what the test found wrong, with the line of the assertion. */
  readonly run: () => void
}

interface TestRequest extends Partial<RequestInput>, ConnectionInput {
  readonly response?: Partial<ResponseInput>
  readonly phase?: number
  readonly script?: string
}

interface Listed {
  readonly name: string
  readonly request: TestRequest | null
}

/** What a test file is about, as bytes: one character each. */
interface Source {
  readonly folder: string
  readonly name: string
  readonly text: string
  readonly script: string
}

const suffix = '_test.lua'

function readSource(file: string): Source {
  const name = basename(file)
  const script = name.endsWith(suffix) ? `${name.slice(0, -suffix.length)}.lua` : name
  return { folder: resolve(dirname(file)), name, text: readFileSync(file, 'latin1'), script }
}

/** A string of Lua that stands for these bytes. */
export function luaString(bytes: string): string {
  const escaped = bytes.replaceAll(/[^ !#-[\]-~]/g, (byte) => {
    return `\\${byte.charCodeAt(0).toString().padStart(3, '0')}`
  })
  return `"${escaped}"`
}

function driverText({ folder, name, text, script }: Source, scripts: ReadonlySet<string>): string {
  const sources = [...scripts].map((each) => {
    return `[${luaString(each)}] = ${luaString(readFileSync(join(folder, each), 'latin1'))}`
  })
  const given = `{source = ${luaString(text)}, name = ${luaString(name)}, script = ${luaString(script)}, scripts = {${sources.join(', ')}}}`
  return `seclua_test = ${given}\n${readFileSync(join(__dirname, '../lua/test.lua'), 'latin1')}`
}

const openCollections =
  'initcol:ip=%{REMOTE_ADDR},initcol:global=all,initcol:resource=%{REQUEST_FILENAME},setsid:test,setuid:test'

function rulesFor(number: number, phase: number): string {
  return [
    'SecRuleEngine On',
    'SecRequestBodyAccess On',
    'SecResponseBodyAccess On',
    'SecResponseBodyMimeType text/plain text/html text/xml application/json',
    `SecAction "id:1,phase:1,pass,nolog,${openCollections},setvar:tx.seclua_case=${number}"`,
    `SecRuleScript driver.lua "id:2,phase:${phase},pass,nolog"`,
  ].join('\n')
}

/** The report of test number, or of the list of all for 0; undefined with the log when the run did not get that far. */
function play(
  source: Source,
  scripts: ReadonlySet<string>,
  number: number,
  request: TestRequest,
  lua: LuaOptions,
) {
  const folder = mkdtempSync(join(tmpdir(), 'seclua-script-test-'))
  try {
    writeFileSync(join(folder, 'driver.lua'), driverText(source, scripts), 'latin1')
    const phase = request.phase ?? (request.response === undefined ? 2 : 4)
    const waf = Waf.loadSync({ rules: rulesFor(number, phase), cwd: folder, lua })
    const response = request.response === undefined ? undefined : { status: 200, ...request.response }
    return reportOf(waf.evaluateSync({ method: 'GET', uri: '/', ...request }, response))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function reportOf({ tx, logs }: EvaluationResult): unknown {
  const text = tx['seclua_report']
  if (text !== undefined) {
    const report = JSON.parse(Buffer.from(text, 'latin1').toString('utf8')) as { broken?: string }
    if (report.broken !== undefined) throw new SecluaError('SECLUA_E_ARGUMENT', report.broken)
    return report
  }
  const reason =
    logs.find(({ level }) => level === 1)?.message ?? 'the test did not run: its phase was not reached'
  throw new SecluaError('SECLUA_E_ARGUMENT', reason)
}

/**
 * The tests of a file, in order. `x_test.lua` tests `x.lua` beside it, unless a request names another script.
 *
 * @example
 * describe('agent.lua', () => {
 *   for (const { name, run } of scriptTests('rules/agent_test.lua')) it(name, run)
 * })
 */
export function scriptTests(file: string, options: { lua?: LuaOptions } = {}): ScriptTest[] {
  const source = readSource(file)
  const lua = options.lua ?? {}
  const { tests } = play(source, new Set(), 0, { phase: 1 }, lua) as { tests: readonly Listed[] | null }
  return (tests ?? []).map(({ name, request }, index) => ({
    name,
    run: () => {
      const scripts = new Set([request?.script ?? source.script])
      const report = play(source, scripts, index + 1, request ?? {}, lua) as {
        passed: boolean
        message?: string
      }
      if (!report.passed) throw new Error(report.message)
    },
  }))
}
