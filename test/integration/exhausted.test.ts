// SPDX-License-Identifier: Apache-2.0
// A request that takes more memory than a transaction may have: refused, unless the option failOpen says otherwise, and the
// next one is judged as ever.

import assert from 'node:assert/strict'

import { Waf, type WafOptions } from '../../lib/index.js'
import { exhausting } from '../support/exhausting.js'
import { TestServer } from './server.js'

const rules = `SecRuleEngine On
${exhausting}
SecRule ARGS:b "@streq attack" "id:1,phase:1,deny,status:418"`

describe('a transaction that runs out of memory', () => {
  const judge = async (options: WafOptions): Promise<void> => {
    const waf = await Waf.load({ rules, ...options })
    const { verdict, matches } = await waf.evaluate({ method: 'GET', uri: '/?a=0123456789abcdef' })
    assert.equal(waf.stats().internalErrors, 1)
    const isDenied = options.failOpen !== true && options.engine !== 'DetectionOnly'
    assert.deepEqual([verdict.action, verdict.status], isDenied ? ['deny', 500] : ['pass', 0])
    if (isDenied) assert.deepEqual([verdict.phase, verdict.message], [2, 'The transaction ran out of memory'])
    assert.ok(matches.every(({ id }) => id > 9000))
    const next = await waf.evaluate({ method: 'GET', uri: '/?b=attack' })
    assert.equal(next.verdict.status, options.engine === 'DetectionOnly' ? 0 : 418)
    assert.equal(waf.stats().internalErrors, 1)
    await waf.close()
  }

  it('is denied with 500', () => judge({}))
  it('is denied with 500 when failOpen is false', () => judge({ failOpen: false }))
  it('is let through with failOpen', () => judge({ failOpen: true }))
  it('is let through where nothing is stopped', () => judge({ engine: 'DetectionOnly' }))

  it('through HTTP is answered with 500, or reaches the handler with failOpen', async () => {
    for (const failOpen of [false, true]) {
      const waf = await Waf.load({ rules, failOpen })
      const server = await TestServer.listen(waf.http((_, response) => response.end('page')))
      try {
        const answer = await server.send({ path: '/?a=0123456789abcdef' })
        assert.equal(answer.status, failOpen ? 200 : 500)
        assert.equal(answer.body === 'page', failOpen)
      } finally {
        await server.close()
        await waf.close()
      }
    }
  })
})
