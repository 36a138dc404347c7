// SPDX-License-Identifier: Apache-2.0
// The JavaScript door of test/cases: each case's rules through Waf.load, its requests through Transaction,
// with and without acceleration, and with bodies byte by byte. test/native/cases_test.cpp is the C door.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

import {
  ConfigError,
  SecluaError,
  Waf,
  type BodyChanges,
  type Diagnostic,
  type EngineMode,
  type MatchedRule,
  type Transaction,
  type WafOptions,
} from '../../lib/index.js'
import { parseMessage, readCases, spans, type Case, type Exchange, type Message } from '../support/cases.js'

const connection = {
  clientAddress: '192.0.2.1',
  clientPort: 40000,
  serverAddress: '192.0.2.80',
  serverPort: 80,
}
const compatNames = [
  'v3Defaults',
  'rxMultiline',
  'requestBodyAlways',
  'execPerMatch',
  'logEveryMatch',
  'rsubAlwaysMatches',
  'base64url',
  'windowsNames',
  'geoWithoutDatabase',
  'unicodeMap',
]

interface Manner {
  readonly acceleration: boolean
  readonly byteByByte: boolean
}

const joined = (items: readonly string[]): string => items.map((item) => `\`${item}\``).join(' ')
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1')
/** How the texts of a match show bytes: UTF-8 as such, what is none as \xHH. */
function shown(bytes: string): string {
  const sequence = /[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|[\x80-\xff]/gu
  return bytes.replace(sequence, (part) =>
    part.length > 1 ? latin1(part).toString('utf8') : `\\x${part.charCodeAt(0).toString(16)}`,
  )
}
const idsOf = (matches: readonly MatchedRule[]): string => matches.map(({ id }) => id).join(' ') || 'none'

// ---- loading

function optionsOf(given: Case, cwd: string, acceleration: boolean): WafOptions {
  const { engine, commit, ...rest } = given.options
  const collections: Record<string, unknown> = {}
  const limits: Record<string, number> = {}
  const compat: Record<string, unknown> = {}
  const transformations: Record<string, string> = {}
  const lua: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(rest)) {
    const [group, ...path] = name.split('.')
    const last = path.at(-1) ?? ''
    if (group === 'collections' && path[0] === 'limits') limits[last] = Number(value)
    else if (group === 'transformations') transformations[last] = value
    else if (group === 'lua') lua[last] = value
    else if (group === 'collections') collections[last] = last === 'scopeAll' ? value === 'true' : value
    else {
      assert.ok(compatNames.includes(name), `there is no option ${name}`)
      compat[name] = name === 'unicodeMap' ? value : value === 'true'
    }
  }
  const files = ['preamble.conf', 'rules.conf'].filter((name) =>
    given.files.some((file) => file.name === name),
  )
  return {
    files,
    cwd,
    acceleration,
    compat,
    lua,
    transformations,
    collections: { ...collections, limits },
    ...(engine !== undefined && { engine: engine as EngineMode }),
    ...(commit !== undefined && { commit: commit as 'transaction' | 'phase' | 'immediate' }),
  }
}

function diagnosticText({ code, severity, file, line, column }: Diagnostic): string {
  const name = basename(file)
  return `${severity} ${code} at ${name === 'rules.conf' ? '' : `${name}:`}${line}:${column}`
}

async function load(given: Case, cwd: string, acceleration: boolean): Promise<Waf | undefined> {
  let waf: Waf | undefined
  let diagnostics: readonly Diagnostic[]
  try {
    waf = await Waf.load(optionsOf(given, cwd, acceleration))
    diagnostics = waf.warnings
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    diagnostics = error.diagnostics
  }
  const wantsError = given.load.some((text) => text.startsWith('error '))
  assert.deepEqual(diagnostics.map(diagnosticText), given.load)
  assert.equal(waf === undefined, wantsError)
  return waf
}

// ---- one exchange

function chunks(body: string, byteByByte: boolean): Buffer[] {
  const bytes = latin1(body)
  if (!byteByByte) return bytes.length === 0 ? [] : [bytes]
  return Array.from(bytes, (_, index) => bytes.subarray(index, index + 1))
}

type Steps = Readonly<Record<string, () => unknown>>

function stepsOf(tx: Transaction, request: Message, response: Message | undefined, manner: Manner): Steps {
  const [method, uri, protocol] = request.words
  return {
    requestHeaders: () =>
      tx.processRequestHeaders({
        method,
        uri,
        headers: request.headers,
        ...(protocol !== '' && { protocol }),
      }),
    writeRequestBody: () => {
      for (const chunk of chunks(request.body, manner.byteByByte)) tx.writeRequestBody(chunk)
    },
    requestBody: () => tx.processRequestBody(),
    responseHeaders: () =>
      tx.processResponseHeaders({
        protocol: response?.words[0] ?? 'HTTP/1.1',
        status: parseInt(response?.words[1] ?? '200'),
        headers: response?.headers ?? [],
      }),
    writeResponseBody: () => {
      for (const chunk of chunks(response?.body ?? '', manner.byteByByte)) tx.writeResponseBody(chunk)
    },
    responseBody: () => tx.processResponseBody(),
    logging: () => tx.processLogging(),
  }
}

function namesOf(exchange: Exchange): string[] {
  if (exchange.steps.length !== 0) return exchange.steps
  const ofResponse =
    exchange.response === undefined ? [] : ['responseHeaders', 'writeResponseBody', 'responseBody']
  return ['requestHeaders', 'writeRequestBody', 'requestBody', ...ofResponse, 'logging']
}

async function run(exchange: Exchange, tx: Transaction, manner: Manner): Promise<void> {
  const response = exchange.response === undefined ? undefined : parseMessage(exchange.response)
  const steps = stepsOf(tx, parseMessage(exchange.request), response, manner)
  for (const line of namesOf(exchange)) {
    const [name = '', refused] = line.split(' ')
    const step = steps[name]
    assert.ok(step, `there is no step ${name}`)
    if (refused === undefined) {
      await step()
      continue
    }
    await assert.rejects(
      async () => await step(),
      (error) => error instanceof SecluaError && error.code === 'SECLUA_E_ORDER',
      line,
    )
  }
}

// ---- expectations

function verdictText({ verdict }: Transaction): string {
  const { action, status, ruleId, phase, url } = verdict
  if (action === 'pass') return verdict.pause === undefined ? action : `pass pause ${verdict.pause}`
  const rule = ruleId === undefined ? '' : ` rule ${ruleId}`
  return `${action} ${status}${rule} phase ${phase ?? 0}${url === undefined ? '' : ` to ${url}`}`
}

const properties: Readonly<Record<string, (match: MatchedRule) => readonly string[]>> = {
  variables: (match) => match.variables.map(({ name, value, link }) => `${link} ${name}=${value}`),
  message: (match) => [match.message],
  data: (match) => [match.data],
  phase: (match) => [String(match.phase)],
  severity: (match) => [String(match.severity ?? 'none')],
  ver: (match) => [match.ver],
  rev: (match) => [match.rev],
  line: (match) => [String(match.line)],
  disruptive: (match) => [match.disruptive ? 'yes' : 'no'],
  tags: (match) => match.tags,
}

interface Seen {
  readonly tx: Transaction
  readonly logs: readonly string[]
  readonly isAudited: boolean
}

const places: Readonly<Record<string, keyof BodyChanges>> = {
  prepended: 'prepend',
  appended: 'append',
  'request body': 'requestBody',
  'response body': 'responseBody',
}

/** What is wanted, and what was got in its words. */
function compare(text: string, { tx, logs, isAudited }: Seen): [wanted: string, got: string] {
  const [, word = '', rest = ''] = /^(verdict|logged|matched|audited|log|no log): (.*)$/su.exec(text) ?? []
  const [part = ''] = spans(rest)
  switch (word) {
    case 'verdict':
      return [rest, verdictText(tx)]
    case 'logged':
      return [rest, idsOf(tx.matches.filter(({ log }) => log))]
    case 'matched':
      return [rest, idsOf(tx.matches)]
    case 'audited':
      return [rest, isAudited ? 'yes' : 'no']
    case 'log':
    case 'no log':
      return [word, logs.some((line) => line.includes(part)) ? 'log' : 'no log']
  }
  const [, place = '', changed = ''] = /^([\w ]+):(.*)$/su.exec(text) ?? []
  const change = places[place]
  if (change !== undefined) {
    const made = tx.changes[change]
    return [joined(spans(changed)), made === undefined ? '' : joined([made.toString('latin1')])]
  }
  const of = /^(\w+) of (\d+):/u.exec(text)
  if (of !== null) {
    const match = tx.matches.find(({ id }) => id === Number(of[2]))
    const property = properties[of[1] ?? '']
    assert.ok(property, `a match has no ${String(of[1])}`)
    return [
      joined(spans(text.slice(of[0].length)).map(shown)),
      match ? joined(property(match)) : 'it did not match',
    ]
  }
  const variable = /^(.*?)(?: unset| =(?: |$)(.*))$/su.exec(text)
  assert.ok(variable, `not understood: ${text}`)
  return [joined(spans(variable[2] ?? '')), joined(tx.variable(variable[1] ?? '').map(({ value }) => value))]
}

async function check(given: Case, manner: Manner): Promise<void> {
  const cwd = mkdtempSync(join(tmpdir(), 'seclua-cases-'))
  let waf: Waf | undefined
  try {
    for (const { name, text } of given.files) writeFileSync(join(cwd, name), text, 'latin1')
    waf = await load(given, cwd, manner.acceleration)
    if (waf === undefined) return
    const logs: string[] = []
    let records = 0
    waf.on('log', ({ message }) => logs.push(message))
    waf.on('audit', () => records++)
    for (const exchange of given.exchanges) {
      logs.length = records = 0
      const tx = waf.transaction(connection)
      try {
        await run(exchange, tx, manner)
        const seen = { tx, logs, isAudited: records !== 0 }
        for (const text of exchange.expectations) {
          const [wanted, got] = compare(text, seen)
          assert.equal(got, wanted, text)
        }
      } finally {
        tx.close()
      }
    }
  } finally {
    await waf?.close()
    rmSync(cwd, { recursive: true, force: true })
  }
}

describe('cases', () => {
  for (const { file, cases } of readCases()) {
    describe(file, () => {
      for (const given of cases) {
        it(given.title.slice(0, 200), async () => {
          await check(given, { acceleration: true, byteByByte: false })
          const hasShortBodies = given.exchanges.every(
            ({ request, response = '' }) => request.length + response.length < 1000,
          )
          await check(given, { acceleration: false, byteByByte: hasShortBodies })
        })
      }
    })
  }
})
