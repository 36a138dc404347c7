// SPDX-License-Identifier: Apache-2.0
// libmodsecurity's rule-language cases. Three scores: everything as stated; without the debug log, whose wording is that
// engine's own; and, of the debug expectations, those that ask only for lines of the shapes that this engine writes, too.
//
// A case that the specification overrules stands in v3-exceptions.json with the line that does. The list is exact in both
// directions: an exception that holds after all is as much a failure as an expectation that does not.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { parseRepeatedJson } from './support/repeated-json.js'
import { describeShared, firstOf, printScore } from './support/shared.js'
import {
  type ExpectationKind,
  readCase,
  type Unmet,
  unmetExpectations,
  type V3Case,
} from './support/v3-case.js'

interface Exception {
  readonly case: string
  readonly kind: ExpectationKind
  /** The line of the specification that decides otherwise, or what the case needs that no machine here has. */
  readonly because: string
}

const exceptions = JSON.parse(readFileSync(join(__dirname, 'v3-exceptions.json'), 'utf8')) as Exception[]

/** Shapes of debug lines that both engines write: see section 4 of the data's description. */
const sharedShapes: readonly RegExp[] = [
  /Target value|\(Variable:/,
  /Rule returned/,
  /t:\w+:/,
  /Executing operator/,
  /Adding request argument/,
  /Saving msg|Saving variable/,
  /Running action:|Running \\\(disruptive/,
]

/** Rules over the network are what no test here may depend on. */
const unavailable = new Set(['curl'])

function readCases(folder: string): V3Case[] {
  return readdirSync(folder)
    .sort()
    .flatMap((file) => {
      const items = parseRepeatedJson(readFileSync(join(folder, file), 'utf8'))
      assert.ok(Array.isArray(items), `${file} is a list`)
      return items.map((item, index) => readCase(item, file, index + 1))
    })
    .filter(({ resource }) => !unavailable.has(resource))
}

function hasSharedShape({ kind, pattern }: { readonly kind: string; readonly pattern: string }): boolean {
  return kind === 'debug_log' && sharedShapes.some((shape) => shape.test(pattern))
}

/** Debug wording of libmodsecurity's own binds nobody; it is only counted. */
function isBinding(expectation: Unmet): boolean {
  return expectation.kind !== 'debug_log' || hasSharedShape(expectation)
}

describeShared("libmodsecurity's rule-language cases", 'conformance/v3-regression', (folder) => {
  const cases = readCases(join(folder, 'cases'))
  const unmet = new Map<string, readonly Unmet[]>()

  before(async () => {
    // Short-cuts leave values out of the debug text that no operator had to be asked about.
    for (const item of cases) unmet.set(item.name, await unmetExpectations(item, folder, false))
  })

  after(() => {
    const unmetOf = ({ name }: V3Case) => unmet.get(name) ?? []
    const asStated = cases.filter((item) => unmetOf(item).length === 0).length
    const withoutDebug = cases.filter((item) =>
      unmetOf(item).every(({ kind }) => kind === 'debug_log'),
    ).length
    const shaped = cases.filter(({ expected }) => expected.some(hasSharedShape))
    const shapedMet = shaped.filter((item) => !unmetOf(item).some(hasSharedShape)).length
    printScore(`v3 cases as stated ${asStated} of ${cases.length}`)
    printScore(`v3 cases without the debug log ${withoutDebug} of ${cases.length}`)
    printScore(`v3 debug expectations of shared shapes ${shapedMet} of ${shaped.length}`)
  })

  it('hold, but for those that the specification overrules', () => {
    const known = new Set(exceptions.map((exception) => `${exception.case} ${exception.kind}`))
    const failures = cases.flatMap(({ name, title }) =>
      (unmet.get(name) ?? [])
        .filter((expectation) => isBinding(expectation) && !known.has(`${name} ${expectation.kind}`))
        .map(
          ({ kind, pattern, seen }) => `${name} (${title}): ${kind} ${pattern}; seen: ${seen.slice(0, 300)}`,
        ),
    )
    assert.equal(failures.length, 0, `${failures.length}:\n${firstOf(failures, 60)}`)
  })

  it('come out the same with the short-cuts of the evaluator', async () => {
    const failures: string[] = []
    const visible = (list: readonly Unmet[]) =>
      list.filter(({ kind }) => kind !== 'debug_log').map(({ kind }) => kind)
    for (const item of cases) {
      const fast = visible(await unmetExpectations(item, folder, true))
      if (fast.join() !== visible(unmet.get(item.name) ?? []).join())
        failures.push(`${item.name}: ${fast.join(' ')}`)
    }
    assert.equal(failures.length, 0, firstOf(failures))
  })

  it('fail where an exception says so', () => {
    const stale = exceptions.filter(
      (exception) => !(unmet.get(exception.case) ?? []).some(({ kind }) => kind === exception.kind),
    )
    assert.deepEqual(stale, [])
  })
})
