// SPDX-License-Identifier: Apache-2.0
// Reload under load: every request is judged by the old rules or by the new ones, never by none.

import assert from 'node:assert/strict'

import { Waf } from '../../lib/index.js'
import { TestServer } from './server.js'

const generation = (status: number): string =>
  `SecRuleEngine On\nSecRule ARGS "@contains attack" "id:1,phase:2,deny,status:${status},log"`

describe('reload while requests are judged', function () {
  this.timeout(60_000)

  it('leaves no request unjudged and none in the old rules afterwards', async () => {
    const waf = await Waf.load({ rules: generation(401) })
    const server = await TestServer.listen(waf.http((_, response) => response.end('page')))
    let isReloading = true
    const statuses = new Set<number>()
    const clients = Array.from({ length: 8 }, async () => {
      while (isReloading) {
        const [attack, page] = await Promise.all([
          server.send({ path: '/?q=attack' }),
          server.send({ path: '/?q=x' }),
        ])
        statuses.add(attack.status)
        assert.equal(page.status, 200)
      }
    })
    for (let i = 1; i <= 50; i++) {
      await waf.reload({ rules: generation(401 + (i % 10)) })
      if (i % 10 === 0) await assert.rejects(waf.reload({ rules: 'SecNothing' }), { code: 'SECLUA_E_CONFIG' })
    }
    isReloading = false
    await Promise.all(clients)
    for (const status of statuses) assert.ok(status >= 401 && status <= 410, `status ${status}`)
    assert.equal((await server.send({ path: '/?q=attack' })).status, 401)
    await server.close()
    await waf.close()
  })

  it('frees every rule set that no transaction uses any more', async () => {
    const words = Array.from({ length: 2000 }, (_, i) => `word${i}`).join(' ')
    const rules = `SecRuleEngine On\nSecRule ARGS "@pm ${words}" "id:1,phase:2,deny"`
    const waf = await Waf.load({ rules })
    const cycle = async (times: number): Promise<number> => {
      for (let i = 0; i < times; i++) {
        await waf.reload()
        waf.evaluateSync({ method: 'GET', uri: '/?a=word7' })
      }
      return process.memoryUsage.rss()
    }
    const settled = await cycle(40)
    const grown = (await cycle(120)) - settled
    assert.ok(grown < 40 * 2 ** 20, `grew by ${Math.round(grown / 2 ** 20)} MiB`)
    await waf.close()
  })
})
