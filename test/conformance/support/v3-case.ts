// SPDX-License-Identifier: Apache-2.0
// One rule-language case of libmodsecurity's regression set: read from its file, driven through the engine, compared.

import { existsSync, readFileSync, rmSync } from 'node:fs'

import { ConfigError, type LogRecord, type MatchedRule, type Verdict, Waf } from '../../../lib/index.js'
import { JsonObject, type JsonValue } from './repeated-json.js'
import { utf8Bytes } from './shared.js'

type Pairs = [string, string][]

export interface V3Case {
  /** FILE#NUMBER, from 1. */
  readonly name: string
  readonly title: string
  readonly resource: string
  readonly client: { readonly address: string; readonly port: number }
  readonly server: { readonly address: string; readonly port: number }
  readonly request: {
    readonly method: string
    readonly uri: string
    readonly version: string
    readonly headers: Pairs
    readonly body: string
  }
  readonly response: { readonly protocol: string; readonly headers: Pairs; readonly body: string }
  readonly rules: string
  readonly expected: readonly Expectation[]
}

export type ExpectationKind = 'parser_error' | 'http_code' | 'error_log' | 'audit_log' | 'debug_log'

export interface Expectation {
  readonly kind: ExpectationKind
  readonly pattern: string
}

export interface Unmet extends Expectation {
  readonly seen: string
}

const empty = new JsonObject([])
const objectOf = (value: JsonValue | undefined) => (value instanceof JsonObject ? value : empty)
const textOf = (value: JsonValue | undefined) =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : ''
const portOf = (value: JsonValue | undefined) => Number(textOf(value)) || 0

/** Lines of a body; each ends in LF, also the last. */
function bodyOf(value: JsonValue | undefined): string {
  return Array.isArray(value) ? value.map((line) => `${textOf(line)}\n`).join('') : textOf(value)
}

function headersOf(value: JsonValue | undefined): Pairs {
  return objectOf(value).pairs.map(([name, content]) => [utf8Bytes(name), utf8Bytes(textOf(content))])
}

function expectationsOf(item: JsonObject): Expectation[] {
  const expected = item.all('expected').flatMap((value) => objectOf(value).pairs)
  const found: Expectation[] = []
  let code = '200'
  let fails = false
  for (const [kind, value] of expected) {
    const pattern = textOf(value)
    if (kind === 'http_code') code = pattern
    else if (kind === 'parser_error') fails ||= pattern !== ''
    else if ((kind === 'error_log' || kind === 'audit_log' || kind === 'debug_log') && pattern !== '') {
      found.push({ kind, pattern })
    }
  }
  // When loading has to fail there is no transaction to look at.
  return fails ? [{ kind: 'parser_error', pattern: '' }] : [{ kind: 'http_code', pattern: code }, ...found]
}

export function readCase(item: JsonValue, file: string, number: number): V3Case {
  const object = objectOf(item)
  const [client, server] = [objectOf(object.get('client')), objectOf(object.get('server'))]
  const [request, response] = [objectOf(object.get('request')), objectOf(object.get('response'))]
  const rules = object.get('rules')
  return {
    name: `${file.replace(/\.json$/, '')}#${number}`,
    title: textOf(object.get('title')),
    resource: textOf(object.get('resource')),
    client: { address: textOf(client.get('ip')), port: portOf(client.get('port')) },
    server: { address: textOf(server.get('ip')), port: portOf(server.get('port')) },
    request: {
      method: textOf(request.get('method')),
      uri: utf8Bytes(textOf(request.get('uri'))),
      version: textOf(request.get('http_version')) || '1.1',
      headers: headersOf(request.get('headers')),
      body: bodyOf(request.get('body')),
    },
    response: {
      protocol: textOf(response.get('protocol')) || 'HTTP/1.1',
      headers: headersOf(response.get('headers')),
      body: bodyOf(response.get('body')),
    },
    rules: Array.isArray(rules) ? rules.map(textOf).join('\n') : '',
    expected: expectationsOf(object),
  }
}

interface Outcome {
  readonly status: number
  readonly logLines: readonly string[]
  readonly debugText: string
  readonly auditText: string
}

/** All phases one after the other, as libmodsecurity's own driver does it; the first intervention sets the status. */
async function drive(waf: Waf, item: V3Case): Promise<Omit<Outcome, 'auditText'>> {
  const { client, server, request, response } = item
  const records: LogRecord[] = []
  const matches: MatchedRule[] = []
  waf.on('log', (record) => records.push(record))
  waf.on('match', (match) => matches.push(match))
  const transaction = waf.transaction({
    ...(client.address === '' ? {} : { clientAddress: client.address }),
    clientPort: client.port,
    ...(server.address === '' ? {} : { serverAddress: server.address }),
    serverPort: server.port,
  })
  let status = 200
  const note = (verdict: Verdict) => {
    if (verdict.action !== 'pass' && verdict.status !== 0) status = verdict.status
  }
  note(
    await transaction.processRequestHeaders({
      method: request.method,
      uri: request.uri,
      protocol: `HTTP/${request.version}`,
      headers: request.headers,
    }),
  )
  note(transaction.writeRequestBody(Buffer.from(request.body)))
  note(await transaction.processRequestBody())
  note(
    await transaction.processResponseHeaders({
      status,
      protocol: response.protocol,
      headers: response.headers,
    }),
  )
  note(transaction.writeResponseBody(Buffer.from(response.body)))
  note(await transaction.processResponseBody())
  await transaction.processLogging()
  transaction.close()
  return {
    status,
    logLines: matches.filter(({ log }) => log).map(({ logLine }) => logLine),
    debugText: records
      .map(({ level, message, transactionId }) => `[${transactionId}] [${request.uri}] [${level}] ${message}`)
      .join('\n'),
  }
}

function isMet({ kind, pattern }: Expectation, outcome: Outcome): boolean {
  switch (kind) {
    case 'parser_error':
      return false
    case 'http_code':
      return outcome.status === Number(pattern)
    case 'error_log':
      return new RegExp(pattern, 'ms').test(outcome.logLines.join('\n'))
    case 'audit_log':
      return new RegExp(pattern, 'ms').test(outcome.auditText)
    case 'debug_log':
      return new RegExp(pattern, 'ms').test(outcome.debugText)
  }
}

function seenOf({ kind }: Expectation, outcome: Outcome): string {
  switch (kind) {
    case 'parser_error':
      return 'loads'
    case 'http_code':
      return String(outcome.status)
    case 'error_log':
      return outcome.logLines.join('\n')
    case 'audit_log':
      return outcome.auditText
    case 'debug_log':
      return outcome.debugText
  }
}

/**
 * What a directive that a case leaves out means to libmodsecurity: without SecRuleEngine it judges and logs but stops
 * nothing, without SecRequestBodyAccess it reads bodies. The debug text is complete whatever level a case sets.
 */
function completion(rules: string): string {
  const defaults = ['SecRuleEngine DetectionOnly', 'SecRequestBodyAccess On'].filter((line) => {
    const [directive = ''] = line.split(' ')
    return !new RegExp(`^\\s*${directive}\\b`, 'im').test(rules)
  })
  return [...defaults, 'SecDebugLogLevel 9'].join('\n')
}

/**
 * What of the case's expectations does not hold. The cases were written for libmodsecurity, so the engine is asked for
 * that one's readings where it has a switch for them.
 */
export async function unmetExpectations(
  item: V3Case,
  folder: string,
  acceleration: boolean,
): Promise<Unmet[]> {
  const auditFile = /^SecAuditLog (\S+)$/m.exec(item.rules)?.[1]
  if (auditFile !== undefined) rmSync(auditFile, { force: true })
  let waf: Waf
  try {
    waf = await Waf.load({
      rules: `${item.rules}\n${completion(item.rules)}`,
      cwd: folder,
      compat: { v3Defaults: true, rxMultiline: true, requestBodyAlways: true },
      commit: 'immediate',
      acceleration,
      lua: { allow: { io: true, os: true, require: true } },
    })
  } catch (failure) {
    if (!(failure instanceof ConfigError)) throw failure
    const [first] = item.expected
    if (first?.kind === 'parser_error') return []
    return item.expected.map((expectation) => ({ ...expectation, seen: failure.message }))
  }
  const outcome = await drive(waf, item)
  // The audit log is complete when its writer has ended.
  await waf.close()
  const auditText = auditFile !== undefined && existsSync(auditFile) ? readFileSync(auditFile, 'utf8') : ''
  if (auditFile !== undefined) rmSync(auditFile, { force: true })
  return item.expected
    .filter((expectation) => !isMet(expectation, { ...outcome, auditText }))
    .map((expectation) => ({ ...expectation, seen: seenOf(expectation, { ...outcome, auditText }) }))
}
