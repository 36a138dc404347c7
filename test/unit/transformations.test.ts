// SPDX-License-Identifier: Apache-2.0
// Transformations that JavaScript computes: what they see, what they give, and where they cannot be called.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'

import {
  ConfigError,
  registerTransformation,
  Waf,
  type Transaction,
  type WafOptions,
} from '../../lib/index.js'

const options = (
  transformations: WafOptions['transformations'],
  actions = '',
  more: WafOptions = {},
): WafOptions => ({
  rules: `SecRuleEngine On
SecRule ARGS:a "@streq cba" "id:1,phase:1,deny,status:403,t:none,t:own${actions},msg:'%{MATCHED_VAR}'"`,
  ...(transformations !== undefined && { transformations }),
  ...more,
})
const reverse = (value: Buffer): Buffer => Buffer.from(value).reverse()
const get = (value: string): { method: string; uri: string } => ({ method: 'GET', uri: `/?a=${value}` })
const logOf = (waf: Waf, value = 'x'): string =>
  waf
    .evaluateSync(get(value))
    .logs.map(({ message }) => message)
    .join('\n')

describe('a transformation in JavaScript', () => {
  for (const acceleration of [true, false]) {
    it(`makes what the rule sees, acceleration ${acceleration ? 'on' : 'off'}`, () => {
      const seen: string[] = []
      const own = (value: Buffer): Buffer => {
        seen.push(value.toString('latin1'))
        return reverse(value)
      }
      const waf = Waf.loadSync(options({ own }, ',t:lowercase', { acceleration }))
      assert.equal(waf.evaluateSync(get('ABC')).verdict.action, 'deny')
      assert.equal(waf.evaluateSync(get('abd')).verdict.action, 'pass')
      assert.equal(waf.evaluateSync(get('%00%ff')).verdict.action, 'pass')
      assert.deepEqual(seen, ['ABC', 'abd', '\x00\xff'])
    })
  }

  it('is known under its name in any case, beside Lua files and after a reload', async () => {
    const waf = Waf.loadSync(options({ first: (value) => value, OWN: reverse }))
    assert.equal(waf.evaluateSync(get('abc')).verdict.action, 'deny')
    await waf.reload(options({ own: () => Buffer.from('cba') }))
    assert.equal(waf.evaluateSync(get('whatever')).verdict.action, 'deny')
    await waf.close()
  })

  it('may be registered for every Waf; the option goes before', () => {
    registerTransformation('own', reverse)
    assert.equal(Waf.loadSync(options(undefined)).evaluateSync(get('abc')).verdict.action, 'deny')
    assert.equal(
      Waf.loadSync(options({ Own: (value) => value })).evaluateSync(get('abc')).verdict.action,
      'pass',
    )
  })

  const failures: [string, unknown, string][] = [
    [
      'throws',
      () => {
        throw new Error('no luck')
      },
      'failed: it threw no luck',
    ],
    [
      'throws no error',
      () => {
        throw 5 as unknown as Error
      },
      'failed: it threw 5',
    ],
    [
      'throws what cannot be shown',
      () => {
        throw {
          get message(): string {
            throw new Error('again')
          },
        } as Error
      },
      'failed: it',
    ],
    ['returns a text', () => 'cba', 'failed: it returned no Buffer'],
    ['returns a promise', () => Promise.resolve(Buffer.from('cba')), 'failed: it returned no Buffer'],
    ['returns nothing', () => undefined, 'failed: it returned no Buffer'],
    ['returns too much', () => Buffer.alloc(2 * 1024 * 1024), 'failed: its result is too long'],
  ]
  for (const [what, own, text] of failures) {
    it(`that ${what} leaves its value untested, and the log says why`, () => {
      const given = { own } as WafOptions['transformations']
      const waf = Waf.loadSync(options(given))
      assert.ok(logOf(waf).includes(`t:own ${text}`), logOf(waf))
      assert.equal(waf.evaluateSync(get('x')).verdict.action, 'pass')
      const strict = Waf.loadSync(options(given, '', { lua: { onError: 'match' } }))
      assert.equal(strict.evaluateSync(get('x')).verdict.action, 'deny')
    })
  }

  it('cannot use a transaction, and another one only after its step', () => {
    let other: Transaction | undefined
    const attempts: (() => unknown)[] = [
      () => waf.evaluateSync(get('x')),
      () => other?.close(),
      () => other?.processRequestBodySync(),
      () => waf.transaction(),
    ]
    let attempt: (() => unknown) | undefined
    const codes: unknown[] = []
    const waf: Waf = Waf.loadSync(
      options({
        own: (value) => {
          try {
            attempt?.()
          } catch (error) {
            codes.push((error as { code?: string }).code)
          }
          return reverse(value)
        },
      }),
    )
    for (const each of attempts) {
      other = waf.transaction()
      other.processRequestHeadersSync(get('y'))
      attempt = each
      assert.equal(waf.evaluateSync(get('abc')).verdict.action, 'deny')
      attempt = undefined
    }
    assert.deepEqual(
      codes,
      attempts.map(() => 'SECLUA_E_ORDER'),
    )
  })

  it('is not asked when its thread ends with a transaction open', async () => {
    const script = `
      const { Waf } = require(${JSON.stringify(join(__dirname, '../../dist/index.js'))})
      const { parentPort } = require('node:worker_threads')
      const rules = 'SecRuleEngine On\\nSecRule ARGS "@streq x" "id:1,phase:5,pass,t:none,t:own"'
      const waf = Waf.loadSync({ rules, transformations: { own: (value) => { parentPort.postMessage('asked'); return value } } })
      const tx = waf.transaction()
      tx.processRequestHeadersSync({ method: 'GET', uri: '/?a=x' })
      globalThis.kept = tx
      parentPort.postMessage('ready')
      process.exit(0)`
    const worker = new Worker(script, { eval: true })
    const messages: unknown[] = []
    worker.on('message', (message) => messages.push(message))
    const [code] = (await once(worker, 'exit')) as [number]
    assert.equal(code, 0)
    assert.deepEqual(messages, ['ready'])
  })

  it('is refused when it is no function, or its name is taken', () => {
    assert.throws(() => Waf.loadSync(options({ own: 5 as unknown as string })), { code: 'SECLUA_E_OPTION' })
    assert.throws(() => Waf.loadSync(options({ own: 'own.txt' })), { code: 'SECLUA_E_OPTION' })
    assert.throws(
      () => {
        registerTransformation('own', 'x' as never)
      },
      { code: 'SECLUA_E_OPTION' },
    )
    assert.throws(
      () => Waf.loadSync(options({ own: reverse, Lowercase: reverse })),
      (error: unknown) => error instanceof ConfigError && error.diagnostics[0]?.code === 'SECLUA_E_BAD_VALUE',
    )
  })
})
