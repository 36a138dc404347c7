// SPDX-License-Identifier: Apache-2.0
// go-ftw tests in process, piece by piece: reading the YAML, building bytes as the client does, accepting them as a server
// does, answering as the backend does, judging.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { backendAnswer, sniffType } from '../../lib/cli/ftw/backend.js'
import { compare, type Seen } from '../../lib/cli/ftw/expectation.js'
import { FtwFileError, readOverrides, readTestFile } from '../../lib/cli/ftw/files.js'
import { acceptAnything, acceptRequest } from '../../lib/cli/ftw/front-end.js'
import type { FtwInput, FtwOutput } from '../../lib/cli/ftw/model.js'
import { buildRequest, encodeForm, expandTemplates } from '../../lib/cli/ftw/request.js'

const bytes = (text: string) => Buffer.from(text, 'latin1')

const input: FtwInput = {
  port: 80,
  method: 'GET',
  uri: '/',
  version: 'HTTP/1.1',
  headers: [],
  data: '',
  encodedRequest: undefined,
  autocompleteHeaders: true,
}
const built = (changes: Partial<FtwInput>) => buildRequest({ ...input, ...changes }).toString('latin1')

describe('the go-ftw client', () => {
  it('sorts headers by the bytes of their names', () => {
    const text = built({
      headers: [
        ['b', '1'],
        ['a', '2'],
        ['B', '3'],
        ['Connection', 'x'],
      ],
    })
    assert.equal(text, 'GET / HTTP/1.1\r\nB: 3\r\nConnection: x\r\na: 2\r\nb: 1\r\n\r\n')
  })

  it('completes Connection, Content-Type and Content-Length', () => {
    const text = built({ method: 'POST', data: 'a=b c' })
    assert.equal(
      text,
      'POST / HTTP/1.1\r\nConnection: close\r\nContent-Length: 5\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\na=b+c',
    )
  })

  it('completes a length of nothing for methods that may have a body', () => {
    assert.match(built({ method: 'POST' }), /Content-Length: 0\r\n/)
    assert.match(built({ method: 'XDELETE' }), /Content-Length: 0\r\n/)
    assert.doesNotMatch(built({ method: 'GET' }), /Content-Length/)
  })

  it('adds nothing with completion off', () => {
    const text = built({ method: 'POST', data: 'a b', autocompleteHeaders: false })
    assert.equal(text, 'POST / HTTP/1.1\r\n\r\na b')
  })

  it('leaves an empty version empty', () => {
    assert.match(built({ version: '' }), /^GET \/ \r\n/)
  })

  it('leaves data alone that looks encoded, and data of another type', () => {
    assert.equal(encodeForm('a=%zz b'), 'a=%zz b')
    assert.equal(encodeForm('a=1+2'), 'a=1+2')
    assert.equal(encodeForm("a='1'&b&=c d"), 'a=%271%27&b&=c+d')
    assert.match(built({ method: 'POST', headers: [['Content-Type', 'text/plain']], data: "a='" }), /a='$/)
  })

  it('turns every LF of multipart data into CRLF, even behind a CR', () => {
    const headers = [['Content-Type', 'Multipart/Form-Data; boundary=x']] as const
    assert.match(built({ method: 'POST', headers, data: 'a\nb\r\nc' }), /a\r\nb\r\r\nc$/)
  })

  it('repeats text where a template asks for it, and only there', () => {
    assert.equal(expandTemplates('<{{ "ab" | repeat 3 }}>{{7*7}}'), '<ababab>{{7*7}}')
    assert.throws(() => expandTemplates('{{ "ab" | repeat 999999999 }}'), RangeError)
  })

  it('sends an encoded request as it is', () => {
    const encodedRequest = Buffer.from('GET / HTTP/1.1\r\n\r\n').toString('base64')
    assert.equal(built({ encodedRequest, data: 'ignored' }), 'GET / HTTP/1.1\r\n\r\n')
  })
})

describe('the front end', () => {
  const refusalOf = (text: string) => {
    const answer = acceptRequest(bytes(text))
    return 'refusal' in answer ? answer.refusal : undefined
  }

  it('takes as many bytes of a body as Content-Length says, and none without it', () => {
    const answer = acceptRequest(bytes('GET / HTTP/1.1\r\nContent-Length: 2\r\n\r\nabc'))
    assert.ok('request' in answer)
    assert.equal(Buffer.from(answer.request.body ?? '').toString(), 'ab')
    const without = acceptRequest(bytes('GET / HTTP/1.1\r\n\r\nabc'))
    assert.ok('request' in without)
    assert.equal(without.request.body?.length, 0)
  })

  for (const [title, text] of [
    ['a request line of two parts', 'GET /\r\n\r\n'],
    ['a method that is no token', 'G(T / HTTP/1.1\r\n\r\n'],
    ['a version below 1', 'GET / HTTP/0.9\r\n\r\n'],
    ['a URI of no known form', 'GET a HTTP/1.1\r\n\r\n'],
    ['a header line without a name', 'GET / HTTP/1.1\r\n: x\r\n\r\n'],
    ['a CR within a value', 'GET / HTTP/1.1\r\nA: b\rc\r\n\r\n'],
    ['a NUL within a value', 'GET / HTTP/1.1\r\nA: b\0c\r\n\r\n'],
    ['a Content-Length that is no number', 'GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n'],
  ] as const) {
    it(`refuses ${title}`, () => {
      assert.notEqual(refusalOf(text), undefined)
    })
  }

  for (const [title, text] of [
    ['a missing Host', 'GET / HTTP/1.1\r\n\r\n'],
    ['an absolute URI', 'GET http://x/ HTTP/1.1\r\n\r\n'],
    ['OPTIONS *', 'OPTIONS * HTTP/1.1\r\n\r\n'],
    ['the authority of a CONNECT', 'CONNECT x:80 HTTP/1.1\r\n\r\n'],
    ['a name with a dot', 'GET / HTTP/1.1\r\nX.Y: 1\r\n\r\n'],
  ] as const) {
    it(`accepts ${title}`, () => {
      assert.equal(refusalOf(text), undefined)
    })
  }

  it('hands everything on when it is lenient, all data being the body', () => {
    const request = acceptAnything(bytes('GET / HTTP/0.9\r\nContent-Length: x\r\n\r\nabc'))
    assert.equal(request.protocol, 'HTTP/0.9')
    assert.equal(Buffer.from(request.body ?? '').toString(), 'abc')
  })
})

describe('the backend', () => {
  const reflect = (description: unknown, uri = '/reflect') =>
    backendAnswer({ method: 'POST', uri, body: Buffer.from(JSON.stringify(description)) })

  it('answers 200 without a body to anything but /reflect', () => {
    assert.equal(backendAnswer({ method: 'GET', uri: '/reflect' }).status, 200)
    assert.equal(backendAnswer({ method: 'POST', uri: '/reflections' }).body?.length, 0)
  })

  it('answers what it is told, below /reflect, too', () => {
    const answer = reflect({ status: 503, headers: { 'X-A': 'b' }, body: 'hello' }, '/reflect/x?y')
    assert.equal(answer.status, 503)
    assert.deepEqual(answer.headers, [
      ['X-A', 'b'],
      ['Content-Type', 'text/plain; charset=utf-8'],
      ['Content-Length', '5'],
    ])
    assert.equal(Buffer.from(answer.body ?? '').toString(), 'hello')
  })

  it('decodes an encoded body when there is no plain one', () => {
    assert.equal(Buffer.from(reflect({ encodedBody: 'AP8=' }).body ?? '').toString('hex'), '00ff')
  })

  it('answers 400 to a status that is none and to a body that is no JSON', () => {
    assert.equal(reflect({ status: 600 }).status, 400)
    assert.equal(backendAnswer({ method: 'POST', uri: '/reflect', body: 'x' }).status, 400)
  })

  it('guesses the type of a body from its first bytes', () => {
    assert.equal(sniffType(bytes(' \n<!doctype html>')), 'text/html; charset=utf-8')
    assert.equal(sniffType(bytes('<bold>')), 'text/plain; charset=utf-8')
    assert.equal(sniffType(bytes('<b>')), 'text/html; charset=utf-8')
    assert.equal(sniffType(bytes('<?xml version="1.0"?>')), 'text/xml; charset=utf-8')
    assert.equal(sniffType(bytes('%PDF-1.7')), 'application/pdf')
    assert.equal(sniffType(bytes('a\0b')), 'application/octet-stream')
    assert.equal(sniffType(bytes('{"a":1}')), 'text/plain; charset=utf-8')
  })
})

describe('an expectation', () => {
  const nothing: FtwOutput = {
    expectIds: [],
    noExpectIds: [],
    matchRegex: undefined,
    noMatchRegex: undefined,
    status: undefined,
    expectError: undefined,
  }
  const seen: Seen = {
    status: 200,
    refusal: undefined,
    ids: [1, 2],
    logLines: ['[id "1"] Found', '[id "2"]'],
  }

  it('of ids holds when each of them was logged', () => {
    assert.equal(compare({ ...nothing, expectIds: [2, 1] }, seen), undefined)
    assert.match(compare({ ...nothing, expectIds: [1, 3] }, seen)?.expected ?? '', /3/)
  })

  it('of no ids holds when none of them was logged', () => {
    assert.equal(compare({ ...nothing, noExpectIds: [3] }, seen), undefined)
    assert.notEqual(compare({ ...nothing, noExpectIds: [2] }, seen), undefined)
  })

  it('of log lines is a regular expression over each line', () => {
    assert.equal(compare({ ...nothing, matchRegex: '(?i)found$' }, seen), undefined)
    assert.notEqual(compare({ ...nothing, matchRegex: '1.*2' }, seen), undefined)
    assert.notEqual(compare({ ...nothing, noMatchRegex: String.raw`\[id "\d+"\]` }, seen), undefined)
  })

  it('of a status is compared with what a client would have got', () => {
    assert.equal(compare({ ...nothing, status: 200 }, seen), undefined)
    assert.notEqual(compare({ ...nothing, status: 400 }, seen), undefined)
  })

  it('of a refused request sees nothing logged', () => {
    const refused = { status: 400, refusal: 'no', ids: [], logLines: [] }
    assert.notEqual(compare({ ...nothing, expectIds: [1] }, refused), undefined)
    assert.equal(compare({ ...nothing, status: 400 }, refused), undefined)
  })
})

describe('a test file', () => {
  let folder = ''
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'seclua-ftw-'))
  })
  after(() => {
    rmSync(folder, { recursive: true, force: true })
  })
  const file = (text: string) => {
    const path = join(folder, 'test.yaml')
    writeFileSync(path, text)
    return path
  }

  it('keeps what YAML would read as numbers as the text that it is', () => {
    const [test] = readTestFile(
      file(`rule_id: 7
tests:
  - stages:
      - input: { version: 1.10, headers: { Length: 0x10, Empty: , Yes: yes }, data: "\\xe9" }
        output: { log: { expect_ids: [7] } }
`),
    )
    assert.equal(test?.name, '7-1')
    const stage = test.stages[0]
    assert.equal(stage?.input.version, '1.10')
    assert.deepEqual(stage.input.headers, [
      ['Length', '0x10'],
      ['Empty', ''],
      ['Yes', 'yes'],
    ])
    assert.equal(stage.input.data, '\u00c3\u00a9', 'texts are their UTF-8 bytes')
    assert.deepEqual(stage.output.expectIds, [7])
  })

  it('that holds only comments has no tests', () => {
    assert.deepEqual(readTestFile(file('# nothing\n')), [])
  })

  it('with an expectation that nobody would look at is refused', () => {
    const text = 'rule_id: 7\ntests: [{ stages: [{ input: {}, output: { log: { expects: [1] } } }] }]\n'
    assert.throws(() => readTestFile(file(text)), FtwFileError)
  })

  it('that is no YAML is refused by name', () => {
    assert.throws(() => readTestFile(file('a: [')), /test\.yaml/)
  })

  it('of overrides replaces outputs by test', () => {
    const overrides = readOverrides([
      file(`test_overrides:
  - { rule_id: 7, test_ids: [1, 2], reason: r, lenient: true, output: { status: 400 } }
  - { rule_id: 8, test_ids: [1], reason: no, exclude: true }
`),
    ])
    assert.equal(overrides.get('7-2')?.output?.status, 400)
    assert.equal(overrides.get('7-1')?.lenient, true)
    assert.equal(overrides.get('8-1')?.exclude, true)
  })
})
