// SPDX-License-Identifier: Apache-2.0
// Lines for the error log in the formats of the three engines: option logFormat. What each operator says is in
// ModSecurity 2's words (specification 04, 1.5 and 08, 1.3).

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Waf, type EngineMode, type WafOptions } from '../../lib/index.js'

const actions =
  "id:7,phase:1,log,rev:'2',msg:'Test \\\"q\\\" bad',logdata:'d %{MATCHED_VAR}',severity:2,ver:'V/1',tag:'t1',tag:'t2'"

describe('lines of the error log', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'seclua-lines-'))
    writeFileSync(join(folder, 'phrases.data'), 'evil\n')
  })
  after(() => {
    rmSync(folder, { recursive: true })
  })

  async function line(
    logFormat: NonNullable<WafOptions['logFormat']>,
    rules: string,
    value = '',
    engine: EngineMode = 'On',
  ): Promise<string> {
    const waf = Waf.loadSync({ cwd: folder, rules, engine, logFormat })
    const headers = { Host: 'shop.example:8080' }
    const { matches } = waf.evaluateSync({
      method: 'GET',
      uri: `/a.html?y=${encodeURIComponent(value)}`,
      headers,
      clientAddress: '10.0.0.5',
      serverAddress: '192.0.2.80',
    })
    await waf.close()
    return matches.at(-1)?.logLine ?? 'no match'
  }

  it('of ModSecurity 2 has the fields that there are, in its order', async () => {
    const rule = `SecRule ARGS:y "@rx b(a)d" "${actions},pass"`
    assert.match(
      await line('v2', rule, 'bad'),
      /^\[client 10\.0\.0\.5\] ModSecurity: Warning\. Pattern match "b\(a\)d" at ARGS:y\. \[file "rules"\] \[line "1"\] \[id "7"\] \[rev "2"\] \[msg "Test \\"q\\" bad"\] \[data "d bad"\] \[severity "CRITICAL"\] \[ver "V\/1"\] \[tag "t1"\] \[tag "t2"\] \[hostname "shop\.example"\] \[uri "\/a\.html"\] \[unique_id "[\w-]+"\]$/,
    )
  })

  it('of Coraza has every field, and the name of the severity in small letters', async () => {
    const rule = `SecRule ARGS:y "@rx b(a)d" "${actions},deny"`
    assert.match(
      await line('coraza', rule, 'bad'),
      /^\[client "10\.0\.0\.5"\] Coraza: Access denied \(phase 1\)\. \[file "rules"\] \[line "1"\] \[id "7"\] \[rev "2"\] \[msg "Test \\x22q\\x22 bad"\] \[data "d bad"\] \[severity "critical"\] \[ver "V\/1"\] \[maturity "0"\] \[accuracy "0"\] \[tag "t1"\] \[tag "t2"\] \[hostname "192\.0\.2\.80"\] \[uri "\/a\.html\?y=bad"\] \[unique_id "[\w-]+"\]$/,
    )
  })

  it('is no longer than logLineBytes: tags are left out, never the request', async () => {
    const tags = Array.from({ length: 60 }, (_, i) => `tag:'${String(i).padStart(3, '0')}${'x'.repeat(180)}'`)
    const rules = `SecAction "id:1,phase:1,pass,${tags.join(',')}"`
    for (const logLineBytes of [5120, undefined, 20_000]) {
      const waf = Waf.loadSync({
        rules,
        engine: 'On',
        ...(logLineBytes === undefined ? {} : { logLineBytes }),
      })
      const [match] = waf.evaluateSync({ method: 'GET', uri: '/' }).matches
      await waf.close()
      const written = match?.logLine ?? ''
      const shown = written.match(/\[tag /g)?.length ?? 0
      assert.ok(written.length <= (logLineBytes ?? 8192))
      assert.ok(logLineBytes === 20_000 ? shown === 60 : written.length + 200 > (logLineBytes ?? 8192))
      assert.match(written, /\[uri "\/"\] \[unique_id "[\w-]+"\] \[ref ""\]$/)
    }
  })

  it('with compat.strict says 0 for the severity of a rule without one, in records, too', async () => {
    for (const strict of [true, false]) {
      const rules =
        'SecAuditEngine On\nSecAuditLogFormat JSON\nSecAction "id:1,phase:1,pass"\nSecAction "id:2,phase:1,pass,severity:3"'
      const waf = Waf.loadSync({ rules, engine: 'On', compat: { strict } })
      const { matches, audit } = waf.evaluateSync({ method: 'GET', uri: '/' })
      await waf.close()
      const { messages } = (audit as { transaction: { messages: { details: { severity: string } }[] } })
        .transaction
      const expected = [strict ? '0' : '', '3']
      assert.deepEqual(
        matches.map(({ logLine }) => /\[severity "(\d*)"\]/.exec(logLine)?.[1]),
        expected,
      )
      assert.deepEqual(
        messages.map(({ details }) => details.severity),
        expected,
      )
      assert.equal(matches[0]?.severity, null)
    }
  })

  it('no value can forge a field', async () => {
    const rule = `SecRule ARGS:y "@contains a" "id:7,phase:1,pass,msg:'%{ARGS.y}',logdata:'%{ARGS.y}'"`
    for (const format of ['v3', 'v2', 'coraza'] as const) {
      const found = await line(format, rule, 'a"] [id "999')
      assert.equal([...found.matchAll(/(?<!\\)"\] \[id "/g)].length, 1, found)
    }
  })

  const verdicts: readonly (readonly [string, string, EngineMode?])[] = [
    ['deny', 'Access denied with code 403 (phase 1).'],
    ['deny,status:418', 'Access denied with code 418 (phase 1).'],
    ['drop', 'Access denied with connection close (phase 1).'],
    [
      'redirect:http://a.example/,status:301',
      'Access denied with redirection to http://a.example/ using status 301 (phase 1).',
    ],
    ['proxy:http://a.example/', 'Access denied using proxy to (phase 1) http://a.example/.'],
    ['allow', 'Access allowed (phase 1).'],
    ['allow:phase', 'Access to phase allowed (phase 1).'],
    ['allow:request', 'Access to request allowed (phase 1).'],
    ['pause:10', 'Paused Access (phase 1).'],
    ['pass', 'Warning.'],
    ['deny', 'Warning.', 'DetectionOnly'],
  ]
  for (const [action, words, engine] of verdicts) {
    it(`of ModSecurity 2 says of ${action}${engine ?? ''}: ${words}`, async () => {
      const found = await line('v2', `SecAction "id:7,phase:1,${action}"`, '', engine)
      assert.ok(
        found.startsWith(`[client 10.0.0.5] ModSecurity: ${words} Unconditional match in SecAction. [file`),
        found,
      )
    })
  }

  const operators: readonly (readonly [string, string, string])[] = [
    ['@rxGlobal a', 'a', 'Pattern match "a" at ARGS:y.'],
    ['@pm bad evil', 'so evil', 'Matched phrase "evil" at ARGS:y.'],
    ['@pmFromFile phrases.data', 'EVIL', 'Matched phrase "evil" at ARGS:y.'],
    ['@contains va', 'vat', 'String match "va" at ARGS:y.'],
    ['@containsWord va', 'a va', 'String match "va" at ARGS:y.'],
    ['@streq va', 'va', 'String match "va" at ARGS:y.'],
    ['@beginsWith va', 'vat', 'String match "va" at ARGS:y.'],
    ['@endsWith va', 'ava', 'String match "va" at ARGS:y.'],
    ['@strmatch va', 'ava', 'Pattern match "va" at ARGS:y.'],
    ['@within GET POST', 'GET', 'String match within "GET POST" at ARGS:y.'],
    ['@eq 5', '5', 'Operator EQ matched 5 at ARGS:y.'],
    ['@ge 5', '6', 'Operator GE matched 5 at ARGS:y.'],
    ['@gt 5', '6', 'Operator GT matched 5 at ARGS:y.'],
    ['@le 5', '4', 'Operator LE matched 5 at ARGS:y.'],
    ['@lt 5', '4', 'Operator LT matched 5 at ARGS:y.'],
    ['@ipMatch 10.0.0.0/8', '10.1.1.1', 'IPmatch: "10.1.1.1" matched at ARGS:y.'],
    ['@detectSQLi', "1' or '1'='1", "detected SQLi using libinjection with fingerprint 's&sos'"],
    ['@detectXSS', '<script>alert(1)</script>', 'detected XSS using libinjection.'],
    ['@validateByteRange 32-126', 'a\nb\n', 'Found 2 byte(s) in ARGS:y outside range: 32-126.'],
    ['@validateUrlEncoding', 'a%zz', 'Invalid URL Encoding: Non-hexadecimal digits used at ARGS:y.'],
    [
      '@validateUrlEncoding',
      'a%4',
      'Invalid URL Encoding: Not enough characters at the end of input at ARGS:y.',
    ],
    ['@verifyCC \\d{16}', 'x4111111111111111', 'CC# match "\\x5cd{16}" at ARGS:y. [offset "1"]'],
    ['@unconditionalMatch', 'a', 'Unconditional match in SecAction.'],
    ['!@ipMatch 10.0.0.0/8', '11.0.0.1', 'Match of "ipMatch 10.0.0.0/8" against "ARGS:y" required.'],
    ['!@rx a', 'b', 'Match of "rx a" against "ARGS:y" required.'],
  ]
  for (const [operator, value, words] of operators) {
    it(`of ModSecurity 2 says of ${operator}: ${words}`, async () => {
      const found = await line('v2', `SecRule ARGS:y "${operator}" "id:7,phase:1,pass"`, value)
      assert.ok(found.startsWith(`[client 10.0.0.5] ModSecurity: Warning. ${words} [file "rules"]`), found)
    })
  }

  const encodings: readonly (readonly [string, string])[] = [
    ['%80', 'invalid byte value in character'],
    ['%C3', 'not enough bytes in character'],
    ['%C0%AF', 'overlong character detected'],
    ['%ED%A0%80', 'use of restricted character'],
  ]
  for (const [bytes, reason] of encodings) {
    it(`of ModSecurity 2 says what is wrong with UTF-8: ${reason}`, async () => {
      const waf = Waf.loadSync({
        rules: 'SecRuleEngine On\nSecRule ARGS:y "@validateUtf8Encoding" "id:7,phase:1,pass"',
        logFormat: 'v2',
      })
      const { matches } = waf.evaluateSync({ method: 'GET', uri: `/?y=ab${bytes}` })
      await waf.close()
      const words = `Warning. Invalid UTF-8 encoding: ${reason} at ARGS:y. [offset "2"] [file`
      assert.ok(matches[0]?.logLine.includes(words), matches[0]?.logLine)
    })
  }
})
