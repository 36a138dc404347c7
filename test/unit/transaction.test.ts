// SPDX-License-Identifier: Apache-2.0
// A transaction from JavaScript: order of steps, verdicts, events, what may be asked when.

import assert from 'node:assert/strict'

import { SecluaError, Waf, type MatchedRule, type Transaction, type Verdict } from '../../lib/index.js'

const rules = `
SecRuleEngine On
SecRequestBodyAccess On
SecResponseBodyAccess On
SecResponseBodyMimeType text/plain
SecRule ARGS:a "@streq one" "id:1,phase:1,pass,log,msg:'first',setvar:tx.Seen=1"
SecRule ARGS:a "@streq stop" "id:2,phase:1,deny,status:418,log,msg:'%{MATCHED_VAR_NAME} stops'"
SecRule ARGS_POST:b "@streq two" "id:3,phase:2,pass,log"
SecRule RESPONSE_STATUS "@eq 500" "id:4,phase:3,deny,status:502,log"
SecRule RESPONSE_BODY "@contains secret" "id:5,phase:4,deny,status:503,log"
SecAction "id:6,phase:5,pass,nolog,setvar:tx.logged=1"
SecRule ARGS:to "@rx ." "id:7,phase:1,redirect:'https://example.org/%{ARGS.to}',log"
SecRule ARGS:drop "@rx ." "id:8,phase:1,drop,log"
`
const head = { method: 'GET', uri: '/' }
const formHead = {
  method: 'POST',
  uri: '/',
  headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
}
const page = { status: 200, headers: { 'Content-Type': 'text/plain' } }

describe('a transaction', () => {
  let waf: Waf
  let tx: Transaction
  beforeEach(() => {
    waf = Waf.loadSync({ rules })
    tx = waf.transaction({ clientAddress: '192.0.2.7', clientPort: 1234 })
  })
  afterEach(async () => {
    tx.close()
    await waf.close()
  })

  it('goes through its five phases and passes', async () => {
    const verdicts: Verdict[] = [
      await tx.processRequestHeaders(formHead),
      tx.writeRequestBody(Buffer.from('b=t')),
      tx.writeRequestBody(Buffer.from('wo')),
      await tx.processRequestBody(),
      await tx.processResponseHeaders(page),
      tx.writeResponseBody(Buffer.from('hello')),
      await tx.processResponseBody(),
    ]
    await tx.processLogging()
    for (const verdict of verdicts) assert.deepEqual(verdict, { action: 'pass', status: 0 })
    assert.deepEqual(
      tx.matches.map(({ id }) => id),
      [3, 6],
    )
    assert.deepEqual(tx.variable('TX:logged'), [{ name: 'TX:logged', value: '1' }])
  })

  it('gives the same frozen verdict to all that pass', () => {
    const verdict = tx.processRequestHeadersSync(head)
    assert.ok(Object.isFrozen(verdict))
    assert.equal(tx.processRequestBodySync(), verdict)
    assert.equal(waf.transaction().verdict, verdict)
  })

  it('keeps the first intervention for all steps that follow', () => {
    const verdict = tx.processRequestHeadersSync({ method: 'GET', uri: '/?a=stop' })
    const expected = { action: 'deny', status: 418, ruleId: 2, phase: 1, message: 'ARGS:a stops' }
    assert.deepEqual(verdict, expected)
    assert.equal(tx.writeRequestBody(Buffer.from('b=two')), verdict)
    assert.equal(tx.processRequestBodySync(), verdict)
    assert.equal(tx.processResponseHeadersSync({ status: 500 }), verdict)
    assert.equal(tx.verdict, verdict)
    assert.deepEqual(
      tx.matches.map(({ id }) => id),
      [2],
    )
  })

  it('can be redirected and dropped', () => {
    const verdict = tx.processRequestHeadersSync({ method: 'GET', uri: '/?to=here' })
    assert.deepEqual(
      [verdict.action, verdict.status, verdict.url],
      ['redirect', 302, 'https://example.org/here'],
    )
    assert.equal(waf.evaluateSync({ method: 'GET', uri: '/?drop=1' }).verdict.action, 'drop')
  })

  it('can be stopped by the head and by the body of its response', () => {
    const status = (response: { status: number; body?: string }): number =>
      waf.evaluateSync(head, { ...page, ...response }).verdict.status
    assert.equal(status({ status: 500 }), 502)
    assert.equal(status({ status: 200, body: 'a secret' }), 503)
    assert.equal(status({ status: 200, body: 'a page' }), 0)
  })

  it('refuses steps out of order and repeated steps, and evaluates nothing for them', () => {
    const isOrder = { code: 'SECLUA_E_ORDER' }
    assert.throws(() => tx.processRequestBodySync(), isOrder)
    assert.throws(() => tx.writeRequestBody(Buffer.from('x')), isOrder)
    assert.throws(() => {
      tx.processLoggingSync()
    }, isOrder)
    tx.processRequestHeadersSync({ method: 'GET', uri: '/?a=one' })
    assert.throws(() => tx.processRequestHeadersSync({ method: 'GET', uri: '/?a=one' }), isOrder)
    assert.throws(() => tx.processResponseHeadersSync(page), isOrder)
    assert.deepEqual(
      tx.matches.map(({ id }) => id),
      [1],
    )
    tx.processLoggingSync()
    assert.throws(() => {
      tx.processLoggingSync()
    }, isOrder)
  })

  it('rejects the promise of a step out of order', async () => {
    await assert.rejects(tx.processRequestBody(), { code: 'SECLUA_E_ORDER' })
  })

  it('refuses chunks that are no bytes', () => {
    tx.processRequestHeadersSync(formHead)
    assert.throws(() => tx.writeRequestBody('b=two' as unknown as Uint8Array), { code: 'SECLUA_E_ARGUMENT' })
    assert.throws(() => tx.writeRequestBody(new Uint16Array(2) as unknown as Uint8Array), {
      code: 'SECLUA_E_ARGUMENT',
    })
  })

  it('is over after close: its verdict, matches and id stay, every step is refused', () => {
    tx.processRequestHeadersSync({ method: 'GET', uri: '/?a=one' })
    const { id } = tx
    tx.close()
    tx.close()
    assert.equal(tx.id, id)
    assert.deepEqual(
      tx.matches.map((match) => match.id),
      [1, 6],
    )
    assert.deepEqual(tx.verdict, { action: 'pass', status: 0 })
    const isClosed = (error: unknown): boolean =>
      error instanceof SecluaError && error.code === 'SECLUA_E_CLOSED'
    assert.throws(() => tx.processRequestBodySync(), isClosed)
    assert.throws(() => tx.variable('TX'), isClosed)
  })

  it('makes nothing at close of what nobody logs or asked for', async () => {
    const quiet = await Waf.load({ rules: 'SecRuleEngine On\nSecAction "id:1,phase:1,nolog,pass"' })
    const closed = (asks: boolean): readonly unknown[] => {
      const one = quiet.transaction()
      one.processRequestHeadersSync(head)
      if (asks) assert.equal(one.matches.length, 1)
      one.close()
      return one.matches
    }
    assert.deepEqual(closed(false), [])
    assert.equal(closed(true).length, 1)
    assert.deepEqual(quiet.stats()['matches'], { 1: 2 })
  })

  it('never means another transaction after close', () => {
    tx.close()
    const next = waf.transaction()
    next.processRequestHeadersSync({ method: 'GET', uri: '/?a=one' })
    assert.throws(() => tx.processRequestHeadersSync(head), { code: 'SECLUA_E_CLOSED' })
    assert.deepEqual(
      next.matches.map(({ id }) => id),
      [1],
    )
    next.close()
  })

  it('has an id of its own that the rules see', () => {
    tx.processRequestHeadersSync(head)
    assert.deepEqual(
      tx.variable('UNIQUE_ID').map(({ value }) => value),
      [tx.id],
    )
    assert.notEqual(waf.transaction().id, tx.id)
  })

  it('shows its connection and its variables', () => {
    tx.processRequestHeadersSync({ method: 'GET', uri: '/?a=1&A=2' })
    assert.deepEqual(
      tx.variable('REMOTE_ADDR').map(({ value }) => value),
      ['192.0.2.7'],
    )
    assert.deepEqual(
      tx.variable('REMOTE_PORT').map(({ value }) => value),
      ['1234'],
    )
    assert.deepEqual(
      tx.variable('ARGS').map(({ name, value }) => [name, value]),
      [
        ['ARGS:a', '1'],
        ['ARGS:A', '2'],
      ],
    )
    assert.throws(() => tx.variable('NOTHING_SUCH'), { code: 'SECLUA_E_ARGUMENT', message: /NOTHING_SUCH/ })
  })

  it('runs phase 5 on close, once', () => {
    tx.processRequestHeadersSync(head)
    tx.close()
    assert.equal(waf.stats()['transactions'], 1)
    const logged = (waf.stats()['matches'] as Record<string, number>)['6']
    assert.equal(logged, 1)
  })

  describe('and its events', () => {
    it('come in order, before the step returns', () => {
      const seen: string[] = []
      waf.on('match', (match, of) => seen.push(`match ${match.id} ${of === tx ? 'mine' : 'other'}`))
      waf.on('interruption', (verdict, of) =>
        seen.push(`interruption ${verdict.status} ${of === tx ? 'mine' : 'other'}`),
      )
      tx.processRequestHeadersSync({ method: 'GET', uri: '/?a=one&a=stop' })
      assert.deepEqual(seen, ['match 1 mine', 'match 2 mine', 'interruption 418 mine'])
      tx.processRequestBodySync()
      assert.equal(seen.filter((line) => line.startsWith('interruption')).length, 1)
    })

    it('tell each match once, with all that is known of it', () => {
      const seen: MatchedRule[] = []
      waf.on('match', (match) => seen.push(match))
      tx.processRequestHeadersSync({ method: 'GET', uri: '/?a=one' })
      tx.processRequestBodySync()
      tx.close()
      const [match] = seen.filter(({ id }) => id === 1)
      assert.equal(seen.filter(({ id }) => id === 1).length, 1)
      const { logLine, ...facts } = match ?? assert.fail('no match')
      assert.deepEqual(facts, {
        id: 1,
        phase: 1,
        message: 'first',
        data: '',
        severity: null,
        tags: [],
        ver: '',
        rev: '',
        maturity: 0,
        accuracy: 0,
        file: 'rules',
        line: 6,
        disruptive: false,
        log: true,
        variables: [{ name: 'ARGS:a', value: 'one', link: 0 }],
      })
      assert.match(logLine, /\[id "1"\]/)
    })

    it('leave the transaction whole when a listener throws', () => {
      waf.on('match', () => {
        throw new Error('a listener of mine')
      })
      assert.throws(
        () => tx.processRequestHeadersSync({ method: 'GET', uri: '/?a=one' }),
        /a listener of mine/,
      )
      assert.deepEqual(
        tx.matches.map(({ id }) => id),
        [1],
      )
      waf.removeAllListeners()
      assert.equal(tx.processRequestBodySync().action, 'pass')
    })

    it('may close the transaction that they tell of', () => {
      waf.on('match', (_, of) => {
        of.close()
      })
      const verdict = tx.processRequestHeadersSync({ method: 'GET', uri: '/?a=one' })
      assert.equal(verdict.action, 'pass')
      assert.throws(() => tx.processRequestBodySync(), { code: 'SECLUA_E_CLOSED' })
    })
  })
})

describe('what only the server knows', () => {
  const told = `
SecRuleEngine On
SecContentInjection On
SecRule ARGS_PATH:id "@streq café" "id:1,phase:3,pass"
SecRule ARGS:id "@rx ." "id:2,phase:3,pass"
SecRule WEBSERVER_ERROR_LOG "@contains upstream" "id:3,phase:5,pass"
SecRule STATUS_LINE "@streq HTTP/1.1 200 Fine" "id:4,phase:3,pass"
SecRule SERVER_NAME "@streq shop.example" "id:5,phase:1,pass"
SecRule REMOTE_USER "@streq ada" "id:6,phase:1,pass"
SecRule UNIQUE_ID "@streq my-id" "id:7,phase:1,pass,setenv:tier=gold,append:'x'"
`

  it('reaches the rules: route parameters, error lines, reason, name, user and id', async () => {
    const waf = Waf.loadSync({ rules: told })
    const tx = waf.transaction({ id: 'my-id', serverName: 'shop.example', remoteUser: 'ada' })
    await tx.processRequestHeaders({ method: 'GET', uri: '/' })
    await tx.processRequestBody()
    tx.addPathParam('id', 'café')
    await tx.processResponseHeaders({ status: 200, reason: 'Fine' })
    await tx.processResponseBody()
    tx.addServerError('no live upstream')
    await tx.processLogging()
    assert.equal(tx.id, 'my-id')
    assert.deepEqual(
      tx.matches.map(({ id }) => id),
      [5, 6, 7, 1, 2, 4, 3],
    )
    assert.deepEqual(tx.env, { tier: 'gold' })
    assert.equal(tx.changes.append?.toString(), 'x')
    tx.close()
    assert.equal(tx.changes.append.toString(), 'x')
    assert.throws(
      () => {
        tx.addPathParam('id', '1')
      },
      new SecluaError('SECLUA_E_CLOSED', 'this transaction is closed'),
    )
    await waf.close()
  })

  it('is not there when nobody says it', async () => {
    const waf = Waf.loadSync({ rules: told })
    const { matches, changes } = waf.evaluateSync({ method: 'GET', uri: '/' }, { status: 200 })
    assert.deepEqual(matches, [])
    assert.equal(changes, undefined)
    await waf.close()
  })
})
