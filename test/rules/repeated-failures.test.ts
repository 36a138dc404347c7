// SPDX-License-Identifier: Apache-2.0
// The lock-out of clients.conf and its script, over the requests of one client after another.

import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { type EvaluationResult, Waf } from '../../lib/index.js'
import { field, get, query } from './probe.js'
import type { Probe } from './probe.js'

describe('the lock-out after repeated failures', () => {
  let waf: Waf
  beforeEach(() => {
    waf = Waf.loadSync()
  })
  afterEach(() => waf.close())

  const send = (clientAddress: string, { response, ...request }: Probe): EvaluationResult =>
    waf.evaluateSync({ ...request, clientAddress }, response)
  const refusedLogin: Probe = { ...field('wrong', 'password'), response: { status: 401 } }
  const attack = query("1' or '1'='1")

  it('locks a client after twenty refused logins', () => {
    for (let i = 0; i < 20; i++) assert.equal(send('192.0.2.1', refusedLogin).verdict.action, 'pass')
    const { verdict } = send('192.0.2.1', get('/'))
    assert.deepEqual([verdict.action, verdict.status, verdict.ruleId], ['deny', 429, 8000014])
  })

  it('locks a client after ten attacks, which count twice', () => {
    for (let i = 0; i < 10; i++) assert.equal(send('192.0.2.2', attack).verdict.status, 403)
    assert.equal(send('192.0.2.2', get('/')).verdict.status, 429)
  })

  it('says in the log when it locks, and how many points there were', () => {
    for (let i = 0; i < 19; i++) send('192.0.2.3', refusedLogin)
    const lock = send('192.0.2.3', refusedLogin).matches.find(({ id }) => id === 8000013)
    assert.equal(lock?.data, '20 points')
  })

  it('names the reason that the script found', () => {
    const counted = send('192.0.2.4', refusedLogin).matches.find(({ id }) => id === 8000011)
    assert.match(counted?.logLine ?? '', /login refused with 401 \(\+1\)/)
  })

  it('keeps clients apart', () => {
    for (let i = 0; i < 20; i++) send('192.0.2.5', refusedLogin)
    assert.equal(send('192.0.2.6', get('/')).verdict.action, 'pass')
  })

  it('does not count what it turns away, so that the lock can end', () => {
    for (let i = 0; i < 20; i++) send('192.0.2.7', refusedLogin)
    for (let i = 0; i < 30; i++) {
      const { matches } = send('192.0.2.7', attack)
      assert.ok(!matches.some(({ id }) => id === 8000011))
    }
  })

  it('does not count successful logins, or pages that ask without credentials', () => {
    for (let i = 0; i < 30; i++) {
      send('192.0.2.8', { ...refusedLogin, response: { status: 302 } })
      send('192.0.2.8', { ...get('/me'), response: { status: 401 } })
    }
    assert.equal(send('192.0.2.8', get('/')).verdict.action, 'pass')
  })

  it('sees what the application answered through the http adapter', async () => {
    const server = createServer(
      waf.http((_request, response) => {
        response.writeHead(401).end()
      }),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/login`
    const statuses: number[] = []
    for (let i = 0; i < 21; i++) {
      const { status } = await fetch(url, {
        method: 'POST',
        body: new URLSearchParams({ password: 'wrong' }),
      })
      statuses.push(status)
    }
    assert.deepEqual(statuses, [...Array<number>(20).fill(401), 429])
    server.closeAllConnections()
    server.close()
  })
})
