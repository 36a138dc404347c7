// SPDX-License-Identifier: Apache-2.0
// `seclua proxy` between a client and a server over real sockets.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import * as http from 'node:http'
import { type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type Running, start } from './cli-program.js'

interface Received {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
}

/** What the upstream server saw of a request, as it answers it. */
interface Echo {
  readonly method: string
  readonly url: string
  readonly headers: [string, string][]
  readonly body: string
}

const pairs = (flat: readonly string[]) =>
  flat.flatMap((name, i): [string, string][] => (i % 2 === 0 ? [[name, flat[i + 1] ?? '']] : []))

async function bodyOf(message: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString('latin1')
}

const rulesFor = (word: string) => `SecRuleEngine On
SecRequestBodyAccess On
SecResponseBodyAccess On
SecResponseBodyMimeType text/plain
SecRule ARGS:q "@streq ${word}" "id:1,phase:2,deny,status:418,log"
SecRule RESPONSE_BODY "@contains secret" "id:2,phase:4,deny,status:500,log"
`

describe('seclua proxy', function () {
  this.timeout(60_000)
  let folder = ''
  let rules = ''
  let upstream: http.Server
  let upstreamUrl = ''
  let release: (() => void) | undefined
  let running: Running | undefined

  const served = new WeakSet<object>()

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'seclua-proxy-'))
    rules = join(folder, 'rules.conf')
    upstream = http.createServer((request, response) => {
      response.on('close', () => {
        if (!response.writableFinished) upstream.emit('gone')
      })
      void (async () => {
        const echo: Echo = {
          method: request.method ?? '',
          url: request.url ?? '',
          headers: pairs(request.rawHeaders),
          body: await bodyOf(request),
        }
        if (request.url === '/fickle' && served.has(request.socket)) {
          request.socket.destroy()
          return
        }
        served.add(request.socket)
        if (request.url === '/secret') {
          response.setHeader('Content-Type', 'text/plain')
          response.end('this is secret')
        } else if (request.url === '/slow') {
          await new Promise<void>((resolve) => {
            release = resolve
            upstream.emit('held')
          })
          response.end('late')
        } else if (request.url === '/broken') {
          response.destroy()
        } else {
          response.setHeader('Set-Cookie', ['a=1', 'b=2'])
          response.setHeader('Connection', 'X-Hop')
          response.setHeader('X-Hop', 'not for the client')
          response.setHeader('Content-Type', 'application/json')
          response.end(JSON.stringify(echo))
        }
      })()
    })
    upstream.listen(0, '127.0.0.1')
    await once(upstream, 'listening')
    upstreamUrl = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`
  })

  after(() => {
    upstream.closeAllConnections()
    upstream.close()
    rmSync(folder, { recursive: true, force: true })
  })

  afterEach(async () => {
    running?.child.kill('SIGKILL')
    await running?.ended
    running = undefined
  })

  async function startProxy(...args: string[]): Promise<URL> {
    writeFileSync(rules, rulesFor('attack'))
    running = start(['proxy', '--upstream', upstreamUrl, '--listen', '127.0.0.1:0', rules, ...args])
    const match = await running.prints('stdout', /^listening on (http:\/\/127\.0\.0\.1:[1-9]\d*)$/m)
    return new URL(match[1] ?? '')
  }

  function proxy(): Running {
    assert.ok(running !== undefined)
    return running
  }

  async function send(
    base: URL,
    path: string,
    options: http.RequestOptions = {},
    body?: string,
  ): Promise<Received> {
    const request = http.request(new URL(path, base), { agent: false, ...options })
    request.end(body)
    const [response] = (await once(request, 'response')) as [http.IncomingMessage]
    return { status: response.statusCode ?? 0, headers: response.headers, body: await bodyOf(response) }
  }

  it('forwards a request and its answer, and stops an attack in the query or the body', async () => {
    const base = await startProxy()
    const visit = await send(
      base,
      '/a%20b?q=shoes',
      {
        method: 'POST',
        headers: {
          Host: 'shop.example',
          'X-Forwarded-For': '10.0.0.1',
          'Content-Type': 'text/plain',
          TE: 'trailers',
        },
      },
      'some text',
    )
    assert.equal(visit.status, 200)
    assert.deepEqual(visit.headers['set-cookie'], ['a=1', 'b=2'])
    assert.equal(visit.headers['x-hop'], undefined)
    const echo = JSON.parse(visit.body) as Echo
    const header = (name: string) => echo.headers.find(([key]) => key.toLowerCase() === name)?.[1]
    assert.equal(echo.method, 'POST')
    assert.equal(echo.url, '/a%20b?q=shoes')
    assert.equal(echo.body, 'some text')
    assert.equal(header('host'), 'shop.example')
    assert.equal(header('x-forwarded-for'), '10.0.0.1, 127.0.0.1')
    assert.equal(header('x-forwarded-proto'), 'http')
    assert.equal(header('te'), undefined)

    assert.equal((await send(base, '/?q=attack')).status, 418)
    const form = { method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded' } }
    assert.equal((await send(base, '/', form, 'q=attack')).status, 418)
    await proxy().prints('stderr', /\[id "1"\]/)
  })

  it('passes bodies of unknown length on, for methods that usually have none, too', async () => {
    const base = await startProxy()
    for (const method of ['POST', 'GET', 'DELETE']) {
      const { body } = await send(base, '/', { method, headers: { 'Transfer-Encoding': 'chunked' } }, 'abc')
      assert.equal((JSON.parse(body) as Echo).body, 'abc', method)
    }
    const { body } = await send(base, '/', { method: 'POST', headers: { 'Content-Length': 0 } })
    assert.equal((JSON.parse(body) as Echo).body, '')
    assert.equal((await send(base, '/', { method: 'HEAD' })).body, '')
  })

  it('holds an answer back that rules look at', async () => {
    const base = await startProxy()
    const { status, body } = await send(base, '/secret')
    assert.equal(status, 500)
    assert.doesNotMatch(body, /secret/)
  })

  it('answers 502 when the upstream server breaks off or is not there', async () => {
    const base = await startProxy()
    assert.equal((await send(base, '/broken')).status, 502)
    await proxy().prints('stderr', /^upstream: /m)
    assert.equal((await send(base, '/')).status, 200)
  })

  it('tries again when a kept connection turns out to be closed, unless that could do a thing twice', async () => {
    const base = await startProxy()
    assert.equal((await send(base, '/fickle')).status, 200)
    assert.equal((await send(base, '/fickle')).status, 200)
    assert.equal((await send(base, '/fickle', { method: 'POST' }, 'x')).status, 502)
  })

  it('gives the upstream request up when the client goes away, and serves on', async () => {
    const base = await startProxy()
    const held = once(upstream, 'held')
    const gone = once(upstream, 'gone')
    const request = http.get(new URL('/slow', base), { agent: false })
    request.on('error', () => undefined)
    await held
    request.destroy()
    await gone
    const upload = http.request(new URL('/', base), {
      method: 'POST',
      agent: false,
      headers: { 'Content-Length': 100 },
    })
    upload.on('error', () => undefined)
    await new Promise((resolve) => upload.write('half', resolve))
    upload.destroy()
    assert.equal((await send(base, '/')).status, 200)
  })

  it('takes new rules on SIGHUP and keeps the old ones when the new are wrong', async () => {
    const base = await startProxy()
    assert.equal((await send(base, '/?q=other')).status, 200)
    writeFileSync(rules, rulesFor('other'))
    proxy().child.kill('SIGHUP')
    await proxy().prints('stderr', /^reloaded/m)
    assert.equal((await send(base, '/?q=other')).status, 418)
    writeFileSync(rules, 'SecNonsense\n')
    proxy().child.kill('SIGHUP')
    await proxy().prints('stderr', /rules\.conf:1:1: error [^]*the old rules stay in force/)
    assert.equal((await send(base, '/?q=other')).status, 418)
  })

  it('lets a request under way end on SIGTERM, and then ends with 0', async () => {
    const base = await startProxy()
    const agent = new http.Agent({ keepAlive: true })
    await send(base, '/', { agent })
    const held = once(upstream, 'held')
    const late = send(base, '/slow', { agent })
    await held
    proxy().child.kill('SIGTERM')
    release?.()
    assert.equal((await late).body, 'late')
    assert.equal((await proxy().ended).status, 0)
    agent.destroy()
  })

  it('serves with several processes, which take reload and end together', async () => {
    const base = await startProxy('--workers', '2')
    const statuses = async (path: string) => {
      const answers = await Promise.all(Array.from({ length: 8 }, () => send(base, path)))
      return [...new Set(answers.map(({ status }) => status))]
    }
    assert.deepEqual(await statuses('/?q=attack'), [418])
    writeFileSync(rules, rulesFor('other'))
    proxy().child.kill('SIGHUP')
    await proxy().prints('stderr', /reloaded[^]*reloaded/)
    assert.deepEqual(await statuses('/?q=other'), [418])
    writeFileSync(rules, 'SecNonsense\n')
    proxy().child.kill('SIGHUP')
    await proxy().prints('stderr', /the old rules stay in force/)
    assert.deepEqual(await statuses('/?q=other'), [418])
    proxy().child.kill('SIGTERM')
    assert.equal((await proxy().ended).status, 0)
  })

  it('ends with 1 and the diagnostics when the rules are wrong, and with 2 when the address is taken', async () => {
    writeFileSync(rules, 'SecNonsense\n')
    const wrong = await start(['proxy', '--upstream', upstreamUrl, '--listen', '127.0.0.1:0', rules]).ended
    assert.equal(wrong.status, 1)
    assert.match(wrong.stderr, /rules\.conf:1:1: error/)
    const base = await startProxy()
    const taken = await start(['proxy', '--upstream', upstreamUrl, '--listen', base.host, rules]).ended
    assert.equal(taken.status, 2)
    assert.match(taken.stderr, /cannot listen on .*EADDRINUSE/)
  })
})
