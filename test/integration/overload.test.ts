// SPDX-License-Identifier: Apache-2.0
// A process that is behind: what it gives up, in which order, and that it takes it back.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

import { Waf, type WafOptions } from '../../lib/index.js'

interface Shown {
  readonly lag: number
  readonly active: readonly string[]
  readonly shed: Readonly<Record<string, number>>
}

const rules = `
SecRuleEngine On
SecAuditEngine On
SecRule ARGS:a "@streq attack" "id:1,phase:1,deny,status:403,log"
SecRule RESPONSE_STATUS "@eq 200" "id:2,phase:3,deny,status:502,log"
`

const shown = (waf: Waf): Shown => waf.stats()['overload'] as Shown
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Holds up the event loop. */
function busy(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until;);
}

/** Until the loop has seen how late it was. */
async function late(ms: number): Promise<void> {
  await pause(60) // a timer of the watch is under way
  busy(ms)
  await pause(0)
  await pause(0)
}

describe('overload', function () {
  this.timeout(20_000)
  const wafs: Waf[] = []
  const servers: Server[] = []

  afterEach(async () => {
    for (const waf of wafs.splice(0)) await waf.close()
    for (const server of servers.splice(0)) {
      server.closeAllConnections()
      server.close()
    }
  })

  function load(overload: NonNullable<WafOptions['overload']>): Waf {
    const waf = Waf.loadSync({ rules, overload })
    wafs.push(waf)
    return waf
  }

  async function serve(waf: Waf): Promise<(path: string) => Promise<IncomingMessage>> {
    const answer: RequestListener = (_request, response) => response.end('hello')
    const server = createServer(waf.http(answer)).listen(0, '127.0.0.1')
    servers.push(server)
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    return async (path) => {
      const [response] = (await once(get({ port, path, host: '127.0.0.1' }), 'response')) as [IncomingMessage]
      response.resume()
      return response
    }
  }

  const audited = (waf: Waf): { records: number; shed: number } =>
    waf.stats()['audit'] as { records: number; shed: number }
  const pass = { method: 'GET', uri: '/' }
  const attack = { method: 'GET', uri: '/?a=attack' }

  it('costs nothing and gives nothing up where no lag is set', async () => {
    const waf = load({})
    await late(300)
    waf.evaluateSync(pass)
    assert.deepEqual(shown(waf), { lag: 0, active: [], shed: { audit: 0, response: 0, request: 0 } })
    assert.equal(audited(waf).records, 1)
  })

  it('gives up records of what is let through first, and keeps those of what is stopped', async () => {
    const waf = load({ lag: 100 })
    waf.evaluateSync(pass)
    assert.deepEqual(audited(waf), { records: 1, shed: 0, dropped: 0 })
    await late(250)
    assert.deepEqual(shown(waf).active, ['audit'])
    waf.evaluateSync(pass)
    waf.evaluateSync(attack)
    assert.deepEqual(audited(waf), { records: 2, shed: 1, dropped: 0 })
    while (shown(waf).active.length > 0) await pause(20)
    waf.evaluateSync(pass)
    assert.deepEqual(audited(waf), { records: 3, shed: 1, dropped: 0 })
  })

  it('goes on step by step, each at twice the lag, in the order that is set', async () => {
    const waf = load({ lag: 100, shed: ['response', 'audit', 'request'] })
    for (const [lag, active] of [
      [150, ['response']],
      [300, ['response', 'audit']],
      [600, ['response', 'audit', 'request']],
    ] as const) {
      await late(lag)
      assert.deepEqual(shown(waf).active, active, `${lag} ms`)
      while (shown(waf).active.length > 0) await pause(20)
    }
  })

  it('lets responses go uninspected', async () => {
    const waf = load({ lag: 100, shed: ['response'] })
    const request = await serve(waf)
    assert.equal((await request('/')).statusCode, 502)
    await late(400)
    assert.equal((await request('/')).statusCode, 200)
    assert.equal((await request('/?a=attack')).statusCode, 403) // requests still are
    assert.equal(shown(waf).shed['response'], 1)
    while (shown(waf).active.length > 0) await pause(20)
    assert.equal((await request('/')).statusCode, 502)
  })

  it('answers whole requests with 503 and when to come back', async () => {
    const waf = load({ lag: 100, shed: ['request'] })
    const request = await serve(waf)
    await late(400)
    const refused = await request('/')
    assert.equal(refused.statusCode, 503)
    assert.equal(refused.headers['retry-after'], '1')
    assert.equal(shown(waf).shed['request'], 1)
    assert.equal(waf.stats()['transactions'], 0)
    while (shown(waf).active.length > 0) await pause(20)
    assert.equal((await request('/?a=attack')).statusCode, 403)
  })

  it('is set anew by a reload', async () => {
    const waf = load({ lag: 100 })
    await late(250)
    assert.deepEqual(shown(waf).active, ['audit'])
    await waf.reload({ rules })
    waf.evaluateSync(pass)
    assert.deepEqual(shown(waf).active, [])
    assert.deepEqual(audited(waf), { records: 1, shed: 0, dropped: 0 })
  })

  it('takes steps that it knows, each once', () => {
    for (const shed of [['rules'], ['audit', 'audit']]) {
      assert.throws(() => Waf.loadSync({ rules, overload: { shed } as never }), { code: 'SECLUA_E_OPTION' })
    }
  })
})
