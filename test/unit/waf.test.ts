// SPDX-License-Identifier: Apache-2.0
// A Waf: whole evaluations, reload, counters, logs, audit records, its end.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ConfigError, Waf, type LogRecord, type WafOptions } from '../../lib/index.js'

const deny = (value: string, id = 1): string =>
  `SecRuleEngine On\nSecRule ARGS "@streq ${value}" "id:${id},phase:2,deny,status:403,log"`
const get = (value: string): { method: string; uri: string } => ({ method: 'GET', uri: `/?a=${value}` })

describe('evaluate', () => {
  it('gives the same as evaluateSync', async () => {
    const waf = Waf.loadSync({ rules: deny('x') })
    const { verdict, matches, ...rest } = await waf.evaluate(get('x'))
    const twin = waf.evaluateSync(get('x'))
    assert.deepEqual(verdict, twin.verdict)
    assert.deepEqual(
      matches.map(({ id }) => id),
      twin.matches.map(({ id }) => id),
    )
    assert.deepEqual(rest, { logs: [], tx: {} })
  })

  it('gives the TX collection with names in lower case', () => {
    const rules =
      'SecRuleEngine On\nSecAction "id:1,phase:1,nolog,pass,setvar:tx.Score=4,setvar:tx.Score=+1,setvar:tx.__proto__=x"'
    const { tx } = Waf.loadSync({ rules }).evaluateSync(get('x'))
    assert.deepEqual(Object.entries(tx).sort(), [
      ['__proto__', 'x'],
      ['score', '5'],
    ])
    assert.equal(Object.getPrototypeOf(tx), Object.prototype)
  })

  it('rejects what it cannot read, and leaves nothing open', async () => {
    const waf = Waf.loadSync({ rules: deny('x') })
    await assert.rejects(waf.evaluate({ method: 'GET' } as unknown as { method: string; uri: string }), {
      code: 'SECLUA_E_ARGUMENT',
    })
    assert.deepEqual(waf.stats()['verdicts'], { pass: 1, deny: 0, drop: 0, redirect: 0, proxy: 0 })
  })
})

describe('logs', () => {
  let folder = ''
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'seclua-logs-'))
    writeFileSync(
      join(folder, 'say.lua'),
      'function main()\n  m.log(3, "one")\n  m.log(2, "two")\n  return nil\nend\n',
    )
  })
  after(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  const rules = 'SecRuleEngine On\nSecRuleScript say.lua "id:1,phase:1,pass,nolog"'

  it('of a script are in the result with level, line and transaction', () => {
    const { logs } = Waf.loadSync({ rules, cwd: folder }).evaluateSync(get('x'))
    assert.deepEqual(
      logs.map(({ level, message }) => [level, message]),
      [
        [3, 'one'],
        [2, 'two'],
      ],
    )
    assert.match(logs[0]?.source ?? '', /say\.lua:2$/)
    assert.equal(logs[0]?.transactionId, logs[1]?.transactionId)
  })

  it('of a script are emitted in order, each once, before the step returns', () => {
    const waf = Waf.loadSync({ rules, cwd: folder })
    const seen: LogRecord[] = []
    waf.on('log', (record) => seen.push(record))
    const tx = waf.transaction()
    tx.processRequestHeadersSync(get('x'))
    assert.deepEqual(
      seen.map(({ message }) => message),
      ['one', 'two'],
    )
    tx.processRequestBodySync()
    tx.close()
    assert.equal(seen.length, 2)
    assert.equal(seen[0]?.transactionId, tx.id)
  })
})

describe('audit records', () => {
  const rules = `${deny('x')}\nSecAuditEngine RelevantOnly\nSecAuditLogParts ABFHZ`

  it('are objects, for the transactions that the audit engine chose', () => {
    const waf = Waf.loadSync({ rules })
    assert.equal(waf.evaluateSync(get('y')).audit, undefined)
    const { audit } = waf.evaluateSync(get('x'))
    assert.ok(typeof audit === 'object' && JSON.stringify(audit).includes('/?a=x'))
  })

  it('are emitted, once for each transaction', () => {
    const waf = Waf.loadSync({ rules })
    const seen: object[] = []
    waf.on('audit', (record) => seen.push(record))
    waf.evaluateSync(get('y'))
    waf.evaluateSync(get('x'))
    const tx = waf.transaction()
    tx.processRequestHeadersSync(get('x'))
    tx.processRequestBodySync()
    tx.close()
    assert.equal(seen.length, 2)
  })
})

describe('reload', () => {
  const actionOf = (waf: Waf, value: string): string => waf.evaluateSync(get(value)).verdict.action

  it('puts new rules into force', async () => {
    const waf = await Waf.load({ rules: deny('old') })
    await waf.reload({ rules: deny('new') })
    assert.deepEqual([actionOf(waf, 'old'), actionOf(waf, 'new')], ['pass', 'deny'])
  })

  it('reads the same files again when it is given nothing', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'seclua-reload-'))
    const file = join(folder, 'rules.conf')
    writeFileSync(file, deny('old'))
    const waf = await Waf.load({ files: file })
    writeFileSync(file, deny('new'))
    await waf.reload()
    rmSync(folder, { recursive: true })
    assert.deepEqual([actionOf(waf, 'old'), actionOf(waf, 'new')], ['pass', 'deny'])
  })

  it('leaves the old rules in force on an error, and a later reload reads what was last in force', async () => {
    const waf = await Waf.load({ rules: deny('old') })
    await assert.rejects(waf.reload({ rules: 'SecNothing' }), ConfigError)
    await assert.rejects(waf.reload({ engine: 'on' as 'On' }), { code: 'SECLUA_E_OPTION' })
    assert.equal(actionOf(waf, 'old'), 'deny')
    await waf.reload()
    assert.equal(actionOf(waf, 'old'), 'deny')
  })

  it('lets transactions under way go on with the rules that they began with', async () => {
    const waf = await Waf.load({ rules: deny('old') })
    const tx = waf.transaction()
    tx.processRequestHeadersSync(get('old'))
    await waf.reload({ rules: deny('new') })
    assert.equal(tx.processRequestBodySync().action, 'deny')
    tx.close()
  })

  it('lets the last of several at once win', async () => {
    const waf = await Waf.load({ rules: deny('old') })
    const many = ['a', 'b', 'c'].map((value) => waf.reload({ rules: deny(value) }))
    await Promise.all(many)
    assert.deepEqual(
      ['a', 'b', 'c'].map((value) => actionOf(waf, value)),
      ['pass', 'pass', 'deny'],
    )
  })

  it('keeps the counters and the collections', async () => {
    const count =
      'SecRuleEngine On\nSecAction "id:1,phase:1,nolog,pass,initcol:ip=%{REMOTE_ADDR},setvar:ip.n=+1"'
    const waf = await Waf.load({ rules: count })
    waf.evaluateSync(get('x'))
    await waf.reload()
    const tx = waf.transaction()
    tx.processRequestHeadersSync(get('x'))
    assert.deepEqual(
      tx.variable('IP:n').map(({ value }) => value),
      ['2'],
    )
    tx.close()
    assert.equal(waf.stats()['transactions'], 2)
    assert.deepEqual(waf.stats()['matches'], { 1: 2 })
  })
})

describe('acceleration', () => {
  it('does not ask what the rules have settled themselves', async () => {
    const rules = `SecRuleEngine On
SecAction "id:1,phase:1,nolog,pass,setvar:tx.level=1"
SecRule TX:level "@lt 2" "id:2,phase:1,nolog,pass,skipAfter:END"
SecRule REQUEST_METHOD "!@streq PUT" "id:3,phase:1,nolog,pass"
SecMarker END
SecRule TX:level "@ge 2" "id:4,phase:1,nolog,pass"
SecRule TX:level "@ge 3" "id:5,phase:2,nolog,pass"`
    const evaluated = async (acceleration: boolean): Promise<unknown> => {
      const waf = await Waf.load({ rules, acceleration })
      waf.evaluateSync(get('x'))
      assert.deepEqual(waf.stats()['matches'], { 1: 1, 2: 1 })
      return waf.stats()['rulesEvaluated']
    }
    assert.equal(await evaluated(false), 4)
    assert.equal(await evaluated(true), 2)
  })
})

describe('the value cache', () => {
  const rules = 'SecRuleEngine On\nSecRule REQUEST_HEADERS:a "@rx evil" "id:1,phase:1,deny,t:lowercase"'
  const ask = (waf: Waf, a: string): string =>
    waf.evaluateSync({ method: 'GET', uri: '/', headers: [['a', a]] }).verdict.action

  it('takes over what is known of header texts that keep coming', async () => {
    const waf = await Waf.load({ rules })
    for (let i = 0; i < 5; i++) {
      assert.equal(ask(waf, 'a usual value'), 'pass')
      assert.equal(ask(waf, 'an EVIL value'), 'deny')
    }
    // ten names, of which the first is new and the second is kept; of each value likewise
    assert.deepEqual(waf.stats()['valueCache'], { lookups: 20, hits: 14 })
    await waf.close()
  })

  it('is off when it may keep nothing', async () => {
    const waf = await Waf.load({ rules, valueCacheBytes: 0 })
    for (let i = 0; i < 3; i++) assert.equal(ask(waf, 'an EVIL value'), 'deny')
    assert.deepEqual(waf.stats()['valueCache'], { lookups: 0, hits: 0 })
    await waf.close()
  })
})

describe('embedded files', () => {
  it('stand for files that rules name', async () => {
    const embeddedFiles = { 'words.data': 'forbidden\n', 'nets.data': Buffer.from('10.0.0.0/8\n') }
    const rules =
      'SecRuleEngine On\nSecRule ARGS:a "@pmFromFile words.data" "id:1,phase:1,deny"\n' +
      'SecRule ARGS:b "@ipMatchFromFile nets.data" "id:2,phase:1,deny"'
    const waf = Waf.loadSync({ rules, embeddedFiles })
    const verdict = (uri: string): number | undefined =>
      waf.evaluateSync({ method: 'GET', uri }).verdict.ruleId
    assert.deepEqual(['/?a=forbidden', '/?b=10.1.2.3', '/?a=x&b=1.1.1.1'].map(verdict), [1, 2, undefined])
    await waf.close()
    assert.throws(() => Waf.loadSync({ rules: '', embeddedFiles: { a: 1 } as never }), /embeddedFiles/)
  })
})

describe('collections', () => {
  const rules =
    'SecRuleEngine On\nSecAction "id:1,phase:1,nolog,pass,initcol:ip=%{REMOTE_ADDR},setvar:ip.n=+1"'
  const next = (waf: Waf): string | undefined => {
    const tx = waf.transaction()
    tx.processRequestHeadersSync(get('x'))
    const [counted] = tx.variable('IP:n')
    tx.close()
    return counted?.value
  }

  it('last from transaction to transaction of one Waf, and two Wafs of a thread share none', () => {
    const [first, second] = [Waf.loadSync({ rules }), Waf.loadSync({ rules })]
    assert.deepEqual([next(first), next(first), next(second)], ['1', '2', '1'])
  })

  for (const scopeAll of [false, true]) {
    it(`are ${scopeAll ? 'told apart' : 'shared'} by SecWebAppId with scopeAll: ${String(scopeAll)}`, async () => {
      const options = (name: string): WafOptions => ({
        rules: `SecWebAppId ${name}\n${rules}`,
        collections: { scopeAll },
      })
      const waf = Waf.loadSync(options('one'))
      assert.equal(next(waf), '1')
      await waf.reload(options('two'))
      assert.equal(next(waf), scopeAll ? '1' : '2')
      await waf.reload(options('one'))
      assert.equal(next(waf), scopeAll ? '2' : '3')
    })
  }

  it('keep as many records as collections.limits.records says', () => {
    const waf = Waf.loadSync({
      rules: 'SecRuleEngine On\nSecAction "id:1,phase:1,nolog,pass,initcol:ip=%{ARGS.k},setvar:ip.n=1"',
      collections: { limits: { records: 128 } },
    })
    for (let i = 0; i < 1000; i++) waf.evaluateSync({ method: 'GET', uri: `/?k=${String(i)}` })
    const { records, evictions } = waf.stats().store as { records: number; evictions: number }
    assert.ok(records <= 128 && records > 32, String(records))
    assert.equal(records + evictions, 1000)
  })

  it('limits have bounds of their own', () => {
    for (const limits of [{ opened: 17 }, { variables: 0 }, { fileBytes: 4096 }, { records: -1 }]) {
      assert.throws(
        () => Waf.loadSync({ rules: '', collections: { limits } }),
        /option collections\.limits\./,
      )
    }
  })
})

describe('stats', () => {
  it('count transactions, verdicts and matches by rule', () => {
    const waf = Waf.loadSync({ rules: deny('x', 77) })
    for (const value of ['x', 'y', 'x']) waf.evaluateSync(get(value))
    const { rules, scripts, transactions, interventions, verdicts, matches } = waf.stats()
    assert.deepEqual(
      { rules, scripts, transactions, interventions, verdicts, matches },
      {
        rules: 1,
        scripts: 0,
        transactions: 3,
        interventions: 2,
        verdicts: { pass: 1, deny: 2, drop: 0, redirect: 0, proxy: 0 },
        matches: { 77: 2 },
      },
    )
  })
})

describe('a Waf', () => {
  it('is made by load alone', () => {
    const Plain = Waf as unknown as new () => Waf
    assert.throws(() => new Plain(), { code: 'SECLUA_E_ARGUMENT' })
  })

  it('refuses new transactions after close; those under way go on, and its counters stay', async () => {
    const waf = Waf.loadSync({ rules: deny('x') })
    const tx = waf.transaction()
    tx.processRequestHeadersSync(get('x'))
    await waf.close()
    await waf.close()
    assert.equal(tx.processRequestBodySync().action, 'deny')
    tx.close()
    assert.throws(() => waf.transaction(), { code: 'SECLUA_E_CLOSED' })
    assert.throws(() => waf.evaluateSync(get('x')), { code: 'SECLUA_E_CLOSED' })
    await assert.rejects(waf.evaluate(get('x')), { code: 'SECLUA_E_CLOSED' })
    await assert.rejects(waf.reload(), { code: 'SECLUA_E_CLOSED' })
    assert.equal(waf.stats()['transactions'], 1)
  })

  it('says what its configuration only warns of', () => {
    const { warnings } = Waf.loadSync({ rules: 'SecRule ARGS "@rx x" "id:1,phase:2,deny"' })
    assert.ok(warnings.length > 0)
    for (const { severity, code } of warnings) {
      assert.equal(severity, 'warning')
      assert.match(code, /^SECLUA_W_/)
    }
  })
})
