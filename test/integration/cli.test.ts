// SPDX-License-Identifier: Apache-2.0
// The program from outside: what it prints, and with which status it ends.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { DnsServer } from '../support/dns-server.js'
import { seclua, start } from './cli-program.js'

const blockAttack =
  'SecRuleEngine On\nSecRule ARGS:q "@streq attack" "id:1,phase:2,deny,status:418,log,msg:\'caught\'"\n'

describe('the seclua program', function () {
  this.timeout(60_000)
  let folder = ''

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'seclua-cli-'))
    writeFileSync(join(folder, 'good.conf'), blockAttack)
    writeFileSync(
      join(folder, 'bad.conf'),
      'SecRuleEngine On\n\tSecRule ARGS "@nonsense" "id:1,phase:2,pass"\nSecNothing 1\n',
    )
    writeFileSync(join(folder, 'attack.http'), 'GET /?q=attack HTTP/1.1\nHost: x\n\n')
    writeFileSync(join(folder, 'visit.http'), 'GET /?q=shoes HTTP/1.1\nHost: x\n\n')
    writeFileSync(
      join(folder, 'tests.yaml'),
      `rule_id: 1
tests:
  - desc: found
    stages: [{ input: { uri: "/?q=attack" }, output: { status: 418, log: { expect_ids: [1] } } }]
  - desc: wrong
    stages: [{ input: { uri: "/?q=shoes" }, output: { log: { expect_ids: [1] } } }]
  - desc: meaningless
    stages: [{ input: { follow_redirect: true }, output: { status: 200 } }]
`,
    )
  })

  after(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  const onPosix = process.platform === 'win32' ? it.skip : it
  onPosix('runs the programs that --allow-exec names, and loads no rules with others', async () => {
    const scan = join(folder, 'scan')
    writeFileSync(scan, '#!/bin/sh\necho "0 $1"\n', { mode: 0o755 })
    const rules = `SecRuleEngine On\nSecRule ARGS "@inspectFile ${scan}" "id:1,phase:2,deny,log"`
    const judge = (...more: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> =>
      seclua(['eval', '-r', rules, '--request', join(folder, 'visit.http'), ...more])
    for (const allowed of [`/nowhere,${scan}`, folder, 'any']) {
      const { status, stdout } = await judge('--allow-exec', allowed)
      assert.equal(status, 1)
      assert.match(stdout, /0 shoes/)
    }
    for (const more of [[], ['--allow-exec', '/nowhere']]) {
      const { status, stderr } = await judge(...more)
      assert.equal(status, 1)
      assert.match(stderr, /SECLUA_E_PROGRAM/)
    }
  })

  it('asks the DNS server that --dns-server names', async () => {
    const dns = await DnsServer.listen()
    dns.set('1.0.0.127.list.example', ['127.0.0.2'])
    const rules = 'SecRuleEngine On\nSecRule REMOTE_ADDR "@rbl list.example" "id:1,phase:1,deny,log"'
    const request = ['--request', join(folder, 'visit.http')]
    const { status, stdout } = await seclua(['eval', '-r', rules, ...request, '--dns-server', dns.address])
    await dns.close()
    assert.equal(status, 1)
    assert.match(stdout, /RBL lookup of 1\.0\.0\.127\.list\.example succeeded/)
  })

  it('lists its commands and the help of each', async () => {
    const { status, stdout } = await seclua(['--help'])
    assert.equal(status, 0)
    for (const command of ['check', 'eval', 'test', 'proxy', 'demo', 'rebuild']) {
      assert.match(stdout, new RegExp(`^  ${command} `, 'm'))
    }
    const answers = await Promise.all(['check', 'proxy'].map((command) => seclua([command, '--help'])))
    for (const answer of answers) {
      assert.equal(answer.status, 0)
      assert.match(answer.stdout, /^Usage: seclua/)
    }
  })

  it('knows its version', async () => {
    const { status, stdout } = await seclua(['--version'])
    assert.equal(status, 0)
    assert.match(stdout, /^\d+\.\d+\.\d+\n$/)
  })

  it('ends with 2 when the command line is wrong, and says what is', async () => {
    const lines = [
      [],
      ['nonsense'],
      ['check', '--nonsense'],
      ['check', '--engine', 'Maybe'],
      ['eval'],
      ['test'],
    ]
    lines.push(
      ['proxy'],
      ['proxy', '--upstream', 'ftp://x'],
      ['eval', '--request', join(folder, 'none.http')],
    )
    for (const args of lines) {
      const { status, stdout, stderr } = await seclua(args)
      assert.equal(status, 2, args.join(' '))
      assert.equal(stdout, '')
      assert.match(stderr, /seclua/)
    }
  })

  it('names the option that there is not, and says in words why a file cannot be read', async () => {
    const unknown = await seclua(['check', '--nonsense'])
    assert.equal(unknown.stderr, 'seclua check: there is no option --nonsense\nTry: seclua check --help\n')
    const folderGiven = await seclua(['eval', '--request', folder])
    assert.equal(folderGiven.stderr.split('\n')[0], `seclua eval: ${folder}: it is a folder`)
  })

  describe('check', () => {
    it('does not take a pattern that no file matches for a configuration', async () => {
      const { status, stdout } = await seclua(['check', 'none-*.conf'])
      assert.equal(status, 1)
      assert.match(stdout, /error SECLUA_E_FILE_OPEN: there is nothing to load: no file matches\n/)
    })

    it('names what was meant by a transformation or an option of ctl that there is not', async () => {
      const rules = 'SecRuleEngine On\nSecAction "id:1,phase:1,t:lowercse,ctl:ruleEngin=Off"'
      const { stdout } = await seclua(['check', '-r', rules])
      assert.match(stdout, /^hint: did you mean lowercase\?$/m)
      assert.match(stdout, /^hint: did you mean ruleEngine\?$/m)
    })

    it('counts the rules of a good configuration', async () => {
      const { status, stdout } = await seclua(['check', join(folder, 'good.conf')])
      assert.equal(status, 0)
      assert.match(stdout, /^1 rules, 0 scripts, 0 errors, \d+ warnings$/m)
    })

    it('finds nothing wrong with the rules that ship with the package', async () => {
      const { status, stdout } = await seclua(['check'])
      assert.equal(status, 0)
      assert.match(stdout, /^[1-9]\d+ rules, [1-9]\d* scripts, 0 errors/m)
    })

    it('prints every error with its place and a mark under its word, a tab before it or not', async () => {
      const { status, stdout } = await seclua(['check', join(folder, 'bad.conf')])
      assert.equal(status, 1)
      const lines = stdout.split('\n')
      const first = lines.findIndex((line) => line.includes('bad.conf:2:'))
      assert.match(lines[first] ?? '', /bad\.conf:2:\d+: error SECLUA_E_\w+: .*nonsense/)
      const source = lines[first + 1] ?? ''
      const mark = lines[first + 2] ?? ''
      assert.equal(source.slice(mark.indexOf('^'), mark.lastIndexOf('^') + 1).replace('@', ''), 'nonsense')
      assert.match(stdout, /bad\.conf:3:1: error/)
      assert.match(stdout, /^0 rules, 0 scripts, 2 errors, \d+ warnings$/m)
    })

    it('gives the same as data', async () => {
      const { status, stdout } = await seclua(['check', '--json', '-f', join(folder, 'bad.conf')])
      assert.equal(status, 1)
      const { rules, scripts, diagnostics } = JSON.parse(stdout) as {
        rules: number
        scripts: number
        diagnostics: { code: string; line: number; severity: string }[]
      }
      assert.deepEqual([rules, scripts], [0, 0])
      const errors = diagnostics.filter(({ severity }) => severity === 'error')
      assert.deepEqual(
        errors.map(({ line }) => line),
        [2, 3],
      )
    })
  })

  describe('eval', () => {
    it('ends with 1 and the log line when a request is stopped', async () => {
      const { status, stdout } = await seclua([
        'eval',
        join(folder, 'good.conf'),
        '--request',
        join(folder, 'attack.http'),
      ])
      assert.equal(status, 1)
      const [verdict, ...lines] = stdout.trimEnd().split('\n')
      assert.equal(verdict, 'deny with status 418, rule 1 in phase 2: caught')
      assert.equal(lines.length, 1)
      assert.match(lines[0] ?? '', /\[id "1"\]/)
    })

    it('ends with 0 when it passes', async () => {
      const { status, stdout } = await seclua([
        'eval',
        join(folder, 'good.conf'),
        '--request',
        join(folder, 'visit.http'),
      ])
      assert.equal(status, 0)
      assert.equal(stdout, 'pass\n')
    })

    it('says what failed on the way', async () => {
      const writes = join(folder, 'writes.lua')
      writeFileSync(writes, 'function main()\n  io.open("log.txt", "a")\n  return nil\nend\n')
      const rules = `SecRuleEngine On\nSecRuleScript ${writes} "id:9,phase:1,deny"`
      const { status, stdout, stderr } = await seclua([
        'eval',
        '-r',
        rules,
        '--request',
        join(folder, 'visit.http'),
      ])
      assert.deepEqual([status, stdout], [0, 'pass\n'])
      assert.match(
        stderr,
        /failed: .*writes\.lua:2: .*io\.open is not allowed here \(option lua\.allow\.io\)/,
      )
    })

    it('reads standard input, text of rules, and a response', async () => {
      writeFileSync(join(folder, 'leak.http'), 'HTTP/1.1 200 OK\nContent-Type: text/plain\n\nsecret')
      const rules =
        'SecRuleEngine On\nSecResponseBodyAccess On\nSecRule RESPONSE_BODY "@streq secret" "id:9,phase:4,deny,status:500"'
      const args = ['eval', '-r', rules, '--request', '-', '--response', join(folder, 'leak.http'), '--json']
      const { status, stdout } = await seclua(args, 'GET / HTTP/1.1\n\n')
      assert.equal(status, 1)
      const { verdict } = JSON.parse(stdout) as { verdict: { ruleId: number; phase: number } }
      assert.deepEqual([verdict.ruleId, verdict.phase], [9, 4])
    })

    it('says what is wrong with the rules, and judges nothing', async () => {
      const { status, stdout, stderr } = await seclua([
        'eval',
        join(folder, 'bad.conf'),
        '--request',
        join(folder, 'visit.http'),
      ])
      assert.equal(status, 1)
      assert.equal(stdout, '')
      assert.match(stderr, /bad\.conf:3:1: error/)
    })
  })

  describe('test', () => {
    const args = () => ['test', join(folder, 'tests.yaml'), '-f', join(folder, 'good.conf')]

    it('counts what passed, failed and was skipped, and tells about each failure', async () => {
      const { status, stdout } = await seclua(args())
      assert.equal(status, 1)
      assert.match(stdout, /^failed 1-2: expected rule 1; seen: nothing logged$/m)
      assert.match(stdout, /\n1 passed, 1 failed, 1 skipped\n$/)
    })

    it('runs only what the filter names', async () => {
      const { status, stdout } = await seclua([...args(), '--filter=-1$'])
      assert.equal(status, 0)
      assert.equal(stdout, '1 passed, 0 failed, 0 skipped\n')
    })

    it('gives the same as data, and takes overrides', async () => {
      const overrides = join(folder, 'overrides.yaml')
      writeFileSync(
        overrides,
        'test_overrides: [{ rule_id: 1, test_ids: [1], exclude: true, reason: because }]\n',
      )
      const { status, stdout } = await seclua([...args(), '--overrides', overrides, '--json'])
      assert.equal(status, 1)
      const report = JSON.parse(stdout) as {
        passed: number
        failed: number
        skipped: number
        failures: { test: string }[]
      }
      assert.deepEqual([report.passed, report.failed, report.skipped], [0, 1, 2])
      assert.equal(report.failures[0]?.test, '1-2')
    })
  })

  it('demonstrates itself: all verdicts are as they have to be', async () => {
    const { status, stdout } = await seclua(['demo', '--once'])
    assert.equal(status, 0, stdout)
    assert.match(stdout, /^SQL injection +stopped \(403\) +rule \d+/m)
    assert.match(stdout, /^a login +let through \(200\)/m)
    assert.match(stdout, /^All \d+ as expected\.$/m)
  })

  it('stays up after the demonstration, with a clean slate, until it is told to end', async () => {
    const running = start(['demo', '--listen', '127.0.0.1:0'])
    try {
      const [, url = ''] = await running.prints('stdout', /^listening on (http:\S+)$/m)
      assert.equal((await fetch(`${url}/search?q=shoes`)).status, 200)
      assert.equal((await fetch(`${url}/search?q=1%27+OR+%271%27=%271`)).status, 403)
      await running.prints('stdout', /\[id "\d+"\]/)
      running.child.kill('SIGINT')
      assert.equal((await running.ended).status, 0)
    } finally {
      running.child.kill('SIGKILL')
    }
  })
})
