// SPDX-License-Identifier: Apache-2.0
// Transactions that wait: in every phase, on a server and alone, in any number, until an answer comes, its time is over, or nobody
// wants it any more. What they wait for here is a store of collections that the test answers for.

import assert from 'node:assert/strict'
import type { RequestListener } from 'node:http'

import {
  Waf,
  type CollectionStore,
  type RecordChange,
  type Transaction,
  type Verdict,
  type WafOptions,
} from '../../lib/index.js'
import { TestServer, until } from './server.js'

interface Question {
  readonly what: 'load' | 'apply'
  readonly key: string
  answer(): void
  fail(): void
}

/** Records in a Map. With `isHeld` questions, all or of one kind, wait for the test. */
class TestStore implements CollectionStore {
  readonly records = new Map<string, Record<string, string>>()
  readonly batches: (readonly RecordChange[])[] = []
  readonly questions: Question[] = []
  isHeld: boolean | Question['what'] = false
  isOpen = false

  open(): Promise<void> {
    this.isOpen = true
    return Promise.resolve()
  }

  close(): Promise<void> {
    this.isOpen = false
    return Promise.resolve()
  }

  load(namespace: string, collection: string, key: string): Promise<Record<string, string> | null> {
    const name = `${namespace}/${collection}/${key}`
    return this.#turn('load', name, () => this.records.get(name) ?? null)
  }

  apply(batch: readonly RecordChange[]): Promise<readonly Record<string, string>[]> {
    const names = batch.map(({ namespace, collection, key }) => `${namespace}/${collection}/${key}`)
    return this.#turn('apply', names.join(), () => {
      this.batches.push(batch)
      return batch.map(({ changes }, i) => this.#change(names[i] ?? '', changes))
    })
  }

  #turn<T>(what: Question['what'], key: string, work: () => T): Promise<T> {
    if (this.isHeld !== true && this.isHeld !== what) return Promise.resolve(work())
    return new Promise((resolve, reject) => {
      this.questions.push({
        what,
        key,
        answer: () => {
          resolve(work())
        },
        fail: () => {
          reject(new Error('the connection was lost'))
        },
      })
    })
  }

  #change(name: string, changes: RecordChange['changes']): Record<string, string> {
    const record = { ...this.records.get(name) }
    const sums: Record<string, string> = {}
    for (const change of changes) {
      if (change.op === 'set') record[change.name] = change.value
      if (change.op === 'unset') Reflect.deleteProperty(record, change.name)
      if (change.op !== 'add') continue
      sums[change.name] = record[change.name] = String(
        Math.max(0, Number(record[change.name] ?? 0) + change.delta),
      )
    }
    this.records.set(name, record)
    return sums
  }

  /** Answers what is asked now, and nothing that is asked then. */
  answerAll(): void {
    for (const question of this.questions.splice(0)) question.answer()
  }
}

const counting = `SecRuleEngine On
SecAction "id:1,phase:1,pass,nolog,initcol:ip=%{REMOTE_ADDR},setvar:ip.n=+1"
SecRule IP:N "@gt 3" "id:2,phase:2,deny,status:429,log"`

describe('transactions that wait for a store elsewhere', function () {
  this.timeout(30_000)
  let store: TestStore
  let waf: Waf
  let server: TestServer | undefined

  beforeEach(() => {
    store = new TestStore()
  })

  afterEach(async () => {
    store.isHeld = false
    store.answerAll()
    await server?.close()
    server = undefined
    await waf.close()
    assert.equal(store.isOpen, false)
  })

  const load = async (rules = counting, options: WafOptions = {}): Promise<void> => {
    waf = await Waf.load({ rules, store, storeTimeout: 20_000, ...options })
    assert.equal(store.isOpen, true)
  }
  const serve = async (
    handler: RequestListener = (_, response) => response.end('page'),
  ): Promise<TestServer> => {
    server = await TestServer.listen(waf.http(handler))
    return server
  }
  const asked = (count: number): Promise<void> => until(() => store.questions.length >= count)
  const waits = (): Record<string, number> => waf.stats().waits as Record<string, number>

  it('count across requests, exactly, however many come at once', async () => {
    await load(counting, { commit: 'immediate' })
    const sent = await Promise.all(
      Array.from({ length: 10 }, () => waf.evaluate({ method: 'GET', uri: '/' })),
    )
    assert.equal(sent.filter(({ verdict }) => verdict.status === 429).length, 7)
    assert.equal(store.records.get('/ip/127.0.0.1')?.n, '10')
  })

  it('send what changed as operations, in one batch after phase 5, with the figures of the record', async () => {
    await load()
    await waf.evaluate({ method: 'GET', uri: '/', clientAddress: '192.0.2.5' })
    const now = Math.floor(Date.now() / 1000)
    const [batch] = store.batches
    const [record] = batch ?? []
    assert.equal(store.batches.length, 1)
    assert.deepEqual(
      [record?.namespace, record?.collection, record?.key, record?.ttlSeconds],
      ['', 'ip', '192.0.2.5', 3600],
    )
    assert.deepEqual(record?.changes.slice(0, 1), [{ op: 'add', name: 'n', delta: 1 }])
    assert.deepEqual(
      record.changes.map((change) => `${change.op} ${change.name}`),
      ['add n', 'set create_time', 'add update_counter', 'set last_update_time'],
    )
    const times = record.changes.flatMap((change) => (change.op === 'set' ? [Number(change.value)] : []))
    for (const time of times) assert.ok(Math.abs(time - now) < 5)
  })

  it('find what an earlier one left there, whoever wrote it', async () => {
    store.records.set('/ip/127.0.0.1', { n: '7', name: '\u00fc\u20ac' })
    await load(
      `${counting}\nSecAction "id:3,phase:1,pass,nolog,setvar:tx.name=%{ip.name},setvar:tx.new=%{ip.is_new}"`,
    )
    const { verdict, tx } = await waf.evaluate({ method: 'GET', uri: '/' })
    assert.equal(verdict.status, 429)
    assert.equal(Buffer.from(tx.name ?? '', 'latin1').toString('utf8'), '\u00fc\u20ac')
    assert.equal(tx.new, '')
  })

  it('are told at once where they must not', async () => {
    await load()
    assert.equal(waf.sync, false)
    assert.throws(() => waf.evaluateSync({ method: 'GET', uri: '/' }), { code: 'SECLUA_E_SYNC' })
    assert.throws(() => Waf.loadSync({ rules: counting, store }), { code: 'SECLUA_E_SYNC' })
  })

  /** One whose first step waits for the store until that is told to answer. */
  const heldInPhase1 = async (): Promise<{ tx: Transaction; step: Promise<Verdict> }> => {
    await load()
    store.isHeld = true
    const tx = waf.transaction()
    const step = tx.processRequestHeaders({ method: 'GET', uri: '/' })
    await asked(1)
    return { tx, step }
  }

  it('refuse every step but close while they wait', async () => {
    const { tx, step: first } = await heldInPhase1()
    await assert.rejects(tx.processRequestBody(), { code: 'SECLUA_E_ORDER' })
    assert.throws(() => tx.writeRequestBody(Buffer.from('x')), { code: 'SECLUA_E_ORDER' })
    assert.deepEqual(tx.variable('REQUEST_METHOD'), [{ name: 'REQUEST_METHOD', value: 'GET' }])
    store.answerAll()
    assert.equal((await first).action, 'pass')
    assert.equal((await tx.processRequestBody()).action, 'pass')
    store.isHeld = false
    await tx.processLogging()
    tx.close()
    assert.equal(store.batches.length, 1)
  })

  it('go on as if there were no record when no answer comes in time, or deny', async () => {
    for (const [onStoreError, status] of [
      ['pass', 0],
      ['deny', 503],
    ] as const) {
      store.isHeld = 'load'
      await load(counting, { storeTimeout: 30, onStoreError })
      const { verdict, tx, logs } = await waf.evaluate({ method: 'GET', uri: '/' })
      assert.equal(verdict.status, status)
      assert.equal(tx.collection_error, 'ip')
      assert.match(logs[0]?.message ?? '', /does not answer \(ip\): no answer within 30 ms/)
      assert.ok((waits().late ?? 0) >= 1)
      await waf.close()
    }
  })

  it('go on when the store fails, and work again when it does', async () => {
    await load()
    store.isHeld = true
    const failing = waf.evaluate({ method: 'GET', uri: '/' })
    await asked(1)
    store.isHeld = false
    store.questions.splice(0).forEach((question) => {
      question.fail()
    })
    const { verdict, logs } = await failing
    assert.equal(verdict.action, 'pass')
    assert.match(logs[0]?.message ?? '', /the connection was lost/)
    assert.equal((await waf.evaluate({ method: 'GET', uri: '/' })).logs.length, 0)
    assert.equal(waits().failed, 1)
  })

  it('are never more than the bound; beyond it the answer is the configured one, at once', async () => {
    for (const [onBusy, status] of [
      ['pass', 0],
      ['deny', 503],
    ] as const) {
      store.isHeld = true
      await load(counting, { waiting: { max: 5, onBusy } })
      const waiting = Array.from({ length: 5 }, () => waf.evaluate({ method: 'GET', uri: '/' }))
      await asked(5)
      const { verdict, logs } = await waf.evaluate({ method: 'GET', uri: '/' })
      assert.equal(verdict.status, status)
      assert.match(logs.map(({ message }) => message).join(), /too many transactions wait already/)
      assert.equal(waits().waiting, 5)
      store.isHeld = false
      store.answerAll()
      for (const result of await Promise.all(waiting)) assert.equal(result.logs.length, 0)
      assert.equal(waits().waiting, 0)
      assert.ok((waits().refused ?? 0) >= 1)
      await waf.close()
    }
  })

  it('hold up their own request on a server, in phases 1 and 2, and no other', async () => {
    await load(`${counting}\nSecRule ARGS:slow "@eq 1" "id:3,phase:2,pass,nolog,setsid:%{ARGS.slow}"`)
    const site = await serve()
    store.isHeld = true
    let isDone = false
    const slow = site.send({ path: '/?slow=1' }).then((answer) => {
      isDone = true
      return answer
    })
    await asked(1)
    const keys = (): string[] => store.questions.map(({ key }) => key)
    assert.deepEqual(keys(), ['/ip/127.0.0.1'])
    store.answerAll()
    await asked(1)
    assert.deepEqual(keys(), ['default/session/1'])
    assert.equal(isDone, false)
    store.isHeld = false
    assert.equal((await site.send({ path: '/' })).status, 200)
    assert.equal(isDone, false)
    store.answerAll()
    assert.equal((await slow).body, 'page')
  })

  it('leave the body of a request to the handler, as it was sent', async () => {
    const body = Buffer.alloc(300_000, 'abc')
    await load(`${counting}\nSecRequestBodyAccess On`)
    await serve((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => response.end(String(Buffer.concat(chunks).equals(body))))
    })
    store.isHeld = true
    const sent = server?.send({
      method: 'POST',
      body,
      headers: { 'Content-Type': 'application/octet-stream' },
    })
    await asked(1)
    store.isHeld = false
    store.answerAll()
    assert.equal((await sent)?.body, 'true')
  })

  it('are given up when the client goes away: no handler, no answer, but phase 5 and its changes', async () => {
    await load()
    let handled = 0
    const site = await serve((_, response) => {
      handled++
      response.end()
    })
    store.isHeld = true
    const socket = await site.connect()
    socket.write('GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n')
    await asked(1)
    socket.destroy()
    await until(() => waits().waiting === 0)
    store.answerAll() // too late: nobody listens
    store.isHeld = false
    assert.equal(handled, 0)
    assert.deepEqual(store.batches, []) // the record was never opened
    assert.deepEqual([waits().failed, waits().late], [0, 0]) // what nobody wants any more has not failed
    assert.equal((await site.send()).status, 200)
    assert.equal(handled, 1)
  })

  it('keep their changes when the client goes away after the record was opened', async () => {
    await load(`${counting}\nSecRule ARGS:slow "@eq 1" "id:3,phase:2,pass,nolog,setsid:%{ARGS.slow}"`)
    const site = await serve()
    store.isHeld = true
    const socket = await site.connect()
    socket.write('GET /?slow=1 HTTP/1.1\r\nHost: shop.example\r\n\r\n')
    await asked(1)
    store.answerAll()
    await asked(1) // of the session
    store.isHeld = false
    socket.destroy()
    await until(() => store.batches.length === 1)
    assert.equal(store.records.get('/ip/127.0.0.1')?.n, '1')
  })

  it('are closed in any state without a trace left', async () => {
    const { tx, step } = await heldInPhase1()
    tx.close()
    tx.close()
    await assert.rejects(step, { code: 'SECLUA_E_CLOSED' })
    await assert.rejects(tx.processRequestBody(), { code: 'SECLUA_E_CLOSED' })
    assert.equal(tx.verdict.action, 'pass')
    assert.equal(tx.id.length, 27)
  })

  it('end by themselves when they are closed with changes; close of the Waf waits for them', async () => {
    await load()
    const tx = waf.transaction()
    await tx.processRequestHeaders({ method: 'GET', uri: '/' })
    store.isHeld = true
    tx.close()
    await asked(1)
    let isClosed = false
    const closing = waf.close().then(() => {
      isClosed = true
    })
    await new Promise((resolve) => setTimeout(resolve, 50))
    assert.equal(isClosed, false)
    store.answerAll()
    await closing
    assert.equal(store.records.get('/ip/127.0.0.1')?.n, '1')
  })

  it('have five seconds for their changes once nobody waits for them, and the time limit before', async () => {
    await load(counting, { storeTimeout: 50 })
    const begin = async (): Promise<Transaction> => {
      store.isHeld = false
      const tx = waf.transaction()
      await tx.processRequestHeaders({ method: 'GET', uri: '/' })
      store.isHeld = true
      return tx
    }
    const errors = (): unknown => (waf.stats().store as { errors: number }).errors
    const closed = await begin()
    closed.close()
    await asked(1)
    await new Promise((resolve) => setTimeout(resolve, 150))
    store.answerAll()
    await until(() => waits().waiting === 0)
    assert.deepEqual([errors(), store.records.get('/ip/127.0.0.1')?.n], [0, '1'])
    const awaited = await begin()
    await awaited.processLogging()
    assert.equal(errors(), 1)
    awaited.close()
  })

  it('go on with the rules that they began with when there are new ones', async () => {
    await load()
    store.isHeld = true
    const under = waf.evaluate({ method: 'GET', uri: '/' })
    await asked(1)
    await waf.reload({ rules: 'SecRuleEngine On\nSecAction "id:9,phase:1,deny"', store })
    assert.equal(waf.sync, true)
    assert.equal(waf.evaluateSync({ method: 'GET', uri: '/' }).verdict.ruleId, 9)
    store.isHeld = false
    store.answerAll()
    assert.equal((await under).verdict.action, 'pass')
    assert.equal(store.batches.length, 1)
  })

  it('change their store with a reload that names another; the old one is closed after its last transaction', async () => {
    await load()
    const other = new TestStore()
    store.isHeld = true
    const under = waf.evaluate({ method: 'GET', uri: '/' })
    await asked(1)
    await waf.reload({ rules: counting, store: other })
    assert.deepEqual([store.isOpen, other.isOpen], [true, true])
    await waf.evaluate({ method: 'GET', uri: '/' })
    assert.equal(other.batches.length, 1)
    store.isHeld = false
    store.answerAll()
    await under
    assert.equal(store.batches.length, 1)
    await waf.close()
    assert.deepEqual([store.isOpen, other.isOpen], [false, false])
  })

  it('do not start with a store that cannot be opened', async () => {
    await load()
    let closed = 0
    const broken = Object.assign(new TestStore(), {
      open: () => Promise.reject(new Error('refused')),
      close: () => {
        closed++
        return Promise.reject(new Error('was not open'))
      },
    })
    const reason = { code: 'SECLUA_E_STORE', message: /refused/ }
    await assert.rejects(Waf.load({ rules: counting, store: broken }), reason)
    await assert.rejects(waf.reload({ rules: counting, store: broken }), reason)
    assert.equal(closed, 2) // what it had begun to open is given back
    assert.equal((await waf.evaluate({ method: 'GET', uri: '/' })).verdict.action, 'pass')
  })

  it('fall back to memory where an option says so, with SECLUA_W_STORE, until the store can be opened', async () => {
    let isDown = true
    const open = (): Promise<void> => (isDown ? Promise.reject(new Error('refused')) : Promise.resolve())
    const late = Object.assign(new TestStore(), { open })
    const rules = `${counting}\nSecAction "id:3,phase:2,pass,nolog,setvar:'tx.seen=%{IP.n}'"`
    const options: WafOptions = { rules, store: late, collections: { fallback: 'memory' } }
    waf = await Waf.load(options)
    const warnings = (): string[] => waf.warnings.map(({ code }) => code)
    const count = async (): Promise<string | undefined> =>
      (await waf.evaluate({ method: 'GET', uri: '/' })).tx['seen']
    assert.deepEqual(warnings(), ['SECLUA_W_STORE'])
    assert.match(waf.warnings[0]?.message ?? '', /refused/)
    assert.ok(waf.sync)
    assert.deepEqual([await count(), await count()], ['1', '2'])
    await waf.reload()
    assert.deepEqual([warnings(), await count()], [['SECLUA_W_STORE'], '3']) // the memory is the same
    isDown = false
    await waf.reload()
    assert.deepEqual([warnings(), waf.sync, await count()], [[], false, '1'])
    assert.equal(late.batches.length, 1)
    await assert.rejects(Waf.load({ ...options, rules: 'SecRulle' }), { code: 'SECLUA_E_CONFIG' })
  })

  describe('over a response', () => {
    const rules = (phase: number): string => `SecRuleEngine On
SecResponseBodyAccess On
SecResponseBodyMimeType text/plain
SecAction "id:1,phase:${phase},pass,nolog,initcol:global=all"
SecRule GLOBAL:STOP "@eq 1" "id:2,phase:${phase},deny,status:502,log"`
    const handlers: Record<string, RequestListener> = {
      'in one piece': (_, response) => {
        response.setHeader('Content-Type', 'text/plain').end('hello world')
      },
      'with a head and in pieces': (_, response) => {
        response.writeHead(201, { 'Content-Type': 'text/plain', 'Content-Length': 11 })
        response.write('hello')
        response.write(' ')
        response.end('world')
      },
      'by its flushed head first': (_, response) => {
        response.statusCode = 201
        response.setHeader('Content-Type', 'image/png')
        response.flushHeaders()
        assert.throws(() => response.setHeader('X-Late', '1'), { code: 'ERR_HTTP_HEADERS_SENT' })
        setImmediate(() => {
          response.write('hello ')
          response.end('world', 'utf8')
        })
      },
    }
    /** A request whose response waits for the store and goes on; the promise is not awaited yet. */
    const sendAndWait = async (): Promise<{ sent: ReturnType<TestServer['send']> | undefined }> => {
      store.isHeld = true
      const sent = server?.send()
      await asked(1)
      store.isHeld = false
      store.answerAll()
      return { sent }
    }
    for (const phase of [3, 4]) {
      for (const [how, handler] of Object.entries(handlers)) {
        it(`that is written ${how}, wait in phase ${phase} before it goes out`, async () => {
          await load(rules(phase))
          await serve(handler)
          const { sent } = await sendAndWait()
          const answer = await sent
          assert.equal(answer?.body, 'hello world')
          assert.equal(answer.status, how === 'in one piece' ? 200 : 201)
        })

        it(`that is written ${how}, refuse it when they have waited in phase ${phase}`, async () => {
          store.records.set('/global/all', { stop: '1' })
          await load(rules(phase))
          // What is on its way before phase 4 can only be cut off.
          const isCut = phase === 4 && how === 'by its flushed head first'
          await serve(handler)
          const { sent } = await sendAndWait()
          if (isCut) await assert.rejects(sent ?? Promise.resolve())
          else assert.equal((await sent)?.status, 502)
        })
      }
    }

    it('tell the handler to slow down, and when to go on', async () => {
      await load(rules(3))
      const seen: string[] = []
      await serve((_, response) => {
        seen.push(String(response.write('hello ')))
        response.once('drain', () => {
          seen.push('drain')
          response.end('world', () => seen.push('ended'))
        })
      })
      store.isHeld = true
      const sent = server?.send()
      await asked(1)
      assert.deepEqual(seen, ['false'])
      store.isHeld = false
      store.answerAll()
      assert.equal((await sent)?.body, 'hello world')
      await until(() => seen.length === 3)
      assert.deepEqual(seen, ['false', 'drain', 'ended'])
    })

    it('are given up when the client goes away', async () => {
      await load(rules(4))
      let isCalledBack = false
      const site = await serve((_, response) => {
        response.setHeader('Content-Type', 'text/plain').end('hello', () => {
          isCalledBack = true
        })
      })
      store.isHeld = true
      const socket = await site.connect()
      socket.write('GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n')
      await asked(1)
      socket.destroy()
      await until(() => waits().waiting === 0 && isCalledBack)
    })

    it('pass a body in one piece that is longer than their limit once, and whole', async () => {
      await load(`${rules(3)}\nSecResponseBodyLimit 1000\nSecResponseBodyLimitAction ProcessPartial`)
      await serve((_, response) => {
        response.setHeader('Content-Type', 'text/plain').end('x'.repeat(5000))
      })
      assert.equal((await server?.send())?.body.length, 5000)
    })
  })
})

describe('rule sets that never wait', () => {
  it('make no promise of a step', async () => {
    const waf = await Waf.load({
      rules: 'SecRuleEngine On\nSecAction "id:1,phase:1,pass,nolog,initcol:ip=x,setvar:ip.n=+1"',
    })
    assert.equal(waf.sync, true)
    const tx = waf.transaction()
    assert.equal(tx.processRequestHeadersSync({ method: 'GET', uri: '/' }).action, 'pass')
    const step: unknown = tx.stepRequestBody()
    assert.ok(!(step instanceof Promise))
    tx.close()
    assert.equal((waf.stats().waits as Record<string, number>).loads, 0)
    await waf.close()
  })
})
