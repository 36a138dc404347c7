// SPDX-License-Identifier: Apache-2.0
// The directives of the logs, from rules to files: what stands in a record, where it is written, what is hidden in it.

import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Waf } from '../../lib/index.js'

const base = 'SecRuleEngine On\nSecRequestBodyAccess On\nSecResponseBodyAccess On\nSecAuditEngine On\n'
const request = {
  method: 'POST',
  uri: '/?secret=12345',
  headers: { Host: 'a.example', 'X-Key': 'k3y', 'Content-Type': 'application/x-www-form-urlencoded' },
  body: 'card=4111111111111111&note=left',
}
const response = { status: 200, headers: { 'Content-Type': 'text/plain', 'X-Token': 't0ken' }, body: 'hello' }

describe('the audit log', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'seclua-audit-'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  /** Judges the request under these rules; the logs are complete when it returns. */
  async function record(rules: string): Promise<Waf> {
    const waf = Waf.loadSync({ cwd: folder, rules: base + rules })
    waf.evaluateSync(request, response)
    await waf.close()
    return waf
  }
  const text = (name: string): string => readFileSync(join(folder, name), 'utf8')
  const files = (): string[] =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))

  it('SecAuditLog with SecAuditLogType Serial and SecAuditLogFormat Native appends parts to one file', async () => {
    await record(
      'SecAuditLog audit.log\nSecAuditLogType Serial\nSecAuditLogFormat Native\nSecAuditLogParts ABCFHZ',
    )
    assert.deepEqual(
      [...text('audit.log').matchAll(/^--[0-9a-f]{8}-([A-Z])--$/gm)].map(([, part]) => part),
      ['A', 'B', 'C', 'F', 'H', 'Z'],
    )
  })

  it('ctl:auditLogParts adds, takes away or replaces parts', async () => {
    for (const [parts, expected] of [
      ['+E', 'ABEFHZ'],
      ['-H', 'ABFZ'],
      ['ABZ', 'ABZ'],
    ]) {
      await record(
        `SecAuditLog ${parts}.log\nSecAuditLogParts ABFHZ\nSecAction "id:1,phase:1,pass,ctl:auditLogParts=${parts}"`,
      )
      const found = [...text(`${parts}.log`).matchAll(/^--[0-9a-f]{8}-([A-Z])--$/gm)].map(([, part]) => part)
      assert.deepEqual(found.sort().join(''), expected)
    }
  })

  it('SecAuditLogFormat JSON writes one object a line, behind SecAuditLogPrefix', async () => {
    await record('SecAuditLog audit.log\nSecAuditLogFormat JSON\nSecAuditLogPrefix "waf: "')
    const [line = '', rest] = text('audit.log').split('\n')
    assert.equal(rest, '')
    assert.ok(line.startsWith('waf: {'))
    const { transaction } = JSON.parse(line.slice(5)) as { transaction: { request: { method: string } } }
    assert.equal(transaction.request.method, 'POST')
  })

  it('SecAuditLogType Concurrent keeps a file for each transaction in SecAuditLogStorageDir, with two indexes', async () => {
    await record(
      'SecAuditLogType Concurrent\nSecAuditLogStorageDir .\nSecAuditLog index.log\nSecAuditLog2 second.log\n' +
        'SecAuditLogDirMode 0711\nSecAuditLogFileMode 0604',
    )
    const line = text('index.log')
    assert.match(line, /"POST \/\?secret=12345 HTTP\/1\.1" 200 .*md5:[0-9a-f]{32}$/m)
    assert.equal(text('second.log'), line)
    const kept = files().filter((name) => !name.endsWith('.log'))
    assert.equal(kept.length, 1)
    const [name = ''] = kept
    assert.equal(statSync(name).mode & 0o777, 0o604)
    assert.equal(statSync(join(name, '..')).mode & 0o777, 0o711)
  })

  it('SecSensorId and SecComponentSignature name who wrote the record', async () => {
    await record(
      'SecAuditLog audit.log\nSecSensorId sensor-7\nSecComponentSignature "rules/1.0"\nSecComponentSignature "more/2"',
    )
    assert.match(text('audit.log'), /sensor-7/)
    assert.match(text('audit.log'), /rules\/1\.0; more\/2/)
  })

  it('SecAuditEngine RelevantOnly records what a rule or SecAuditLogRelevantStatus finds relevant', async () => {
    const relevant = 'SecAuditEngine RelevantOnly\nSecAuditLog audit.log\n'
    await record(`${relevant}SecAuditLogRelevantStatus "^5"`)
    assert.equal(text('audit.log'), '')
    await record(`${relevant}SecAuditLogRelevantStatus "^2"`)
    assert.match(text('audit.log'), /POST/)
  })

  it('SecDebugLog tells as much as SecDebugLogLevel says', async () => {
    await record('SecDebugLog debug.log\nSecDebugLogLevel 0\nSecAction "id:1,phase:1,pass,nolog"')
    assert.equal(text('debug.log'), '')
    await record('SecDebugLog debug.log\nSecDebugLogLevel 9\nSecAction "id:1,phase:1,pass,nolog"')
    assert.match(text('debug.log'), /\[9\]/)
  })

  for (const [action, hidden] of [
    ['sanitiseArg:secret', '12345'],
    ['sanitizeArg:card', '4111111111111111'],
    ['sanitiseRequestHeader:X-Key', 'k3y'],
    ['sanitizeRequestHeader:X-Key', 'k3y'],
    ['sanitiseResponseHeader:X-Token', 't0ken'],
    ['sanitizeResponseHeader:X-Token', 't0ken'],
  ] as const) {
    it(`${action} hides the value in both formats`, async () => {
      for (const format of ['Native', 'JSON']) {
        const log = `SecAuditLog ${format}.log\nSecAuditLogFormat ${format}\nSecAuditLogParts ABCFHZ\n`
        await record(`${log}SecAction "id:1,phase:1,pass,log,${action}"`)
        assert.ok(text(`${format}.log`).includes('*'.repeat(hidden.length)))
        assert.ok(!text(`${format}.log`).includes(hidden), text(`${format}.log`))
      }
    })
  }

  for (const [action, left] of [
    ['sanitiseMatched', 'card=****************'],
    ['sanitizeMatched', 'card=****************'],
    ['sanitiseMatchedBytes', 'card=****************'],
    ['sanitizeMatchedBytes:0/4', 'card=************1111'],
  ] as const) {
    it(`${action} hides what matched`, async () => {
      await record(
        `SecAuditLog audit.log\nSecRule ARGS "@verifyCC \\d{16}" "id:1,phase:2,pass,log,capture,${action}"`,
      )
      assert.ok(text('audit.log').includes(`${left}&note=left`), text('audit.log'))
      assert.ok(!text('audit.log').includes('4111111111111111'))
    })
  }
})
