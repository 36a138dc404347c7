// SPDX-License-Identifier: Apache-2.0
// Audit records by POST: what arrives, what waits while nobody takes it, and what is left at an orderly end.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { createServer as createSecureServer, globalAgent } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Waf, type WafOptions } from '../../lib/index.js'

const rules = `
SecRuleEngine On
SecAuditEngine On
SecAuditLogParts ABCHZ
SecRequestBodyAccess On
SecRule ARGS:a "@streq attack" "id:1,phase:2,deny,status:403,log,logdata:'%{MATCHED_VAR}'"
SecAction "id:2,phase:1,pass,nolog,sanitiseArg:secret,sanitiseRequestHeader:X-Key"
`

interface Line {
  readonly level: number
  readonly time: number
  readonly msg: string
  readonly transaction: { readonly unique_id: string; readonly request: { readonly uri: string } }
}

/** A receiver that answers as it is told, and keeps the lines of what it accepted. */
class Receiver {
  readonly lines: Line[] = []
  readonly requests: IncomingMessage[] = []
  raw = ''
  status = 200
  readonly #server: Server
  #port = 0

  constructor(server: Server = createServer()) {
    this.#server = server
    server.on('request', (request: IncomingMessage, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        this.requests.push(request)
        if (this.status === 200) {
          const text = Buffer.concat(chunks).toString()
          this.raw += text
          for (const line of text.trimEnd().split('\n')) this.lines.push(JSON.parse(line) as Line)
        }
        response.writeHead(this.status).end()
      })
    })
  }

  async listen(port = 0): Promise<this> {
    await once(this.#server.listen(port, '127.0.0.1'), 'listening')
    this.#port = (this.#server.address() as AddressInfo).port
    return this
  }

  get port(): number {
    return this.#port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/audit`
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

const uri = (number: number): string => `/${number}?a=benign`
const numbers = (lines: readonly Line[]): number[] =>
  lines.map(({ transaction }) => Number(/^\/(\d+)/.exec(transaction.request.uri)?.[1]))
const upTo = (count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => from + i)

describe('audit records by POST', function () {
  this.timeout(30_000)
  let folder: string
  let receiver: Receiver
  const wafs: Waf[] = []
  const trusted = globalAgent.options.ca

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'seclua-ship-'))
    receiver = await new Receiver().listen()
  })
  afterEach(async () => {
    for (const waf of wafs.splice(0)) await waf.close()
    await receiver.close()
    globalAgent.options.ca = trusted
    rmSync(folder, { recursive: true, force: true })
  })

  function load(ship: NonNullable<NonNullable<WafOptions['audit']>['ship']>, more = ''): Waf {
    const waf = Waf.loadSync({ rules: rules + more, audit: { ship: { url: receiver.url, ...ship } } })
    wafs.push(waf)
    return waf
  }
  const judge = (waf: Waf, from: number, count: number): void => {
    for (let i = from; i < from + count; i++) waf.evaluateSync({ method: 'GET', uri: uri(i) })
  }
  const shipStats = (waf: Waf): Record<string, number> =>
    (waf.stats()['audit'] as { ship: Record<string, number> }).ship
  async function until(holds: () => boolean): Promise<void> {
    while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10))
  }

  it('arrive as lines of JSON, each once and in order, all of them by an orderly end', async () => {
    const waf = load({ headers: { Authorization: 'Bearer token' } })
    judge(waf, 0, 1203)
    await waf.close()
    assert.deepEqual(numbers(receiver.lines), upTo(1203))
    const [request] = receiver.requests
    assert.equal(request?.headers['content-type'], 'application/x-ndjson')
    assert.equal(request.headers.authorization, 'Bearer token')
    assert.ok(receiver.requests.length <= 4) // some at a time
    assert.equal(shipStats(waf)['delivered'], 1203)
  })

  it('have what collectors of lines read at the top: level, time and msg', async () => {
    const waf = load({})
    const before = Date.now()
    judge(waf, 0, 1)
    waf.evaluateSync({ method: 'GET', uri: '/?a=attack' })
    await waf.close()
    const [passed, stopped] = receiver.lines
    assert.deepEqual([passed?.level, passed?.msg], [40, 'passed, 1 rules matched'])
    assert.deepEqual([stopped?.level, stopped?.msg], [50, 'deny 403 in phase 2 by rule 1'])
    assert.ok((passed?.time ?? 0) >= before && (passed?.time ?? 0) <= Date.now())
  })

  it('say nothing of what is sanitised, here as in every other log', async () => {
    const hidden = ['4111-1111', 's3cret-key']
    const [argument, header] = hidden
    for (const format of ['Native', 'JSON', 'JSON-v2', 'JSON-coraza', 'OCSF']) {
      const waf = Waf.loadSync({
        cwd: folder,
        audit: { ship: { url: receiver.url } },
        rules: `${rules}
          SecRule ARGS:secret "@contains 4111" "id:3,phase:2,pass,log,msg:'%{MATCHED_VAR}',logdata:'%{MATCHED_VAR}'"
          SecAuditLogFormat ${format}
          SecAuditLog ${format}.log`,
      })
      const events: object[] = []
      waf.on('audit', (record) => events.push(record))
      const { audit } = waf.evaluateSync({
        method: 'POST',
        uri: `/?secret=${argument}`,
        headers: { 'X-Key': header ?? '', 'Content-Type': 'application/x-www-form-urlencoded' },
        body: `secret=${argument}`,
      })
      await waf.close()
      assert.equal(events.length, 1)
      const all = [
        JSON.stringify(events),
        JSON.stringify(audit),
        readFileSync(join(folder, `${format}.log`), 'latin1'),
      ]
      for (const secret of hidden)
        for (const text of all) assert.ok(!text.includes(secret), `${format}: ${text}`)
    }
    assert.equal(receiver.lines.length, 5)
    for (const secret of hidden) assert.ok(!receiver.raw.includes(secret))
  })

  it('wait in memory while the receiver cannot, and are sent again', async () => {
    const waf = load({ flushInterval: 10 })
    receiver.status = 503
    judge(waf, 0, 700)
    await until(() => (shipStats(waf)['failures'] ?? 0) >= 1)
    receiver.status = 200
    judge(waf, 700, 10)
    await waf.close()
    assert.deepEqual(numbers(receiver.lines), upTo(710))
  })

  it('wait in a folder while there is no receiver, over an end, in their order', async () => {
    const { port } = receiver
    await receiver.close()
    const options = { url: `http://127.0.0.1:${port}/`, folder: join(folder, 'spool'), flushInterval: 10 }
    const first = load(options)
    judge(first, 0, 600)
    await until(() => (shipStats(first)['spooledBytes'] ?? 0) > 0)
    judge(first, 600, 100)
    await first.close()
    const [name = ''] = readdirSync(options.folder)
    assert.equal(statSync(join(options.folder, name)).mode & 0o777, 0o600)
    assert.equal(shipStats(first)['dropped'], 0)
    receiver = await new Receiver().listen(port)
    const second = load(options)
    judge(second, 700, 50)
    await second.close()
    assert.deepEqual(numbers(receiver.lines), upTo(750))
    assert.deepEqual(readdirSync(options.folder), [])
  })

  it('are bounded in memory: those of stopped requests stay when others have to go', async () => {
    receiver.status = 503
    const waf = load({ flushInterval: 1e6 })
    waf.evaluateSync({ method: 'GET', uri: '/0?a=attack' })
    judge(waf, 1, 12_000)
    const { queued = 0, dropped = 0 } = shipStats(waf)
    assert.ok(queued <= 10_000 && queued + dropped === 12_001)
    receiver.status = 200
    await waf.close()
    assert.equal(receiver.lines.length, queued)
    assert.equal(receiver.lines[0]?.level, 50)
    assert.equal(numbers(receiver.lines).at(-1), 12_000)
  })

  it('are bounded in the folder: the oldest go', async () => {
    const { port } = receiver
    await receiver.close()
    const limit = 1e6
    const waf = load({ url: `http://127.0.0.1:${port}/`, folder, folderBytes: limit, flushInterval: 1 })
    for (let round = 0; round < 12; round++) {
      const body = 'x'.repeat(60_000)
      for (let i = 0; i < 100; i++) waf.evaluateSync({ method: 'POST', uri: uri(i), body })
      await until(() => (shipStats(waf)['queued'] ?? 0) === 0)
    }
    await waf.close()
    const { spooledBytes = 0, dropped = 0 } = shipStats(waf)
    assert.ok(dropped > 0 && spooledBytes <= 2 * 4 * 1024 * 1024)
  })

  it('that the receiver refuses are not sent for ever', async () => {
    receiver.status = 400
    const waf = load({ flushInterval: 10 })
    judge(waf, 0, 3)
    await until(() => shipStats(waf)['refused'] === 3)
    receiver.status = 200
    judge(waf, 3, 2)
    await waf.close()
    assert.deepEqual(numbers(receiver.lines), [3, 4])
  })

  it('go where SecAuditLog says, with SecAuditLogType HTTPS, and to nobody who cannot prove who they are', async () => {
    const own = (name: string): Buffer => readFileSync(join(__dirname, '../support', `localhost-${name}.pem`))
    const secure = createSecureServer({ cert: own('certificate'), key: own('key') })
    await receiver.close()
    receiver = await new Receiver(secure).listen()
    const more = `
      SecAuditLogType HTTPS
      SecAuditLog https://localhost:${receiver.port}/audit
      SecAuditLogStorageDir ${folder}`
    const distrustful = Waf.loadSync({ rules: rules + more })
    judge(distrustful, 0, 1)
    await distrustful.close()
    assert.equal(receiver.lines.length, 0)
    assert.equal(readdirSync(folder).length, 1)
    globalAgent.options.ca = own('certificate')
    const waf = Waf.loadSync({ rules: rules + more })
    judge(waf, 1, 1)
    await waf.close()
    assert.deepEqual(numbers(receiver.lines), [0, 1]) // what the first could not deliver waited in the folder
  })

  it('are asked for with an address that keeps them from others', () => {
    for (const url of ['http://collector.example/', 'ftp://a/', 'audit']) {
      assert.throws(() => Waf.loadSync({ rules, audit: { ship: { url } } }), { code: 'SECLUA_E_OPTION' })
    }
    for (const more of [
      'SecAuditLogType HTTPS',
      'SecAuditLogType HTTPS\nSecAuditLog audit.log',
      'SecAuditLog https://a/',
    ]) {
      assert.throws(() => Waf.loadSync({ rules: `${rules}\n${more}` }), /SECLUA_E_BAD_VALUE: SecAuditLog/)
    }
    assert.throws(() => load({ folder: '/proc/nowhere' }), { code: 'SECLUA_E_OPTION', message: /nowhere/ })
  })
})
