// SPDX-License-Identifier: Apache-2.0
// Rules from an HTTPS address: loaded when they are the pinned ones, refused with a clear word otherwise.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, globalAgent, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import { ConfigError, SecluaError, Waf } from '../../lib/index.js'

// Made for this test; the key is no secret.
const own = (name: string): Buffer => readFileSync(join(__dirname, '../support', `localhost-${name}.pem`))
const pin = (text: string): string => `#sha256=${createHash('sha256').update(text).digest('hex')}`
const good = 'SecRuleEngine On\nSecAction "id:1,phase:1,deny"\n'

describe('rules from an HTTPS address', () => {
  let server: Server
  let address: string
  let served = good
  const trusted = globalAgent.options.ca

  before(async () => {
    server = createServer({ cert: own('certificate'), key: own('key') }, (req, res) => {
      res.statusCode = req.url === '/rules.conf' ? 200 : 404
      res.end(served)
    })
    await once(server.listen(0), 'listening')
    address = `https://localhost:${(server.address() as AddressInfo).port}/rules.conf`
  })
  beforeEach(() => {
    served = good
    globalAgent.options.ca = own('certificate')
  })
  after(() => {
    globalAgent.options.ca = trusted
    globalAgent.destroy()
    server.close()
  })

  const refused = (files: string, code: string, message: RegExp): Promise<void> =>
    assert.rejects(Waf.load({ files }), (error) => {
      assert.ok(error instanceof SecluaError)
      assert.equal(error.code, code)
      assert.match(error.message, message)
      return true
    })

  it('are in force when their SHA-256 is the pinned one', async () => {
    const waf = await Waf.load({ files: address + pin(good) })
    assert.equal(waf.evaluateSync({ method: 'GET', uri: '/' }).verdict.action, 'deny')
    await waf.close()
  })

  it('so are lists that rules name by their address, when option remoteFiles pins them', async () => {
    served = 'Forbidden\n10.0.0.0/8\n'
    const list = (operator: string): string =>
      `SecRuleEngine On\nSecRule ARGS "${operator} ${address}" "id:1,phase:1,deny"`
    const waf = await Waf.load({ rules: list('@pmFromFile'), remoteFiles: address + pin(served) })
    assert.equal(waf.evaluateSync({ method: 'GET', uri: '/?a=forBidden' }).verdict.action, 'deny')
    assert.equal(waf.evaluateSync({ method: 'GET', uri: '/?a=other' }).verdict.action, 'pass')
    await waf.close()
    served = '10.0.0.0/8\n'
    const ip = await Waf.load({ rules: list('@ipMatchFromFile'), remoteFiles: [address + pin(served)] })
    assert.equal(ip.evaluateSync({ method: 'GET', uri: '/?a=10.1.1.1' }).verdict.action, 'deny')
    await ip.close()
    await assert.rejects(Waf.load({ rules: list('@pmFromFile'), remoteFiles: address + pin('x') }), {
      code: 'SECLUA_E_FETCH',
    })
    await assert.rejects(Waf.load({ rules: list('@pmFromFile'), remoteFiles: address }), {
      code: 'SECLUA_E_OPTION',
    })
    for (const operator of ['@pmFromFile', '@ipMatchFromFile']) {
      await assert.rejects(Waf.load({ rules: list(operator) }), (error) => {
        assert.ok(error instanceof ConfigError)
        const [first] = error.diagnostics
        assert.equal(first?.code, 'SECLUA_E_UNSUPPORTED')
        assert.match(first.hint ?? '', /remoteFiles/)
        return true
      })
    }
    assert.throws(() => Waf.loadSync({ rules: list('@pmFromFile'), remoteFiles: address + pin('x') }), {
      code: 'SECLUA_E_SYNC',
    })
  })

  it('are refused when it is another one, and a reload leaves the old rules in force', async () => {
    const waf = await Waf.load({ files: address + pin(good) })
    served = good.replace('deny', 'pass')
    await assert.rejects(waf.reload(), { code: 'SECLUA_E_FETCH' })
    assert.equal(waf.evaluateSync({ method: 'GET', uri: '/' }).verdict.action, 'deny')
    await waf.close()
  })

  it('need a pin', () => refused(address, 'SECLUA_E_OPTION', /needs the SHA-256/))

  it('are refused when the server does not have them', () =>
    refused(address.replace('rules', 'other') + pin(good), 'SECLUA_E_FETCH', /answered 404/))

  it('are refused when nobody vouches for the server', async () => {
    globalAgent.options.ca = trusted
    globalAgent.destroy()
    await refused(address + pin(good), 'SECLUA_E_FETCH', /certificate/)
  })

  it('cannot be loaded at once', () => {
    assert.throws(() => Waf.loadSync({ files: address + pin(good) }), { code: 'SECLUA_E_SYNC' })
  })

  it('name their address where they have errors', async () => {
    served = 'SecRule'
    await assert.rejects(Waf.load({ files: address + pin(served) }), (error) => {
      assert.ok(error instanceof ConfigError)
      assert.equal(error.file, address)
      return true
    })
  })
})
