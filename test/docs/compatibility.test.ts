// SPDX-License-Identifier: Apache-2.0
// docs/compatibility.md says which of two readings is ours, and which switch gives the other one: so it is.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { type EvaluationResult, type RequestInput, Waf, type WafOptions } from '../../lib/index.js'

const folder = mkdtempSync(join(tmpdir(), 'seclua-compatibility-'))

type Request = Partial<RequestInput> & { clientAddress?: string }

function judge(rules: string, request: Request, compat: WafOptions['compat'] = {}): EvaluationResult {
  const waf = Waf.loadSync({
    cwd: folder,
    rules: `SecRuleEngine On\nSecRequestBodyAccess On\n${rules}`,
    compat,
  })
  return waf.evaluateSync({ method: 'GET', uri: '/', headers: { Host: 'a.example' }, ...request })
}

const ids = (result: EvaluationResult): number[] => result.matches.map(({ id }) => id)

const form = (body: string, type = 'application/x-www-form-urlencoded'): Request => ({
  method: 'POST',
  headers: { Host: 'a.example', 'Content-Type': type },
  body,
})

describe('our readings of the rule language', () => {
  after(() => {
    rmSync(folder, { recursive: true })
  })

  it('^ and $ are the ends of the value, with rxMultiline of each line', () => {
    const rule = 'SecRule ARGS:a "@rx ^b$" "id:1,phase:1,pass"'
    assert.deepEqual(ids(judge(rule, { uri: '/?a=x%0ab' })), [])
    assert.deepEqual(ids(judge(rule, { uri: '/?a=x%0ab' }, { rxMultiline: true })), [1])
  })

  it('an operator that fails does not match when negated', () => {
    const rule = 'SecRule ARGS:a "!@ipMatch 10.0.0.0/8" "id:1,phase:1,pass"'
    assert.deepEqual(ids(judge(rule, { uri: '/?a=junk' })), [])
    assert.deepEqual(ids(judge(rule, { uri: '/?a=192.0.2.1' })), [1])
  })

  it('numbers are compared to 64 bits', () => {
    const rule = 'SecRule ARGS:a "@eq 5" "id:1,phase:1,pass"\nSecRule ARGS:a "@gt 5" "id:2,phase:1,pass"'
    assert.deepEqual(ids(judge(rule, { uri: '/?a=4294967301' })), [2])
  })

  it('@ipMatch takes an IPv4 address in IPv6 clothes for what it is', () => {
    const rule = 'SecRule ARGS:a "@ipMatch 10.0.0.0/8" "id:1,phase:1,pass"'
    assert.deepEqual(ids(judge(rule, { uri: '/?a=::ffff:10.0.0.1' })), [1])
  })

  it('lines of @pmFromFile are trimmed and taken as text', () => {
    writeFileSync(join(folder, 'phrases.data'), '  evil|  \r\n')
    const rule = 'SecRule ARGS:a "@pmFromFile phrases.data" "id:1,phase:1,pass"'
    assert.deepEqual(ids(judge(rule, { uri: '/?a=EVIL%7C' })), [1])
    assert.deepEqual(ids(judge(rule, { uri: '/?a=evil' })), [])
  })

  it('with phraseSyntax v2 lines of @pmFromFile have bytes between bars', () => {
    writeFileSync(join(folder, 'bytes.data'), '|65 76|il\n')
    const rule = 'SecRule ARGS:a "@pmFromFile bytes.data" "id:1,phase:1,pass"'
    assert.deepEqual(ids(judge(rule, { uri: '/?a=evil' })), [])
    assert.deepEqual(ids(judge(rule, { uri: '/?a=evil' }, { phraseSyntax: 'v3' })), [])
    assert.deepEqual(ids(judge(rule, { uri: '/?a=evil' }, { phraseSyntax: 'v2' })), [1])
  })

  it('exec runs once for a rule, with execPerMatch for each value that matched', () => {
    writeFileSync(
      join(folder, 'count.lua'),
      'function main() m.setvar("tx.n", tostring((tonumber(m.getvar("TX.n")) or 0) + 1)) return nil end',
    )
    const rule = 'SecRule ARGS "@streq x" "id:1,phase:1,pass,exec:count.lua"'
    assert.equal(judge(rule, { uri: '/?a=x&b=x' }).tx['n'], '1')
    assert.equal(judge(rule, { uri: '/?a=x&b=x' }, { execPerMatch: true }).tx['n'], '2')
  })

  it('a rule without a phase runs in phase 2, with v3Defaults in phase 1', () => {
    const rule = 'SecAction "id:1,pass"'
    assert.equal(judge(rule, {}).matches[0]?.phase, 2)
    assert.equal(judge(rule, {}, { v3Defaults: true }).matches[0]?.phase, 1)
  })

  it('a rule without a disruptive action takes the one of SecDefaultAction, not with v3Defaults', () => {
    const rule = 'SecDefaultAction "phase:1,log,deny"\nSecRule ARGS:a "@streq b" "id:1,phase:1"'
    assert.equal(judge(rule, { uri: '/?a=b' }).verdict.action, 'deny')
    assert.equal(judge(rule, { uri: '/?a=b' }, { v3Defaults: true }).verdict.action, 'pass')
  })

  it('TX goes below 0', () => {
    assert.equal(judge('SecAction "id:1,phase:1,pass,setvar:tx.a=-5"', {}).tx['a'], '-5')
  })

  it('persistent collections stop at 0', () => {
    const { tx } = judge(
      'SecAction "id:1,phase:1,pass,initcol:ip=%{REMOTE_ADDR},setvar:ip.n=+1,setvar:ip.n=-5"\n' +
        'SecAction "id:2,phase:1,pass,setvar:tx.n=%{IP.n}"',
      {},
    )
    assert.equal(tx['n'], '0')
  })

  it('a rule leaves one event, with logEveryMatch one for each value', () => {
    const rule = 'SecRule ARGS "@streq x" "id:1,phase:1,pass"'
    assert.deepEqual(ids(judge(rule, { uri: '/?a=x&b=x' })), [1])
    assert.deepEqual(ids(judge(rule, { uri: '/?a=x&b=x' }, { logEveryMatch: true })), [1, 1])
  })

  it('ctl of a link acts even when a later link fails', () => {
    const rules =
      'SecRule ARGS:a "@streq x" "id:1,phase:1,pass,chain,ctl:ruleRemoveById=2"\n  SecRule ARGS:a "@streq y" "t:none"\n' +
      'SecAction "id:2,phase:1,pass"'
    assert.deepEqual(ids(judge(rules, { uri: '/?a=x' })), [])
    assert.deepEqual(ids(judge(rules, { uri: '/?a=z' })), [2])
  })

  it('REQUEST_BODY is there for forms, with requestBodyAlways for every type', () => {
    const rule = 'SecRule REQUEST_BODY "@contains b" "id:1,phase:2,pass"'
    assert.deepEqual(ids(judge(rule, form('a=b'))), [1])
    assert.deepEqual(ids(judge(rule, form('a=b', 'text/plain'))), [])
    assert.deepEqual(ids(judge(rule, form('a=b', 'text/plain'), { requestBodyAlways: true })), [1])
  })

  it('JSON members are json.a.b, in ARGS_POST, too', () => {
    const rules =
      'SecAction "id:1,phase:1,pass,ctl:requestBodyProcessor=JSON"\nSecRule ARGS_POST:json.a.b "@streq c" "id:2,phase:2,pass"'
    assert.deepEqual(ids(judge(rules, form('{"a":{"b":"c"}}', 'application/json'))), [1, 2])
  })

  it('repeated headers are members of their own', () => {
    const rule = 'SecRule &REQUEST_HEADERS:X-A "@eq 2" "id:1,phase:1,pass"'
    const headers = [
      ['X-A', '1'],
      ['X-A', '2'],
    ] as const
    assert.deepEqual(ids(judge(rule, { headers })), [1])
  })

  it('REQUEST_FILENAME is decoded, REQUEST_URI_RAW is not', () => {
    const rules =
      'SecRule REQUEST_FILENAME "@streq /a b" "id:1,phase:1,pass"\nSecRule REQUEST_URI_RAW "@streq /a%20b" "id:2,phase:1,pass"'
    assert.deepEqual(ids(judge(rules, { uri: '/a%20b' })), [1, 2])
  })

  it('nothing is stored in IP before initcol', () => {
    const rules = 'SecAction "id:1,phase:1,pass,setvar:ip.n=1"\nSecRule IP:N "@eq 1" "id:2,phase:1,pass"'
    assert.deepEqual(ids(judge(rules, {})), [1])
  })

  it('a tag is compared as a whole, or as a regular expression when it looks like one', () => {
    const rules = 'SecAction "id:1,phase:1,pass,tag:\'attack-sql\'"'
    assert.deepEqual(ids(judge(`${rules}\nSecRuleRemoveByTag attack-sql`, {})), [])
    assert.deepEqual(ids(judge(`${rules}\nSecRuleRemoveByTag attack`, {})), [1])
    assert.deepEqual(ids(judge(`${rules}\nSecRuleRemoveByTag ^attack`, {})), [])
  })

  it('main that returns an empty text or true does not match, and its text is in the log line', () => {
    const rule = 'SecRuleScript answer.lua "id:1,phase:1,pass"'
    const answer = (code: string): EvaluationResult => {
      writeFileSync(join(folder, 'answer.lua'), `function main() return ${code} end`)
      return judge(rule, { uri: '/?a=1&b=2' })
    }
    assert.deepEqual(ids(answer('""')), [])
    assert.deepEqual(ids(answer('true')), [])
    assert.match(answer('"because"').matches[0]?.logLine ?? '', /Warning\. because /)
    assert.match(answer('m.getvar("ARGS")').matches[0]?.logLine ?? '', /Warning\. 1 /)
  })
})
