// SPDX-License-Identifier: Apache-2.0
// What rules change of the traffic arrives: bodies rewritten by @rsub reach the handler and the client, append and
// prepend the page, and pause delays one request only.

import assert from 'node:assert/strict'
import { performance } from 'node:perf_hooks'
import { gzipSync } from 'node:zlib'

import express from 'express'

import { Waf } from '../../lib/index.js'
import { TestServer, type Answer, type Sent } from './server.js'

const rules = `
SecRuleEngine On
SecRequestBodyAccess On
SecResponseBodyAccess On
SecStreamInBodyInspection On
SecStreamOutBodyInspection On
SecContentInjection On
SecRule STREAM_INPUT_BODY "@rsub s/secret/a longer word/" "id:1,phase:2,pass,nolog"
SecRule STREAM_OUTPUT_BODY "@rsub s/4[0-9]{15}/****/" "id:2,phase:4,pass,nolog"
SecRule ARGS_GET:inject "@streq 1" "id:3,phase:3,pass,nolog,prepend:'<top>',append:'<end>'"
SecRule ARGS_GET:pause "@rx ." "id:4,phase:1,pause:%{ARGS_GET.pause},nolog"
`

describe('bodies that rules change', () => {
  let waf: Waf
  let server: TestServer
  before(async () => {
    waf = await Waf.load({ rules })
    const app = express()
    app.use(waf.express())
    app.post('/form', express.urlencoded({ extended: true }), (req, res) => {
      res.json(req.body)
    })
    app.post('/raw', express.raw({ type: '*/*' }), (req, res) => {
      res
        .type('application/json')
        .send({ length: (req.body as Buffer).length, said: req.headers['content-length'] })
    })
    app.get('/page', (_, res) => {
      res.type('html').send('card 4111111111111111.')
    })
    app.get('/pieces', (_, res) => {
      res.type('text/css')
      res.write('one ')
      setImmediate(() => {
        res.write('two ')
        res.end()
      })
    })
    app.get('/empty', (_, res) => {
      res.type('text/css').end()
    })
    app.get('/zipped', (_, res) => {
      res.set({ 'Content-Encoding': 'gzip', 'Content-Type': 'text/css' }).send(gzipSync('zipped'))
    })
    server = await TestServer.listen(app)
  })
  after(async () => {
    await server.close()
    await waf.close()
  })

  const get = (path: string, more: Sent = {}): Promise<Answer> => server.send({ path, ...more })
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' }

  it('a parser behind the rules reads what @rsub made of the request', async () => {
    const { body } = await get('/form', { method: 'POST', headers: form, body: 'a=secret&b=2' })
    assert.deepEqual(JSON.parse(body), { a: 'a longer word', b: '2' })
  })

  it('the length that the handler is told is that of the new body', async () => {
    const headers = { 'Content-Type': 'text/plain', 'Content-Length': '8' }
    const { body } = await get('/raw', { method: 'POST', headers, body: '<secret>' })
    assert.deepEqual(JSON.parse(body), { length: 15, said: '15' })
  })

  it('a body without the text arrives as it was sent', async () => {
    const { body } = await get('/form', { method: 'POST', headers: form, body: 'a=open' })
    assert.deepEqual(JSON.parse(body), { a: 'open' })
  })

  it('the client gets what @rsub made of the response, with its length', async () => {
    const { body, headers } = await get('/page')
    assert.equal(body, 'card ****.')
    assert.ok(headers['content-length'] === undefined || headers['content-length'] === '10')
  })

  it('prepend and append stand around a body that is held', async () => {
    assert.equal((await get('/page?inject=1')).body, '<top>card ****.<end>')
  })

  it('and around one that flows through, in pieces or empty', async () => {
    assert.equal((await get('/pieces?inject=1')).body, '<top>one two <end>')
    assert.equal((await get('/empty?inject=1')).body, '<top><end>')
    assert.equal((await get('/pieces')).body, 'one two ')
  })

  it('a compressed body and the answer to HEAD are left alone', async () => {
    const zipped = await get('/zipped?inject=1')
    assert.equal(zipped.headers['content-length'], String(gzipSync('zipped').length))
    assert.equal((await get('/page?inject=1', { method: 'HEAD' })).body, '')
  })

  it('pause delays its request and no other', async () => {
    const start = performance.now()
    const slow = get('/pieces?pause=300').then(() => performance.now() - start)
    const quick = get('/pieces').then(() => performance.now() - start)
    assert.ok((await quick) < (await slow))
    assert.ok((await slow) >= 290)
  })
})
