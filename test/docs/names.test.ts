// SPDX-License-Identifier: Apache-2.0
// Every word of the language is documented with the test that proves it, and the page shows what the files say.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { root } from './pages.js'

interface Compatibility {
  problems: () => string[]
  tables: () => string
  written: () => string | undefined
}

const read = (path: string): string => readFileSync(join(root, path), 'utf8')

describe('the table of compatibility', () => {
  let compatibility: Compatibility
  before(async () => {
    const script = pathToFileURL(join(root, 'scripts/compatibility.mjs')).href
    compatibility = (await import(script)) as Compatibility
  })

  it('has every row of the registries, and a test for each', () => {
    assert.deepEqual(compatibility.problems(), [])
  })

  it('stands in docs/compatibility.md as the script makes it', () => {
    assert.equal(
      compatibility.written(),
      compatibility.tables(),
      'run node scripts/compatibility.mjs --write',
    )
  })

  it('has all names that ModSecurity 2, libmodsecurity 3 or Coraza know', () => {
    const counts = {
      directives: 90,
      variables: 140,
      operators: 44,
      transformations: 36,
      actions: 45,
      ctl: 21,
    }
    for (const [file, least] of Object.entries(counts)) {
      const entries = JSON.parse(read(`docs/compatibility/${file}.json`)) as Record<
        string,
        { known: string[] }
      >
      const known = Object.values(entries).filter((entry) => entry.known.length > 0)
      assert.ok(known.length >= least, `${file}: ${known.length}`)
    }
  })
})

describe('codes of diagnostics', () => {
  it('are the same in errors.def and in the type of TypeScript', () => {
    const rows = [...read('native/engine/seclang/errors.def').matchAll(/^SECLUA_CODE\((\w+),/gm)]
    const type = /export type DiagnosticCode =\n([^]*?)\n\n/.exec(read('lib/errors.ts'))?.[1] ?? ''
    assert.deepEqual(
      [...type.matchAll(/'(SECLUA_\w+)'/g)].map(([, code]) => code),
      rows.map(([, name]) => `SECLUA_${name}`),
    )
  })
})
