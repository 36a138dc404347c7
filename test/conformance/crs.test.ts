// SPDX-License-Identifier: Apache-2.0
// The OWASP CRS regression tests, all of them, with the runner of `seclua test`: one test here for each category there, and
// all of it again without the evaluator's short-cuts, which must not change an answer.

import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

import { findCrsTree } from '../../lib/cli/ftw/crs-tree.js'
import { findTestFiles, readOverrides, readTestFile } from '../../lib/cli/ftw/files.js'
import { type FtwFailure, runTests } from '../../lib/cli/ftw/run.js'
import { Waf } from '../../lib/index.js'
import { describeShared, firstOf, printScore } from './support/shared.js'

function describeFailure({ test, expected, seen }: FtwFailure): string {
  return `${test}: expected ${expected}; seen: ${seen}`
}

describeShared('the OWASP CRS regression tests', 'crs', (folder) => {
  const testsFolder = join(folder, 'tests')
  const tree = findCrsTree(testsFolder)
  assert.ok(tree !== undefined, 'the rules stand beside the tests')
  const total = { passed: 0, failed: 0, skipped: 0 }
  let waf: Waf

  before(async () => {
    waf = await Waf.load({ files: tree.ruleFiles })
  })

  after(async () => {
    printScore(`CRS ${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
    await waf.close()
  })

  const overrides = readOverrides(tree.overrideFiles)

  for (const category of readdirSync(testsFolder).sort()) {
    it(`${category} holds`, async () => {
      const tests = findTestFiles([join(testsFolder, category)]).flatMap(readTestFile)
      assert.notEqual(tests.length, 0)
      const { passed, failures, skips } = await runTests(waf, tests, overrides)
      total.passed += passed
      total.failed += failures.length
      total.skipped += skips.length
      assert.equal(failures.length, 0, firstOf(failures.map(describeFailure)))
    })
  }

  it('all of them hold without the short-cuts of the evaluator', async () => {
    const plain = await Waf.load({ files: tree.ruleFiles, acceleration: false })
    const { failures } = await runTests(plain, findTestFiles([testsFolder]).flatMap(readTestFile), overrides)
    await plain.close()
    assert.equal(failures.length, 0, firstOf(failures.map(describeFailure)))
  })
})
