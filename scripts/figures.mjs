#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Prints the figures of bench/record as the Markdown that stands in README.md; with --write it puts them there.
//
// A record is a JSON file with `title`, `command`, `date`, `commit`, `machine`, `compiler`, `node` and `figures`: a list
// of { "what", "value", "unit" }. A figure without its machine is no figure, so a record that lacks one is an error.

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, 'bench/record')

function section(name) {
  const record = JSON.parse(readFileSync(join(folder, name), 'utf8'))
  for (const key of ['title', 'command', 'date', 'commit', 'machine', 'compiler', 'figures']) {
    if (record[key] === undefined) throw new Error(`${name} does not say its ${key}`)
  }
  const origin = [record.machine, record.compiler, record.node && `Node ${record.node}`]
    .filter(Boolean)
    .join('; ')
  return [
    `**${record.title}**: ${origin}; ${record.date}, commit ${record.commit}; by \`${record.command}\``,
    '',
    '| | |',
    '|---|---|',
    ...record.figures.map(({ what, value, unit }) => `| ${what} | ${value} ${unit} |`),
    '',
  ].join('\n')
}

const records = existsSync(folder)
  ? readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .sort()
  : []
const figures =
  records.length === 0
    ? 'None are recorded yet: `npm run bench` measures on your machine.\n'
    : records.map(section).join('\n')

if (process.argv.includes('--write')) {
  const path = join(root, 'README.md')
  const text = readFileSync(path, 'utf8')
  writeFileSync(
    path,
    text.replace(
      /(<!-- figures -->\n)[^]*?(<!-- end of figures -->)/,
      (_, opening, end) => `${opening}${figures}${end}`,
    ),
  )
} else process.stdout.write(figures)
