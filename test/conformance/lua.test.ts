// SPDX-License-Identifier: Apache-2.0
// The Lua cases: a configuration, its scripts, one or more requests, and what a script's return value, logs and variables
// have to lead to. A case that cannot hold yet stands in lua-exceptions.json with its reason; it has to fail.

import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import {
  ConfigError,
  type MatchedRule,
  type RequestInput,
  type ResponseInput,
  Waf,
  type WafOptions,
} from '../../lib/index.js'
import { describeShared, printScore, sharedPath, utf8Bytes } from './support/shared.js'

interface CaseRequest {
  readonly method: string
  readonly uri: string
  readonly version: string
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
}

interface LuaCase {
  readonly name: string
  readonly config: string
  readonly files: Readonly<Record<string, string>>
  readonly request: CaseRequest
  readonly sequence?: readonly CaseRequest[]
  readonly response?: {
    readonly status: number
    readonly headers: readonly (readonly [string, string])[]
    readonly body: string
  }
  readonly needs?: readonly string[]
  readonly encoding?: 'latin-1'
  readonly expect: {
    readonly status: number | null
    readonly statuses?: readonly (number | null)[]
    readonly matched_ids: readonly number[]
    readonly log_contains: readonly string[]
    readonly log_not_contains?: readonly string[]
    readonly tx: Readonly<Record<string, string | null>>
    readonly config_error?: boolean
    readonly config_error_contains?: readonly string[]
  }
}

interface Exception {
  readonly case: string
  readonly because: string
}

const exceptions = JSON.parse(readFileSync(join(__dirname, 'lua-exceptions.json'), 'utf8')) as Exception[]

interface Outcome {
  readonly statuses: readonly (number | null)[]
  readonly matchedIds: readonly number[]
  readonly logText: string
  readonly tx: Readonly<Record<string, string>>
}

/** Texts of a case are its bytes: one a character in Latin-1 cases, UTF-8 in the others. */
function bytesOf(item: LuaCase, text: string): Buffer {
  return Buffer.from(text, item.encoding === 'latin-1' ? 'latin1' : 'utf8')
}

function writeFiles(item: LuaCase, folder: string): void {
  for (const [path, content] of Object.entries(item.files)) {
    const file = join(folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, bytesOf(item, content))
    if (content.startsWith('#!')) chmodSync(file, 0o755)
  }
}

function optionsFor(item: LuaCase, folder: string): WafOptions {
  // The debug log is complete unless the case itself is about its level.
  const level = /^\s*SecDebugLogLevel/im.test(item.config) ? '' : '\nSecDebugLogLevel 9'
  const config = join(folder, 'case.conf')
  writeFileSync(config, bytesOf(item, item.config + level))
  const options: WafOptions = { files: config, cwd: folder }
  const needs = item.needs ?? []
  if (needs.includes('external')) options.allowExec = true
  const doors = needs.filter(
    (name) => name === 'io' || name === 'os' || name === 'require' || name === 'debug',
  )
  if (doors.length > 0) options.lua = { allow: Object.fromEntries(doors.map((name) => [name, true])) }
  return options
}

function requestOf(item: LuaCase, { method, uri, version, headers, body }: CaseRequest): RequestInput {
  const head = (text: string) => (item.encoding === 'latin-1' ? text : utf8Bytes(text))
  return {
    method,
    uri: head(uri),
    protocol: `HTTP/${version}`,
    headers: headers.map(([name, value]) => [head(name), head(value)] as const),
    body: bytesOf(item, body),
  }
}

async function play(waf: Waf, item: LuaCase): Promise<Outcome> {
  const response: ResponseInput | undefined =
    item.response === undefined ? undefined : { ...item.response, body: bytesOf(item, item.response.body) }
  const statuses: (number | null)[] = []
  const texts: string[] = []
  let matches: readonly MatchedRule[] = []
  let tx: Readonly<Record<string, string>> = {}
  for (const request of item.sequence ?? [item.request]) {
    const result = await waf.evaluate(requestOf(item, request), response)
    statuses.push(result.verdict.action === 'pass' ? null : result.verdict.status)
    matches = result.matches
    tx = result.tx
    texts.push(...matches.map(({ logLine }) => logLine), ...result.logs.map(({ message }) => message))
  }
  return {
    statuses,
    matchedIds: matches.filter(({ log }) => log).map(({ id }) => id),
    logText: texts.join('\n'),
    tx,
  }
}

function compare({ expect }: LuaCase, outcome: Outcome): void {
  assert.equal(outcome.statuses.at(-1), expect.status, 'status')
  if (expect.statuses !== undefined) assert.deepEqual(outcome.statuses, expect.statuses)
  assert.deepEqual(outcome.matchedIds, expect.matched_ids)
  for (const text of expect.log_contains)
    assert.ok(outcome.logText.includes(text), `no log line has ${text}:\n${outcome.logText}`)
  for (const text of expect.log_not_contains ?? [])
    assert.ok(!outcome.logText.includes(text), `a log line has ${text}`)
  for (const [name, value] of Object.entries(expect.tx))
    assert.equal(outcome.tx[name] ?? null, value, `TX:${name}`)
}

function compareRefusal({ expect }: LuaCase, error: ConfigError): void {
  const text = error.diagnostics
    .map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`)
    .join('\n')
  assert.ok(expect.config_error === true, `the configuration is refused: ${text}`)
  for (const part of expect.config_error_contains ?? []) assert.ok(text.includes(part), text)
}

describeShared('the Lua cases', 'conformance/lua', () => {
  const cases = JSON.parse(readFileSync(sharedPath('conformance', 'lua', 'cases.json'), 'utf8')) as LuaCase[]
  let passed = 0
  let folder = ''

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'seclua-lua-'))
  })

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  after(() => {
    printScore(`Lua cases ${passed} of ${cases.length}`)
  })

  async function holds(item: LuaCase): Promise<void> {
    writeFiles(item, folder)
    let waf: Waf
    try {
      waf = await Waf.load(optionsFor(item, folder))
    } catch (failure) {
      if (!(failure instanceof ConfigError)) throw failure
      compareRefusal(item, failure)
      return
    }
    try {
      assert.ok(item.expect.config_error !== true, 'the configuration is accepted')
      compare(item, await play(waf, item))
    } finally {
      await waf.close()
    }
  }

  for (const item of cases) {
    const exception = exceptions.find((candidate) => candidate.case === item.name)
    if (exception === undefined) {
      it(item.name, async () => {
        await holds(item)
        passed += 1
      })
    } else {
      it(`${item.name} (does not hold: ${exception.because})`, async () => {
        await assert.rejects(holds(item), assert.AssertionError)
      })
    }
  }
})
