// SPDX-License-Identifier: Apache-2.0
// How requests cross into the engine: the forms of header lists, and bytes that come out as they went in.

import assert from 'node:assert/strict'

import { Waf, type HeadersInput, type RequestInput } from '../../lib/index.js'

const waf = Waf.loadSync({ rules: 'SecRuleEngine On\nSecRequestBodyAccess On' })

function read(request: Partial<RequestInput>, variable: string): string[] {
  const tx = waf.transaction()
  const { body, ...head } = { method: 'POST', uri: '/', ...request }
  tx.processRequestHeadersSync(head)
  if (body !== undefined) tx.writeRequestBody(Buffer.from(body))
  tx.processRequestBodySync()
  const values = tx.variable(variable).map(({ value }) => value)
  tx.close()
  return values
}

const latin1 = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('')
const form = { 'Content-Type': 'application/x-www-form-urlencoded' }

describe('headers', () => {
  it('mean the same as a flat list, as pairs and as an object', () => {
    const forms: HeadersInput[] = [
      ['X-A', '1', 'X-B', '2', 'X-B', '3'],
      [
        ['X-A', '1'],
        ['X-B', '2'],
        ['X-B', '3'],
      ],
      { 'X-A': '1', 'X-B': ['2', '3'] },
    ]
    for (const headers of forms) {
      assert.deepEqual(read({ headers }, 'REQUEST_HEADERS:X-A'), ['1'])
      assert.deepEqual(read({ headers }, 'REQUEST_HEADERS:X-B'), ['2', '3'])
      assert.equal(read({ headers }, 'REQUEST_HEADERS_NAMES').length, 3)
    }
  })

  it('may be empty or left out', () => {
    for (const headers of [[], {}] as HeadersInput[])
      assert.deepEqual(read({ headers }, 'REQUEST_HEADERS'), [])
    assert.deepEqual(read({}, 'REQUEST_HEADERS'), [])
  })

  it('may be long and many', () => {
    const long = 'x'.repeat(100_000)
    const headers = Array.from({ length: 500 }, (_, i) => [`X-${i}`, `${long}${i}`] as const)
    assert.deepEqual(read({ headers }, 'REQUEST_HEADERS:X-499'), [`${long}499`])
  })

  it('with a name that has no value are refused', () => {
    assert.throws(() => read({ headers: ['X-A', '1', 'X-B'] }, 'ARGS'), { code: 'SECLUA_E_ARGUMENT' })
  })

  it('that are no list and no object are refused', () => {
    assert.throws(() => read({ headers: 'X-A: 1' as unknown as HeadersInput }, 'ARGS'), {
      code: 'SECLUA_E_ARGUMENT',
    })
  })
})

describe('bytes', () => {
  it('of a header value come out unchanged, NUL and the upper half included', () => {
    assert.deepEqual(read({ headers: { 'X-In': latin1 } }, 'REQUEST_HEADERS:X-In'), [latin1])
  })

  it('of a target come out unchanged', () => {
    const uri = `/${latin1.replace(/[?#]/g, '')}`
    assert.deepEqual(read({ uri }, 'REQUEST_URI_RAW'), [uri])
  })

  it('beyond Latin-1 are those of UTF-8, and what stands beside stays one byte each', () => {
    const expected = Buffer.from('€𝄞').toString('latin1')
    assert.deepEqual(read({ headers: { 'X-In': 'é€𝄞é' } }, 'REQUEST_HEADERS:X-In'), [`é${expected}é`])
  })

  it('of a text body are its UTF-8', () => {
    const expected = Buffer.from('é').toString('latin1')
    assert.deepEqual(read({ headers: form, body: 'a=é' }, 'ARGS_POST:a'), [expected])
  })

  it('of a binary body come out unchanged', () => {
    const body = Buffer.concat([Buffer.from('a='), Buffer.from(latin1.replace(/[%&+]/g, ''), 'latin1')])
    assert.deepEqual(read({ headers: form, body }, 'ARGS_POST:a'), [latin1.replace(/[%&+]/g, '')])
  })

  it('that are no UTF-8 are written \\xHH in matches', () => {
    const rules = 'SecRuleEngine On\nSecRule REQUEST_HEADERS:X-In "@rx ." "id:1,phase:1,pass,log,t:none"'
    const [match] = Waf.loadSync({ rules }).evaluateSync({
      method: 'GET',
      uri: '/',
      headers: { 'X-In': Buffer.from([0x61, 0xc3, 0xa9, 0xff]).toString('latin1') },
    }).matches
    assert.equal(match?.variables[0]?.value, 'aé\\xff')
  })
})

describe('a request', () => {
  it('without method or target is refused by name', () => {
    const call = (request: unknown): void => {
      waf.evaluateSync(request as RequestInput)
    }
    assert.throws(
      () => {
        call({ uri: '/' })
      },
      { code: 'SECLUA_E_ARGUMENT', message: /method/ },
    )
    assert.throws(
      () => {
        call({ method: 'GET' })
      },
      { code: 'SECLUA_E_ARGUMENT', message: /uri/ },
    )
    assert.throws(
      () => {
        call({ method: 'GET', uri: '/', body: 7 })
      },
      { code: 'SECLUA_E_ARGUMENT', message: /body/ },
    )
  })
})

describe('a response', () => {
  it('with a status that is none is refused', () => {
    for (const status of [-1, 1000, 1.5, Number.NaN]) {
      assert.throws(() => waf.evaluateSync({ method: 'GET', uri: '/' }, { status }), {
        code: 'SECLUA_E_ARGUMENT',
      })
    }
  })
})
