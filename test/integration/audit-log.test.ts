// SPDX-License-Identifier: Apache-2.0
// The directives of the logs, from rules to files: what stands in a record, where it is written, what is hidden in it.

import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { Waf } from '../../lib/index.js'
import { exhausting } from '../support/exhausting.js'

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

  /** The record in a layout of JSON; strict parsing is part of the test. */
  async function layout(format: string, rules = ''): Promise<unknown> {
    const parts = 'SecAuditLogParts ABCEFHIJKZ\nSecResponseBodyMimeType text/plain\n'
    await record(`SecAuditLog audit.log\nSecAuditLogFormat ${format}\n${parts}${rules}`)
    const [line = '', rest] = text('audit.log').split('\n')
    assert.equal(rest, '')
    return JSON.parse(line)
  }
  const rules =
    'SecSensorId s-1\nSecWebAppId shop\nSecComponentSignature rules/1\n' +
    "SecRule ARGS:secret \"@rx 1(2)\" \"id:7,phase:1,pass,log,capture,msg:'found %{TX.1}',logdata:'d',severity:CRITICAL,tag:'t',ver:'v'\"\n" +
    'SecRule ARGS:card "@rx ." "id:9,phase:2,pass,chain"\n  SecRule ARGS:note "@streq right"\n' +
    'SecRule ARGS:note "@streq left" "id:8,phase:2,deny,status:418,log,chain"\n  SecRule ARGS:card "@beginsWith 4"'

  it('SecAuditLogFormat JSON-v2 writes what ModSecurity 2 does', async () => {
    const found = (await layout('JSON-v2', rules)) as Record<string, Record<string, unknown>>
    const {
      transaction,
      request: asked,
      response: answered,
      audit_data: data,
      matched_rules: matched,
    } = found
    assert.match(String(transaction?.['time']), /^\d\d\/\w{3}\/\d{4}:\d\d:\d\d:\d\d\.\d{6} [+-]\d{4}$/)
    assert.equal(transaction?.['remote_address'], '127.0.0.1')
    assert.equal(asked?.['request_line'], 'POST /?secret=12345 HTTP/1.1')
    assert.deepEqual(asked['headers'], request.headers)
    assert.deepEqual(asked['body'], [request.body])
    assert.equal(answered?.['status'], 418)
    assert.deepEqual(data?.['action'], { intercepted: true, phase: 2, message: '' })
    assert.deepEqual(data['producer'], ['seclua/0.1.0', 'rules/1'])
    assert.deepEqual(
      [data['webapp_info'], data['sensor_id'], data['engine_mode']],
      [{ id: 'shop' }, 's-1', 'ENABLED'],
    )
    const [first, second] = data['messages'] as string[]
    assert.match(
      first ?? '',
      /^Warning\. Pattern match "1\(2\)" at ARGS:secret\. \[file "rules"\] \[line "\d+"\] \[id "7"\] \[msg "found 2"\] \[data "d"\] \[severity "CRITICAL"\] \[ver "v"\] \[tag "t"\]$/,
    )
    assert.match(second ?? '', /^Access denied with code 418 \(phase 2\)\. String match "4" at ARGS:card\./)
    const chain = matched as unknown as { chain: boolean; full_chain_match?: boolean; rules: object[] }[]
    assert.deepEqual(
      chain.map((each) => [each.chain, each.full_chain_match, each.rules.length]),
      [
        [false, undefined, 1],
        [true, false, 2],
        [true, true, 2],
      ],
    )
  })

  it('SecAuditLogFormat JSON-coraza writes what Coraza does', async () => {
    const { transaction, messages } = (await layout('JSON-coraza', rules)) as {
      transaction: Record<string, never>
      messages: Record<string, never>[]
    }
    assert.match(String(transaction['timestamp']), /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d$/)
    assert.equal(transaction['is_interrupted'], true)
    assert.equal(transaction['highest_severity'], 'CRITICAL')
    const asked = transaction['request'] as unknown as Record<string, unknown>
    assert.deepEqual(
      [asked['method'], asked['uri'], asked['http_version']],
      ['POST', '/?secret=12345', '1.1'],
    )
    assert.deepEqual(asked['args'], { secret: ['12345'], card: ['4111111111111111'], note: ['left'] })
    assert.deepEqual((asked['headers'] as Record<string, unknown>)['Host'], ['a.example'])
    assert.deepEqual(
      messages.map(({ message, data }) => [message, (data as unknown as { id: number }).id]),
      [
        ['found 2', 7],
        ['', 8],
      ],
    )
    assert.match(
      String(messages[0]?.['error_message']),
      /^\[client "127\.0\.0\.1"\] Coraza: Warning\. \[file "rules"\]/,
    )
  })

  it('SecAuditLogFormat OCSF writes an event of the class Web Resources Activity', async () => {
    const found = (await layout('OCSF', rules)) as Record<string, never>
    assert.deepEqual(
      [found['class_uid'], found['category_uid'], found['activity_id'], found['type_uid'], found['action']],
      [6001, 6, 2, 600102, 'Denied'],
    )
    assert.deepEqual((found['metadata'] as unknown as { version: string }).version, '1.2.0')
    const asked = found['http_request'] as unknown as Record<string, unknown>
    assert.deepEqual([asked['http_method'], asked['args']], ['POST', 'secret=12345'])
    assert.deepEqual((found['http_response'] as unknown as { code: number }).code, 418)
    assert.deepEqual(
      (found['enrichments'] as unknown as { name: string; value: string; data: { id: number } }[]).map(
        (each) => [each.name, each.value, each.data.id],
      ),
      [
        ['found 2', 'd', 7],
        ['', '', 8],
      ],
    )
  })

  it('audit.bodyLimit, audit.binary and audit.maskDefaults say what a record shows', async () => {
    const headers = { ...request.headers, Authorization: 'Basic YTpi', Cookie: 'id=1' }
    for (const format of ['Native', 'JSON', 'JSON-v2', 'JSON-coraza']) {
      const waf = Waf.loadSync({
        cwd: folder,
        rules: `${base}SecAuditLog ${format}.log\nSecAuditLogFormat ${format}\nSecAuditLogParts ABCFHZ`,
        audit: { bodyLimit: 6, binary: 'base64', maskDefaults: true },
      })
      const body = Buffer.from('a=\xff\xfebcdef', 'latin1')
      waf.evaluateSync({ ...request, headers, body }, { status: 200, headers: { 'Set-Cookie': 's=2' } })
      await waf.close()
      const found = readFileSync(join(folder, `${format}.log`), 'latin1')
      for (const hidden of ['YTpi', 'id=1', 's=2']) assert.ok(!found.includes(hidden), found)
      assert.ok(found.includes('**********'))
      if (format === 'JSON' || format === 'JSON-coraza') {
        const { transaction } = JSON.parse(text(`${format}.log`)) as {
          transaction: { request: Record<string, unknown> }
        }
        assert.equal(transaction.request['body'], 'a=\ufffd\ufffdbc')
        assert.equal(
          transaction.request['body_b64'],
          Buffer.from('a=\xff\xfebc', 'latin1').toString('base64'),
        )
      }
    }
  })

  it('audit.maskMessages false leaves messages readable, not the parts', async () => {
    for (const maskMessages of [true, false]) {
      const waf = Waf.loadSync({
        cwd: folder,
        rules:
          `${base}SecAuditLog ${maskMessages}.log\nSecAuditLogParts ACHZ\n` +
          'SecRule ARGS:card "@rx ." "id:1,phase:2,pass,sanitiseMatched,msg:\'card %{MATCHED_VAR}\'"',
        audit: { maskMessages },
      })
      waf.evaluateSync(request)
      await waf.close()
      const found = text(`${maskMessages}.log`)
      assert.match(found, /^card=\*{16}&note=left$/m)
      assert.equal(found.includes('[msg "card 4111111111111111"]'), !maskMessages)
    }
  })

  it('audit.wouldBeStatus makes relevant in DetectionOnly what would have been answered so', async () => {
    const rules =
      'SecRuleEngine DetectionOnly\nSecAuditEngine RelevantOnly\nSecAuditLogRelevantStatus ^418$\n' +
      'SecRule ARGS:deny "@rx ." "id:1,phase:1,deny,status:418,noauditlog"\n' +
      'SecAction "id:2,phase:1,deny,status:500,noauditlog"'
    for (const [wouldBeStatus, uri, engine] of [
      [true, '/?deny=1', 'DetectionOnly'],
      [true, '/', 'DetectionOnly'],
      [false, '/?deny=1', 'DetectionOnly'],
      [false, '/?deny=1', 'On'],
    ] as const) {
      const waf = Waf.loadSync({ rules, engine, audit: { wouldBeStatus } })
      const { audit } = waf.evaluateSync({ method: 'GET', uri })
      assert.equal(audit !== undefined, uri !== '/' && (wouldBeStatus || engine === 'On'))
      await waf.close()
    }
  })

  it('audit.escapeBody writes what is not printable in part E as \\xHH', async () => {
    for (const escapeBody of [true, false]) {
      const name = `${escapeBody}.log`
      const rules = `${base}SecAuditLog ${name}\nSecAuditLogParts AEZ`
      const waf = Waf.loadSync({ cwd: folder, rules, audit: { escapeBody } })
      waf.evaluateSync(request, { ...response, body: Buffer.from('a"\\\n\xe9', 'latin1') })
      await waf.close()
      const shown = escapeBody ? 'a"\\\\x0a\\xe9' : 'a"\\\n\xe9'
      assert.ok(readFileSync(join(folder, name), 'latin1').includes(`-E--\n${shown}`))
    }
  })

  it('audit.hash sha256 is of the record, in the index of the concurrent log', async () => {
    const rules = `${base}SecAuditLogType Concurrent\nSecAuditLogStorageDir .\nSecAuditLog index.log`
    const waf = Waf.loadSync({ cwd: folder, rules, audit: { hash: 'sha256' } })
    waf.evaluateSync(request, response)
    await waf.close()
    const [kept = ''] = files().filter((name) => !name.endsWith('.log'))
    const digest = createHash('sha256').update(readFileSync(kept)).digest('hex')
    assert.ok(text('index.log').endsWith(` sha256:${digest}\n`))
  })

  it('part K has every rule that matched, and of chains that failed the links that did not behind #', async () => {
    await record(`SecAuditLog audit.log\nSecAuditLogParts AKZ\n${rules}`)
    const [, part = ''] = text('audit.log').split(/^--[0-9a-f]{8}-[KZ]--\n/m)
    assert.deepEqual(
      part
        .trimEnd()
        .split('\n')
        .map((line) => /^#?SecRule \S+/.exec(line)?.[0] ?? line),
      [
        'SecRule ARGS:secret',
        '',
        'SecRule ARGS:card',
        '#SecRule ARGS:note',
        '',
        'SecRule ARGS:note',
        'SecRule ARGS:card',
      ],
    )
  })

  it('what the server says of a request stands in part H', async () => {
    const waf = Waf.loadSync({ cwd: folder, rules: `${base}SecAuditLog audit.log\nSecAuditLogParts AHZ` })
    const tx = waf.transaction()
    tx.processRequestHeadersSync({ method: 'GET', uri: '/' })
    tx.addServerError('upstream\nfailed')
    tx.processLoggingSync()
    tx.close()
    await waf.close()
    assert.match(text('audit.log'), /^Server-Error: upstream\\x0afailed$/m)
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

  it('reopenLogs and reload go on in a new file when the old one was moved away', async () => {
    const waf = Waf.loadSync({
      cwd: folder,
      rules: `${base}SecAuditLog audit.log\nSecDebugLog debug.log\nSecDebugLogLevel 4`,
    })
    const records = (name: string): number => text(name).split('-A--').length - 1
    const judged = async (): Promise<void> => {
      waf.evaluateSync(request, response)
      for (const name of ['audit.log', 'debug.log']) {
        while (!existsSync(join(folder, name)) || text(name) === '') await delay(5)
      }
    }
    const moveAway = (suffix: string): void => {
      for (const name of ['audit', 'debug']) {
        renameSync(join(folder, `${name}.log`), join(folder, `${name}.${suffix}`))
      }
    }
    await judged()
    moveAway('0')
    waf.reopenLogs()
    await judged()
    moveAway('1')
    await waf.reload()
    await judged()
    await waf.close()
    assert.deepEqual(['audit.0', 'audit.1', 'audit.log'].map(records), [1, 1, 1])
    assert.throws(() => {
      waf.reopenLogs()
    }, /closed/)
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

  describe("option debugLog: 'relevant'", () => {
    const config = 'SecDebugLog debug.log\nSecDebugLogLevel 9\n'
    async function judge(rules: string, uris: readonly string[]): Promise<string> {
      const waf = Waf.loadSync({ cwd: folder, rules: base + config + rules, debugLog: 'relevant' })
      for (const uri of uris) waf.evaluateSync({ method: 'GET', uri })
      await waf.close()
      return text('debug.log')
    }
    const headers = (log: string): number => log.match(/Starting phase REQUEST_HEADERS/g)?.length ?? 0

    it('writes all lines of transactions that RelevantOnly would record, and none of others', async () => {
      const rules = `SecRule ARGS:a "@streq bad" "id:1,phase:2,deny"
SecRule ARGS:a "@streq unaudited" "id:2,phase:2,deny,noauditlog"`
      const log = await judge(rules, ['/?a=good', '/?a=bad', '/?a=unaudited'])
      assert.equal(headers(log), 1)
      assert.match(log, /Starting phase LOGGING/)
      assert.match(log, /Target value: "bad"/)
      assert.doesNotMatch(log, /good|unaudited/)
      for (const line of log.trimEnd().split('\n'))
        assert.match(line, /^\[[^\]]+\] \[[^\]]+\] \[\/\] \[\d\] /)
    })

    it('asks SecAuditLogRelevantStatus, and is deaf to SecAuditEngine', async () => {
      const rules = `SecAuditEngine Off\nSecAuditLogRelevantStatus "^418"
SecRule ARGS:a "@streq bad" "id:1,phase:2,deny,status:418,noauditlog"`
      assert.equal(headers(await judge(rules, ['/?a=good', '/?a=bad', '/?a=bad'])), 2)
    })

    it('keeps the newest lines of a long transaction, and says how many there were before', async () => {
      const rules = Array.from(
        { length: 8000 },
        (_, i) => `SecRule ARGS:a "@streq ${i}" "id:${i + 1},phase:2,pass"`,
      ).join('\n')
      const log = await judge(`${rules}\nSecAction "id:9000,phase:2,deny"`, ['/?a=none'])
      const [first = '', ...rest] = log.trimEnd().split('\n')
      assert.match(first, /\[1\] \d+ earlier lines of this transaction are left out\.$/)
      assert.ok(log.length > 900 * 1024 && log.length <= 1024 * 1024 + first.length + 1, String(log.length))
      assert.match(log, /Rule: 9000/)
      assert.doesNotMatch(log, /REQUEST_HEADERS/)
      for (const line of rest) assert.match(line, /^\[[^\]]+\] \[[^\]]+\] \[\/\] \[\d\] /)
    })

    it('writes what it has of a transaction that runs out of memory', async () => {
      const log = await judge(exhausting, ['/?a=0123456789abcdef'])
      assert.match(log, /Starting phase REQUEST_BODY/)
    })
  })

  for (const [action, hidden] of [
    ['sanitiseArg:secret', '12345'],
    ['sanitizeArg:card', '4111111111111111'],
    ['sanitiseRequestHeader:X-Key', 'k3y'],
    ['sanitizeRequestHeader:X-Key', 'k3y'],
    ['sanitiseResponseHeader:X-Token', 't0ken'],
    ['sanitizeResponseHeader:X-Token', 't0ken'],
  ] as const) {
    it(`${action} hides the value in every format`, async () => {
      for (const format of ['Native', 'JSON', 'JSON-v2', 'JSON-coraza']) {
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
