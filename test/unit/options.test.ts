// SPDX-License-Identifier: Apache-2.0
// What Waf.load makes of its options: every wrong name and value is refused by name, before anything is compiled.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { SecluaError, Waf, type WafOptions } from '../../lib/index.js'

const deny = (id: number): string => `SecRule ARGS "@streq ${id}" "id:${id},phase:2,deny,status:418"`

/** Options as a JavaScript program without types would pass them. */
const loose = (options: unknown): WafOptions => options as WafOptions

function assertRefused(options: unknown, code: string, message: RegExp): void {
  const isExpected = (error: unknown): boolean => {
    assert.ok(error instanceof SecluaError)
    assert.equal(error.code, code)
    assert.match(error.message, message)
    return true
  }
  assert.throws(() => Waf.loadSync(loose(options)), isExpected)
}

describe('options', () => {
  it('names an option that does not exist, also inside others', () => {
    assertRefused({ file: 'x.conf' }, 'SECLUA_E_OPTION', /\bfile\b/)
    assertRefused({ rules: '', lua: { maxinstructions: 1 } }, 'SECLUA_E_OPTION', /lua\.maxinstructions/)
    assertRefused({ rules: '', lua: { allow: { net: true } } }, 'SECLUA_E_OPTION', /lua\.allow\.net/)
    assertRefused({ rules: '', compat: { v2: true } }, 'SECLUA_E_OPTION', /compat\.v2/)
  })

  it('names the option whose value is wrong', () => {
    const wrong: [unknown, RegExp][] = [
      [{ files: 7 }, /files/],
      [{ files: ['a.conf', 7] }, /files/],
      [{ rules: ['SecRuleEngine On'] }, /rules/],
      [{ cwd: 1 }, /cwd/],
      [{ engine: 'on' }, /engine takes 'On' or 'DetectionOnly' or 'Off', not "on"/],
      [{ lua: 5 }, /lua/],
      [{ lua: { maxMemory: -1 } }, /lua\.maxMemory/],
      [{ lua: { timeout: 1.5 } }, /lua\.timeout/],
      [{ lua: { onError: 'deny' } }, /lua\.onError/],
      [{ lua: { setvar: 'v3' } }, /lua\.setvar/],
      [{ lua: { allow: { io: 'yes' } } }, /lua\.allow\.io/],
      [{ lua: { allow: { require: 'socket' } } }, /lua\.allow\.require/],
      [{ allowExec: '/bin/true' }, /allowExec/],
      [{ compat: { phraseSyntax: 'v1' } }, /compat\.phraseSyntax/],
      [{ compat: { rxMultiline: 1 } }, /compat\.rxMultiline/],
      [{ commit: 'never' }, /commit/],
      [{ onStoreError: 'drop' }, /onStoreError/],
      [{ acceleration: 'off' }, /acceleration/],
      [{ valueCacheBytes: -1 }, /valueCacheBytes/],
      [{ watch: 1 }, /watch/],
      [{ debugLog: 'some' }, /debugLog takes 'all' or 'relevant'/],
      [{ store: 7 }, /store/],
      [{ store: { load: () => null } }, /store takes .* an object with load and apply/],
      [{ storeTimeout: '1s' }, /storeTimeout/],
      [{ audit: { ship: { url: 'http://localhost.example.com/' } } }, /audit\.ship\.url/],
      [{ audit: { ship: { url: 'http://127.0.0.1.example.com/' } } }, /audit\.ship\.url/],
      [{ programs: { timeout: -1 } }, /programs\.timeout/],
      [
        { dns: { servers: ['dns.example'] } },
        /dns\.servers takes addresses of DNS servers, not "dns\.example"/,
      ],
      [{ dns: { ttl: 1 } }, /dns\.ttl/],
      [{ waiting: { onBusy: 'drop' } }, /waiting\.onBusy/],
    ]
    for (const [options, message] of wrong) assertRefused(options, 'SECLUA_E_OPTION', message)
  })

  it('says which stores this version does not have', () => {
    for (const store of ['lmdb:', 'file:/var/lib/seclua', '']) {
      assertRefused({ rules: '', store }, 'SECLUA_E_OPTION', /store/)
    }
    assert.ok(Waf.loadSync({ rules: 'SecRuleEngine On', store: 'memory' }))
  })

  it('rejects a load with the same errors as it throws them', async () => {
    await assert.rejects(Waf.load(loose({ engine: 'on' })), { code: 'SECLUA_E_OPTION' })
    await assert.rejects(Waf.load({ rules: 'SecNothing' }), { code: 'SECLUA_E_CONFIG' })
  })

  it('loads the rule set that ships with the package when there is nothing else to load', () => {
    const waf = Waf.loadSync()
    assert.ok(waf.ruleCount > 10)
    const attack = { method: 'GET', uri: '/?q=1%27+OR+%271%27=%271', headers: { Host: 'shop.example' } }
    assert.equal(waf.evaluateSync(attack).verdict.action, 'deny')
  })

  describe('of files', () => {
    let folder = ''
    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'seclua-options-'))
      writeFileSync(join(folder, 'a-1.conf'), `SecRuleEngine On\n${deny(1)}`)
      writeFileSync(join(folder, 'a-2.conf'), deny(2))
      writeFileSync(join(folder, 'script.lua'), 'function main() return "yes" end')
    })
    after(() => {
      rmSync(folder, { recursive: true, force: true })
    })

    const statusOf = (waf: Waf, value: number): number =>
      waf.evaluateSync({ method: 'GET', uri: `/?a=${value}` }).verdict.status

    it('finds names and globs in cwd, and loads the text after them', () => {
      const waf = Waf.loadSync({ files: 'a-*.conf', rules: deny(3), cwd: folder })
      assert.deepEqual(
        [1, 2, 3, 4].map((value) => statusOf(waf, value)),
        [418, 418, 418, 0],
      )
    })

    it('finds what a text names in cwd', () => {
      const rules = 'Include a-1.conf\nSecRuleScript script.lua "id:9,phase:1,deny,status:429"'
      assert.equal(statusOf(Waf.loadSync({ rules, cwd: folder }), 4), 429)
    })

    it('says where in which file an error stands', () => {
      writeFileSync(join(folder, 'bad.conf'), 'SecRuleEngine On\nSecRule ARGS "@nope x" "id:1"\n')
      assert.throws(() => Waf.loadSync({ files: 'bad.conf', cwd: folder }), {
        name: 'ConfigError',
        code: 'SECLUA_E_CONFIG',
        file: /bad\.conf$/,
        line: 2,
        message: /bad\.conf:2:\d+: error SECLUA_E_UNKNOWN_OPERATOR/,
      })
    })
  })

  it('engine overrides SecRuleEngine', () => {
    const rules = `SecRuleEngine On\n${deny(1)}`
    const actionIn = (engine: 'On' | 'DetectionOnly' | 'Off'): [string, number] => {
      const { verdict, matches } = Waf.loadSync({ rules, engine }).evaluateSync({
        method: 'GET',
        uri: '/?a=1',
      })
      return [verdict.action, matches.length]
    }
    assert.deepEqual(actionIn('On'), ['deny', 1])
    assert.deepEqual(actionIn('DetectionOnly'), ['pass', 1])
    assert.deepEqual(actionIn('Off'), ['pass', 0])
  })
})
