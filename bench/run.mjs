#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The engine in C against libmodsecurity in C, on the shared corpus with the CRS: one command, one table, one record.
//
//   node bench/run.mjs [--rounds N] [--passes N] [--pl 1,2,4] [--phases 2,5]
//
// Needs the folder with the shared bench kit (SECLUA_SHARED, by default ../shared); the peer is measured where its headers are
// installed (Debian: libmodsecurity-dev). Drivers take turns, round after round, and only ratios within a round are compared.

import { execFileSync, spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = fileURLToPath(new URL('..', import.meta.url))
const shared = resolve(process.env.SECLUA_SHARED ?? join(root, '../shared'))
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    passes: { type: 'string', default: '4' },
    pl: { type: 'string', default: '1,2,4' },
    phases: { type: 'string', default: '2,5' },
  },
})

if (!existsSync(join(shared, 'bench/rounds.mjs'))) {
  console.log(`skipped: there is no bench kit in ${shared} (SECLUA_SHARED)`)
  process.exit(0)
}

const work = mkdtempSync(join(tmpdir(), 'seclua-bench-'))
process.on('exit', () => rmSync(work, { recursive: true, force: true }))
const run = (command, args, options = {}) =>
  execFileSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    ...options,
  })

// ---- drivers -------------------------------------------------------------------------------------------------------

const build = join(root, 'build-bench')
run('cmake', [
  '-S',
  root,
  '-B',
  build,
  '-DCMAKE_BUILD_TYPE=Release',
  '-DSECLUA_ADDON=OFF',
  '-DSECLUA_BENCH=ON',
])
run('cmake', ['--build', build, '--parallel', String(cpus().length)])
const ours = ['bench/bench_engine_bench', 'bench/engine_bench']
  .map((name) => join(build, name))
  .find(existsSync)
if (ours === undefined) throw new Error(`the benchmark was not built in ${build}`)

const peer = join(work, 'libmodsecurity_bench')
const peerSource = join(shared, 'bench/peers/libmodsecurity_bench.cpp')
const hasPeer =
  spawnSync('g++', ['-O2', '-std=c++17', peerSource, '-o', peer, '-lmodsecurity'], { stdio: 'ignore' })
    .status === 0
if (!hasPeer) console.log('libmodsecurity is not installed (libmodsecurity-dev): measuring ourselves alone')

// ---- corpus and rules ----------------------------------------------------------------------------------------------

const corpus = join(work, 'corpus.bin')
run('node', [join(shared, 'bench/pack.mjs'), corpus])
const crs = join(work, 'crs')
mkdirSync(crs)
cpSync(join(shared, 'crs/crs-setup.conf'), join(crs, 'crs-setup.conf.example'))
symlinkSync(join(shared, 'crs/rules'), join(crs, 'rules'))
const configuration = (pl) => {
  const out = join(work, `pl${pl}`)
  run('node', [
    join(shared, 'bench/make_conf.mjs'), '--crs', crs, '--recommended', join(root, 'bench/scenarios/base.conf'),
    '--unicode', join(shared, 'crs/unicode.mapping'), '--out', out, '--pl', pl,
  ]) // prettier-ignore
  return join(out, 'main.conf')
}

// ---- rounds --------------------------------------------------------------------------------------------------------

const median = (list) => list.slice().sort((a, b) => a - b)[list.length >> 1]
const figures = []
const table = []
for (const phases of values.phases.split(',')) {
  for (const pl of values.pl.split(',')) {
    const main = configuration(pl)
    const log = join(work, `log-${pl}-${phases}.jsonl`)
    const command = (driver) => `${driver} ${corpus} ${main} ${values.passes} ${phases}`
    const drivers = hasPeer ? [`libmodsecurity=${command(peer)}`] : []
    run('node', [
      join(shared, 'bench/rounds.mjs'),
      '--rounds',
      values.rounds,
      '--log',
      log,
      ...drivers,
      `seclua=${command(ours)}`,
    ])
    const lines = readFileSync(log, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const of = (name, key) => lines.filter((line) => line.name === name).map((line) => line[key])
    const name = `CRS PL${pl}, phases 1-${phases}`
    const row = { what: name }
    for (const key of ['median_us', 'mean_us', 'p99_us']) {
      row[key] = Number(median(of('seclua', key)).toFixed(1))
      if (hasPeer) {
        const ratios = of('libmodsecurity', key).map((value, round) => value / of('seclua', key)[round])
        row[`${key.replace('_us', '')} x`] = Number(median(ratios).toFixed(1))
      }
      const times = hasPeer
        ? ` (libmodsecurity ${median(of('libmodsecurity', key)).toFixed(0)}, ${row[`${key.replace('_us', '')} x`]} times)`
        : ''
      figures.push({
        what: `${name}, ${key.replace('_us', '')} per request`,
        value: row[key],
        unit: `µs${times}`,
      })
    }
    row.load_ms = median(of('seclua', 'load_ms'))
    row.rss_mib = median(of('seclua', 'rss_load_mib'))
    row.stopped = of('seclua', 'stopped')[0]
    table.push(row)
    if (phases === '2') {
      const other = hasPeer ? ` (libmodsecurity ${median(of('libmodsecurity', 'load_ms'))})` : ''
      figures.push({ what: `CRS PL${pl}, load`, value: row.load_ms, unit: `ms${other}` })
      const rss = hasPeer ? ` (libmodsecurity ${median(of('libmodsecurity', 'rss_load_mib'))})` : ''
      figures.push({ what: `CRS PL${pl}, memory of the rule set`, value: row.rss_mib, unit: `MiB${rss}` })
    }
  }
}
console.table(table)

const record = {
  title: 'The engine in C on the shared corpus',
  command: 'npm run bench',
  date: new Date().toISOString().slice(0, 10),
  commit: run('git', ['rev-parse', '--short', 'HEAD']).trim(),
  machine: `${cpus().length} cores of ${cpus()[0]?.model ?? 'an unknown processor'}, shared with other work`,
  compiler: run('g++', ['--version']).split('\n')[0],
  rounds: Number(values.rounds),
  passes: Number(values.passes),
  figures,
}
mkdirSync(join(root, 'bench/record'), { recursive: true })
writeFileSync(join(root, 'bench/record/engine.json'), `${JSON.stringify(record, null, 2)}\n`)
