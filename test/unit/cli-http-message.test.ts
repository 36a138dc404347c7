// SPDX-License-Identifier: Apache-2.0
// Raw messages from files: what is kept byte for byte, what is forgiven, what is refused.

import assert from 'node:assert/strict'

import { decodeChunks, MessageError, parseRequest, parseResponse } from '../../lib/cli/http-message.js'

const bytes = (text: string) => Buffer.from(text, 'latin1')
const bodyText = (body: string | Uint8Array | undefined) => Buffer.from(body ?? '').toString('latin1')

describe('a raw request', () => {
  it('keeps order, repeats and spelling of its headers', () => {
    const request = parseRequest(bytes('GET /a?b=%20 HTTP/1.0\r\nHost: x\r\nX-a:  1 \t\r\nx-A: 2\r\n\r\n'))
    assert.equal(request.method, 'GET')
    assert.equal(request.uri, '/a?b=%20')
    assert.equal(request.protocol, 'HTTP/1.0')
    assert.deepEqual(request.headers, [
      ['Host', 'x'],
      ['X-a', '1'],
      ['x-A', '2'],
    ])
  })

  it('may end its lines in LF alone', () => {
    const request = parseRequest(bytes('POST / HTTP/1.1\nContent-Length: 3\n\na\r\nb'))
    assert.equal(bodyText(request.body), 'a\r\n')
  })

  it('keeps every byte of its body and of its header values', () => {
    const all = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('')
    assert.equal(bodyText(parseRequest(bytes(`POST / HTTP/1.1\r\n\r\n${all}`)).body), all)
    const high = all.slice(128)
    assert.deepEqual(parseRequest(bytes(`GET / HTTP/1.1\r\nX: ${high}\r\n\r\n`)).headers, [['X', high]])
  })

  it('without Content-Length has a body to its end', () => {
    assert.equal(bodyText(parseRequest(bytes('POST / HTTP/1.1\r\n\r\nall of it\n')).body), 'all of it\n')
  })

  it('with a Content-Length that promises too much has what is there', () => {
    assert.equal(
      bodyText(parseRequest(bytes('POST / HTTP/1.1\r\nContent-Length: 99\r\n\r\nabc')).body),
      'abc',
    )
  })

  it('has the joined chunks of a chunked body', () => {
    const request = parseRequest(
      bytes(
        'POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\nA;x=1\r\n0123456789\r\n0\r\nT: 1\r\n\r\n',
      ),
    )
    assert.equal(bodyText(request.body), 'abc0123456789')
  })

  it('joins a folded header line to the one before', () => {
    assert.deepEqual(parseRequest(bytes('GET / HTTP/1.1\r\nX: a\r\n  b\r\n\r\n')).headers, [['X', 'a b']])
  })

  it('without a version is an HTTP/1.1 request', () => {
    assert.equal(parseRequest(bytes('GET /a b\n\n')).protocol, 'HTTP/1.1')
    assert.equal(parseRequest(bytes('GET /a b\n\n')).uri, '/a b')
  })

  it('is refused with the number of the line that is wrong', () => {
    assert.throws(() => parseRequest(bytes('')), MessageError)
    assert.throws(() => parseRequest(bytes('GET / HTTP/1.1\nHost: x\nno colon\n\n')), /line 3/)
  })
})

describe('chunks', () => {
  it('that break off yield what came before', () => {
    assert.equal(decodeChunks(bytes('3\r\nabc\r\nzz\r\n')).toString(), 'abc')
    assert.equal(decodeChunks(bytes('5\r\nabc')).toString(), 'abc')
    assert.equal(decodeChunks(bytes('ffffffffffff\r\nabc')).toString(), 'abc')
  })

  it('may be separated by LF alone', () => {
    assert.equal(decodeChunks(bytes('1\na\n1\nb\n0\n\n')).toString(), 'ab')
  })
})

describe('a raw response', () => {
  it('has a status, headers and a body', () => {
    const response = parseResponse(bytes('HTTP/1.1 404 Not Found\nContent-Type: text/html\n\n<p>'))
    assert.equal(response.status, 404)
    assert.equal(response.protocol, 'HTTP/1.1')
    assert.deepEqual(response.headers, [['Content-Type', 'text/html']])
    assert.equal(bodyText(response.body), '<p>')
  })

  it('may leave its reason out', () => {
    assert.equal(parseResponse(bytes('HTTP/2 204\n\n')).status, 204)
  })

  it('without a status line is refused', () => {
    assert.throws(() => parseResponse(bytes('GET / HTTP/1.1\n\n')), MessageError)
  })
})
