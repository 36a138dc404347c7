#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// What a rule pays for a program where a Lua script would do: @inspectFile and exec in both forms, through the package, on one
// machine in one run.
//
//   node bench/programs/run.mjs [--rounds N] [--count N]
//
// A form's cost is what a transaction with its rule takes beyond one without a rule. Each slice of some
// transactions has one of those right before it, and the median of the differences counts: a script's is small against what a
// busy machine adds to either. Beside the time until the answer it prints what the server's own process computes meanwhile:
// starting a program is work, too. Writes bench/record/programs.json.

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

import { Waf } from 'seclua'

const root = fileURLToPath(new URL('../..', import.meta.url))
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '40' }, count: { type: 'string', default: '20' } },
})
const rounds = Number(values.rounds)
const count = Number(values.count)
const work = realpathSync(mkdtempSync(join(tmpdir(), 'seclua-bench-programs-')))
process.on('exit', () => rmSync(work, { recursive: true, force: true }))

// ---- the same check in each form: the value is clean unless it holds "virus" -----------------------------------------

const file = (name, text) => {
  writeFileSync(join(work, name), text)
  chmodSync(join(work, name), 0o755)
}
file('scan.lua', 'function main(value)\n    return value:find("virus", 1, true) and "found" or nil\nend\n')
file('scan.sh', '#!/bin/sh\ncase "$1" in *virus*) echo "0 found";; *) echo "1 clean";; esac\n')
file(
  'scan.c',
  '#include <stdio.h>\n#include <string.h>\nint main(int n, char **v) { puts(n > 1 && strstr(v[1], "virus") ? "0 found" : "1 clean"); }\n',
)
execFileSync('cc', ['-O2', '-o', join(work, 'scan'), join(work, 'scan.c')])

const request = (value) => ({ method: 'GET', uri: `/?a=${value}`, headers: { Host: 'shop.example' } })
const forms = [
  { name: 'nothing', rule: '' },
  { name: 'lua', rule: 'SecRule ARGS:a "@inspectFile scan.lua" "id:1,phase:1,deny"' },
  { name: 'program', rule: 'SecRule ARGS:a "@inspectFile scan" "id:1,phase:1,deny"' },
  { name: 'shell', rule: 'SecRule ARGS:a "@inspectFile scan.sh" "id:1,phase:1,deny"' },
]
for (const form of forms) {
  const waf = await Waf.load({ rules: `SecRuleEngine On\n${form.rule}`, cwd: work, allowExec: true })
  form.judge = (value) => waf.evaluate(request(value))
}
// What any program costs here, whoever starts it.
forms.push({ name: 'start', judge: (value) => once(spawn(join(work, 'scan'), [value]), 'close') })
for (const form of forms) Object.assign(form, { times: [], busy: [] })

// ---- measuring -----------------------------------------------------------------------------------------------------

async function run(form, times) {
  const cpu = process.cpuUsage()
  const started = performance.now()
  for (let i = 0; i < times; i++) await form.judge('harmless')
  const { user, system } = process.cpuUsage(cpu)
  return { time: ((performance.now() - started) * 1000) / times, busy: (user + system) / times }
}

const [nothing, ...rest] = forms
for (const form of forms) {
  await run(form, form === nothing || form.name === 'lua' ? 5000 : 20)
  if (form.rule === undefined || form === nothing) continue
  const { verdict } = await form.judge('virus')
  if (verdict.status !== 403) throw new Error(`${form.name} does not find the virus`)
}
for (let round = 0; round < rounds; round++) {
  for (const form of rest) {
    const isQuick = form.name === 'lua'
    for (let slice = 0; slice < (isQuick ? 10 : 1); slice++) {
      const before = await run(nothing, 100 * count)
      const { time, busy } = await run(form, isQuick ? 100 * count : count)
      form.times.push(time - before.time)
      form.busy.push(busy - before.busy)
    }
  }
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]
const rows = rest.map(({ name, times, busy }) => ({
  form: name,
  µs: Number(median(times).toFixed(2)),
  'own CPU µs': Number(median(busy).toFixed(2)),
}))
const [lua] = rows
for (const row of rows) row['times Lua'] = Number((row.µs / lua.µs).toFixed(0))
console.table(rows)

// ---- the record ----------------------------------------------------------------------------------------------------

const names = {
  lua: '`@inspectFile` of a Lua script',
  program: '`@inspectFile` of a compiled program',
  shell: '`@inspectFile` of a shell script',
  start: 'for comparison: the compiled program, started by Node alone',
}
const inMs = (µs) => Number((µs / 1000).toFixed(2))
const line = (command, args) => execFileSync(command, args, { cwd: root, encoding: 'utf8' }).split('\n')[0]
const record = {
  title: 'The same check as a script and as a program, beyond a request without a rule',
  command: 'node bench/programs/run.mjs',
  date: new Date().toISOString().slice(0, 10),
  commit: line('git', ['rev-parse', '--short', 'HEAD']),
  machine: `${cpus().length} cores of ${cpus()[0]?.model ?? 'an unknown processor'}, shared with other work`,
  compiler: line('cc', ['--version']),
  node: process.version,
  rounds,
  count,
  figures: rows.map((row) => ({
    what: names[row.form],
    ...(row === lua
      ? { value: row.µs, unit: 'µs' }
      : {
          value: inMs(row.µs),
          unit: `ms (${row['times Lua']} times; ${inMs(row['own CPU µs'])} ms of the server's own CPU)`,
        }),
  })),
}
mkdirSync(join(root, 'bench/record'), { recursive: true })
writeFileSync(join(root, 'bench/record/programs.json'), `${JSON.stringify(record, null, 2)}\n`)
