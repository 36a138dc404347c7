// SPDX-License-Identifier: Apache-2.0
// What the parts of the benchmark share: where things are, drivers, corpora, configurations, rounds, records.

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

export const root = fileURLToPath(new URL('..', import.meta.url))
export const shared = resolve(process.env.SECLUA_SHARED ?? join(root, '../shared'))
export const hasKit = existsSync(join(shared, 'bench/rounds.mjs'))

export const work = mkdtempSync(join(tmpdir(), 'seclua-bench-'))
process.on('exit', () => rmSync(work, { recursive: true, force: true }))

export const run = (command, args, options = {}) =>
  execFileSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
    maxBuffer: 64 << 20,
    ...options,
  })

export const median = (list) => list.slice().sort((a, b) => a - b)[list.length >> 1]
export const rounded = (number, digits = 1) => Number(number.toFixed(digits))

// ---- drivers -------------------------------------------------------------------------------------------------------

let built
/** The engine in C, without Node. */
export function engineDriver() {
  if (built !== undefined) return built
  const build = join(root, 'build-bench')
  const options = ['-DCMAKE_BUILD_TYPE=Release', '-DSECLUA_ADDON=OFF', '-DSECLUA_BENCH=ON']
  run('cmake', ['-S', root, '-B', build, ...options])
  run('cmake', ['--build', build, '--parallel', String(cpus().length)])
  built = ['bench/bench_engine_bench', 'bench/engine_bench'].map((name) => join(build, name)).find(existsSync)
  if (built === undefined) throw new Error(`the benchmark was not built in ${build}`)
  return built
}

let peer
/** libmodsecurity in C; undefined where it is not installed. */
export function peerDriver() {
  if (peer === undefined) {
    const path = join(work, 'libmodsecurity_bench')
    const source = join(shared, 'bench/peers/libmodsecurity_bench.cpp')
    const args = ['-O2', '-std=c++17', source, '-o', path, '-lmodsecurity']
    peer = spawnSync('g++', args, { stdio: 'ignore' }).status === 0 ? path : null
    if (peer === null)
      console.log('libmodsecurity is not installed (libmodsecurity-dev): measuring ourselves alone')
  }
  return peer ?? undefined
}

// ---- corpora and rules ---------------------------------------------------------------------------------------------

const lines = (path) =>
  readFileSync(path, 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
export const sharedRequests = () => lines(join(shared, 'bench/requests.jsonl'))
export const sharedResponses = () => lines(join(shared, 'bench/responses.jsonl'))
/** Of a request or response of the kit; undefined when it has none. */
export const bodyOf = ({ body, body_b64: encoded }) =>
  encoded !== undefined ? Buffer.from(encoded, 'base64') : body === undefined ? undefined : Buffer.from(body)

/** Writes requests and responses as the drivers read them; returns the path. */
export function pack(name, requests, responses = sharedResponses()) {
  const list = (messages) =>
    messages
      .map((message) =>
        JSON.stringify({
          ...message,
          body: undefined,
          body_b64: bodyOf(message)?.toString('base64'),
        }),
      )
      .join('\n')
  const files = ['requests', 'responses'].map((kind) => join(work, `${name}-${kind}.jsonl`))
  writeFileSync(files[0], list(requests))
  writeFileSync(files[1], list(responses))
  const out = join(work, `${name}.bin`)
  run('node', [join(shared, 'bench/pack.mjs'), out, ...files])
  return out
}

let crs
function crsFolder() {
  if (crs !== undefined) return crs
  crs = join(work, 'crs')
  mkdirSync(crs)
  cpSync(join(shared, 'crs/crs-setup.conf'), join(crs, 'crs-setup.conf.example'))
  symlinkSync(join(shared, 'crs/rules'), join(crs, 'rules'))
  return crs
}

/** The CRS at a paranoia level, with the bench's base configuration; returns the main file. */
export function configuration(pl) {
  const out = join(work, `pl${pl}`)
  if (!existsSync(out)) {
    run('node', [
      join(shared, 'bench/make_conf.mjs'), '--crs', crsFolder(), '--recommended', join(root, 'bench/scenarios/base.conf'),
      '--unicode', join(shared, 'crs/unicode.mapping'), '--out', out, '--pl', String(pl),
    ]) // prettier-ignore
  }
  return join(out, 'main.conf')
}

// ---- rounds --------------------------------------------------------------------------------------------------------

let logs = 0
/** Commands in turn, round after round; the lines of JSON that each printed, by name. */
export function rounds(count, commands) {
  const log = join(work, `log-${logs++}.jsonl`)
  run('node', [
    join(shared, 'bench/rounds.mjs'),
    '--rounds',
    String(count),
    '--log',
    log,
    ...Object.entries(commands).map(([name, command]) => `${name}=${command}`),
  ])
  const all = lines(log)
  return Object.fromEntries(
    Object.keys(commands).map((name) => [name, all.filter((line) => line.name === name)]),
  )
}

/** Ours and, where there is one, the peer on a corpus: medians over the rounds, and ratios within each. */
export function compare({
  corpus,
  main,
  count,
  passes,
  phases = 2,
  keys = ['median_us', 'mean_us', 'p99_us'],
}) {
  const command = (driver) => `${driver} ${corpus} ${main} ${passes} ${phases}`
  const other = peerDriver()
  const found = rounds(count, {
    ...(other === undefined ? {} : { libmodsecurity: command(other) }),
    seclua: command(engineDriver()),
  })
  const of = (name, key) => found[name].map((line) => line[key])
  const result = {}
  for (const key of keys) {
    result[key] = { ours: median(of('seclua', key)) }
    if (other === undefined) continue
    result[key].theirs = median(of('libmodsecurity', key))
    result[key].times = median(of('libmodsecurity', key).map((value, i) => value / of('seclua', key)[i]))
  }
  return { ...result, first: found.seclua[0] }
}

/** "(libmodsecurity 2563, 15.9 times)" */
export const beside = ({ theirs, times }) =>
  theirs === undefined ? '' : ` (libmodsecurity ${rounded(theirs, 0)}, ${rounded(times)} times)`

// ---- records -------------------------------------------------------------------------------------------------------

/** Figures are { what, value, unit }; scripts/figures.mjs prints them into the README. */
export function writeRecord(name, title, figures, more = {}) {
  const record = {
    title,
    command: 'npm run bench',
    date: new Date().toISOString().slice(0, 10),
    commit: run('git', ['rev-parse', '--short', 'HEAD']).trim(),
    machine: `${cpus().length} cores of ${cpus()[0]?.model ?? 'an unknown processor'}, shared with other work`,
    compiler: run('g++', ['--version']).split('\n')[0],
    ...more,
    figures,
  }
  mkdirSync(join(root, 'bench/record'), { recursive: true })
  writeFileSync(join(root, `bench/record/${name}.json`), `${JSON.stringify(record, null, 2)}\n`)
}
