// SPDX-License-Identifier: Apache-2.0
// The store on a server, from the rules' side: processes that count together, a server that dies or falls silent under load.

import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'

import { ConfigError, Waf, type WafOptions } from '../../lib/index.js'
import { countTogether, limitRules, readCounter } from '../support/counting.js'
import { needRedis, RedisServer, stopServers } from '../support/redis-server.js'

describe('rules whose collections are in Redis', function () {
  this.timeout(120_000)
  let server: RedisServer
  let waf: Waf | undefined

  before(needRedis)
  beforeEach(async () => {
    server = await RedisServer.start()
  })
  afterEach(async () => {
    server.signal('SIGCONT')
    await waf?.close()
    waf = undefined
    await server.stop()
  })
  after(stopServers)

  const processes = 4
  const requests = 2000
  const key = '192.0.2.1'
  /** All at once is what is tested here, not how long a client should wait. */
  const patient = { storeTimeout: 60_000, waiting: { max: requests } }

  it('count to exactly N: of 4 processes with 2,000 requests each at once, as many pass as the limit says', async () => {
    const rules = limitRules(1000)
    const options: WafOptions = { ...patient, store: server.address, rules, commit: 'immediate' }
    const counted = await countTogether(options, { processes, requests, key })
    assert.deepEqual(counted, { passed: 1000, denied: 7000, failed: 0 })
    assert.equal(await readCounter(options, key), processes * requests)
  }).timeout(90_000)

  it('lose no count whenever it is committed', async () => {
    for (const commit of ['transaction', 'phase'] as const) {
      const options: WafOptions = { ...patient, store: server.address, rules: limitRules(1e9), commit }
      const counted = await countTogether(options, { processes, requests, key: commit })
      assert.deepEqual(counted, { passed: processes * requests, denied: 0, failed: 0 })
      assert.equal(await readCounter(options, commit), processes * requests)
    }
  }).timeout(90_000)

  it('keep as many variables of a record as collections.limits says, however many requests add some at once', async () => {
    const rules =
      'SecRuleEngine On\nSecAction "id:1,phase:1,pass,nolog,initcol:ip=%{REMOTE_ADDR},setvar:ip.v%{ARGS.n}=1"'
    for (const variables of [7, 9]) {
      const options: WafOptions = { ...patient, store: server.address, rules, commit: 'transaction' }
      const served = await Waf.load({ ...options, collections: { limits: { variables } } })
      const clientAddress = `192.0.2.${String(variables)}`
      // Each opened the record while it was empty, so each has room for what it sets; the record has not.
      const open = Array.from({ length: 12 }, () => served.transaction({ clientAddress }))
      for (const [n, one] of open.entries()) {
        await one.processRequestHeaders({ method: 'GET', uri: `/?n=${String(n)}` })
      }
      for (const one of open) await one.processLogging()
      const reader = served.transaction({ clientAddress })
      await reader.processRequestHeaders({ method: 'GET', uri: '/?n=0' })
      const names = reader.variable('IP').map(({ name }) => name)
      assert.equal(names.filter((name) => /^IP:v\d/.test(name)).length, variables, names.join())
      reader.close()
      await served.close()
    }
  })

  it("do not load when each variable is to have its own age, nor with a store of one's own", async () => {
    const own = { load: () => Promise.resolve(null), apply: () => Promise.resolve([]) }
    for (const store of [server.address, own]) {
      const options: WafOptions = {
        store,
        rules: limitRules(1),
        collections: { deprecateMode: 'per-variable' },
      }
      await assert.rejects(Waf.load(options), (error: unknown) => {
        assert.ok(error instanceof ConfigError)
        assert.deepEqual(
          error.diagnostics.map(({ code }) => code),
          ['SECLUA_E_UNSUPPORTED'],
        )
        return true
      })
    }
  })

  const visit = async (): Promise<{ status: number; ms: number }> => {
    const began = performance.now()
    const result = await waf?.evaluate({ method: 'GET', uri: '/', clientAddress: key })
    return { status: result?.verdict.status ?? -1, ms: performance.now() - began }
  }
  const storeStats = (): Record<string, number> => waf?.stats().store as Record<string, number>

  const absences: Record<string, { leave: () => unknown; comeBack: () => unknown }> = {
    dies: { leave: () => server.kill(), comeBack: () => server.start() },
    'falls silent': {
      leave: () => {
        server.signal('SIGSTOP')
      },
      comeBack: () => {
        server.signal('SIGCONT')
      },
    },
  }
  for (const [how, { leave, comeBack }] of Object.entries(absences)) {
    for (const onStoreError of ['pass', 'deny'] as const) {
      const then = onStoreError === 'pass' ? 'pass' : 'are refused with 503'
      it(`${then} while the server ${how}, none of them late, and count again when it is back`, async () => {
        const storeTimeout = 200
        waf = await Waf.load({ rules: limitRules(1e9), store: server.address, storeTimeout, onStoreError })
        assert.equal((await visit()).status, 0)

        const answers: { status: number; ms: number; isAway: boolean }[] = []
        let state: 'here' | 'leaving' | 'away' | 'back' = 'here'
        const client = async (): Promise<void> => {
          while (state !== 'back') {
            const isAway = state === 'away'
            answers.push({ ...(await visit()), isAway })
            await delay(5)
          }
        }
        const clients = Array.from({ length: 20 }, client)
        await delay(200)
        state = 'leaving'
        await leave()
        state = 'away'
        await delay(1500)
        const errors = storeStats().errors ?? 0
        state = 'back'
        await Promise.all(clients)

        const away = answers.filter(({ isAway }) => isAway)
        assert.ok(away.length >= 20)
        const wanted = onStoreError === 'pass' ? 0 : 503
        assert.deepEqual(
          away.filter(({ status }) => status !== wanted),
          [],
        )
        // Twice the time limit, for its record and its changes, and what this machine does beside it.
        const slowest = Math.max(...answers.map(({ ms }) => ms))
        assert.ok(slowest < 2 * storeTimeout + 2000, `${slowest} ms`) // a loaded machine; a dead server would take 5 s
        assert.ok(errors >= 20, `${errors} errors`)

        await comeBack()
        const isCounting = async (): Promise<boolean> => {
          const before = storeStats().errors ?? 0
          const { status } = await visit()
          return status === 0 && storeStats().errors === before
        }
        const began = performance.now()
        while (!(await isCounting())) {
          assert.ok(performance.now() - began < 15_000, 'it does not count again')
          await delay(50)
        }
      })
    }
  }
})
