// SPDX-License-Identifier: Apache-2.0
// Dropped handles: the garbage collector closes what nobody closed, phase 5 included, and memory comes back.

import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

import { Waf } from '../../lib/index.js'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const rules = 'SecRuleEngine On\nSecAuditEngine On\nSecAction "id:1,phase:5,pass,nolog"'
const head = { method: 'GET', uri: '/' }

/** Collects until it holds. Fails by the test's own time limit. */
async function collectUntil(holds: () => boolean): Promise<void> {
  while (!holds()) {
    collect()
    await setImmediate()
  }
}

const ended = (waf: Waf): number => (waf.stats()['verdicts'] as { pass: number }).pass

describe('a dropped transaction', () => {
  it('is closed by the collector and runs phase 5 if it was begun', async () => {
    const waf = Waf.loadSync({ rules })
    const drop = (): void => {
      for (let i = 0; i < 100; i++) {
        const tx = waf.transaction()
        if (i % 2 === 0) tx.processRequestHeadersSync(head)
      }
    }
    drop()
    await collectUntil(() => ended(waf) === 100)
    assert.deepEqual(waf.stats()['matches'], { 1: 50 })
  })

  it('still has its audit record emitted', async () => {
    const waf = Waf.loadSync({ rules })
    let records = 0
    waf.on('audit', () => records++)
    const drop = (): void => {
      waf.transaction().processRequestHeadersSync(head)
    }
    drop()
    await collectUntil(() => ended(waf) === 1)
    assert.equal(records, 1)
  })

  it('is not closed twice when it was closed', async () => {
    const waf = Waf.loadSync({ rules })
    const use = (): void => {
      const tx = waf.transaction()
      tx.processRequestHeadersSync(head)
      tx.close()
    }
    use()
    const other = waf.transaction() // takes the place of the first
    other.processRequestHeadersSync(head)
    for (let i = 0; i < 5; i++) {
      collect()
      await setImmediate()
    }
    assert.equal(other.processRequestBodySync().action, 'pass')
    assert.equal(ended(waf), 1)
  })

  it('gives its memory back', async function () {
    this.timeout(60_000)
    const waf = Waf.loadSync({ rules: 'SecRuleEngine On\nSecRequestBodyAccess On' })
    const body = Buffer.alloc(100_000, 'a')
    const drop = async (count: number): Promise<number> => {
      for (let i = 0; i < count; i++) {
        const tx = waf.transaction()
        tx.processRequestHeadersSync({ method: 'POST', uri: '/' })
        tx.writeRequestBody(body)
        if (i % 50 === 49) {
          collect()
          await setImmediate()
        }
      }
      await collectUntil(() => ended(waf) >= (waf.stats()['transactions'] as number) - 1)
      return process.memoryUsage.rss()
    }
    const settled = await drop(500)
    const grown = (await drop(1500)) - settled
    assert.ok(grown < 40 * 2 ** 20, `grew by ${Math.round(grown / 2 ** 20)} MiB`)
  })
})

describe('a dropped Waf', () => {
  it('gives its rule set back', async function () {
    this.timeout(60_000)
    const words = Array.from({ length: 2000 }, (_, i) => `word${i}`).join(' ')
    const big = `SecRuleEngine On\nSecRule ARGS "@pm ${words}" "id:1,phase:2,deny"`
    const drop = async (count: number): Promise<number> => {
      for (let i = 0; i < count; i++) {
        Waf.loadSync({ rules: big }).evaluateSync({ method: 'GET', uri: '/?a=word1' })
        if (i % 10 === 9) {
          collect()
          await setImmediate()
        }
      }
      return process.memoryUsage.rss()
    }
    const settled = await drop(40)
    const grown = (await drop(120)) - settled
    assert.ok(grown < 40 * 2 ** 20, `grew by ${Math.round(grown / 2 ** 20)} MiB`)
  })
})
