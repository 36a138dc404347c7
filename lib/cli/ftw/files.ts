// SPDX-License-Identifier: Apache-2.0
// Reads go-ftw test files and override files into the model.
//
// YAML is read with its failsafe schema: every scalar is the text that is written there. A version `1.10`, a header
// value `0x10` or a `yes` must reach the engine byte for byte; where a number or a truth value is meant, it is asked for
// by name here. Unknown keys are errors: an expectation that nobody looks at is a test that always passes.

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

import { parse, YAMLError } from 'yaml'

import type { FtwInput, FtwOutput, FtwOverride, FtwStage, FtwTest } from './model.js'

/** A file is not what it should be; the text begins with its name. */
export class FtwFileError extends Error {
  override readonly name = 'FtwFileError'
}

/** What the failsafe schema yields. */
type YamlValue = string | YamlValue[] | { [key: string]: YamlValue } | null | undefined

/** A value with the way that led to it, for errors that say where. */
class Node {
  readonly value: YamlValue
  readonly place: string

  constructor(value: YamlValue, place: string) {
    this.value = value
    this.place = place
  }

  get isAbsent(): boolean {
    return this.value === undefined || this.value === null
  }

  wrong(wanted: string): FtwFileError {
    return new FtwFileError(`${this.place}: must be ${wanted}`)
  }

  text(): string {
    if (typeof this.value !== 'string') throw this.wrong('a text')
    return this.value
  }

  number(): number {
    const text = this.text()
    if (!/^[0-9]{1,15}$/.test(text)) throw this.wrong('a number')
    return Number(text)
  }

  truth(): boolean {
    const text = this.text().toLowerCase()
    if (text !== 'true' && text !== 'false') throw this.wrong('true or false')
    return text === 'true'
  }

  items(): Node[] {
    if (!Array.isArray(this.value)) throw this.wrong('a list')
    return this.value.map((item, index) => new Node(item, `${this.place}[${index}]`))
  }

  /** The map's entries; a key that is not among the known ones is an error. */
  map(known: readonly string[]): (key: string) => Node {
    const entries = new Map(this.entries())
    for (const [key, node] of entries) {
      if (!known.includes(key)) throw new FtwFileError(`${node.place}: is not known here`)
    }
    return (key) => entries.get(key) ?? new Node(undefined, `${this.place}.${key}`)
  }

  entries(): [string, Node][] {
    if (typeof this.value !== 'object' || this.value === null || Array.isArray(this.value))
      throw this.wrong('a map')
    return Object.entries(this.value).map(([key, value]) => [key, new Node(value, `${this.place}.${key}`)])
  }
}

function readYaml(file: string): Node {
  try {
    const value = parse(readFileSync(file, 'utf8'), { schema: 'failsafe', maxAliasCount: 100 }) as YamlValue
    return new Node(value, file)
  } catch (failure) {
    if (failure instanceof YAMLError) throw new FtwFileError(`${file}: ${failure.message}`)
    if (failure instanceof Error && 'code' in failure) throw new FtwFileError(failure.message)
    throw failure
  }
}

const inputKeys = [
  ...['dest_addr', 'port', 'protocol', 'method', 'uri', 'version', 'headers', 'ordered_headers'],
  ...['data', 'encoded_data', 'encoded_request', 'autocomplete_headers', 'stop_magic'],
  ...['save_cookie', 'follow_redirect', 'virtual_host_mode'],
]
/** Keys that make a test depend on a real connection, a browser's memory or a second server. */
const unsupportedKeys = ['ordered_headers', 'save_cookie', 'follow_redirect', 'virtual_host_mode']

function readData(input: (key: string) => Node): string {
  const encoded = input('encoded_data')
  if (!encoded.isAbsent) return Buffer.from(encoded.text(), 'base64').toString('latin1')
  const data = input('data')
  // Texts are sent as UTF-8; from here on one character is one byte.
  return data.isAbsent ? '' : Buffer.from(data.text(), 'utf8').toString('latin1')
}

function utf8Bytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

function readInput(node: Node): FtwInput {
  const input = node.map(inputKeys)
  const text = (key: string, fallback: string) => {
    const value = input(key)
    return value.isAbsent ? fallback : utf8Bytes(value.text())
  }
  const headers = input('headers')
  const autocomplete = input('autocomplete_headers')
  const stopMagic = input('stop_magic')
  const encodedRequest = input('encoded_request')
  return {
    port: input('port').isAbsent ? 80 : input('port').number(),
    method: text('method', 'GET'),
    uri: text('uri', '/'),
    version: text('version', 'HTTP/1.1'),
    headers: headers.isAbsent
      ? []
      : headers
          .entries()
          .map(([name, value]) => [utf8Bytes(name), value.isAbsent ? '' : utf8Bytes(value.text())]),
    data: readData(input),
    encodedRequest:
      encodedRequest.isAbsent || encodedRequest.text() === '' ? undefined : encodedRequest.text(),
    autocompleteHeaders: autocomplete.isAbsent
      ? stopMagic.isAbsent || !stopMagic.truth()
      : autocomplete.truth(),
  }
}

function readOutput(node: Node): FtwOutput {
  const output = node.map(['log', 'status', 'expect_error', 'retry_once', 'response_contains'])
  // A go-ftw test could look into the answer's body; the answer here is the backend's own, known before the engine ran.
  if (!output('response_contains').isAbsent)
    throw new FtwFileError(`${node.place}: response_contains is not supported`)
  const logNode = output('log')
  const log = logNode.isAbsent
    ? (key: string) => new Node(undefined, key)
    : logNode.map(['expect_ids', 'no_expect_ids', 'match_regex', 'no_match_regex'])
  const ids = (list: Node) => (list.isAbsent ? [] : list.items().map((item) => item.number()))
  const optional = <Value>(value: Node, read: (present: Node) => Value) =>
    value.isAbsent ? undefined : read(value)
  return {
    expectIds: ids(log('expect_ids')),
    noExpectIds: ids(log('no_expect_ids')),
    matchRegex: optional(log('match_regex'), (value) => value.text()),
    noMatchRegex: optional(log('no_match_regex'), (value) => value.text()),
    status: optional(output('status'), (value) => value.number()),
    expectError: optional(output('expect_error'), (value) => value.truth()),
  }
}

function readStage(node: Node): FtwStage {
  const stage = node.map(['input', 'output'])
  return { input: readInput(stage('input')), output: readOutput(stage('output')) }
}

function readTest(node: Node, ruleId: number, position: number, file: string): FtwTest {
  const test = node.map(['test_id', 'test_title', 'desc', 'description', 'stages'])
  const testId = test('test_id').isAbsent ? position : test('test_id').number()
  const stages = test('stages').items()
  const usedKeys = stages.flatMap((stage) =>
    stage
      .map(['input', 'output'])('input')
      .entries()
      .map(([key]) => key),
  )
  const key = usedKeys.find((name) => unsupportedKeys.includes(name))
  return {
    name: `${ruleId}-${testId}`,
    ruleId,
    testId,
    file,
    stages: stages.map(readStage),
    unsupported: key === undefined ? undefined : `${key} has no meaning in process`,
  }
}

/** The tests of one file; none when it holds only comments. */
export function readTestFile(file: string): FtwTest[] {
  const root = readYaml(file)
  if (root.isAbsent || root.value === '') return []
  const top = root.map(['meta', 'rule_id', 'tests', 'author', 'description'])
  const ruleId = top('rule_id').number()
  return top('tests')
    .items()
    .map((test, index) => readTest(test, ruleId, index + 1, file))
}

/** Overrides by test name. A later file replaces what an earlier one says about the same test. */
export function readOverrides(files: readonly string[]): ReadonlyMap<string, FtwOverride> {
  const overrides = new Map<string, FtwOverride>()
  for (const file of files) {
    const list = readYaml(file).map(['version', 'meta', 'test_overrides'])('test_overrides')
    for (const entry of list.isAbsent ? [] : list.items()) {
      const field = entry.map(['rule_id', 'test_ids', 'reason', 'output', 'exclude', 'lenient'])
      const truth = (key: string) => !field(key).isAbsent && field(key).truth()
      const override: FtwOverride = {
        reason: field('reason').isAbsent ? '' : field('reason').text(),
        output: field('output').isAbsent ? undefined : readOutput(field('output')),
        exclude: truth('exclude'),
        lenient: truth('lenient'),
      }
      for (const id of field('test_ids').items())
        overrides.set(`${field('rule_id').number()}-${id.number()}`, override)
    }
  }
  return overrides
}

/** Test files that the paths name: files as they are, folders with everything below, in order of their names. */
export function findTestFiles(paths: readonly string[]): string[] {
  return paths.flatMap((path) => {
    const entry = statSync(path, { throwIfNoEntry: false })
    if (entry === undefined) throw new FtwFileError(`${path}: there is no such file or folder`)
    if (!entry.isDirectory()) return [path]
    return readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.ya?ml$/.test(name))
      .sort()
      .map((name) => join(path, name))
  })
}
