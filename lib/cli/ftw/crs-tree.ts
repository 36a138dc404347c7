// SPDX-License-Identifier: Apache-2.0
// Finds the rules and overrides that belong to a folder of CRS tests, so that naming the tests is enough.
//
// A CRS tree for conformance runs has, next to `tests/`: conformance-setup.conf (engine settings), crs-setup.conf,
// rules/*.conf and overrides/inprocess-overrides.yaml. The folder, or any file or folder below it, may be named.

import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'

export interface CrsTree {
  /** In loading order; the rules by a glob. */
  readonly ruleFiles: readonly string[]
  readonly overrideFiles: readonly string[]
}

/** The tree around one path; undefined when it is in none. */
export function findCrsTree(path: string): CrsTree | undefined {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    const setup = join(folder, 'conformance-setup.conf')
    if (
      existsSync(setup) &&
      existsSync(join(folder, 'crs-setup.conf')) &&
      existsSync(join(folder, 'rules'))
    ) {
      const overrides = join(folder, 'overrides', 'inprocess-overrides.yaml')
      return {
        ruleFiles: [setup, join(folder, 'crs-setup.conf'), join(folder, 'rules', '*.conf')],
        overrideFiles: existsSync(overrides) ? [overrides] : [],
      }
    }
    if (dirname(folder) === folder) return undefined
  }
}
