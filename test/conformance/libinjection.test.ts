// SPDX-License-Identifier: Apache-2.0
// libinjection's answers through rules: the reference's verdict on 13,416 collected inputs, and the fingerprints of its own
// test cases. Its tokenizers are not within reach of a rule; the native tests look at those.

import assert from 'node:assert/strict'

import { Waf } from '../../lib/index.js'
import { describeShared, firstOf, printScore, readJsonLines } from './support/shared.js'

interface CorpusRow {
  readonly from: string
  readonly input: string
  readonly sqli: 0 | 1
  readonly fingerprint: string
  readonly xss: 0 | 1
}

interface CaseRow {
  readonly kind: string
  readonly name: string
  readonly input: string
  readonly expected: string
}

interface Answer {
  readonly sqli: 0 | 1
  readonly fingerprint: string
  readonly xss: 0 | 1
}

// The fingerprint is copied at once: the other operator's capture would replace it.
const rules = `SecRuleEngine On
SecRule REQUEST_HEADERS:X-In "@detectSQLi" "id:1,phase:1,pass,log,t:none,capture,setvar:tx.fingerprint=%{TX.0}"
SecRule REQUEST_HEADERS:X-In "@detectXSS" "id:2,phase:1,pass,log,t:none"`

describeShared('libinjection through rules', 'conformance/libinjection', () => {
  let waf: Waf

  before(async () => {
    waf = await Waf.load({ rules })
  })

  after(async () => {
    await waf.close()
  })

  function ask(input: string): Answer {
    const { matches, tx } = waf.evaluateSync({ method: 'GET', uri: '/', headers: [['X-In', input]] })
    const ids = matches.map(({ id }) => id)
    return {
      sqli: ids.includes(1) ? 1 : 0,
      fingerprint: tx['fingerprint'] ?? '',
      xss: ids.includes(2) ? 1 : 0,
    }
  }

  it('every input of the corpus gets the answer of the reference', () => {
    const rows = readJsonLines<CorpusRow>('conformance', 'libinjection', 'corpus.jsonl')
    const failures: string[] = []
    for (const { from, input, sqli, fingerprint, xss } of rows) {
      const answer = ask(input)
      if (answer.sqli !== sqli || answer.fingerprint !== fingerprint || answer.xss !== xss) {
        failures.push(
          `${from} ${JSON.stringify(input)}: ${JSON.stringify(answer)}, not ${JSON.stringify({ sqli, fingerprint, xss })}`,
        )
      }
    }
    printScore(`libinjection corpus ${rows.length - failures.length} of ${rows.length}`)
    assert.notEqual(rows.length, 0)
    assert.equal(failures.length, 0, firstOf(failures))
  })

  it("the library's own injection cases get their fingerprints", () => {
    const rows = readJsonLines<CaseRow>('conformance', 'libinjection', 'cases.jsonl').filter(
      ({ kind }) => kind === 'sqli',
    )
    const failures = rows.filter(({ input, expected }) => ask(input).fingerprint !== expected)
    printScore(`libinjection cases ${rows.length - failures.length} of ${rows.length}`)
    assert.notEqual(rows.length, 0)
    assert.equal(
      failures.length,
      0,
      firstOf(failures.map(({ name, expected }) => `${name}: not ${expected}`)),
    )
  })
})
