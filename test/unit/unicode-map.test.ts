// SPDX-License-Identifier: Apache-2.0
// compat.unicodeMap 'builtin-20127': the table against Unicode's own decompositions, which it is derived from.

import assert from 'node:assert/strict'

import { Waf } from '../../lib/index.js'
import { describeShared, sharedPath } from '../conformance/support/shared.js'

/** What t:urlDecodeUni makes of each code point of the basic plane. */
function bytesOf(waf: Waf): Buffer {
  const codes = Array.from({ length: 65536 }, (_, code) => `%u${code.toString(16).padStart(4, '0')}`)
  const parts = [0, 1, 2, 3].map((part) => codes.slice(part * 16384, (part + 1) * 16384).join(''))
  return Buffer.concat(
    parts.map((body) => {
      const { matches } = waf.evaluateSync({ method: 'POST', uri: '/', body })
      return Buffer.from(matches.at(-1)?.variables[0]?.value ?? '', 'latin1')
    }),
  )
}

const rules = `SecRuleEngine On
SecRequestBodyAccess On
SecAction "id:1,phase:1,nolog,pass,ctl:requestBodyProcessor=RAW"
SecRule REQUEST_BODY "@unconditionalMatch" "id:2,phase:2,pass,t:urlDecodeUni,t:hexEncode"`

/** The same as hex, since values of matches are shown as text. */
const decoded = (waf: Waf): Buffer => {
  const hex = bytesOf(waf).toString('latin1')
  return Buffer.from(hex, 'hex')
}

const ascii = (code: number): boolean => code >= 0x20 && code < 0x7f
/** ASCII that the compatibility decomposition begins with, marks left aside. */
function decomposed(code: number): number | undefined {
  const base = String.fromCharCode(code)
    .normalize('NFKD')
    .replace(/^\p{M}+/u, '')
  const first = base.charCodeAt(0)
  return ascii(first) ? first : undefined
}

describe('the built-in Unicode map', () => {
  const plain = decoded(Waf.loadSync({ rules }))
  const mapped = decoded(Waf.loadSync({ rules, compat: { unicodeMap: 'builtin-20127' } }))

  it('gives a byte for each code point', () => {
    assert.equal(plain.length, 65536)
    assert.equal(mapped.length, 65536)
  })

  it('is what the decomposition begins with, where there is one', () => {
    const changed = [...mapped].flatMap((byte, code) => (byte === plain[code] ? [] : [code]))
    assert.ok(changed.length > 250 && changed.length < 370, String(changed.length))
    const others = changed.filter((code) => {
      const expected = decomposed(code)
      return expected !== undefined && expected !== mapped[code]
    })
    // The cedilla and the small tilde decompose to a space and a mark; here they are what they look like.
    assert.deepEqual(
      others.map((code) => [code, String.fromCharCode(mapped[code] ?? 0)]),
      [
        [0xb8, ','],
        [0x2dc, '~'],
      ],
    )
    for (const code of changed) assert.ok(ascii(mapped[code] ?? 0), code.toString(16))
  })

  it('leaves ASCII and other scripts alone', () => {
    for (const code of [0x41, 0x7f, 0x391, 0x410, 0x4e2d, 0xd800]) assert.equal(mapped[code], plain[code])
  })

  it('gives way to SecUnicodeMapFile', () => {
    assert.throws(
      () =>
        Waf.loadSync({
          rules: `${rules}\nSecUnicodeMapFile none.map 20127`,
          compat: { unicodeMap: 'builtin-20127' },
        }),
      { code: 'SECLUA_E_CONFIG' },
    )
  })
})

describeShared('the built-in Unicode map and the file of the Core Rule Set', 'crs/unicode.mapping', () => {
  it('say the same of every code point', () => {
    const cwd = sharedPath('crs')
    const file = decoded(Waf.loadSync({ cwd, rules: `${rules}\nSecUnicodeMapFile unicode.mapping 20127` }))
    const builtin = decoded(Waf.loadSync({ rules, compat: { unicodeMap: 'builtin-20127' } }))
    assert.ok(file.equals(builtin))
  })
})
