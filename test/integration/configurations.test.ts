// SPDX-License-Identifier: Apache-2.0
// Configurations as they are found in the field load without change: what the three engines recommend, the Core Rule Set
// with its options, and a set of 30,000 rules. The time and memory of each is printed.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
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
SecRule MULTIPART_STRICT_ERROR "!@eq 0" "id:'200003',phase:2,t:none,log,deny,status:400,msg:'Multipart: PE %{REQBODY_PROCESSOR_ERROR}, BQ %{MULTIPART_BOUNDARY_QUOTED}, IQ %{MULTIPART_INVALID_QUOTING}, FL %{MULTIPART_FILE_LIMIT_EXCEEDED}'"
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
SecRule REQUEST_HEADERS:Content-Type "^application/[a-z0-9.-]+[+]json" "id:'200006',phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
SecRule MULTIPART_UNMATCHED_BOUNDARY "@eq 1" "id:'200004',phase:2,t:none,log,deny,msg:'A boundary that is none'"
SecPcreMatchLimit 1000
SecPcreMatchLimitRecursion 1000
`,
  Coraza: `${common}
SecRule REQUEST_HEADERS:Content-Type "^application/[a-z0-9.-]+[+]json" "id:'200006',phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
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

  it('reporting levels 0 and 4 differ in the summary of a blocked request', async () => {
    const summary = async (level: number): Promise<boolean> =>
      ids(await judge(`CRS at reporting level ${level}`, set(`reporting_level=${level}`), attack)).includes(
        980_170,
      )
    assert.deepEqual([await summary(0), await summary(4)], [false, true])
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
