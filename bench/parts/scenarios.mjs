// SPDX-License-Identifier: Apache-2.0
// Kinds of requests, one at a time: the engine in C against libmodsecurity in C, CRS PL1, phases 1 and 2.

import { beside, compare, configuration, pack, rounded, sharedRequests, writeRecord } from '../kit.mjs'
import { scenarios } from './requests.mjs'

export function measure({ rounds }) {
  const all = sharedRequests()
  const kinds = [
    ['benign requests of the corpus', all.filter(({ attack }) => !attack), 3],
    ['attacks of the corpus', all.filter(({ attack }) => attack), 4],
    ...scenarios(),
  ]
  const figures = []
  const table = []
  for (const [name, requests, passes] of kinds) {
    const corpus = pack(`scenario-${table.length}`, requests)
    const found = compare({
      corpus,
      main: configuration(1),
      count: Math.min(rounds, 3),
      passes,
      keys: ['mean_us'],
    })
    const { ours, theirs, times } = found.mean_us
    table.push({
      kind: name,
      requests: requests.length,
      µs: rounded(ours),
      ...(theirs === undefined ? {} : { libmodsecurity: rounded(theirs, 0), times: rounded(times) }),
      stopped: found.first.stopped,
    })
    figures.push({ what: name, value: rounded(ours), unit: `µs${beside(found.mean_us)}` })
  }
  console.table(table)
  writeRecord('scenarios', 'Kinds of requests, CRS PL1, phases 1-2, mean', figures, {
    rounds: Math.min(rounds, 3),
  })
}
