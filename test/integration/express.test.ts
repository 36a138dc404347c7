// SPDX-License-Identifier: Apache-2.0
// An Express 5 application behind the engine: its parsers, routers and error handlers work as without.

import assert from 'node:assert/strict'

import express, { type Express, type NextFunction, type Request, type Response as Reply } from 'express'
import multer from 'multer'

import { Waf } from '../../lib/index.js'
import { TestServer } from './server.js'

const rules = `
SecRuleEngine On
SecRequestBodyAccess On
SecRule REQUEST_HEADERS:Content-Type "@beginsWith application/json" "id:1,phase:1,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRule ARGS|FILES_NAMES|FILES "@contains attack" "id:2,phase:2,deny,status:403,log"
SecRule ARGS_GET:elsewhere "@rx ." "id:4,phase:1,proxy:'http://inner/'"
SecRule REQUEST_URI "@contains /forbidden" "id:3,phase:1,deny,status:404,log"
`

function application(waf: Waf): Express {
  const app = express()
  app.use(
    waf.express({
      proxy: (_, response, url) => {
        response.end(`from ${url}`)
      },
    }),
  )
  app.post('/json', express.json(), (req, res) => {
    res.json(req.body)
  })
  app.post('/form', express.urlencoded({ extended: true }), (req, res) => {
    res.json(req.body)
  })
  app.post('/raw', express.raw({ type: '*/*', limit: '10mb' }), (req, res) => {
    res.send(String((req.body as Buffer).length))
  })
  app.post('/upload', multer().single('file'), (req, res) => {
    const { note } = req.body as { note: string }
    res.json({ note, name: req.file?.originalname, text: req.file?.buffer.toString() })
  })
  const api = express.Router()
  api.get('/hello', (_, res) => {
    res.send('hello')
  })
  app.use('/api', api)
  app.get('/broken', () => {
    throw new Error('the application failed')
  })
  app.use((error: Error, _: Request, res: Reply, next: NextFunction) => {
    if (res.headersSent) next(error)
    else res.status(500).send(error.message)
  })
  return app
}

describe('an Express application behind the engine', () => {
  let waf: Waf
  let server: TestServer

  before(async () => {
    waf = await Waf.load({ rules })
    server = await TestServer.listen(application(waf))
  })
  after(async () => {
    await server.close()
    await waf.close()
  })

  const post = (path: string, type: string, body: string | Buffer): ReturnType<TestServer['send']> =>
    server.send({ method: 'POST', path, headers: { 'Content-Type': type }, body })

  it('hands what a rule sends to a proxy to option proxy', async () => {
    assert.equal((await server.send({ path: '/api/hello?elsewhere=1' })).body, 'from http://inner/')
  })

  it('routes benign requests', async () => {
    assert.equal((await server.send({ path: '/api/hello?x=1' })).body, 'hello')
    assert.equal((await server.send({ path: '/nowhere' })).status, 404)
  })

  it('finds JSON as it was sent', async () => {
    const value = { list: ['a', { b: 'ü€' }], long: 'x'.repeat(90_000) }
    const { status, body } = await post('/json', 'application/json', JSON.stringify(value))
    assert.equal(status, 200)
    assert.deepEqual(JSON.parse(body), value)
  })

  it('finds form fields as they were sent', async () => {
    const { body } = await post('/form', 'application/x-www-form-urlencoded', 'a=1&b[]=2&b[]=%C3%BC')
    assert.deepEqual(JSON.parse(body), { a: '1', b: ['2', 'ü'] })
  })

  const upload = (file: string, name = 'notes.txt'): [string, string] => {
    const parts = [
      '--limit\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n',
      `--limit\r\nContent-Disposition: form-data; name="file"; filename="${name}"\r\nContent-Type: text/plain\r\n\r\n`,
      `${file}\r\n--limit--\r\n`,
    ]
    return ['multipart/form-data; boundary=limit', parts.join('')]
  }

  it('finds multipart fields and files as they were sent', async () => {
    const text = 'line\r\n'.repeat(10_000)
    const { status, body } = await post('/upload', ...upload(text))
    assert.equal(status, 200)
    assert.deepEqual(JSON.parse(body), { note: 'hello', name: 'notes.txt', text })
  })

  it('finds a body of a type that no rule reads', async () => {
    assert.equal((await post('/raw', 'application/octet-stream', Buffer.alloc(100_000, 0xff))).body, '100000')
  })

  it('never sees what the rules refuse', async () => {
    const statuses = await Promise.all([
      server.send({ path: '/api/hello?x=attack' }),
      server.send({ path: '/api/forbidden' }),
      post('/json', 'application/json', '{"a":{"b":"an attack"}}'),
      post('/form', 'application/x-www-form-urlencoded', 'a=attack'),
      post('/upload', ...upload('harmless', 'attack.php')),
    ])
    assert.deepEqual(
      statuses.map(({ status }) => status),
      [403, 404, 403, 403, 403],
    )
  })

  it('shows the rules the whole target, wherever the middleware is mounted', async () => {
    const app = express()
    app.use('/api', waf.express(), (_, res) => {
      res.send('in')
    })
    const other = await TestServer.listen(app)
    assert.equal((await other.send({ path: '/api/forbidden' })).status, 404)
    assert.equal((await other.send({ path: '/api/x' })).body, 'in')
    await other.close()
  })

  it('handles its own errors', async () => {
    const { status, body } = await server.send({ path: '/broken' })
    assert.deepEqual([status, body], [500, 'the application failed'])
  })

  it('is told when a parser stands before the engine: that body cannot be judged', async () => {
    const app = express()
    app.use(express.json(), waf.express(), (_, res) => {
      res.send('unjudged')
    })
    app.use((error: Error & { code?: string }, _: Request, res: Reply, next: NextFunction) => {
      if (error.code === undefined) next(error)
      else res.status(500).send(error.code)
    })
    const other = await TestServer.listen(app)
    const headers = { 'Content-Type': 'application/json' }
    const { status, body } = await other.send({ method: 'POST', headers, body: '{"a":"attack"}' })
    assert.deepEqual([status, body], [500, 'SECLUA_E_BODY_READ'])
    await other.close()
  })
})
