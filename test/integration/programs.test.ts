// SPDX-License-Identifier: Apache-2.0
// External programs: what they are given, what is made of what they do, and that no program can hold up or break the server.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { Waf, type EvaluationResult, type WafOptions } from '../../lib/index.js'
import { until } from './server.js'

/** A dead process that nobody has asked about yet is dead. */
const isAlive = (pid: number): boolean =>
  /^[^Z]/.test(spawnSync('ps', ['-o', 'stat=', '-p', String(pid)]).stdout.toString())

;(process.platform === 'win32' ? describe.skip : describe)('an external program', function () {
  this.timeout(60_000)
  let folder: string
  let waf: Waf

  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'seclua-programs-')))
  })

  afterEach(async () => {
    await waf.close()
    rmSync(folder, { recursive: true })
  })

  const program = (name: string, text: string): string => {
    const path = join(folder, name)
    writeFileSync(path, `#!/bin/sh\n${text}\n`)
    chmodSync(path, 0o755)
    return path
  }
  const load = async (rules: string, options: WafOptions = {}): Promise<void> => {
    waf = await Waf.load({ rules: `SecRuleEngine On\n${rules}`, cwd: folder, allowExec: true, ...options })
  }
  const inspect = async (text: string, options: WafOptions = {}): Promise<void> => {
    program('scan', text)
    await load('SecRule ARGS "@inspectFile scan" "id:1,phase:2,deny,status:418,log"', options)
  }
  const send = (uri = '/?a=value', headers: Record<string, string> = { Host: 'shop.example' }) =>
    waf.evaluate({ method: 'GET', uri, headers, clientAddress: '192.0.2.7' })
  const logOf = ({ logs }: EvaluationResult): string => logs.map(({ message }) => message).join('\n')
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8')

  describe('behind @inspectFile', () => {
    it('decides by what it writes: 1 is clean, anything else a match with that text', async () => {
      await inspect('case "$1" in clean) echo "1 ok";; *) echo "0 found $1";; esac')
      assert.equal((await send('/?a=clean')).verdict.status, 0)
      const { verdict, matches } = await send('/?a=evil')
      assert.equal(verdict.status, 418)
      assert.match(matches[0]?.logLine ?? '', /0 found evil/)
    })

    it('gets the value as its one argument, whatever is in it: there is no shell', async () => {
      await inspect('printf "%s\\n" "$#" "$1" > seen; echo 1')
      for (const value of [
        'a b',
        '; touch injected',
        '$(touch injected)',
        "' | touch injected #",
        '-n',
        '\u00fcber',
      ]) {
        await send(`/?a=${encodeURIComponent(value)}`)
        assert.equal(read('seen'), `1\n${value}\n`)
      }
      assert.ok(!existsSync(join(folder, 'injected')))
    })

    it('sees bytes that are no text as \\xHH', async () => {
      await inspect('printf "%s" "$1" > seen; echo 1')
      await send('/?a=%ff%20%c3%a9')
      assert.equal(read('seen'), '\\xff \u00e9')
    })

    it('is asked about every value, one after the other', async () => {
      await inspect('echo "$1" >> seen; [ "$1" = three ] && echo 0 || echo 1')
      assert.equal((await send('/?a=one&b=two&c=three&d=four')).verdict.status, 418)
      assert.equal(read('seen'), 'one\ntwo\nthree\n')
    })

    it('that writes nothing has said nothing, which is logged', async () => {
      await inspect('exit 3')
      const result = await send()
      assert.equal(result.verdict.action, 'pass')
      assert.match(logOf(result), /@inspectFile could not answer at ARGS:a: the program ended with status 3/)
    })
  })

  describe('behind exec', () => {
    it('is run on a match, and nothing comes of what it writes', async () => {
      program('note', 'echo "$# $0" > seen; echo 0; echo noise >&2')
      await load('SecRule ARGS "@streq value" "id:1,phase:2,pass,exec:note,setvar:tx.after=1"')
      const { verdict, tx, logs } = await send('/?a=value')
      assert.deepEqual([verdict.action, tx.after, logs], ['pass', '1', []])
      assert.equal(read('seen'), `0 ${join(folder, 'note')}\n`)
    })

    it('is run at once per rule, not for each value', async () => {
      program('note', 'echo x >> seen')
      await load('SecRule ARGS "@rx ." "id:1,phase:2,pass,exec:note"')
      await send('/?a=1&b=2&c=3')
      assert.equal(read('seen'), 'x\n')
    })

    it('that fails is logged; the rule goes on', async () => {
      program('note', 'exit 9')
      await load('SecAction "id:1,phase:1,deny,status:418,exec:note"')
      const result = await send()
      assert.equal(result.verdict.status, 418)
      assert.match(logOf(result), /exec: .*note: it ended with status 9/)
    })

    it('may stand in the logging phase, for a request that was stopped before', async () => {
      program('note', 'echo "$UNIQUE_ID" > seen')
      await load('SecAction "id:1,phase:1,deny"\nSecAction "id:2,phase:5,pass,exec:note"')
      await send()
      assert.match(read('seen'), /^.{27}\n$/)
    })
  })

  it('has a few variables of the request, those of setenv, and nothing of the server', async () => {
    process.env.SECLUA_TEST_SECRET = 'secret'
    program('note', 'env | grep -Ev "^(PWD|SHLVL|_|OLDPWD)=" | sort > seen')
    await load('SecAction "id:1,phase:2,pass,setenv:LEVEL=%{REQUEST_METHOD},exec:note"')
    await send('/p?a=b')
    delete process.env.SECLUA_TEST_SECRET
    const names = read('seen')
      .trim()
      .split('\n')
      .map((line) => line.slice(0, line.indexOf('=')))
    assert.deepEqual(names, [
      'LEVEL',
      'PATH',
      'REMOTE_ADDR',
      'REQUEST_METHOD',
      'REQUEST_URI',
      'SERVER_NAME',
      'UNIQUE_ID',
    ])
    assert.match(read('seen'), /^LEVEL=GET$/m)
    assert.match(read('seen'), /^REMOTE_ADDR=192\.0\.2\.7$/m)
    assert.match(read('seen'), /^REQUEST_URI=\/p\?a=b$/m)
    assert.match(read('seen'), /^SERVER_NAME=shop\.example$/m)
  })

  const hasDescriptors = existsSync('/proc/self/fd')
  ;(hasDescriptors ? it : it.skip)('has no file, socket or pipe of the server', async () => {
    writeFileSync(join(folder, 'audit.log'), '')
    program('note', 'ls -l /proc/self/fd > seen; readlink /proc/self/fd/0 >> seen')
    const logs = `SecAuditEngine On\nSecAuditLogType Serial\nSecAuditLog ${folder}/audit.log\nSecDebugLog ${folder}/debug.log\n`
    await load(`${logs}SecDebugLogLevel 4\nSecAction "id:1,phase:5,pass,exec:note"`)
    await send()
    const descriptors = [...read('seen').matchAll(/ (\d+) -> (\S+)/g)].map(([, number, place]) => [
      number,
      place,
    ])
    const [input, output, errors, ...others] = descriptors
    assert.deepEqual(input, ['0', '/dev/null'])
    assert.deepEqual(output, ['1', join(folder, 'seen')])
    assert.deepEqual(errors, ['2', '/dev/null'])
    assert.ok(
      others.every(([, place]) => place?.startsWith('/proc/') === true),
      JSON.stringify(others),
    ) // ls's own
  })

  ;(hasDescriptors ? it : it.skip)('has none that the server itself was started with', async () => {
    program('note', 'ls /proc/self/fd > seen')
    await load('SecAction "id:1,phase:1,pass,exec:note"')
    const given = 40 // beyond those that Node closes itself
    const file = openSync('/dev/null', 'r')
    const judge = `
      const { Waf } = require(${JSON.stringify(join(__dirname, '../../lib/index.ts'))})
      require('node:fs').fstatSync(${given})
      const rules = 'SecRuleEngine On\\nSecAction "id:1,phase:1,pass,exec:note"'
      Waf.load({ rules, cwd: ${JSON.stringify(folder)}, allowExec: true })
        .then((waf) => waf.evaluate({ method: 'GET', uri: '/' }).then(() => waf.close()))`
    const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', '-e', judge], {
      stdio: ['ignore', 'ignore', 'pipe', ...Array<'ignore'>(given - 3).fill('ignore'), file],
    })
    closeSync(file)
    assert.equal(status, 0, stderr.toString())
    assert.ok(!read('seen').split('\n').includes(String(given)), read('seen'))
  })

  it('that is gone when it is needed is an error in the log, not in the server', async () => {
    await inspect('echo 0')
    rmSync(join(folder, 'scan'))
    const result = await send()
    assert.equal(result.verdict.action, 'pass')
    assert.match(logOf(result), /could not answer at ARGS:a: .*ENOENT/)
  })

  it('that cannot be executed any more is an error in the log', async () => {
    await inspect('echo 0')
    writeFileSync(join(folder, 'scan'), 'no program at all')
    chmodSync(join(folder, 'scan'), 0o644)
    const result = await send()
    assert.equal(result.verdict.action, 'pass')
    assert.match(logOf(result), /could not answer at ARGS:a: /)
  })

  it('that hangs is killed with all that it started, and the request goes on', async () => {
    await inspect('sleep 1000 & echo $! > child; echo $$ > self; wait', { programs: { timeout: 300 } })
    const result = await send()
    assert.equal(result.verdict.action, 'pass')
    assert.match(logOf(result), /no answer within 300 ms/)
    for (const name of ['child', 'self']) await until(() => !isAlive(Number(read(name))))
    assert.equal((waf.stats().waits as { late: number }).late, 1)
  })

  it('that ignores what it is told to end by is killed, too', async () => {
    await inspect('trap "" TERM INT HUP; echo $$ > self; while :; do sleep 0.05; done', {
      programs: { timeout: 300 },
    })
    assert.equal((await send()).verdict.action, 'pass')
    await until(() => !isAlive(Number(read('self'))))
  })

  it('that leaves something behind which holds its output does not keep the request', async () => {
    await inspect('echo "1 ok"; sleep 5 & echo $! > child')
    const started = performance.now()
    assert.equal((await send()).verdict.action, 'pass')
    assert.ok(performance.now() - started < 4000)
    await until(() => !isAlive(Number(read('child'))))
  })

  it('that floods its output is cut and ended; what it wrote first counts', async () => {
    await inspect('echo $$ > self; printf "0 flood "; exec cat /dev/zero')
    const { verdict, matches } = await send()
    assert.equal(verdict.status, 418)
    assert.match(matches[0]?.logLine ?? '', /0 flood/)
    await until(() => !isAlive(Number(read('self'))))
  })

  it('that writes a lot, but ends, is heard to its end', async () => {
    await inspect('printf "1 ok "; head -c 100000 /dev/zero; echo done > seen')
    assert.equal((await send()).verdict.action, 'pass')
    assert.equal(read('seen'), 'done\n')
  })

  it('that dies is no match, and the log says how', async () => {
    await inspect('kill -9 $$')
    const result = await send()
    assert.equal(result.verdict.action, 'pass')
    assert.match(logOf(result), /the program was ended by a signal/)
  })

  it('never runs more often at once than it may; the others wait for their turn', async () => {
    await inspect('echo + >> seen; sleep 0.1; echo - >> seen; echo 1', { programs: { maxConcurrent: 2 } })
    await Promise.all(Array.from({ length: 8 }, () => send()))
    const running = read('seen')
      .trim()
      .split('\n')
      .reduce<number[]>((counts, sign) => [...counts, (counts.at(-1) ?? 0) + (sign === '+' ? 1 : -1)], [])
    assert.equal(running.length, 16)
    assert.ok(Math.max(...running) <= 2, `${Math.max(...running)} at once`)
  })

  it('counts those that were started before a reload, too', async () => {
    await inspect('echo + >> seen; sleep 0.3; echo - >> seen; echo 1', { programs: { maxConcurrent: 1 } })
    const before = send()
    await until(() => existsSync(join(folder, 'seen')))
    await waf.reload()
    await Promise.all([before, send()])
    assert.equal(read('seen'), '+\n-\n+\n-\n')
  })

  it('whose turn does not come in time is not run', async function () {
    this.retries(3) // on a busy machine the three may not be asked for at once: then the next has its turn before its time
    await inspect('echo x >> seen; sleep 3; echo 1', { programs: { maxConcurrent: 1, timeout: 1500 } })
    const results = await Promise.all([send(), send(), send()])
    for (const result of results) assert.match(logOf(result), /no answer within 1500 ms/)
    await delay(500)
    assert.equal(read('seen'), 'x\n')
  })

  it('leaves the event loop free while it runs', async () => {
    await inspect('sleep 0.4; echo 1')
    let turns = 0
    const ticking = setInterval(() => turns++, 5)
    await send()
    clearInterval(ticking)
    assert.ok(turns > 20, `${turns} turns`)
  })
})

describe('programs that no option allows', () => {
  it('are an error of the configuration, for exec and @inspectFile, by default and beside a list', async () => {
    for (const allowExec of [undefined, false, ['/nowhere']]) {
      for (const rule of [
        'SecAction "id:1,phase:1,pass,exec:/bin/sh"',
        'SecRule ARGS "@inspectFile /bin/sh" "id:1,deny"',
      ]) {
        const options = { rules: `SecRuleEngine On\n${rule}`, ...(allowExec !== undefined && { allowExec }) }
        await assert.rejects(Waf.load(options), /SECLUA_E_PROGRAM/)
      }
    }
  })
})
