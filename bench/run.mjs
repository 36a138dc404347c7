#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// What the engine costs, beside libmodsecurity and plain JavaScript: one command, tables, and a record for each part.
//
//   node bench/run.mjs [part …] [--rounds N] [--passes N] [--pl 1,2,4] [--phases 2,5]
//
// Parts: engine (in C, the shared corpus with the CRS), scenarios (kinds of requests), growth (of rules and of values),
// node (JavaScript API, threads, a whole server, plain JavaScript). Without a part all of them run, about half an hour.
//
// Needs the folder with the shared bench kit (SECLUA_SHARED, by default ../shared); the peer is measured where its headers are
// installed (Debian: libmodsecurity-dev), a server where wrk is. Drivers take turns, round after round, and only ratios within a
// round are compared.

import { parseArgs } from 'node:util'

import { hasKit, shared } from './kit.mjs'

const parts = ['engine', 'scenarios', 'growth', 'node']
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    passes: { type: 'string', default: '4' },
    pl: { type: 'string', default: '1,2,4' },
    phases: { type: 'string', default: '2,5' },
  },
})
const unknown = positionals.find((part) => !parts.includes(part))
if (unknown !== undefined) {
  console.error(`there is no part ${unknown}: ${parts.join(', ')}`)
  process.exit(2)
}
if (!hasKit) {
  console.log(`skipped: there is no bench kit in ${shared} (SECLUA_SHARED)`)
  process.exit(0)
}

const settings = {
  rounds: Number(values.rounds),
  passes: Number(values.passes),
  levels: values.pl.split(','),
  phases: values.phases.split(','),
}
for (const part of parts) {
  if (positionals.length !== 0 && !positionals.includes(part)) continue
  const { measure } = await import(`./parts/${part}.mjs`)
  await measure(settings)
}
