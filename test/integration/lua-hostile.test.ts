// SPDX-License-Identifier: Apache-2.0
// Hostile scripts on a live server: a thousand runs that want to loop, grow and backtrack for ever, while honest requests
// go on being answered; and scripts that change under load.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Waf } from '../../lib/index.js'
import type { LuaStats } from '../../lib/script-stats.js'
import { TestServer } from './server.js'

const attacks = {
  loop: 'while true do end',
  catch: 'while true do pcall(function() while true do end end) end',
  grow: 'local t = {} for i = 1, 1e9 do t[i] = {i} end',
  double: "local s = 'x' while true do s = s .. s end",
  pattern: "string.find(('a'):rep(40), ('a?'):rep(40) .. ('a'):rep(40))",
  coroutines: 'while true do coroutine.wrap(function() while true do end end)() end',
  recursion: 'local function f() return pcall(f) end while true do f() end',
  format: "while true do local s = ('%99d'):rep(1000):format() end",
}
const kinds = Object.keys(attacks)

describe('hostile scripts', function () {
  this.timeout(120_000)
  let folder = ''

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'seclua-hostile-'))
  })

  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  it('do not stop a server in a thousand runs, and each is an event with script, line and limit', async () => {
    const branches = Object.entries(attacks).map(([kind, body]) => `if kind == '${kind}' then ${body} end`)
    writeFileSync(
      join(folder, 'hostile.lua'),
      `function main()\nlocal kind = m.getvar('ARGS.kind')\n${branches.join('\n')}\nend\n`,
    )
    const waf = await Waf.load({
      cwd: folder,
      rules:
        'SecRuleEngine On\nSecRuleScript hostile.lua "id:1,phase:1,deny"\nSecRule ARGS "@contains attack" "id:2,phase:1,deny"',
    })
    const failures: string[] = []
    waf.on('log', ({ level, message }) => {
      if (level === 1) failures.push(message)
    })
    const server = await TestServer.listen(waf.http((_, response) => response.end('page')))
    let hostile = 0
    let isOver = false
    const attackers = Array.from({ length: 4 }, async () => {
      while (hostile < 1000) {
        const kind = kinds[hostile++ % kinds.length] ?? ''
        assert.equal((await server.send({ path: `/?kind=${kind}` })).status, 200)
      }
    })
    const waits: number[] = []
    const visit = async (): Promise<void> => {
      while (!isOver) {
        const started = performance.now()
        assert.equal((await server.send({ path: '/?q=x' })).body, 'page')
        waits.push(performance.now() - started)
        assert.equal((await server.send({ path: '/?q=attack' })).status, 403)
      }
    }
    const visitor = visit()
    await Promise.all(attackers)
    isOver = true
    await visitor
    assert.ok(waits.length >= 100, `${waits.length} honest requests were answered meanwhile`)
    assert.ok(Math.max(...waits) < 5000, `the longest wait was ${Math.max(...waits)} ms`)
    assert.ok(failures.length >= 1000 - 1000 / kinds.length, `${failures.length} failures were told`)
    for (const message of failures)
      assert.match(message, /hostile\.lua:\d+: .*\[script hostile\.lua, rule 1, phase 1/)
    const { scripts } = waf.stats()['lua'] as LuaStats
    const [script] = scripts
    assert.ok(script !== undefined && script.limits.instructions > 0 && script.limits.memory > 0)
    assert.ok(script.limits.patternSteps > 0)
    await server.close()
    await waf.close()
  })

  it('leave no memory behind', async () => {
    writeFileSync(join(folder, 'grow.lua'), `function main() ${attacks.grow} end`)
    const waf = await Waf.load({
      cwd: folder,
      rules: 'SecRuleEngine On\nSecRuleScript grow.lua "id:1,phase:1,deny"',
    })
    const bytesAfter = (runs: number): number => {
      for (let i = 0; i < runs; i++) waf.evaluateSync({ method: 'GET', uri: '/' })
      return process.memoryUsage.rss()
    }
    const settled = bytesAfter(20)
    const grown = bytesAfter(100) - settled
    assert.ok(grown < 64 * 2 ** 20, `grew by ${Math.round(grown / 2 ** 20)} MiB`)
    await waf.close()
  })

  it('and scripts that change are never seen by half in a reload under load', async () => {
    // Two scripts of one generation each; a request that met both generations would pass.
    const write = (generation: number): void => {
      for (const name of ['first', 'second']) {
        writeFileSync(join(folder, `${name}.lua`), `function main() m.tx.${name} = ${generation} end\n`)
      }
      writeFileSync(
        join(folder, 'compare.lua'),
        `function main() if m.tx.first ~= '${generation}' or m.tx.second ~= m.tx.first then return 'half' end end\n`,
      )
    }
    write(0)
    const rules = [
      'SecRuleEngine On',
      'SecRuleScript first.lua "id:1,phase:1,pass"',
      'SecRuleScript second.lua "id:2,phase:2,pass"',
      'SecRuleScript compare.lua "id:3,phase:2,deny,status:500"',
    ].join('\n')
    const waf = await Waf.load({ cwd: folder, rules })
    const server = await TestServer.listen(waf.http((_, response) => response.end('page')))
    let isOver = false
    let answered = 0
    const clients = Array.from({ length: 6 }, async () => {
      while (!isOver) {
        const { status } = await server.send({ method: 'POST', path: '/', body: 'a=1' })
        assert.equal(status, 200)
        answered += 1
      }
    })
    for (let generation = 1; generation <= 40; generation++) {
      write(generation)
      await waf.reload()
    }
    isOver = true
    await Promise.all(clients)
    assert.ok(answered >= 40, `${answered} requests were judged`)
    const { tx } = await waf.evaluate({ method: 'GET', uri: '/' })
    assert.equal(tx['first'], '40')
    writeFileSync(join(folder, 'first.lua'), 'function main( end')
    await assert.rejects(waf.reload(), { code: 'SECLUA_E_CONFIG' })
    assert.equal((await waf.evaluate({ method: 'GET', uri: '/' })).tx['second'], '40')
    await server.close()
    await waf.close()
  })
})
