// SPDX-License-Identifier: Apache-2.0
// Responses behind the engine: judged before the client sees a byte, untouched where no rule looks.

import assert from 'node:assert/strict'
import type { RequestListener, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { Waf } from '../../lib/index.js'
import { TestServer, until, type Answer } from './server.js'

const rules = `
SecRuleEngine On
SecResponseBodyAccess On
SecResponseBodyMimeType text/plain
SecResponseBodyLimit 100000
SecRule RESPONSE_HEADERS:X-Leak "@rx ." "id:1,phase:3,deny,status:502,log"
SecRule RESPONSE_STATUS "@eq 599" "id:2,phase:3,deny,status:503,log"
SecRule RESPONSE_BODY "@contains secret" "id:3,phase:4,deny,status:403,log"
SecRule RESPONSE_HEADERS:X-Late "@rx ." "id:4,phase:4,deny,status:403,log"
`
const text = { 'Content-Type': 'text/plain' }

/** Serves one response with those rules and fetches it. */
async function serve(handler: RequestListener, rulesInForce = rules, method = 'GET'): Promise<Answer> {
  const waf = await Waf.load({ rules: rulesInForce })
  const server = await TestServer.listen(waf.http(handler))
  try {
    return await server.send({ method })
  } finally {
    await server.close()
    await waf.close()
  }
}

const respond =
  (act: (response: ServerResponse) => void): RequestListener =>
  (_, response) => {
    act(response)
  }

describe('a response behind the engine', () => {
  it('arrives as it was written, in one piece and in many, however it was written', async () => {
    const ways: ((response: ServerResponse) => void)[] = [
      (response) =>
        response.writeHead(201, 'Made', { ...text, 'X-A': '1', 'Set-Cookie': ['a=1', 'b=2'] }).end('hello'),
      (response) => {
        response.writeHead(201, [
          'Content-Type',
          'text/plain',
          'X-A',
          '1',
          'Set-Cookie',
          'a=1',
          'Set-Cookie',
          'b=2',
        ])
        response.write('he')
        response.write(Buffer.from('l'), () => response.end('6c6f', 'hex'))
      },
      (response) => {
        response.statusCode = 201
        response
          .setHeader('Content-Type', 'text/plain')
          .setHeader('X-A', '1')
          .setHeader('Set-Cookie', ['a=1', 'b=2'])
        response.flushHeaders()
        void pipeline(Readable.from(['hel', 'lo']), response)
      },
    ]
    for (const way of ways) {
      const { status, headers, body } = await serve(respond(way))
      assert.deepEqual(
        [status, headers['x-a'], headers['set-cookie'], body],
        [201, '1', ['a=1', 'b=2'], 'hello'],
      )
    }
  })

  it('has its length counted when it is held', async () => {
    const { headers } = await serve(
      respond((response) => {
        response.setHeader('Content-Type', 'text/plain')
        response.write('hel')
        response.end('lo')
      }),
    )
    assert.equal(headers['content-length'], '5')
    assert.equal(headers['transfer-encoding'], undefined)
  })

  it('is refused by its head, and nothing of it goes out', async () => {
    const { status, headers, body } = await serve(
      respond((response) => {
        response.writeHead(200, { ...text, 'X-Leak': 'yes', 'X-Other': '1' })
        response.end('page')
      }),
    )
    assert.equal(status, 502)
    assert.deepEqual([headers['x-leak'], headers['x-other']], [undefined, undefined])
    assert.doesNotMatch(body, /page/)
    assert.equal((await serve(respond((response) => response.writeHead(599).end()))).status, 503)
  })

  it('is refused by its body, also when the word is split over writes', async () => {
    const { status, headers, body } = await serve(
      respond((response) => {
        response.writeHead(200, { ...text, 'Content-Length': 20, ETag: '"1"' })
        response.write('a sec')
        response.write('ret, and some more')
        response.end()
      }),
    )
    assert.equal(status, 403)
    assert.equal(headers.etag, undefined)
    assert.match(body, /^403 Forbidden/)
  })

  it('is judged with the headers that somebody sets at the last moment', async () => {
    const { status } = await serve(
      respond((response) => {
        const before = response.writeHead.bind(response) as (...values: unknown[]) => ServerResponse
        response.writeHead = (...values: unknown[]) => {
          response.setHeader('X-Leak', 'late')
          return before(...values)
        }
        response.end('page')
      }),
    )
    assert.equal(status, 502)
  })

  it('of a type that no rule reads flows through as it is written', async () => {
    const waf = await Waf.load({ rules })
    let open: ServerResponse | undefined
    const server = await TestServer.listen(
      waf.http((_, response) => {
        open = response
        response.writeHead(200, { 'Content-Type': 'text/event-stream' })
        response.write('data: a secret\n\n')
      }),
    )
    const socket = await server.connect()
    let received = ''
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()))
    socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await until(() => received.includes('data: a secret'))
    open?.end()
    socket.destroy()
    await server.close()
    await waf.close()
  })

  it('that is refused when a part is on its way is cut off', async () => {
    const broken = serve(
      respond((response) => {
        response.writeHead(200, { 'Content-Type': 'image/png', 'X-Late': '1' })
        response.write('first part')
        setImmediate(() => response.end('last part'))
      }),
    )
    await assert.rejects(broken, { code: 'ECONNRESET' })
  })

  it('beyond the limit is refused', async () => {
    const { status } = await serve(
      respond((response) => response.writeHead(200, text).end(Buffer.alloc(100_001, 'a'))),
    )
    assert.equal(status, 500)
  })

  it('beyond the limit is sent whole when the rules want a part only, and judged by that part', async () => {
    const partial = `${rules}\nSecResponseBodyLimitAction ProcessPartial`
    const send = (first: string): Promise<Answer> =>
      serve(
        respond((response) => {
          response.writeHead(200, text)
          response.write(first)
          for (let i = 0; i < 30; i++) response.write(Buffer.alloc(10_000, 'a'))
          response.end('secret')
        }),
        partial,
      )
    const { status, body } = await send('page')
    assert.deepEqual([status, body.length], [200, 4 + 300_000 + 6])
    assert.equal((await send('secret')).status, 403)
  })

  it('to HEAD, and one without content, is judged with an empty body', async () => {
    const page = respond((response) => response.writeHead(200, text).end('a secret'))
    const { status, body } = await serve(page, rules, 'HEAD')
    assert.deepEqual([status, body], [200, ''])
    for (const code of [204, 304]) {
      assert.equal((await serve(respond((response) => response.writeHead(code, text).end()))).status, code)
    }
  })

  it('counts as begun for its handler while it is held', async () => {
    const seen: unknown[] = []
    await serve(
      respond((response) => {
        response.setHeader('Content-Type', 'text/plain')
        response.write('x')
        seen.push(response.headersSent)
        try {
          response.setHeader('X-Leak', 'late')
        } catch (error) {
          seen.push((error as NodeJS.ErrnoException).code)
        }
        response.end()
        seen.push(response.headersSent, response.writableEnded)
      }),
    )
    assert.deepEqual(seen, [true, 'ERR_HTTP_HEADERS_SENT', true, true])
  })

  it('calls back its writers', async () => {
    const seen: string[] = []
    await serve(
      respond((response) => {
        response.writeHead(200, text)
        response.write('a', () => seen.push('write'))
        response.end('b', () => seen.push('end'))
      }),
    )
    assert.deepEqual(seen.sort(), ['end', 'write'])
  })

  it('is not touched when no rule looks at responses', async () => {
    const methods: boolean[] = []
    const { status } = await serve(
      respond((response) => {
        methods.push(
          Object.hasOwn(response, 'write'),
          Object.hasOwn(response, 'end'),
          Object.hasOwn(response, 'writeHead'),
        )
        response.end('page')
      }),
      'SecRuleEngine On\nSecRule ARGS "@contains attack" "id:1,phase:2,deny"',
    )
    assert.deepEqual([status, methods], [200, [false, false, false]])
  })

  it('that never comes, for its handler fails, ends with the connection', async () => {
    const waf = await Waf.load({ rules })
    const server = await TestServer.listen(
      waf.http((_, response) => {
        response.destroy()
      }),
    )
    await assert.rejects(server.send(), { code: 'ECONNRESET' })
    await until(() => (waf.stats()['verdicts'] as { pass: number }).pass === 1)
    await server.close()
    await waf.close()
  })
})
