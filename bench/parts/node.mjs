// SPDX-License-Identifier: Apache-2.0
// From Node: the API beside the engine in C and beside plain JavaScript, what a header costs, two threads, a whole server.

import { fork, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'

import { judgeOne } from '../peers/api.mjs'
import { judge, readRules } from '../peers/plain.mjs'
import {
  bodyOf, configuration, engineDriver, median, pack, peerDriver, root, rounded, rounds as inRounds, shared, sharedRequests,
  work, writeRecord,
} from '../kit.mjs' // prettier-ignore
import { withHeaders } from './requests.mjs'

const ready = (message) => ({ ...message, body: bodyOf(message), body_b64: undefined })

/** Microseconds of CPU of this process per request, garbage collector's threads included: median over `passes` runs of all. */
function times(requests, passes, one) {
  for (const request of requests) one(request)
  const samples = []
  for (let pass = 0; pass < passes; pass++) {
    for (const request of requests) {
      const start = process.cpuUsage()
      one(request)
      const { user, system } = process.cpuUsage(start)
      samples.push(user + system)
    }
  }
  return { median: median(samples), mean: samples.reduce((sum, value) => sum + value, 0) / samples.length }
}

async function api(Waf, figures, { rounds, passes }) {
  const requests = sharedRequests().map(ready)
  const main = configuration(1)
  const waf = await Waf.load({ files: [main], valueCacheBytes: 0 })
  const { rules, left } = readRules(join(shared, 'crs/rules'), 1)
  const corpus = pack('api', sharedRequests())
  const table = []
  for (let round = 0; round < rounds; round++) {
    const command = (driver) => `${driver} ${corpus} ${main} ${passes} 2`
    const other = peerDriver()
    const inC = inRounds(1, {
      seclua: command(engineDriver()),
      ...(other === undefined ? {} : { peer: `${other} ${corpus} ${main} 1 2` }),
    })
    table.push({
      'engine in C': inC.seclua[0].median_us,
      'JavaScript API': times(requests, passes, (request) => judgeOne(waf, request)).median,
      'plain JavaScript': times(requests, 1, (request) => judge(rules, request)).median,
      ...(other === undefined ? {} : { libmodsecurity: inC.peer[0].median_us }),
    })
  }
  await waf.close()
  const columns = Object.keys(table[0])
  const row = Object.fromEntries(
    columns.map((name) => [name, rounded(median(table.map((line) => line[name])))]),
  )
  console.table([row])
  const ratio = (name) => rounded(median(table.map((line) => line[name] / line['JavaScript API'])))
  figures.push(
    {
      what: 'JavaScript API, median per request',
      value: row['JavaScript API'],
      unit: `µs (engine in C ${row['engine in C']})`,
    },
    {
      what: `plain JavaScript with ${rules.length} of the rules (V8 refuses ${left} patterns), median`,
      value: row['plain JavaScript'],
      unit: `µs (${ratio('plain JavaScript')} times)`,
    },
  )
  if (row.libmodsecurity !== undefined) {
    figures.push({
      what: 'libmodsecurity in C, median',
      value: row.libmodsecurity,
      unit: `µs (${ratio('libmodsecurity')} times)`,
    })
  }
}

/** With rules that look at nothing: what crossing costs, and each header on the way. */
async function crossing(Waf, figures) {
  const waf = await Waf.load({ rules: 'SecRuleEngine On\nSecRequestBodyAccess Off' })
  const counts = [10, 110]
  const cost = counts.map(
    (count) => times([withHeaders(count)], 20_000, (request) => judgeOne(waf, request)).median,
  )
  await waf.close()
  const each = ((cost[1] - cost[0]) * 1000) / (counts[1] - counts[0])
  console.table([{ '15 headers, µs': rounded(cost[0], 2), 'each more, ns': rounded(each) }])
  figures.push(
    { what: 'a transaction without rules, 15 headers', value: rounded(cost[0], 2), unit: 'µs' },
    { what: 'each further header', value: rounded(each), unit: 'ns' },
  )
}

async function judged(count, workerData) {
  const workers = Array.from(
    { length: count },
    () => new Worker(join(root, 'bench/peers/worker.mjs'), { workerData }),
  )
  const next = (worker) =>
    new Promise((resolve, reject) => {
      worker.once('message', resolve)
      worker.once('error', reject)
    })
  await Promise.all(workers.map(next))
  const answers = workers.map(next)
  for (const worker of workers) worker.postMessage('go')
  const sum = (await Promise.all(answers)).reduce((all, one) => all + one, 0)
  await Promise.all(workers.map((worker) => worker.terminate()))
  return (sum * 1000) / workerData.milliseconds
}

async function threads(figures, { rounds }) {
  const workerData = { main: configuration(1), requests: sharedRequests().map(ready), milliseconds: 2000 }
  const ratios = []
  let one, two
  for (let round = 0; round < rounds; round++) {
    one = await judged(1, workerData)
    two = await judged(2, workerData)
    ratios.push(two / one)
  }
  console.table([
    {
      '1 thread, requests/s': rounded(one, 0),
      '2 threads': rounded(two, 0),
      ratio: rounded(median(ratios), 2),
    },
  ])
  figures.push({
    what: 'two worker threads against one, CRS PL1',
    value: rounded(median(ratios), 2),
    unit: 'times the requests',
  })
}

// ---- a whole server ------------------------------------------------------------------------------------------------

/** A browser's GETs: addresses, cookies and clients differ, the other headers are the usual ones. */
const script = `
local count = 0
request = function()
  count = count + 1
  wrk.headers["Host"] = "www.example.org"
  wrk.headers["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
  wrk.headers["Accept"] = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
  wrk.headers["Accept-Language"] = "en-US,en;q=0.5"
  wrk.headers["Accept-Encoding"] = "gzip, deflate"
  wrk.headers["Cookie"] = "session=" .. string.format("%x", count * 2654435761 % 4294967296) .. "; theme=dark"
  return wrk.format("GET", "/articles/" .. count .. "?page=" .. count % 40)
end
`

/** settings: rules and bytes of value cache; none: bare. */
async function throughput(port, settings = []) {
  const server = fork(join(root, 'bench/peers/hello.mjs'), [String(port), ...settings])
  await new Promise((resolve, reject) => {
    server.once('message', resolve)
    server.once('exit', () => reject(new Error('the server ended')))
  })
  const path = join(work, 'browser.lua')
  writeFileSync(path, script)
  const load = (seconds) =>
    spawnSync('wrk', ['-t1', '-c16', `-d${seconds}s`, '-s', path, `http://127.0.0.1:${port}/`], {
      encoding: 'utf8',
    }).stdout
  load(1)
  const said = load(4)
  server.removeAllListeners('exit')
  server.kill()
  if (/Non-2xx/.test(said)) throw new Error(`the server refused requests:\n${said}`)
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(said)[1])
}

async function server(figures, { rounds }) {
  if (spawnSync('wrk', ['--version'], { stdio: 'ignore' }).error !== undefined) {
    console.log('skipped: wrk is not installed, so there is no figure of a whole server')
    return
  }
  const main = configuration(1)
  const found = []
  for (let round = 0; round < rounds; round++) {
    const bare = await throughput(18080 + 3 * round)
    const guarded = await throughput(18081 + 3 * round, [main])
    const without = await throughput(18082 + 3 * round, [main, '0'])
    found.push({ bare, guarded, without, share: guarded / bare, shareWithout: without / bare })
  }
  const middle = (name) => median(found.map((one) => one[name]))
  console.table([
    {
      'hello, requests/s': rounded(middle('bare'), 0),
      'with CRS PL1': rounded(middle('guarded'), 0),
      share: rounded(middle('share'), 2),
      'without value cache': rounded(middle('without'), 0),
      'its share': rounded(middle('shareWithout'), 2),
    },
  ])
  const unit = '% of its requests a second'
  figures.push(
    { what: 'a server that says hello keeps, with CRS PL1', value: rounded(100 * middle('share'), 0), unit },
    { what: 'the same with the value cache off', value: rounded(100 * middle('shareWithout'), 0), unit },
  )
}

export async function measure(settings) {
  const { Waf } = await import('../../dist/index.mjs')
  const few = { ...settings, rounds: Math.min(settings.rounds, 3) }
  const figures = []
  await api(Waf, figures, few)
  await crossing(Waf, figures)
  await threads(figures, few)
  await server(figures, few)
  writeRecord('node', 'From Node', figures, { node: process.versions.node })
}
