// SPDX-License-Identifier: Apache-2.0
// The rule set that ships: each rule finds what it is for and leaves ordinary traffic alone.
//
// A rule is asked in DetectionOnly, where every rule speaks, however many others find the same request; that the request is
// really stopped is then asked of the engine as users run it. Each request comes from an address of its own, so that no
// client is locked out on the way.

import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import { type EvaluationResult, Waf } from '../../lib/index.js'
import { cases } from './cases.js'
import { field, query } from './probe.js'
import type { Probe } from './probe.js'

const entry = join(__dirname, '../../rules/seclua.conf')
const folder = join(__dirname, '../../rules/seclua')

let clients = 0
function judge(waf: Waf, { response, ...request }: Probe): EvaluationResult {
  clients += 1
  const clientAddress = `10.${clients >> 16}.${(clients >> 8) & 255}.${clients & 255}`
  return waf.evaluateSync({ clientAddress, ...request }, response)
}

const shown = ({ method, uri, headers, body }: Probe): string =>
  JSON.stringify({ method, uri, headers: headers.slice(3), body: body?.slice(0, 120) })

const isMatch = (result: EvaluationResult, rule: number): boolean =>
  result.matches.some(({ id }) => id === rule)

describe('the shipped rule set', () => {
  let strict: Waf
  let watching: Waf
  before(() => {
    strict = Waf.loadSync()
    watching = Waf.loadSync({ engine: 'DetectionOnly' })
  })
  after(async () => {
    await strict.close()
    await watching.close()
  })

  it('loads without a warning', () => {
    assert.deepEqual(strict.warnings, [])
  })

  it('never has to wait', () => {
    assert.equal(strict.sync, true)
  })

  it('has a case for each of its rules', () => {
    const written = readdirSync(folder)
      .filter((name) => name.endsWith('.conf'))
      .flatMap((name) => [...readFileSync(join(folder, name), 'utf8').matchAll(/"id:(\d+)/g)])
      .map((match) => Number(match[1]))
    assert.equal(strict.ruleCount, written.length)
    // These speak only after other requests, or when the engine gives up: repeated-failures.test.ts, and the last cases below.
    const elsewhere = [8000013, 8000014, 8000030, 8000991]
    assert.deepEqual([...cases.map(({ rule }) => rule), ...elsewhere].sort(), written.sort())
  })

  for (const { rule, is, status, finds, leaves } of cases) {
    it(`${rule} finds ${is}`, () => {
      for (const probe of finds) {
        assert.ok(isMatch(judge(watching, probe), rule), `not found: ${shown(probe)}`)
        if (status !== 0) assert.equal(judge(strict, probe).verdict.action, 'deny', shown(probe))
      }
      const first = finds[0]
      const verdict = first && judge(strict, first).verdict
      if (verdict?.ruleId === rule) assert.equal(verdict.status, status)
    })

    if (leaves.length > 0) {
      it(`${rule} leaves ordinary requests alone`, () => {
        for (const probe of leaves) {
          assert.ok(!isMatch(judge(watching, probe), rule), `found wrongly: ${shown(probe)}`)
        }
      })
    }
  }

  it('8000030 stops a form longer than the limit', async () => {
    const waf = await Waf.load({
      files: entry,
      rules: 'SecRequestBodyNoFilesLimit 1000',
    })
    const { verdict } = judge(waf, field('x'.repeat(1000)))
    assert.deepEqual([verdict.action, verdict.status, verdict.ruleId], ['deny', 413, 8000030])
    assert.equal(judge(waf, field('x'.repeat(900))).verdict.action, 'pass')
    await waf.close()
  })

  it('8000991 stops a request on which a pattern was given up', async () => {
    const waf = await Waf.load({
      cwd: join(folder, '..'),
      rules: 'SecRule ARGS "@rx (x+x+)+[yz]" "id:1,phase:2,pass,nolog"\nInclude seclua.conf',
    })
    const { verdict } = judge(waf, query('x'.repeat(60)))
    assert.deepEqual([verdict.action, verdict.status, verdict.ruleId], ['deny', 400, 8000991])
    await waf.close()
  })
})
