// SPDX-License-Identifier: Apache-2.0
// The same wrapper before a node:http2 server: bodies are put back, responses are held, a drop ends one stream only.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { connect, createServer, type ClientHttp2Session, type Http2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'

import { Waf } from '../../lib/index.js'

const rules = `
SecRuleEngine On
SecRequestBodyAccess On
SecResponseBodyAccess On
SecResponseBodyMimeType text/plain
SecRule ARGS "@contains attack" "id:1,phase:2,deny,status:403,log"
SecRule RESPONSE_BODY "@contains secret" "id:2,phase:4,deny,status:403,log"
SecRule ARGS:drop "@rx ." "id:3,phase:1,drop,log"
`

/** Answers in two writes with the body that arrived. */
const echo: RequestListener = (request, response) => {
  void (async () => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    response.setHeader('content-type', 'text/plain')
    response.write('got ')
    response.end(body)
  })()
}

describe('a node:http2 server behind the engine', () => {
  let waf: Waf
  let server: Http2Server
  let session: ClientHttp2Session

  before(async () => {
    waf = await Waf.load({ rules })
    server = createServer(waf.http(echo) as unknown as Parameters<typeof createServer>[1])
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  })
  after(async () => {
    session.close()
    server.close()
    await waf.close()
  })

  async function send(path: string, body?: string): Promise<[number | undefined, string]> {
    const head = { ':path': path, ':method': body === undefined ? 'GET' : 'POST' }
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    const stream = session.request({ ...head, ...type }, { endStream: body === undefined })
    if (body !== undefined) stream.end(body)
    let status: number | undefined
    let text = ''
    stream.on('response', (headers) => (status = headers[':status']))
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
    await once(stream, 'close')
    return [status, text]
  }

  it('passes benign requests on, bodies whole', async () => {
    const long = `a=${'x'.repeat(60_000)}`
    assert.deepEqual(await send('/'), [200, 'got '])
    assert.deepEqual(await send('/', ''), [200, 'got '])
    assert.deepEqual(await send('/', long), [200, `got ${long}`])
  })

  it('refuses hostile targets and bodies, and responses that leak', async () => {
    for (const [path, body] of [
      ['/?a=attack', undefined],
      ['/', 'a=attack'],
      ['/', 'a=secret'],
    ] as const) {
      const [status, text] = await send(path, body)
      assert.equal(status, 403)
      assert.match(text, /^403 Forbidden/)
    }
  })

  it('drops one stream and goes on with the others', async () => {
    assert.deepEqual(await send('/?drop=1'), [undefined, ''])
    assert.deepEqual(await send('/'), [200, 'got '])
  })

  it('shows the rules the authority as Host, and none of the pseudo headers', async () => {
    const names: string[] = []
    waf.once('match', (_, tx) => names.push(...tx.variable('REQUEST_HEADERS').map(({ name }) => name)))
    await send('/?a=attack')
    assert.ok(names.includes('REQUEST_HEADERS:host'))
    assert.deepEqual(
      names.filter((name) => name.includes('::')),
      [],
    )
  })
})
