// SPDX-License-Identifier: Apache-2.0
// Script rules as rules: in every phase, in all three forms, in chains, under DetectionOnly, removed and updated.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ConfigError, scriptTests, type EvaluationResult, Waf } from '../../lib/index.js'
import type { LuaStats } from '../../lib/script-stats.js'

describe('script rules', () => {
  let folder = ''

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'seclua-script-rules-'))
    write('hit.lua', "function main() return 'hit' end")
    write('miss.lua', 'function main() m.tx.ran = (m.tx.ran or 0) + 1 end')
    write(
      'phase.lua',
      "function main() m.tx['p' .. m.rule.phase] = m.rule.id return 'in ' .. m.rule.phase end",
    )
    write('value.lua', "function main(value) if value == 'bad' then return 'bad value' end end")
    write('note.lua', "function main() m.tx.noted = m.getvar('MATCHED_VAR') return 'ignored' end")
  })

  after(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  const write = (name: string, text: string): void => {
    writeFileSync(join(folder, name), text)
  }

  function judge(rules: string, uri = '/?a=bad&b=good', engine = 'On'): EvaluationResult {
    const waf = Waf.loadSync({
      cwd: folder,
      rules: `SecRuleEngine ${engine}\nSecResponseBodyAccess On\n${rules}`,
    })
    const response = { status: 200, headers: [['Content-Type', 'text/html'] as const], body: 'page' }
    return waf.evaluateSync({ method: 'GET', uri }, response)
  }
  const ids = ({ matches }: EvaluationResult): number[] => matches.map(({ id }) => id)

  for (const phase of [1, 2, 3, 4, 5]) {
    it(`run in phase ${phase} in all three forms`, () => {
      const result = judge(
        [
          `SecRuleScript phase.lua "id:1,phase:${phase},pass,log"`,
          `SecRule ARGS "@inspectFile value.lua" "id:2,phase:${phase},pass,log"`,
          `SecRule ARGS:b "@streq good" "id:3,phase:${phase},pass,nolog,exec:note.lua"`,
        ].join('\n'),
      )
      assert.deepEqual(ids(result), [1, 2, 3])
      assert.match(result.matches[0]?.logLine ?? '', new RegExp(`in ${phase}`))
      assert.equal(result.tx[`p${phase}`], '1')
      assert.equal(result.tx['noted'], 'good')
    })
  }

  it('stop a request in phases 1 to 4', () => {
    for (const phase of [1, 2, 3, 4]) {
      const { verdict } = judge(`SecRuleScript hit.lua "id:1,phase:${phase},deny,status:418"`)
      assert.deepEqual([verdict.action, verdict.status, verdict.phase], ['deny', 418, phase])
    }
  })

  it('match but stop nothing under DetectionOnly', () => {
    const result = judge('SecRuleScript hit.lua "id:1,phase:2,deny,log"', '/', 'DetectionOnly')
    assert.equal(result.verdict.action, 'pass')
    assert.deepEqual(ids(result), [1])
    assert.equal(result.matches[0]?.disruptive, true)
  })

  it('start a chain, end one, and stand in the middle', () => {
    const chain = (script: string) =>
      `SecRuleScript ${script} "id:1,phase:2,deny,chain"\nSecRule ARGS:a "@streq bad"`
    assert.equal(judge(chain('hit.lua')).verdict.action, 'deny')
    assert.equal(judge(chain('miss.lua')).verdict.action, 'pass')
    const middle =
      'SecRule ARGS:a "@streq bad" "id:1,phase:2,deny,chain"\nSecRuleScript hit.lua "chain"\nSecRule ARGS:b "@streq good"'
    assert.equal(judge(middle).verdict.action, 'deny')
    assert.equal(judge(middle, '/?a=bad').verdict.action, 'pass')
    const last = 'SecRule ARGS:a "@streq bad" "id:1,phase:2,deny,chain"\nSecRuleScript miss.lua'
    assert.equal(judge(last, '/?a=good').tx['ran'], undefined)
    assert.equal(judge(last).tx['ran'], '1')
  })

  it('are removed by ctl:ruleRemoveById and by tag, and by the directives', () => {
    const script = 'SecRuleScript miss.lua "id:10,phase:2,pass,tag:\'scripts\'"'
    const ctl = (action: string) => `SecRule ARGS:a "@streq bad" "id:1,phase:1,pass,nolog,ctl:${action}"`
    assert.equal(judge(script).tx['ran'], '1')
    for (const action of ['ruleRemoveById=10', 'ruleRemoveById=5-15', 'ruleRemoveByTag=scripts']) {
      assert.equal(judge(`${ctl(action)}\n${script}`).tx['ran'], undefined, action)
      assert.equal(judge(`${ctl(action)}\n${script}`, '/?a=x').tx['ran'], '1', action)
    }
    assert.equal(judge(`${script}\nSecRuleRemoveById 10`).tx['ran'], undefined)
    assert.equal(judge(`${script}\nSecRuleRemoveByTag scripts`).tx['ran'], undefined)
  })

  it('take new actions from SecRuleUpdateActionById', () => {
    const result = judge(
      'SecRuleScript hit.lua "id:10,phase:2,pass,nolog"\nSecRuleUpdateActionById 10 "deny,status:451,log,msg:\'new\'"',
    )
    assert.deepEqual([result.verdict.action, result.verdict.status], ['deny', 451])
    assert.equal(result.matches[0]?.message, 'new')
  })

  it('set variables only when they match', () => {
    const rule = (script: string) => `SecRuleScript ${script} "id:1,phase:2,pass,setvar:tx.hit=1"`
    assert.equal(judge(rule('hit.lua')).tx['hit'], '1')
    assert.equal(judge(rule('miss.lua')).tx['hit'], undefined)
  })

  it('are counted one by one, over reloads', async () => {
    const rules =
      'SecRuleEngine On\nSecRuleScript hit.lua "id:1,phase:1,pass"\nSecRuleScript miss.lua "id:2,phase:1,pass"'
    const waf = await Waf.load({ cwd: folder, rules })
    waf.evaluateSync({ method: 'GET', uri: '/' })
    await waf.reload()
    waf.evaluateSync({ method: 'GET', uri: '/' })
    const { scripts } = waf.stats()['lua'] as LuaStats
    assert.deepEqual(
      scripts.map(({ name, runs, matches }) => [name, runs, matches]),
      [
        ['hit.lua', 2, 2],
        ['miss.lua', 2, 0],
      ],
    )
    assert.ok(
      scripts.every(({ totalMs, maxMs, instructions }) => totalMs >= maxMs && maxMs > 0 && instructions > 0),
    )
    await waf.close()
  })

  it('that do not compile are all told, each at its own file and line', () => {
    write('broken.lua', 'local x = 1\nfunction main( return end\n')
    write('torn.lua', 'function main()\n\n  if x then\n')
    const rules =
      'SecRuleScript broken.lua "id:1,phase:1"\nSecRule ARGS "@inspectFile torn.lua" "id:2,phase:1"'
    assert.throws(
      () => Waf.loadSync({ cwd: folder, rules }),
      (error: unknown) => {
        assert.ok(error instanceof ConfigError)
        const places = error.diagnostics.filter(({ code }) => code === 'SECLUA_E_SCRIPT')
        assert.deepEqual(
          places.map(({ file, line }) => [file, line]),
          [
            [join(folder, 'broken.lua'), 2],
            [join(folder, 'torn.lua'), 4],
          ],
        )
        assert.match(places[0]?.hint ?? '', /:1$/)
        return true
      },
    )
  })

  it('append to a file with lua.allow.io, and without it name the option', () => {
    const file = join(folder, 'seen.txt')
    write(
      'append.lua',
      `function main()\n local f = io.open([[${file}]], 'a')\n f:write(m.getvar('ARGS.a'), '\\n')\n f:close()\n return nil\nend`,
    )
    const rules = 'SecRuleEngine On\nSecRuleScript append.lua "id:1,phase:2,pass"'
    const closed = Waf.loadSync({ cwd: folder, rules })
    const { logs } = closed.evaluateSync({ method: 'GET', uri: '/?a=one' })
    assert.match(
      logs[0]?.message ?? '',
      /append\.lua:2: .*io\.open is not allowed here \(option lua\.allow\.io\)/,
    )
    assert.ok(closed.warnings.some(({ message }) => message.includes('lua.allow.io')))
    const open = Waf.loadSync({ cwd: folder, rules, lua: { allow: { io: true } } })
    assert.deepEqual(open.evaluateSync({ method: 'GET', uri: '/?a=one' }).logs, [])
  })
})

describe('tests of scripts', () => {
  const folder = mkdtempSync(join(tmpdir(), 'seclua-script-tests-'))
  writeFileSync(
    join(folder, 'agent.lua'),
    "function main()\n  m.log(3, 'looked')\n  m.tx.seen = (m.tx.seen or 0) + 1\n" +
      "  if not m.getvar('REQUEST_HEADERS.User-Agent') then return m.match('no agent', {severity = 2}) end\nend\n",
  )
  writeFileSync(
    join(folder, 'agent_test.lua'),
    "test('a request without User-Agent matches', function()\n  local r = run()\n  equal(r.text, 'no agent')\n" +
      "  equal(r.logs[1].text, 'looked')\nend)\n" +
      "test('one with it counts on', {headers = {['User-Agent'] = 'x'}, set = {['tx.seen'] = 4}}, function()\n" +
      "  equal(run().matched, false)\n  equal(m.tx.seen, '5')\nend)\n",
  )
  writeFileSync(
    join(folder, 'wrong_test.lua'),
    "test('wrong', {script = 'agent.lua'}, function()\n  equal(1, 2)\nend)\n",
  )

  after(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  for (const { name, run } of scriptTests(join(folder, 'agent_test.lua'))) it(name, run)

  it('fail with the line of the assertion', () => {
    const [wrong] = scriptTests(join(folder, 'wrong_test.lua'))
    assert.throws(() => wrong?.run(), /wrong_test\.lua:2: the value is 1, not 2/)
  })
})

describe('the mock for a plain Lua', () => {
  it('answers as the engine does, where it answers at all', () => {
    const folder = mkdtempSync(join(tmpdir(), 'seclua-mock-'))
    const path = join(__dirname, '../../lua/mock.lua')
    const body =
      "local a = {m.getvar('ARGS.q', 'lowercase'), m.count('ARGS'), tostring(m.getvar('ARGS.none')), " +
      "m.getvars('ARGS')[2].name, tostring(m.setvar('tx.v', 10 / 2)), m.tx.v, m.incr('tx.v', 3), " +
      "tostring(m.setvar('ARGS.q', 'x'))} return table.concat(a, ' ')"
    writeFileSync(
      join(folder, 'both.lua'),
      `local mock = dofile([[${path}]]).new({ARGS = {{'q', 'One'}, {'r', 'two'}}})\n` +
        `local function ask(m) ${body} end\n` +
        "function main() local real, mocked = ask(m), ask(mock) return real == mocked and 'same' or real .. '|' .. mocked end\n",
    )
    const rules = 'SecRuleEngine On\nSecRuleScript both.lua "id:1,phase:2,pass,log"'
    const waf = Waf.loadSync({ cwd: folder, rules, lua: { allow: { io: true } } })
    const { matches, logs } = waf.evaluateSync({ method: 'GET', uri: '/?q=One&r=two' })
    assert.match(matches[0]?.logLine ?? logs[0]?.message ?? '', /Warning\. same /)
    rmSync(folder, { recursive: true, force: true })
  })
})
