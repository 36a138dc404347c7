#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// What a script costs: ours against libmodsecurity's SecRuleScript, fengari and wasmoon, on one machine in one run.
//
//   node bench/lua/run.mjs [--rounds N] [--count N]
//
// A script's cost is what a transaction with its rule takes beyond one with an action that does nothing. Prints both sides of
// every ratio and writes bench/record/lua.json. libmodsecurity is measured where its headers are installed (Debian:
// libmodsecurity-dev), fengari and wasmoon where npm has put them.

import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('../..', import.meta.url))
const here = join(root, 'bench/lua')
const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '9' }, count: { type: 'string', default: '20000' } },
})
const work = mkdtempSync(join(tmpdir(), 'seclua-bench-lua-'))
process.on('exit', () => rmSync(work, { recursive: true, force: true }))
const run = (command, args) =>
  execFileSync(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' })
const lines = (text) => text.trim().split('\n').map((line) => JSON.parse(line)) // prettier-ignore

// ---- drivers -------------------------------------------------------------------------------------------------------

const build = join(root, 'build-bench')
const options = ['-DCMAKE_BUILD_TYPE=Release', '-DSECLUA_ADDON=OFF', '-DSECLUA_BENCH=ON']
run('cmake', ['-S', root, '-B', build, ...options])
run('cmake', ['--build', build, '--target', 'bench_lua_bench', '--parallel', String(cpus().length)])
const ours = join(build, 'bench/bench_lua_bench')

const peer = join(work, 'libmodsecurity')
const peerBuild = ['-O2', '-std=c++17', join(here, 'libmodsecurity.cpp'), '-o', peer, '-lmodsecurity']
const hasPeer = spawnSync('g++', peerBuild, { stdio: 'ignore' }).status === 0
if (!hasPeer) console.log('skipped: libmodsecurity is not installed (libmodsecurity-dev)')
const hasNode = ['fengari', 'wasmoon'].every((name) => existsSync(join(root, 'node_modules', name)))
if (!hasNode) console.log('skipped: fengari and wasmoon are not installed (npm ci)')

// ---- configurations ------------------------------------------------------------------------------------------------

const scripts = ['nil', 'set', 'loop']
for (const name of scripts) copyFileSync(join(here, 'scripts', `${name}.lua`), join(work, `${name}.lua`))

function configuration(name, rule) {
  const file = join(work, `${name}.conf`)
  writeFileSync(file, `SecRuleEngine On\n${rule}\n`)
  return file
}

/** One script rule runs; the others are loaded, for a phase that these requests do not reach. */
function withLoaded(count) {
  const rules = [`SecRuleScript ${work}/nil.lua "id:1,phase:2,pass,nolog"`]
  for (let i = 1; i < count; i++) {
    writeFileSync(
      join(work, `other${i}.lua`),
      `function main()\n    return m.getvar("ARGS.other${i}")\nend\n`,
    )
    rules.push(`SecRuleScript ${work}/other${i}.lua "id:${i + 1},phase:3,pass,nolog"`)
  }
  return configuration(`loaded${count}`, rules.join('\n'))
}

const base = configuration('base', 'SecAction "id:1,phase:2,pass,nolog"')
const files = scripts.map((name) =>
  configuration(name, `SecRuleScript ${work}/${name}.lua "id:1,phase:2,pass,nolog"`),
)

// ---- measuring -----------------------------------------------------------------------------------------------------

const us = (figures) => figures.slice(1).map(({ median_ns }) => (median_ns - figures[0].median_ns) / 1000)
const mine = lines(run(ours, [values.rounds, values.count, base, ...files]))
const peerLines = hasPeer ? lines(run(peer, ['5', '1000', base, ...files])) : undefined
const nodeLines = hasNode
  ? lines(
      run(process.execPath, [
        join(here, 'node.mjs'),
        '7',
        ...files.map((file) => file.replace(/conf$/, 'lua')),
      ]),
    )
  : undefined
const counts = [1, 100, 1000]
const loaded = us(lines(run(ours, [values.rounds, values.count, base, ...counts.map(withLoaded)])))
if (mine.some(({ script_errors }) => script_errors !== 0)) throw new Error('a script failed')

const round = (number, digits = 2) => Number(number.toFixed(digits))
const costs = us(mine)
const peerCosts = peerLines === undefined ? undefined : us(peerLines)
const table = scripts.map((script, i) => {
  const row = { script, 'seclua µs': round(costs[i], 3), 'malloc calls': round(mine[i + 1].mallocs, 6) }
  const sides = {
    libmodsecurity: peerCosts?.[i],
    fengari: nodeLines?.[i].fengari_us,
    wasmoon: nodeLines?.[i].wasmoon_us,
  }
  for (const [name, cost] of Object.entries(sides)) {
    if (cost === undefined) continue
    row[`${name} µs`] = round(cost)
    row[`${name} / seclua`] = round(cost / costs[i], 1)
  }
  return row
})
console.table(table)
const growth = counts.map((count, i) => ({ 'scripts loaded': count, 'nil script µs': round(loaded[i], 3) }))
console.table(growth)

const what = {
  nil: 'script that does nothing',
  set: 'reads one argument, sets a variable',
  loop: '20 arguments lowered and searched, two variables set',
}
const figures = table.map((row) => {
  const others = ['libmodsecurity', 'fengari', 'wasmoon'].filter((name) => row[`${name} µs`] !== undefined)
  const sides = others.map((name) => `${name} ${row[`${name} µs`]}, ${row[`${name} / seclua`]} times`)
  return {
    what: what[row.script],
    value: row['seclua µs'],
    unit: `µs${sides.length === 0 ? '' : ` (${sides.join('; ')})`}`,
  }
})
const mallocs = Math.max(...table.map((row) => row['malloc calls']))
figures.push({ what: 'calls of malloc per transaction, warm', value: mallocs, unit: '' })
for (const row of growth) {
  figures.push({
    what: `nil script with ${row['scripts loaded']} loaded`,
    value: row['nil script µs'],
    unit: 'µs',
  })
}

const record = {
  title: 'A run of a script, beyond a rule that does nothing',
  command: 'node bench/lua/run.mjs',
  date: new Date().toISOString().slice(0, 10),
  commit: run('git', ['rev-parse', '--short', 'HEAD']).trim(),
  machine: `${cpus().length} cores of ${cpus()[0]?.model ?? 'an unknown processor'}, shared with other work`,
  compiler: run('g++', ['--version']).split('\n')[0],
  node: process.version,
  rounds: Number(values.rounds),
  count: Number(values.count),
  figures,
}
mkdirSync(join(root, 'bench/record'), { recursive: true })
writeFileSync(join(root, 'bench/record/lua.json'), `${JSON.stringify(record, null, 2)}\n`)
