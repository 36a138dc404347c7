// SPDX-License-Identifier: Apache-2.0
// `seclua lua` from outside: one script, its tests, and both again on each save.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { seclua, start } from './cli-program.js'

describe('seclua lua', function () {
  this.timeout(60_000)
  let folder = ''
  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
  }
  const run = (...args: string[]) => seclua(['lua', ...args], '', folder)

  const watching = (...args: string[]) => {
    const running = start(['lua', ...args, '--watch'], folder)
    children.push(running.child)
    return running
  }
  const children: { kill: () => boolean }[] = []

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'seclua-cli-lua-'))
    write('sum.lua', 'function main() m.tx.c = m.tx.a + m.tx.b return m.getvar("ARGS.q") end\n')
    write('broken.lua', 'function main()\n  local x = = 1\nend\n')
    write('visit.http', 'GET /?q=shoes HTTP/1.1\nHost: x\n\n')
  })

  after(() => {
    for (const child of children) child.kill()
    rmSync(folder, { recursive: true, force: true })
  })

  it('prints what the script returned, set and cost; --set takes a list', async () => {
    const { status, stdout } = await run('sum.lua', '--request', 'visit.http', '--set', 'tx.a=1', 'tx.b=2')
    assert.equal(status, 0)
    assert.match(stdout, /^match: returned "shoes"\n/)
    assert.match(stdout, /^tx\.c = 3$/m)
    assert.match(stdout, /^\d+ instructions, \d+ bytes, [\d.]+ ms$/m)
  })

  it('tells a failure, with its place, and ends with 1', async () => {
    const { status, stdout } = await run('sum.lua')
    assert.equal(status, 1)
    assert.match(stdout, /^failed: no answer\nlog 1 sum\.lua.*sum\.lua:1: attempt to perform arithmetic/)
  })

  it('tells a syntax error by the name that was given, and nothing of the rule around it', async () => {
    const { status, stderr } = await run('broken.lua')
    assert.equal(status, 1)
    assert.match(
      stderr,
      /^broken\.lua:2:3: error SECLUA_E_SCRIPT: broken\.lua:2: unexpected symbol near '='\n/,
    )
    assert.doesNotMatch(stderr, /hint|rules/)
  })

  it('ends with 2 when a file is not there', async () => {
    for (const [args, name] of [
      [['none.lua'], 'none.lua'],
      [['sum.lua', '--request', 'none.http'], 'none.http'],
    ] as const) {
      const { status, stderr } = await run(...args)
      assert.equal(status, 2)
      assert.match(stderr, new RegExp(`^seclua lua: ${name}: there is no such file\n`))
    }
  })

  it('tells what is wrong with a file of tests as a test that failed', async () => {
    const { status, stdout } = await run('--test', 'broken.lua')
    assert.equal(status, 1)
    assert.equal(
      stdout,
      "failed broken.lua\n  broken.lua:2: unexpected symbol near '='\n0 passed, 1 failed\n",
    )
  })

  it('with --watch runs again on each save, whatever was saved', async () => {
    write('watched.lua', 'function main() return "first" end\n')
    write('watched.http', 'GET / HTTP/1.1\n\n')
    const { child, output, prints, ended } = watching('watched.lua', '--request', 'watched.http')
    await prints('stdout', /returned "first"/)
    write('watched.lua', 'function main() return "second" end\n')
    await prints('stdout', /returned "second"/)
    output.stdout = ''
    write('notes.txt', 'no script and no request')
    write('watched.lua', 'function main( return')
    await prints('stderr', /watched\.lua:1: <name> or/)
    write('watched.lua', 'function main() return "third" end\n')
    await prints('stdout', /returned "third"/)
    write('watched.http', '')
    await prints('stderr', /seclua lua: watched\.http: line 1/)
    output.stdout = ''
    write('watched.http', 'GET / HTTP/1.1\n\n')
    await prints('stdout', /returned "third"/)
    child.kill('SIGTERM')
    assert.equal((await ended).status, 0)
    assert.equal(output.stdout.match(/third/g)?.length, 1)
  })

  it('with --test and --watch runs the tests again when the script changes', async () => {
    write('tested.lua', 'function main() return nil end\n')
    write('tested_test.lua', 'test("it matches", function() equal(run().matched, true) end)\n')
    const { child, prints, ended } = watching('--test', 'tested_test.lua')
    await prints('stdout', /0 passed, 1 failed/)
    write('tested.lua', 'function main() return "x" end\n')
    await prints('stdout', /1 passed, 0 failed/)
    child.kill('SIGTERM')
    assert.equal((await ended).status, 0)
  })
})
