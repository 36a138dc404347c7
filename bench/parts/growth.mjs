// SPDX-License-Identifier: Apache-2.0
// How cost grows: with the rules (copies of the CRS's with other ids and other literals) and with the length of a value.

import { appendFileSync, cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import {
  compare,
  configuration,
  median,
  pack,
  rounded,
  rounds as inRounds,
  engineDriver,
  sharedRequests,
  work,
  writeRecord,
} from '../kit.mjs'
import { longValue } from './requests.mjs'

/** Letters of each longer word are moved on by `copy`, so that copies look for texts of their own. */
const otherLiterals = (pattern, copy) =>
  pattern.replace(/\[(?:\\.|[^\]\\])*\]|(?<![\\a-z])[a-z]{5,}/g, (part) =>
    part.startsWith('[')
      ? part // a class stays as it is
      : part.replace(/[a-z]/g, (letter) =>
          String.fromCharCode(97 + ((letter.charCodeAt(0) - 97 + copy) % 26)),
        ),
  )

function copyOf(text, copy) {
  let inPattern = false
  return text
    .replace(/id:'?(\d{6})\b/g, (_, id) => `id:${copy}${id}`)
    .replace(/skipAfter:([\w-]+)/g, `skipAfter:$1-${copy}`)
    .replace(/^SecMarker "?([\w-]+)"?/gm, `SecMarker "$1-${copy}"`)
    .replace(/"!?@rx .*?"(?=\s*\\?$)/gm, (pattern) => otherLiterals(pattern, copy))
    .split('\n')
    .filter((line) => {
      if (/^SecComponentSignature/.test(line)) inPattern = true
      const kept = !inPattern
      if (inPattern && !/\\\s*$/.test(line)) inPattern = false
      return kept
    })
    .join('\n')
}

function grown(times) {
  const from = dirname(configuration(1))
  const out = join(work, `times-${times}`)
  cpSync(from, out, { recursive: true })
  const main = join(out, 'main.conf')
  const text = readFileSync(main, 'utf8')
  writeFileSync(main, text.replaceAll(`${from}/`, `${out}/`))
  const folder = join(out, 'rules')
  for (const name of readdirSync(folder)) {
    if (!/^REQUEST-9[1-4]\d-.*\.conf$/.test(name)) continue
    const path = join(folder, name)
    const rules = readFileSync(path, 'utf8')
    for (let copy = 1; copy < times; copy++) appendFileSync(path, `\n${copyOf(rules, copy)}`)
  }
  return main
}

/** Nanoseconds a byte of memchr over as much text, which finds nothing. */
function memchrNsPerByte(bytes) {
  const text = Buffer.alloc(bytes, 'word ')
  const repeats = Math.ceil(2e8 / bytes)
  const start = process.hrtime.bigint()
  for (let i = 0; i < repeats; i++) if (text.indexOf(0) !== -1) throw new Error('found')
  return Number(process.hrtime.bigint() - start) / (repeats * bytes)
}

function ruleGrowth(rounds, figures) {
  const corpus = pack('growth', sharedRequests())
  const mains = { 1: configuration(1), 10: grown(10) }
  const commands = Object.fromEntries(
    Object.entries(mains).map(([times, main]) => [
      `times${times}`,
      `${engineDriver()} ${corpus} ${main} 2 2`,
    ]),
  )
  const found = inRounds(rounds, commands)
  const of = (times, key) => median(found[`times${times}`].map((line) => line[key]))
  const table = Object.keys(mains).map((times) => ({
    rules: `${times} times`,
    'mean µs': of(times, 'mean_us'),
    'load ms': of(times, 'load_ms'),
    MiB: of(times, 'rss_load_mib'),
  }))
  console.table(table)
  // Within a round: the machine is not as fast in one as in the next.
  const growth = median(found.times10.map((line, i) => line.mean_us / found.times1[i].mean_us))
  figures.push(
    { what: 'mean with the CRS once', value: of(1, 'mean_us'), unit: 'µs' },
    {
      what: 'mean with its request rules ten times',
      value: of(10, 'mean_us'),
      unit: `µs (${rounded(growth)} times)`,
    },
  )
}

function valueGrowth(rounds, figures) {
  const sizes = [1_000, 10_000, 100_000]
  const found = sizes.map((bytes) => {
    const corpus = pack(`value-${bytes}`, [longValue(bytes)])
    return compare({
      corpus,
      main: configuration(1),
      count: Math.min(rounds, 3),
      passes: 10,
      keys: ['mean_us'],
    }).mean_us.ours
  })
  const table = sizes.map((bytes, i) => ({ bytes, µs: rounded(found[i]) }))
  console.table(table)
  const slope = ((found[2] - found[1]) * 1000) / (sizes[2] - sizes[1])
  figures.push({
    what: 'a longer value, 10 KB to 100 KB',
    value: rounded(slope, 2),
    unit: `ns a byte (memchr ${rounded(memchrNsPerByte(sizes[2]), 3)})`,
  })
}

export function measure({ rounds }) {
  const figures = []
  ruleGrowth(rounds, figures)
  valueGrowth(rounds, figures)
  writeRecord('growth', 'How cost grows, CRS PL1, phases 1-2', figures)
}
