// SPDX-License-Identifier: Apache-2.0
// Reload under load: every request is judged by the old rules or by the new ones, never by none.

import assert from 'node:assert/strict'

import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Waf } from '../../lib/index.js'
import { geoDatabase } from '../support/geo-database.js'
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

  it('brings a new database of @geoLookup, which a transaction under way does not see', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'seclua-geo-'))
    const file = join(folder, 'country.mmdb')
    // As updates come: a new file in the place of the old one, which is still in use.
    const put = (content: string | Buffer): void => {
      writeFileSync(`${file}.new`, content)
      renameSync(`${file}.new`, file)
    }
    put(geoDatabase('DE'))
    const rules = `SecRuleEngine On
SecGeoLookupDb ${file}
SecRule REMOTE_ADDR "@geoLookup" "id:1,phase:1,pass,nolog,setvar:tx.before=%{geo.country_code}"
SecRule REMOTE_ADDR "@geoLookup" "id:2,phase:2,pass,nolog,setvar:tx.after=%{geo.country_code}"`
    const waf = await Waf.load({ rules })
    const under = waf.transaction({ clientAddress: '192.0.2.1' })
    under.processRequestHeadersSync({ method: 'GET', uri: '/' })
    put(geoDatabase('FR'))
    const request = { method: 'GET', uri: '/', clientAddress: '192.0.2.1' }
    assert.equal(waf.evaluateSync(request).tx.before, 'DE')
    await waf.reload()
    assert.equal(waf.evaluateSync(request).tx.before, 'FR')
    under.processRequestBodySync()
    assert.deepEqual(
      under.variable('TX').map(({ value }) => value),
      ['DE', 'DE'],
    )
    under.close()
    put('no database')
    await assert.rejects(waf.reload(), { code: 'SECLUA_E_CONFIG' })
    assert.equal(waf.evaluateSync(request).tx.before, 'FR')
    await waf.close()
    rmSync(folder, { recursive: true })
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
