// SPDX-License-Identifier: Apache-2.0
// A plain node:http server behind the engine: what passes, what is refused, what the handler gets to see.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { RequestListener } from 'node:http'

import { Waf } from '../../lib/index.js'
import { TestServer, until } from './server.js'

const rules = `
SecRuleEngine On
SecRequestBodyAccess On
SecRequestBodyLimit 200000
SecRule ARGS "@contains attack" "id:1,phase:2,deny,status:403,log"
SecRule REQUEST_HEADERS:X-Stop "@rx ." "id:2,phase:1,deny,status:418,log"
SecRule ARGS_GET:to "@rx ." "id:3,phase:1,redirect:'https://example.org/%{ARGS.to}',log"
SecRule ARGS_GET:drop "@rx ." "id:4,phase:1,drop,log"
SecRule ARGS_GET:proxy "@rx ." "id:5,phase:1,proxy:'http://127.0.0.1:9/',log"
SecRule REQUEST_BODY "@contains <attack" "id:6,phase:2,deny,status:403,log"
SecRule XML:/* "@contains attack" "id:7,phase:2,deny,status:403,log"
SecRule REQUEST_HEADERS:Content-Type "@beginsWith application/json" "id:8,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON"
`

/** Answers with the body that arrived. */
const echo: RequestListener = (request, response) => {
  void (async () => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    response.setHeader('X-Length', Buffer.concat(chunks).length)
    response.end(Buffer.concat(chunks))
  })()
}

const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
const json = { 'Content-Type': 'application/json' }

describe('a node:http server behind the engine', () => {
  let waf: Waf
  let server: TestServer
  let handled = 0

  before(async () => {
    waf = await Waf.load({ rules })
    server = await TestServer.listen(
      waf.http((request, response) => {
        handled++
        echo(request, response)
      }),
    )
  })
  after(async () => {
    await server.close()
    await waf.close()
  })
  beforeEach(() => {
    handled = 0
  })

  it('lets benign requests through, with and without a body', async () => {
    assert.equal((await server.send({ path: '/?q=hello' })).status, 200)
    const { status, body } = await server.send({ method: 'POST', headers: form, body: 'q=hello' })
    assert.deepEqual([status, body], [200, 'q=hello'])
  })

  it('refuses a hostile target, header and body before the handler runs', async () => {
    const answers = await Promise.all([
      server.send({ path: '/?q=attack' }),
      server.send({ headers: { 'X-Stop': 'now' } }),
      server.send({ method: 'POST', headers: form, body: 'q=attack' }),
      server.send({ method: 'POST', headers: json, body: '{"q":["attack"]}' }),
    ])
    assert.deepEqual(
      answers.map(({ status }) => status),
      [403, 418, 403, 403],
    )
    assert.equal(handled, 0)
  })

  it('answers a refused request with a short text that names no rule', async () => {
    const { headers, body } = await server.send({ path: '/?q=attack' })
    assert.match(body, /^403 Forbidden\nReference: \S+\n$/)
    assert.equal(headers['content-type'], 'text/plain; charset=utf-8')
    assert.equal(headers['cache-control'], 'no-store')
  })

  it('redirects', async () => {
    const { status, headers } = await server.send({ path: '/?to=caf%e9%20a%0d%0aX:1' })
    assert.equal(status, 302)
    assert.match(headers.location ?? '', /^https:\/\/example\.org\/[\x21-\xff]+$/)
    assert.equal(headers['x'], undefined)
  })

  it('drops the connection without an answer', async () => {
    await assert.rejects(server.send({ path: '/?drop=1' }), { code: 'ECONNRESET' })
  })

  it('does not let a request through that it would have to hand to a proxy', async () => {
    assert.equal((await server.send({ path: '/?proxy=1' })).status, 403)
    assert.equal(handled, 0)
  })

  it('hands what a rule sends to a proxy to option proxy, with its body', async () => {
    const proxied = await Waf.load({
      rules: `SecRuleEngine On
SecRequestBodyAccess On
SecRule ARGS_GET:early "@rx ." "id:1,phase:1,proxy:'http://inner/%{ARGS.early}'"
SecRule ARGS_POST:late "@rx ." "id:2,phase:2,proxy:'http://inner/%{ARGS.late}'"`,
    })
    const inner = await TestServer.listen(
      proxied.http(() => assert.fail('the handler is not to run'), {
        proxy: (request, response, url) => {
          response.setHeader('X-Url', url)
          echo(request, response)
        },
      }),
    )
    for (const [target, body] of [
      ['/?early=a', 'x=1'],
      ['/', 'late=a'],
    ] as const) {
      const answer = await inner.send({ method: 'POST', path: target, headers: form, body })
      assert.deepEqual([answer.status, answer.headers['x-url'], answer.body], [200, 'http://inner/a', body])
    }
    await inner.close()
    await proxied.close()
  })

  it('hands on every byte of a large body, with a length and in chunks', async () => {
    const body = Buffer.alloc(150_000, 'abcdefghij')
    for (const headers of [{ 'Content-Length': String(body.length) }, { 'Transfer-Encoding': 'chunked' }]) {
      const answer = await server.send({ method: 'POST', headers: { ...headers }, body })
      assert.deepEqual([answer.status, answer.body], [200, body.toString()])
    }
  })

  it('refuses a body beyond the limit with 413, announced and unannounced', async () => {
    const body = Buffer.alloc(200_001, 'a')
    for (const headers of [{ 'Content-Length': String(body.length) }, { 'Transfer-Encoding': 'chunked' }]) {
      const socket = await server.connect()
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
      socket.write(`POST / HTTP/1.1\r\nHost: x\r\n${lines.join('\r\n')}\r\n\r\n`)
      if ('Transfer-Encoding' in headers) socket.write(`${body.length.toString(16)}\r\n`)
      socket.write(body)
      const [first] = (await once(socket, 'data')) as [Buffer]
      assert.match(first.toString('latin1'), /^HTTP\/1\.1 413 /)
      socket.destroy()
    }
    assert.equal(handled, 0)
  })

  it('passes on what comes after the limit when the rules want a part only', async () => {
    const partial = await Waf.load({
      rules: `${rules}\nSecRequestBodyLimitAction ProcessPartial\nSecRequestBodyLimit 10`,
    })
    const other = await TestServer.listen(partial.http(echo))
    const body = `q=${'a'.repeat(300_000)}attack`
    const late = await other.send({ method: 'POST', headers: form, body })
    assert.deepEqual([late.status, late.body.length], [200, body.length])
    assert.equal((await other.send({ method: 'POST', headers: form, body: `q=attack${body}` })).status, 403)
    await other.close()
    await partial.close()
  })

  it('serves request after request on one connection, refused ones included', async () => {
    const socket = await server.connect()
    let received = ''
    socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')))
    for (const target of ['/?a=1', '/?q=attack', '/?a=2'])
      socket.write(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await until(() => (received.match(/HTTP\/1\.1 /g) ?? []).length === 3)
    assert.deepEqual(received.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 403', 'HTTP/1.1 200'])
    socket.destroy()
  })

  it('gives the target and the addresses to the rules as they were on the wire', async () => {
    const seen: Record<string, string>[] = []
    const log = 'SecRuleEngine On\nSecAction "id:1,phase:1,pass,log"'
    const watching = await Waf.load({ rules: log })
    watching.on('match', (_, tx) => {
      const names = ['REQUEST_URI_RAW', 'REMOTE_ADDR', 'SERVER_PORT', 'REQUEST_PROTOCOL']
      seen.push(Object.fromEntries(names.map((name) => [name, tx.variable(name)[0]?.value ?? ''])))
    })
    const other = await TestServer.listen(watching.http(echo))
    await other.send({ path: '/a/../b?c=%41' })
    assert.deepEqual(seen, [
      {
        REQUEST_URI_RAW: '/a/../b?c=%41',
        REMOTE_ADDR: '127.0.0.1',
        SERVER_PORT: String(other.port),
        REQUEST_PROTOCOL: 'HTTP/1.1',
      },
    ])
    await other.close()
    await watching.close()
  })

  it('ends the transaction of a client that goes away in the middle of its body', async () => {
    const before = waf.stats()['transactions'] as number
    const ended = (): number =>
      Object.values(waf.stats()['verdicts'] as Record<string, number>).reduce((sum, count) => sum + count, 0)
    const socket = await server.connect()
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nq=att')
    await until(() => waf.stats()['transactions'] === before + 1)
    socket.destroy()
    await until(() => ended() === before + 1)
    assert.equal(handled, 0)
  })

  it('ends the transaction of a client that goes away before the answer', async () => {
    const slow = await Waf.load({ rules })
    let began = false
    const other = await TestServer.listen(
      slow.http((_, response) => {
        began = true
        response.on('close', () => response.end('too late'))
      }),
    )
    const socket = await other.connect()
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await until(() => began)
    socket.destroy()
    await until(() => (slow.stats()['verdicts'] as { pass: number }).pass === 1)
    await other.close()
    await slow.close()
  })

  it('answers 500, not the handler, when the engine cannot judge', async () => {
    const closed = await Waf.load({ rules })
    const other = await TestServer.listen(closed.http(echo))
    await closed.close()
    assert.equal((await other.send()).status, 500)
    await other.close()
  })

  it('judges a thousand requests at once, each by itself', async function () {
    this.timeout(60_000)
    const answers = await Promise.all(
      Array.from({ length: 1000 }, (_, i) => {
        const word = i % 3 === 0 ? 'attack' : 'hello'
        return server.send({ method: 'POST', headers: form, body: `n=${i}&q=${word}` })
      }),
    )
    for (const [i, { status, body }] of answers.entries()) {
      if (i % 3 === 0) assert.equal(status, 403)
      else assert.deepEqual([status, body], [200, `n=${i}&q=hello`])
    }
  })
})
