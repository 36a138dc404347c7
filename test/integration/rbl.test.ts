// SPDX-License-Identifier: Apache-2.0
// @rbl against a DNS server of our own: asked once, remembered for as long as the answer says, never waited for too long.

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { Waf, type EvaluationResult, type WafOptions } from '../../lib/index.js'
import { DnsServer } from '../support/dns-server.js'
import { TestServer } from './server.js'

const rules = `SecRuleEngine On
SecRule REMOTE_ADDR "@rbl list.example" "id:1,phase:1,deny,status:418,capture,log"
SecRule TX:0 "@rx ." "id:2,phase:2,pass"`

describe('a client whose address is on a DNS block list', function () {
  this.timeout(30_000)
  let dns: DnsServer
  let waf: Waf

  beforeEach(async () => {
    dns = await DnsServer.listen()
  })

  afterEach(async () => {
    await waf.close()
    await dns.close()
  })

  const load = async (options: WafOptions = {}): Promise<void> => {
    const settings = { servers: [dns.address], ...options.dns }
    waf = await Waf.load({ rules, ...options, dns: settings })
  }
  const visit = (clientAddress: string): Promise<EvaluationResult> =>
    waf.evaluate({ method: 'GET', uri: '/', clientAddress })
  const statusOf = async (clientAddress: string): Promise<number> =>
    (await visit(clientAddress)).verdict.status

  it('is stopped when the list has its address, and the log says why', async () => {
    dns.set('9.2.0.192.list.example', ['127.0.0.2'])
    await load()
    const { verdict, matches, tx } = await visit('192.0.2.9')
    assert.equal(verdict.status, 418)
    assert.match(matches[0]?.logLine ?? '', /RBL lookup of 9\.2\.0\.192\.list\.example succeeded/)
    assert.equal(tx['0'], 'RBL lookup of 9.2.0.192.list.example succeeded')
    assert.equal(tx.httpbl_msg, tx['0'])
  })

  it('passes when the list does not have it', async () => {
    await load()
    assert.equal(await statusOf('192.0.2.10'), 0)
    assert.deepEqual(dns.asked, ['10.2.0.192.list.example'])
  })

  it('is asked for once in the lifetime of the answer, also when the answer is no', async () => {
    dns.set('9.2.0.192.list.example', ['127.0.0.2'], 60)
    await load()
    for (let i = 0; i < 3; i++) {
      assert.equal(await statusOf('192.0.2.9'), 418)
      assert.equal(await statusOf('192.0.2.10'), 0)
    }
    assert.equal(dns.asked.length, 2)
    assert.equal((waf.stats().waits as { dnsCacheHits: number }).dnsCacheHits, 4)
  })

  it('is not asked for again after a reload, unless that asks otherwise', async () => {
    dns.set('9.2.0.192.list.example', ['127.0.0.2'], 60)
    await load()
    assert.equal(await statusOf('192.0.2.9'), 418)
    await waf.reload()
    assert.equal(await statusOf('192.0.2.9'), 418)
    assert.equal(dns.asked.length, 1)
    await waf.reload({ rules, dns: { servers: [dns.address], timeout: 400 } })
    assert.equal(await statusOf('192.0.2.9'), 418)
    assert.equal(dns.asked.length, 2)
  })

  it('is asked for again after it', async () => {
    dns.set('9.2.0.192.list.example', ['127.0.0.2'], 1)
    await load({ dns: { negativeTtl: 1 } })
    assert.deepEqual([await statusOf('192.0.2.9'), await statusOf('192.0.2.10')], [418, 0])
    await delay(1100)
    dns.set('10.2.0.192.list.example', ['127.0.0.3'])
    assert.deepEqual([await statusOf('192.0.2.9'), await statusOf('192.0.2.10')], [418, 418])
    assert.equal(dns.asked.length, 4)
  })

  it('is asked for once however many requests want to know it at the same time', async () => {
    dns.set('9.2.0.192.list.example', ['127.0.0.2'])
    await load()
    const statuses = await Promise.all(Array.from({ length: 200 }, () => statusOf('192.0.2.9')))
    assert.deepEqual(new Set(statuses), new Set([418]))
    assert.equal(dns.asked.length, 1)
  })

  it('is forgotten first when it was not asked for longest', async () => {
    await load({ dns: { maxCached: 2 } })
    for (const last of [1, 2, 1, 3, 1, 2]) await visit(`192.0.2.${last}`)
    assert.deepEqual(
      dns.asked.map((name) => name[0]),
      ['1', '2', '3', '2'],
    )
  })

  it('passes within the time limit when the server is silent, and the log says that', async () => {
    dns.isSilent = true
    await load({ dns: { timeout: 80 } })
    const started = performance.now()
    const { verdict, logs } = await visit('192.0.2.9')
    assert.equal(verdict.action, 'pass')
    assert.ok(performance.now() - started < 5000)
    assert.match(logs[0]?.message ?? '', /@rbl could not answer at REMOTE_ADDR: /)
    assert.equal((waf.stats().waits as { late: number; failed: number }).late, 1)
  })

  it('passes when the server cannot answer, and is asked for again', async () => {
    dns.isBroken = true
    dns.set('9.2.0.192.list.example', ['127.0.0.2'])
    await load()
    assert.equal(await statusOf('192.0.2.9'), 0)
    dns.isBroken = false
    assert.equal(await statusOf('192.0.2.9'), 418)
  })

  it('holds up its own request on a server, and no other', async () => {
    dns.isSilent = true
    await load({ dns: { timeout: 400 }, rules: rules.replace('REMOTE_ADDR', 'ARGS:host') })
    const server = await TestServer.listen(waf.http((_, response) => response.end('page')))
    const order: string[] = []
    const slow = server
      .send({ path: '/?host=bad.example' })
      .then(({ status }) => order.push(`slow ${status}`))
    for (let i = 0; i < 5; i++) order.push(`quick ${(await server.send({ path: '/' })).status}`)
    await slow
    assert.deepEqual(order, [...Array<string>(5).fill('quick 200'), 'slow 200'])
    await server.close()
  })

  it('makes the set one for which the Sync methods do not work', async () => {
    await load()
    assert.equal(waf.sync, false)
    assert.throws(() => waf.evaluateSync({ method: 'GET', uri: '/' }), { code: 'SECLUA_E_SYNC' })
    const tx = waf.transaction()
    assert.throws(() => tx.processRequestHeadersSync({ method: 'GET', uri: '/' }), { code: 'SECLUA_E_SYNC' })
    tx.close()
  })

  it('cannot be asked for by a script, which is told so', async () => {
    await load({
      rules: 'SecRuleEngine On\nSecRuleScript ask.lua "id:1,phase:1,deny,log"',
      cwd: join(__dirname, 'scripts'),
    })
    const { verdict, logs } = await visit('192.0.2.9')
    assert.equal(verdict.action, 'pass')
    assert.match(logs.map(({ message }) => message).join('\n'), /@rbl could not answer/)
    assert.deepEqual(dns.asked, [])
  })
})
