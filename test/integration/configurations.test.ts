// SPDX-License-Identifier: Apache-2.0
// Configurations as they are found in the field load without change: what the three engines recommend, the Core Rule Set
// with its options, and a set of 30,000 rules. The time and memory of each is printed.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Waf, type EvaluationResult, type WafOptions } from '../../lib/index.js'
import { describeShared, printScore } from '../conformance/support/shared.js'

/** Loads once more in a process that does nothing else, and says what that took. */
const probe = `
const { Waf } = require(process.argv[1])
const before = process.memoryUsage().rss
const [start, processor] = [performance.now(), process.cpuUsage()]
const waf = Waf.loadSync(JSON.parse(process.argv[2]))
const ms = performance.now() - start
const { user, system } = process.cpuUsage(processor)
const mebibytes = (process.memoryUsage().rss - before) / 1024 / 1024
console.log(JSON.stringify({ ms, processorMs: (user + system) / 1000, mebibytes }))`

interface Cost {
  readonly ms: number
  readonly processorMs: number
  readonly mebibytes: number
}

async function load(title: string, options: WafOptions): Promise<Waf> {
  const waf = await Waf.load(options)
  const dist = join(__dirname, '../../dist/index.js')
  const answer = execFileSync(process.execPath, ['-e', probe, dist, JSON.stringify(options)], {
    encoding: 'utf8',
  })
  const { ms, processorMs, mebibytes } = JSON.parse(answer) as Cost
  printScore(
    `${title}: ${waf.ruleCount} rules in ${ms.toFixed(0)} ms (${processorMs.toFixed(0)} ms of a processor), ${mebibytes.toFixed(1)} MiB`,
  )
  return waf
}

/** What the recommended files of all three have in common. */
const common = `
SecRuleEngine DetectionOnly
SecRequestBodyAccess On
SecRule REQUEST_HEADERS:Content-Type "^(?:application(?:/soap\\+|/)|text/)xml" "id:'200000',phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=XML"
SecRule REQUEST_HEADERS:Content-Type "^application/json" "id:'200001',phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRequestBodyLimit 13107200
SecRequestBodyInMemoryLimit 131072
SecRequestBodyLimitAction Reject
SecRequestBodyJsonDepthLimit 512
SecArgumentsLimit 1000
SecRule &ARGS "@ge 1000" "id:'200007',phase:2,t:none,log,deny,status:400,msg:'Too many arguments',severity:2"
SecRule REQBODY_ERROR "!@eq 0" "id:'200002',phase:2,t:none,log,deny,status:400,msg:'The body does not parse',logdata:'%{reqbody_error_msg}',severity:2"
SecRule MULTIPART_STRICT_ERROR "!@eq 0" "id:'200003',phase:2,t:none,log,deny,status:400,msg:'Multipart: \\
PE %{REQBODY_PROCESSOR_ERROR}, BQ %{MULTIPART_BOUNDARY_QUOTED}, BW %{MULTIPART_BOUNDARY_WHITESPACE}, \\
DB %{MULTIPART_DATA_BEFORE}, DA %{MULTIPART_DATA_AFTER}, HF %{MULTIPART_HEADER_FOLDING}, LF %{MULTIPART_LF_LINE}, \\
SM %{MULTIPART_MISSING_SEMICOLON}, IQ %{MULTIPART_INVALID_QUOTING}, IP %{MULTIPART_INVALID_PART}, \\
IH %{MULTIPART_INVALID_HEADER_FOLDING}, FL %{MULTIPART_FILE_LIMIT_EXCEEDED}'"
SecRule REQUEST_HEADERS:Content-Type "^application/[a-z0-9.-]+[+]json" "id:'200006',phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRule TX:/^MSC_/ "!@streq 0" "id:'200005',phase:2,t:none,deny,msg:'Internal error: %{MATCHED_VAR_NAME}'"
SecResponseBodyAccess On
SecResponseBodyMimeType text/plain text/html text/xml
SecResponseBodyLimit 524288
SecResponseBodyLimitAction ProcessPartial
SecTmpDir /tmp/
SecDataDir /tmp/
SecAuditEngine RelevantOnly
SecAuditLogRelevantStatus "^(?:5|4(?!04))"
SecAuditLogParts ABIJDEFHZ
SecAuditLogType Serial
SecAuditLog audit.log
SecArgumentSeparator &
SecCookieFormat 0
SecUnicodeMapFile unicode.mapping 20127
SecStatusEngine On
`

const stock = {
  'ModSecurity 2': `${common}
SecRequestBodyNoFilesLimit 131072
SecRule MULTIPART_UNMATCHED_BOUNDARY "!@eq 0" "id:'200004',phase:2,t:none,log,deny,msg:'A boundary that is none'"
SecPcreMatchLimit 1000
SecPcreMatchLimitRecursion 1000
`,
  'libmodsecurity 3': `${common}
SecRequestBodyNoFilesLimit 131072
SecRule MULTIPART_UNMATCHED_BOUNDARY "@eq 1" "id:'200004',phase:2,t:none,log,deny,msg:'A boundary that is none'"
SecPcreMatchLimit 1000
SecPcreMatchLimitRecursion 1000
`,
  Coraza: `${common}
SecRule MULTIPART_UNMATCHED_BOUNDARY "@eq 1" "id:'200004',phase:2,t:none,log,deny,msg:'A boundary that is none'"
SecAuditLogFormat Native
`,
}

describe('configurations of the field', function () {
  this.timeout(120_000)
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'seclua-configurations-'))
    writeFileSync(join(folder, 'unicode.mapping'), '20127 (US-ASCII)\n2200:41\n')
  })
  after(() => {
    rmSync(folder, { recursive: true })
  })

  for (const [engine, rules] of Object.entries(stock)) {
    it(`what ${engine} recommends loads without a word and judges`, async () => {
      const waf = await load(`recommended for ${engine}`, { cwd: folder, rules, engine: 'On' })
      assert.deepEqual(waf.warnings, [])
      const json = { method: 'POST', uri: '/', headers: { 'Content-Type': 'application/json' } }
      const refused = waf.evaluateSync({ ...json, body: '{' })
      assert.deepEqual([refused.verdict.action, refused.matches.at(-1)?.id], ['deny', 200002])
      assert.equal(waf.evaluateSync({ ...json, body: '{"a":1}' }).verdict.action, 'pass')
      assert.equal(waf.ruleCount, 8)
      const stray = { 'Content-Type': 'multipart/form-data; boundary=b' }
      const part = '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
      for (const [body, id] of [
        [`stray\r\n${part}--b--\r\n`, 200003],
        [`${part.replaceAll('\r', '')}--b--\n`, 200003],
        [`${part}--b--\r\n`, undefined],
      ] as const) {
        const { matches } = waf.evaluateSync({ ...json, headers: stray, body })
        assert.equal(matches.find(({ log }) => log)?.id, id)
      }
      const many = Array.from({ length: 1001 }, (_, i) => `a${i}=1`).join('&')
      assert.ok(waf.evaluateSync({ method: 'GET', uri: `/?${many}` }).matches.some(({ id }) => id === 200007))
      await waf.close()
    })
  }

  it('30,000 rules load, and one that is meant is found among them', async () => {
    const operators = ['@rx ^word%[a-z]+/tail$', '@contains word%-end', '@pm word% other%', '@streq word%']
    const lines = Array.from({ length: 30_000 }, (_, i) => {
      const operator = (operators[i % operators.length] ?? '').replaceAll('%', String(i))
      return `SecRule ARGS|REQUEST_HEADERS "${operator}" "id:${i + 1},phase:2,deny,t:none,t:lowercase,msg:'rule ${i}',tag:'set/${i % 50}'"`
    })
    const file = join(folder, 'many.conf')
    writeFileSync(file, `SecRuleEngine On\n${lines.join('\n')}\n`)
    const waf = await load('a set of a third party', { cwd: folder, files: file })
    assert.equal(waf.ruleCount, 30_000)
    assert.deepEqual(waf.warnings, [])
    const found = waf.evaluateSync({ method: 'GET', uri: '/?a=WORD19999' })
    assert.deepEqual(
      found.matches.map(({ id }) => id),
      [20_000],
    )
    assert.equal(waf.evaluateSync({ method: 'GET', uri: '/?a=harmless' }).verdict.action, 'pass')
    await waf.close()
  })
})

describeShared('the Core Rule Set with its options', 'crs', (shared) => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'seclua-crs-'))
  })
  after(() => {
    rmSync(folder, { recursive: true })
  })

  /** Options stand between the set-up and the rules; plug-ins before and behind them. */
  async function judge(
    title: string,
    options: string,
    uri: string,
    around: readonly string[] = ['', ''],
    method = 'GET',
  ): Promise<EvaluationResult> {
    const rules = readdirSync(join(shared, 'rules')).filter((name) => /\.conf(\.example)?$/.test(name))
    const own = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text)
      return join(folder, name)
    }
    const [before = '', after = ''] = around
    const waf = await load(title, {
      cwd: join(shared, 'rules'),
      engine: 'On',
      files: [
        own('body.conf', 'SecRequestBodyAccess On\nSecResponseBodyAccess On\n'),
        join(shared, 'crs-setup.conf'),
        own('options.conf', options),
        own('before.conf', before),
        ...rules.sort().map((name) => join(shared, 'rules', name)),
        own('after.conf', after),
      ],
    })
    assert.deepEqual(waf.warnings, [])
    const headers = { Host: 'a.example', 'User-Agent': 'test', Accept: '*/*' }
    const result = waf.evaluateSync({ method, uri, headers })
    await waf.close()
    return result
  }
  const set = (...variables: readonly string[]): string =>
    `SecAction "id:900999,phase:1,pass,nolog,${variables.map((each) => `setvar:tx.${each}`).join(',')}"\n`
  const attack = '/?q=1%27%20or%201=1--%20-'
  const ids = ({ matches }: EvaluationResult): number[] => matches.map(({ id }) => id)

  it('each paranoia level finds at least what the one below finds', async () => {
    let fewer = 0
    for (const level of [1, 2, 3, 4]) {
      const options = set(`blocking_paranoia_level=${level}`, `detection_paranoia_level=${level}`)
      const result = await judge(`CRS at paranoia level ${level}`, options, attack)
      assert.equal(result.verdict.action, 'deny')
      const found = ids(result).filter((id) => id >= 942_100 && id < 943_000).length
      assert.ok(found >= fewer && found > 0)
      fewer = found
    }
  })

  it('a request that is not sampled is let through', async () => {
    const { verdict } = await judge('CRS with sampling', set('sampling_percentage=0'), attack)
    assert.equal(verdict.action, 'pass')
  })

  it('early blocking refuses in phase 1 what phase 1 sees', async () => {
    const options = set('early_blocking=1', 'inbound_anomaly_score_threshold=3')
    const { verdict } = await judge('CRS with early blocking', options, '/', ['', ''], 'TRACE')
    assert.ok(verdict.action === 'deny')
    assert.equal(verdict.phase, 1)
  })

  /** As it stands on a server: everything in one load. */
  const quick = (options: string, more = ''): Waf => {
    const rules = readdirSync(join(shared, 'rules')).filter((name) => name.endsWith('.conf'))
    const around = join(folder, 'around.conf')
    writeFileSync(around, `SecRequestBodyAccess On\nSecResponseBodyAccess On\n${options}${more}`)
    const waf = Waf.loadSync({
      cwd: join(shared, 'rules'),
      engine: 'On',
      files: [
        join(shared, 'crs-setup.conf'),
        around,
        ...rules.sort().map((name) => join(shared, 'rules', name)),
      ],
    })
    assert.deepEqual(waf.warnings, [])
    return waf
  }
  const usual = { Host: 'a.example', 'User-Agent': 'test', Accept: '*/*' }

  it('reporting levels 0 to 5 say more and more in the summary', async () => {
    // Blocked; as bad, but only by what is detected beyond the level that blocks; a little at either; nothing.
    const requests = [
      { method: 'GET', uri: attack, headers: usual },
      { method: 'GET', uri: '/?a=%20%20--+x', headers: usual },
      { method: 'GET', uri: '/', headers: { ...usual, Host: '192.0.2.80' } },
      { method: 'GET', uri: '/', headers: { Host: 'a.example', 'User-Agent': 'test' } },
      { method: 'GET', uri: '/', headers: usual },
    ]
    const summaries: string[] = []
    for (const level of [0, 1, 2, 3, 4, 5]) {
      const options = set(
        'blocking_paranoia_level=1',
        'detection_paranoia_level=4',
        `reporting_level=${level}`,
      )
      const waf = quick(options)
      const isSummed = requests.map((each) => ids(waf.evaluateSync(each)).includes(980_170))
      summaries.push(isSummed.map((is) => (is ? '1' : '0')).join(''))
      await waf.close()
    }
    assert.deepEqual(summaries, ['00000', '10000', '11000', '11100', '11110', '11111'])
  })

  it('what is detected beyond the paranoia level that blocks is logged, and does not block', async () => {
    const request = { method: 'GET', uri: '/?a=%27%22%27%22%27%22%27%22%27%22', headers: usual }
    const [low, high] = [1, 4].map((level) =>
      quick(set('blocking_paranoia_level=1', `detection_paranoia_level=${level}`)),
    )
    assert.ok(low !== undefined && high !== undefined)
    const [less, more] = [low.evaluateSync(request), high.evaluateSync(request)]
    assert.deepEqual([less.verdict.action, more.verdict.action], ['pass', 'pass'])
    assert.ok(more.matches.filter(({ log }) => log).length > less.matches.filter(({ log }) => log).length)
    await Promise.all([low.close(), high.close()])
  })

  describe('takes its options from crs-setup.conf:', () => {
    const post = (type: string, body: string): object => ({
      method: 'POST',
      headers: { ...usual, 'Content-Type': type, 'Content-Length': String(body.length) },
      body,
    })
    const form = 'application/x-www-form-urlencoded'
    const upload = (size: number): object =>
      post(
        'multipart/form-data; boundary=b',
        `--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n${'x'.repeat(size)}\r\n--b--\r\n`,
      )
    const leak = {
      status: 500,
      headers: { 'Content-Type': 'text/html' },
      body: 'You have an error in your SQL syntax; MySQL',
    }
    // An option, a request, the rule that then matches; an answer of the server; the value that is no default and under which
    // the rule does not match.
    for (const [option, request, id, response, off] of [
      ['allowed_methods=GET', post(form, 'a=1'), 911_100],
      ['allowed_request_content_type=|text/xml|', post(form, 'a=1'), 920_420],
      ['allowed_request_content_type_charset=|utf-8|', post(`${form}; charset=iso-8859-1`, 'a=1'), 920_480],
      ['allowed_http_versions=HTTP/2', {}, 920_430],
      ['restricted_extensions=.secret/', { uri: '/a.secret' }, 920_440],
      ['restricted_headers_basic=/x-bad/', { headers: { ...usual, 'X-Bad': '1' } }, 920_450],
      ['max_num_args=1', { uri: '/?a=1&b=2' }, 920_380],
      ['arg_name_length=3', { uri: '/?abcd=1' }, 920_360],
      ['arg_length=3', { uri: '/?a=1234' }, 920_370],
      ['total_arg_length=5', { uri: '/?a=123&b=456' }, 920_390],
      ['max_file_size=10', upload(20), 920_400],
      ['combined_file_sizes=10', upload(20), 920_410],
      ['crs_validate_utf8_encoding=1', { uri: '/?a=%ff%fe' }, 920_250, undefined, 0],
      ['enforce_bodyproc_urlencoded=1', post('text/plain', "q=1' or 1=1-- -"), 942_100],
      ['enable_default_collections=1', {}, 901_320],
      ['crs_skip_response_analysis=1', {}, 950_021, leak],
    ] as const) {
      it(option, async () => {
        const [name = '', value = ''] = option.split('=')
        const chosen = `SecAction "id:900999,phase:1,pass,nolog,setvar:'tx.${name}=${value}'"\n`
        const seen = async (options: string): Promise<boolean> => {
          const waf = quick(options)
          const result = waf.evaluateSync({ method: 'GET', uri: '/', headers: usual, ...request }, response)
          await waf.close()
          return ids(result).includes(id)
        }
        const other = off === undefined ? '' : chosen.replace(`=${value}'`, `=${off}'`)
        assert.deepEqual([await seen(chosen), await seen(other)], [true, false])
      })
    }

    it('inbound and outbound thresholds, and what a severity counts', async () => {
      const verdict = async (...options: string[]): Promise<string> => {
        const waf = quick(set('critical_anomaly_score=5', ...options))
        const request = { method: 'GET', uri: '/?q=<script>alert(1)</script>', headers: usual }
        const { action } = waf.evaluateSync(request).verdict
        const answered = waf.evaluateSync({ ...request, uri: '/' }, leak).verdict.action
        await waf.close()
        return `${action} ${answered}`
      }
      assert.equal(await verdict(), 'deny deny')
      assert.equal(await verdict('inbound_anomaly_score_threshold=1000'), 'pass deny')
      assert.equal(await verdict('outbound_anomaly_score_threshold=1000'), 'deny pass')
      assert.equal(
        await verdict('critical_anomaly_score=0', 'error_anomaly_score=0', 'warning_anomaly_score=0'),
        'pass pass',
      )
    })
  })

  it('plug-ins are included by their patterns: configuration, before and after', async () => {
    const plugins = join(folder, 'plugins')
    mkdirSync(plugins, { recursive: true })
    const files = {
      'shop-config.conf': `SecRule &TX:shop-plugin_enabled "@eq 0" "id:9500010,phase:1,pass,nolog,setvar:'tx.shop-plugin_enabled=1'"`,
      'shop-before.conf':
        'SecRule TX:shop-plugin_enabled "@eq 0" "id:9500020,phase:1,pass,nolog,ctl:ruleRemoveById=9500030-9500999"\n' +
        'SecRule REQUEST_FILENAME "@beginsWith /" "id:9500030,phase:1,pass,nolog,ctl:ruleRemoveTargetByTag=attack-sqli;ARGS:q"\n' +
        'SecRuleUpdateTargetByTag attack-rce "!ARGS:q"',
      'shop-after.conf': 'SecRuleScript shop.lua "id:9500200,phase:2,pass,nolog"',
      'shop.lua':
        'function main()\n  m.setvar("tx.shop", m.getvar("TX.blocking_inbound_anomaly_score"))\n  return nil\nend\n',
    }
    for (const [name, content] of Object.entries(files)) writeFileSync(join(plugins, name), content)
    const judged = async (enabled: number): Promise<EvaluationResult> => {
      const main = join(folder, 'main.conf')
      writeFileSync(
        main,
        [
          'SecRequestBodyAccess On',
          `Include ${join(shared, 'crs-setup.conf')}`,
          `SecAction "id:900999,phase:1,pass,nolog,setvar:tx.shop-plugin_enabled=${enabled}"`,
          'Include plugins/*-config.conf',
          'Include plugins/*-before.conf',
          `Include ${join(shared, 'rules')}/*.conf`,
          'Include plugins/*-after.conf',
        ].join('\n'),
      )
      const waf = await load(`CRS by Include, plug-in ${enabled === 1 ? 'on' : 'off'}`, {
        engine: 'On',
        files: main,
      })
      assert.deepEqual(waf.warnings, [])
      const result = waf.evaluateSync({ method: 'GET', uri: attack, headers: usual })
      await waf.close()
      return result
    }
    const [on, off] = [await judged(1), await judged(0)]
    assert.deepEqual([on.verdict.action, on.tx['shop']], ['pass', '0'])
    assert.equal(off.verdict.action, 'deny')
  })

  it('files of exclusions and plug-ins before and behind the rules take effect', async () => {
    const before = `SecRule REQUEST_FILENAME "@streq /" "id:9500100,phase:1,pass,nolog,ctl:ruleRemoveTargetByTag=attack-sqli;ARGS:q"\n`
    const after =
      'SecAction "id:9500200,phase:5,pass,nolog,setvar:tx.plugin=1"\nSecRuleRemoveById 932000-932999\n'
    const result = await judge('CRS with plug-ins', '', attack, [before, after])
    assert.equal(result.verdict.action, 'pass')
    assert.equal(result.tx['plugin'], '1')
  })
})
