// SPDX-License-Identifier: Apache-2.0
// Reads the Markdown cases of test/cases into plain objects; test/cases/README.md describes the format. What
// an expectation means is the runner's business. Texts are byte strings: one character, one byte.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const casesFolder = join(__dirname, '../cases')

export interface Exchange {
  request: string
  response?: string
  steps: string[]
  expectations: string[]
}

export interface Case {
  title: string
  options: Record<string, string>
  files: { name: string; text: string }[]
  load: string[]
  exchanges: Exchange[]
  table: string[][]
}

export interface Message {
  /** Words of the first line; the second may hold blanks. */
  words: [string, string, string]
  headers: [string, string][]
  body: string
}

const letters: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

/** `\n \r \t \\ \xHH`, and `\{text*N\}` for a text N times. */
export function unescaped(text: string): string {
  return text.replace(
    /\\(?:x([0-9a-f]{2})|\{(.*?)\*(\d+)\\\}|([^]))/giu,
    (_, hex?: string, piece?: string, times?: string, letter?: string) => {
      if (hex !== undefined) return String.fromCharCode(parseInt(hex, 16))
      if (piece !== undefined) return unescaped(piece).repeat(Number(times))
      return letters[letter ?? ''] ?? letter ?? ''
    },
  )
}

/** The code spans of a line, unescaped. */
export function spans(text: string): string[] {
  return text
    .split('`')
    .filter((_, index) => index % 2 === 1)
    .map(unescaped)
}

export function parseMessage(written: string): Message {
  const headEnd = written.indexOf('\n\n')
  const [start = '', ...lines] = (headEnd === -1 ? written : written.slice(0, headEnd)).split('\n')
  const first = start.indexOf(' ')
  const last = start.lastIndexOf(' ')
  return {
    words: [
      unescaped(start.slice(0, first)),
      unescaped(last > first ? start.slice(first + 1, last) : start.slice(first + 1)),
      unescaped(last > first ? start.slice(last + 1) : ''),
    ],
    headers: lines.map((line) => {
      const colon = line.indexOf(':')
      return [unescaped(line.slice(0, colon)), unescaped(trimmed(line.slice(colon + 1)))]
    }),
    body: headEnd === -1 ? '' : unescaped(written.slice(headEnd + 2)),
  }
}

function trimmed(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/gu, '')
}

function cellsOf(line: string): string[] {
  return line
    .slice(1, line.lastIndexOf('|'))
    .split(/(?<!\\)\|/u)
    .map((cell) => trimmed(cell.replaceAll('\\|', '|')))
}

function addBlock(current: Case, info: string, text: string): void {
  const [kind = '', ...words] = trimmed(info).split(' ')
  const exchange = current.exchanges.at(-1)
  if (kind === 'http' && !text.startsWith('HTTP/')) {
    current.exchanges.push({ request: text, steps: [], expectations: [] })
  } else if (kind === 'http' && exchange !== undefined) {
    exchange.response = text
  } else if (kind === 'steps' && exchange !== undefined) {
    exchange.steps = text.split('\n')
  } else {
    const pairs = words
      .filter((word) => word.includes('='))
      .map((word) => word.split('=') as [string, string])
    Object.assign(current.options, Object.fromEntries(pairs))
    const name = words.find((word) => !word.includes('=')) ?? (kind === 'seclang' ? 'rules.conf' : '')
    if (name !== '') current.files.push({ name, text: `${text}\n` })
  }
}

function parse(markdown: string): Case[] {
  const cases: Case[] = []
  let preamble = ''
  const lines = markdown.split('\n')
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at] ?? ''
    const current = cases.at(-1)
    if (line.startsWith('## ')) {
      const files = preamble === '' ? [] : [{ name: 'preamble.conf', text: preamble }]
      cases.push({ title: line.slice(3), options: {}, files, load: [], exchanges: [], table: [] })
    } else if (line.startsWith('```')) {
      const end = lines.indexOf('```', at + 1)
      const text = lines.slice(at + 1, end).join('\n')
      if (current !== undefined) addBlock(current, line.slice(3), text)
      else if (line === '```seclang') preamble += `${text}\n`
      at = end
    } else if (line.startsWith('- ') && current !== undefined) {
      ;(current.exchanges.at(-1)?.expectations ?? current.load).push(line.slice(2))
    } else if (line.startsWith('|') && !line.startsWith('|-') && current !== undefined) {
      current.table.push(cellsOf(line))
    }
  }
  return cases
}

const saysOfLoad = (text: string): boolean => /^(?:error|warning) /u.test(text)

/** What is said of the load may stand behind a request. */
function moveLoadExpectations(given: Case): Case {
  for (const exchange of given.exchanges) {
    given.load.push(...exchange.expectations.filter(saysOfLoad))
    exchange.expectations = exchange.expectations.filter((text) => !saysOfLoad(text))
  }
  return given
}

/** A case with a table stands for one case a row: `<column>` is that row's cell, wherever it is written. */
function rowsOf(given: Case): Case[] {
  const [columns = [], ...rows] = given.table
  if (rows.length === 0) return [moveLoadExpectations(given)]
  return rows.map((row) => {
    const fill = (text: string): string =>
      columns.reduce(
        (filled, column, index) => filled.replaceAll(`<${column}>`, () => row[index] ?? ''),
        text,
      )
    return moveLoadExpectations({
      title: `${given.title} [${row.join(' | ')}]`,
      options: Object.fromEntries(Object.entries(given.options).map(([name, value]) => [name, fill(value)])),
      files: given.files.map(({ name, text }) => ({ name, text: fill(text) })),
      load: given.load.map(fill),
      exchanges: given.exchanges.map(({ request, response, steps, expectations }) => ({
        request: fill(request),
        ...(response !== undefined && { response: fill(response) }),
        steps: steps.map(fill),
        expectations: expectations.map(fill),
      })),
      table: [],
    })
  })
}

/** All cases, by file. */
export function readCases(): { file: string; cases: Case[] }[] {
  return readdirSync(casesFolder)
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
    .sort()
    .map((file) => ({ file, cases: parse(readFileSync(join(casesFolder, file), 'latin1')).flatMap(rowsOf) }))
}
