#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Makes the tables of names in docs/compatibility.md from docs/compatibility/*.json and checks these against the engine's
// own tables; with --write it puts them into the page. test/docs/names.test.ts does the checking in the test run.
//
// An entry: `known` lists the engines that have the name, `answer` is yes, accepted (without effect) or refused,
// `differs` says how it differs where it does, `proof` names the test: "FILE: TITLE", the title being a heading in a
// Markdown file of cases, else a text that stands in the test.

import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const page = 'docs/compatibility.md'

const kinds = [
  { kind: 'directive', file: 'directives', title: 'Directives', shown: (name) => name },
  { kind: 'variable', file: 'variables', title: 'Variables', shown: (name) => name },
  { kind: 'operator', file: 'operators', title: 'Operators', shown: (name) => `@${name}` },
  { kind: 'transformation', file: 'transformations', title: 'Transformations', shown: (name) => `t:${name}` },
  { kind: 'action', file: 'actions', title: 'Actions', shown: (name) => name },
  { kind: 'ctl', file: 'ctl', title: 'Options of ctl', shown: (name) => `ctl:${name}` },
  { kind: 'code', file: 'codes', title: 'Codes of diagnostics', shown: (name) => name },
]
const engines = ['v2', 'v3', 'Coraza']
const answers = {
  works: ['yes'],
  silent: ['accepted'],
  warned: ['accepted'],
  refused: ['refused'],
}

const read = (path) => readFileSync(join(root, path), 'utf8')
const entriesOf = ({ file }) => Object.entries(JSON.parse(read(`docs/compatibility/${file}.json`)))

/** The section of a file of cases under that heading, its file's preamble included; undefined: there is none. */
function section(text, title) {
  const [preamble = '', ...sections] = text.split(/^## /m)
  const found = sections.find((each) => each.slice(0, each.indexOf('\n')) === title)
  return found === undefined ? undefined : preamble + found
}

/** What is wrong with the test that an entry names; undefined: nothing. */
function wrongProof(name, proof) {
  const [, file, title] = /^(test\/[\w./-]+): (.+)$/.exec(proof ?? '') ?? []
  if (file === undefined) return 'names no test'
  let text
  try {
    text = read(file)
  } catch {
    return `names ${file}, which is not there`
  }
  if (file.endsWith('.md')) text = section(text, title)
  else if (!text.includes(title)) text = undefined
  if (text === undefined) return `names a test that ${file} does not have: ${title}`
  // A line of rules in a string of a test begins behind the letter n of its line end.
  const word = new RegExp(
    `(?:(?<![A-Za-z0-9_])|(?<=\\\\n))${name.replace(/^SECLUA_/, '(?:SECLUA_)?')}(?![A-Za-z0-9])`,
    'i',
  )
  return word.test(text) ? undefined : `names a test without ${name} in it: ${proof}`
}

/** Everything that is wrong, as sentences. */
export function problems() {
  const addon = createRequire(import.meta.url)('node-gyp-build')(root)
  const words = addon.vocabulary()
  return kinds.flatMap((row) => {
    const rows = new Map(
      words.filter(({ kind }) => kind === row.kind).map((word) => [word.name, word.support]),
    )
    const entries = new Map(entriesOf(row))
    const found = []
    for (const name of rows.keys())
      if (!entries.has(name)) found.push(`${row.kind} ${name} is not documented`)
    for (const [name, { known, answer, proof }] of entries) {
      const support = rows.get(name)
      if (support === undefined)
        found.push(`${row.kind} ${name} is documented, but the engine does not know it`)
      const wrong = wrongProof(name, proof)
      if (wrong !== undefined) found.push(`${row.kind} ${name} ${wrong}`)
      if (row.kind === 'code' || support === undefined) continue
      if (!answers[support].includes(answer))
        found.push(`${row.kind} ${name}: ${answer}, but the engine says ${support}`)
      if (!Array.isArray(known) || known.some((engine) => !engines.includes(engine))) {
        found.push(`${row.kind} ${name} does not say who knows it`)
      }
    }
    return found
  })
}

const cell = (text) => text.replaceAll('|', '\\|')

function table(row) {
  const entries = entriesOf(row)
  const isCode = row.kind === 'code'
  const head = isCode ? ['Code', 'Test'] : ['Name', 'Known to', 'Here', 'Differs', 'Test']
  const lines = entries.map(([name, { known, answer, differs = '', proof }]) => {
    const cells = isCode ? [] : [known.join(', '), answer, differs]
    return [`\`${row.shown(name)}\``, ...cells.map(cell), cell(proof)]
  })
  const draw = (cells) => `| ${cells.join(' | ')} |`.replaceAll('|  |', '| |')
  return [`### ${row.title}`, '', draw(head), draw(head.map(() => '---')), ...lines.map(draw), ''].join('\n')
}

/** The tables as they must stand in the page. */
export const tables = () => `\n${kinds.map(table).join('\n')}\n`

const place = /(<!-- names -->\n)([^]*?)(<!-- end of names -->)/

/** The tables as they do stand there. */
export const written = () => place.exec(read(page))?.[2]

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--write')) {
    writeFileSync(
      join(root, page),
      read(page).replace(place, (_, opening, between, end) => `${opening}${tables()}${end}`),
    )
  }
  const found = problems()
  for (const problem of found) console.error(problem)
  process.exitCode = found.length === 0 ? 0 : 1
}
