// SPDX-License-Identifier: Apache-2.0
// The engine in C against libmodsecurity in C, on the shared corpus with the CRS.

import { beside, compare, configuration, pack, rounded, sharedRequests, writeRecord } from '../kit.mjs'

export function measure({ rounds, passes, levels, phases }) {
  const corpus = pack('corpus', sharedRequests())
  const figures = []
  const table = []
  for (const last of phases) {
    for (const pl of levels) {
      const keys = ['median_us', 'mean_us', 'p99_us', 'load_ms', 'rss_load_mib']
      const found = compare({ corpus, main: configuration(pl), count: rounds, passes, phases: last, keys })
      const name = `CRS PL${pl}, phases 1-${last}`
      const row = { what: name, stopped: found.first.stopped }
      for (const key of ['median', 'mean', 'p99']) {
        const figure = found[`${key}_us`]
        row[`${key} µs`] = rounded(figure.ours)
        if (figure.times !== undefined) row[`${key} x`] = rounded(figure.times)
        figures.push({
          what: `${name}, ${key} per request`,
          value: rounded(figure.ours),
          unit: `µs${beside(figure)}`,
        })
      }
      row['load ms'] = found.load_ms.ours
      row['rules MiB'] = found.rss_load_mib.ours
      table.push(row)
      if (last !== '2') continue
      const other = ({ theirs }) => (theirs === undefined ? '' : ` (libmodsecurity ${theirs})`)
      figures.push(
        { what: `CRS PL${pl}, load`, value: found.load_ms.ours, unit: `ms${other(found.load_ms)}` },
        {
          what: `CRS PL${pl}, memory of the rule set`,
          value: found.rss_load_mib.ours,
          unit: `MiB${other(found.rss_load_mib)}`,
        },
      )
    }
  }
  console.table(table)
  writeRecord('engine', 'The engine in C on the shared corpus', figures, { rounds, passes })
}
