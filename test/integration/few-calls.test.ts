// SPDX-License-Identifier: Apache-2.0
// Behind an adapter several steps are taken in one call where nobody asks in between. What comes of a request must not show it.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { Waf, type Transaction } from '../../lib/index.js'
import { TestServer, until, type Answer, type Sent } from './server.js'

/** Each phase leaves a match of its own number; headers say where the rules are to stop. */
const rules = [1, 2, 3, 4, 5]
  .map((phase) => `SecAction "id:${phase},phase:${phase},pass,nolog"`)
  .concat([
    'SecRuleEngine On',
    'SecRule REQUEST_HEADERS:X-Stop "@streq 1" "id:11,phase:1,deny,status:401,log"',
    'SecRule REQUEST_HEADERS:X-Stop "@streq 2" "id:12,phase:2,deny,status:402,log"',
    'SecRule REQUEST_HEADERS:X-Stop "@streq 3" "id:13,phase:3,deny,status:406,log"',
    'SecRule REQUEST_HEADERS:X-Stop "@streq 4" "id:14,phase:4,deny,status:404,log"',
  ])
  .join('\n')

const hello: RequestListener = (_, response) => {
  response.end('hello')
}

interface Seen {
  readonly answer: Answer
  /** By rule id. */
  readonly counted: Readonly<Record<string, number>>
  readonly verdicts: Readonly<Record<string, number>>
}

async function serve(waf: Waf, sent: Sent = {}, handler: RequestListener = hello): Promise<Seen> {
  const server = await TestServer.listen(waf.http(handler))
  const answer = await server.send(sent)
  await server.close()
  await waf.close()
  const { matches, verdicts } = waf.stats() as { matches: Record<string, number>; verdicts: Seen['verdicts'] }
  return { answer, counted: matches, verdicts }
}

describe('a request behind an adapter', () => {
  it('goes through every phase once, and is over at its end', async () => {
    const { answer, counted, verdicts } = await serve(Waf.loadSync({ rules }))
    assert.equal(answer.body, 'hello')
    assert.deepEqual(counted, { 1: 1, 2: 1, 3: 1, 4: 1, 5: 1 })
    assert.equal(verdicts.pass, 1)
  })

  it('tells each match in order to those who listen, phase by phase', async () => {
    const waf = Waf.loadSync({ rules })
    const told: number[] = []
    const known: number[] = []
    waf.on('match', ({ id }, transaction) => {
      told.push(id)
      known.push(transaction.matches.length)
    })
    const { counted } = await serve(waf)
    assert.deepEqual(told, [1, 2, 3, 4, 5])
    assert.deepEqual(known, [1, 2, 3, 4, 5]) // nothing of a later phase has happened yet
    assert.deepEqual(counted, { 1: 1, 2: 1, 3: 1, 4: 1, 5: 1 })
  })

  for (const [phase, status] of [401, 402, 406, 404].entries()) {
    it(`is stopped by phase ${phase + 1}, and no later one but logging runs`, async () => {
      for (const listens of [false, true]) {
        const waf = Waf.loadSync({ rules })
        const phases: unknown[] = []
        waf.on('interruption', (verdict) => phases.push(verdict.phase))
        if (listens) waf.on('match', () => undefined)
        let handled = 0
        const handler: RequestListener = (_, response) => {
          handled++
          response.end('hello')
        }
        const sent = { headers: { 'X-Stop': String(phase + 1) } }
        const { answer, counted, verdicts } = await serve(waf, sent, handler)
        assert.equal(answer.status, status)
        assert.equal(handled, phase < 2 ? 0 : 1)
        assert.deepEqual(phases, [phase + 1])
        assert.equal(verdicts.deny, 1)
        const ran = [1, 2, 3, 4, 5].filter((id) => counted[id] !== undefined)
        assert.deepEqual(ran, [...[1, 2, 3, 4].slice(0, phase + 1), 5])
      }
    })
  }

  it('with a body waits for it before phase 2', async () => {
    const looks = `
      SecRuleEngine On
      SecRequestBodyAccess On
      SecRule ARGS_POST:a "@streq bad" "id:1,phase:2,deny,status:403"`
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
    for (const [body, status] of [
      ['a=bad', 403],
      ['a=good', 200],
    ] as const) {
      const sent = { method: 'POST', headers: form, body }
      const { answer } = await serve(Waf.loadSync({ rules: looks }), sent)
      assert.equal(answer.status, status)
    }
  })

  it('stays readable to a listener when it is over', async () => {
    const waf = Waf.loadSync({ rules })
    const handles: Transaction[] = []
    waf.on('match', ({ id }, transaction) => {
      if (id === 1) handles.push(transaction)
    })
    await serve(waf)
    const [transaction] = handles
    assert.match(transaction?.id ?? '', /^[\w-]{27}$/)
    assert.deepEqual(
      transaction?.matches.map(({ id }) => id),
      [1, 2, 3, 4, 5],
    )
  })

  it('brings a line of the last phase to who listens for it', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'seclua-last-'))
    writeFileSync(join(cwd, 'late.lua'), 'function main()\n  m.log(1, "late")\n  return nil\nend\n')
    const waf = Waf.loadSync({
      cwd,
      rules: 'SecRuleEngine On\nSecRuleScript late.lua "id:1,phase:5,pass,nolog"',
    })
    const lines: string[] = []
    waf.on('log', ({ message }) => lines.push(message))
    await serve(waf)
    rmSync(cwd, { recursive: true, force: true })
    assert.deepEqual(lines, ['late'])
  })

  it('is judged with any byte in its headers, and characters that are more than a byte', async () => {
    const odd = `
      SecRuleEngine On
      SecRule REQUEST_HEADERS:X-Odd "@rx ^a\\x00b$" "id:1,phase:1,deny,status:403"
      SecRule REQUEST_HEADERS:X-Odd "@rx ^\\xe2\\x82\\xac$" "id:2,phase:2,deny,status:403"`
    for (const [value, id] of [
      ['a\0b', 1],
      ['€', 2],
    ] as const) {
      const waf = Waf.loadSync({ rules: odd })
      const guarded = waf.http(hello)
      const server = await TestServer.listen((request, response) => {
        request.rawHeaders.push('X-Odd', value)
        guarded(request, response)
      })
      const { status } = await server.send()
      await server.close()
      await waf.close()
      assert.equal(status, 403, value)
      assert.deepEqual(waf.stats().matches, { [id]: 1 })
      assert.equal(waf.stats().transactions, 1)
    }
  })

  it('is judged by two rule sets, one around the other', async () => {
    const late = (id: number): string => `
      SecRuleEngine On
      SecAction "id:${id},phase:4,pass,nolog"
      SecRule RESPONSE_HEADERS:X-By "@streq ${id}" "id:${id + 1},phase:3,deny,status:50${id}"`
    for (const by of [0, 1, 3]) {
      const outer = Waf.loadSync({ rules: late(1) })
      const inner = Waf.loadSync({ rules: late(3) })
      const handler: RequestListener = (_, response) => {
        response.setHeader('X-By', by)
        response.end('hello')
      }
      const { answer } = await serve(outer, {}, inner.http(handler))
      await inner.close()
      assert.equal(answer.status, by === 0 ? 200 : 500 + by)
      if (by !== 0) continue
      assert.deepEqual(outer.stats().matches, { 1: 1 })
      assert.deepEqual(inner.stats().matches, { 3: 1 })
    }
  })

  it('that its client gives up is over, with its last phase', async () => {
    const waf = Waf.loadSync({ rules })
    const server = await TestServer.listen(waf.http(() => undefined)) // never answers
    const socket = await server.connect()
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await until(() => waf.stats().transactions === 1)
    socket.destroy()
    await until(() => (waf.stats().matches as Record<string, number>)[5] === 1)
    await server.close()
    await waf.close()
    assert.deepEqual(waf.stats().matches, { 1: 1, 2: 1, 5: 1 })
  })

  it('keeps its counts over a reload', async () => {
    const waf = Waf.loadSync({ rules })
    const server = await TestServer.listen(waf.http(hello))
    await server.send()
    await waf.reload()
    await server.send()
    await server.close()
    await waf.close()
    assert.deepEqual(waf.stats().matches, { 1: 2, 2: 2, 3: 2, 4: 2, 5: 2 })
  })
})
