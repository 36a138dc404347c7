// SPDX-License-Identifier: Apache-2.0
// How diagnostics look in print, and what a failed load carries.

import assert from 'node:assert/strict'

import { ConfigError, formatDiagnostic, SecluaError, Waf, type Diagnostic } from '../../lib/index.js'

const base: Diagnostic = {
  code: 'SECLUA_E_IP_PREFIX',
  severity: 'error',
  message: 'an IPv4 prefix has at most 32 bits',
  file: 'rules/local.conf',
  line: 12,
  column: 1,
}

describe('formatDiagnostic', () => {
  it('prints place, code, message, the marked line and the hint', () => {
    const sourceLine = 'SecRule REMOTE_ADDR "@ipMatch 10.0.0.0/33" "id:7"'
    const text = formatDiagnostic({ ...base, column: 31, length: 11, sourceLine, hint: 'write /32' })
    assert.equal(
      text,
      `rules/local.conf:12:31: error SECLUA_E_IP_PREFIX: an IPv4 prefix has at most 32 bits
  12 | SecRule REMOTE_ADDR "@ipMatch 10.0.0.0/33" "id:7"
     |                               ^^^^^^^^^^^
hint: write /32`,
    )
  })

  it('puts the mark below its word after tabs and after characters of several bytes', () => {
    const column = Buffer.byteLength('\té ') + 1
    const [, , mark] = formatDiagnostic({ ...base, column, length: 4, sourceLine: '\té word' }).split('\n')
    assert.equal(mark, '     | \t  ^^^^')
  })

  it('is one line when the source line is not known', () => {
    assert.equal(formatDiagnostic(base).includes('\n'), false)
  })
})

describe('a configuration with errors', () => {
  const rules =
    'SecRuleEngine On\nSecRule ARGS "@nope x" "id:1"\nSecNothing\nSecRule ARGS "x" "id:2,nothing"\n'
  let error: unknown
  before(() => {
    try {
      Waf.loadSync({ rules })
    } catch (thrown) {
      error = thrown
    }
  })

  it('is a ConfigError and a SecluaError with the place of the first', () => {
    assert.ok(error instanceof ConfigError && error instanceof SecluaError)
    assert.equal(error.code, 'SECLUA_E_CONFIG')
    assert.deepEqual([error.line, typeof error.column], [2, 'number'])
  })

  it('carries every error, not just the first, and lists them in its message', () => {
    assert.ok(error instanceof ConfigError)
    const errors = error.diagnostics.filter(({ severity }) => severity === 'error')
    assert.deepEqual(
      errors.map(({ line }) => line),
      [2, 3, 4],
    )
    for (const diagnostic of errors) assert.ok(error.message.includes(formatDiagnostic(diagnostic)))
  })
})
