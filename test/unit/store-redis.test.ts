// SPDX-License-Identifier: Apache-2.0
// The store in Redis against a real server: what a list of changes does to a record, what is sent again and what is not.

import assert from 'node:assert/strict'

import { redisStore } from '../../lib/index.js'
import type { CollectionChange, RecordChange } from '../../lib/index.js'
import { needRedis, RedisServer, startCluster, stopServers } from '../support/redis-server.js'

type Store = ReturnType<typeof redisStore>

const now = (): number => Math.floor(Date.now() / 1000)
const hour = 3600

function changeOf(key: string, changes: readonly CollectionChange[], ttlSeconds = hour): RecordChange {
  return { namespace: '', collection: 'ip', key, ttlSeconds, changes }
}

describe('the Redis store', function () {
  this.timeout(60_000)
  let server: RedisServer
  let store: Store
  let serial = 0
  let key: string

  /** Clients of single tests, closed whatever became of the test. */
  const clients: Store[] = []
  const opened = async (at: RedisServer): Promise<Store> => {
    const client = redisStore(at.address)
    clients.push(client)
    await client.open?.()
    return client
  }
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close?.()
  })

  before(needRedis)
  before(async () => {
    server = await RedisServer.start()
    store = await opened(server)
    clients.pop() // it is closed at the end
  })
  after(async () => {
    await (store as Store | undefined)?.close?.()
    await stopServers()
  })
  beforeEach(() => {
    key = `k${serial++}`
  })

  const apply = async (...changes: CollectionChange[]): Promise<Readonly<Record<string, string>>> =>
    (await store.apply([changeOf(key, changes)]))[0] ?? {}
  const load = (): Promise<Record<string, string> | null> => store.load('', 'ip', key)

  it('has no record before the first change', async () => {
    assert.equal(await load(), null)
    await apply({ op: 'set', name: 'x', value: 'text' })
    assert.deepEqual(await load(), { x: 'text' })
  })

  it('applies a list in order and answers with the sums', async () => {
    const sums = await apply(
      { op: 'set', name: 'n', value: '5' },
      { op: 'add', name: 'n', delta: 2 },
      { op: 'unset', name: 'n' },
      { op: 'add', name: 'n', delta: 1 },
      { op: 'add', name: 'm', delta: 4 },
    )
    assert.deepEqual(sums, { n: '1', m: '4' })
    assert.deepEqual(await load(), { n: '1', m: '4' })
  })

  it('floors sums at 0 and saturates them at 64 bits', async () => {
    const max = '9223372036854775807'
    assert.deepEqual(await apply({ op: 'add', name: 'n', delta: -5 }), { n: '0' })
    await apply({ op: 'set', name: 'n', value: '9223372036854775800' })
    assert.deepEqual(await apply({ op: 'add', name: 'n', delta: 5 }), { n: '9223372036854775805' })
    assert.deepEqual(await apply({ op: 'add', name: 'n', delta: 5 }), { n: max })
    assert.deepEqual(await apply({ op: 'add', name: 'n', delta: Infinity }), { n: max })
    assert.deepEqual(await apply({ op: 'add', name: 'n', delta: -Infinity }), { n: '0' })
    await apply({ op: 'set', name: 'n', value: '-7' })
    assert.deepEqual(await apply({ op: 'add', name: 'n', delta: 3 }), { n: '0' })
    await apply({ op: 'set', name: 'n', value: '-7' })
    assert.deepEqual(await apply({ op: 'add', name: 'n', delta: 9 }), { n: '2' })
  })

  it('reads a text as the number it begins with', async () => {
    const texts: [string, string][] = [
      ['text', '1'],
      [' 12 apples', '13'],
      ['0x10', '1'],
      ['+4', '5'],
      ['', '1'],
      ['99999999999999999999999', '9223372036854775807'],
      ['007', '8'],
    ]
    for (const [value, sum] of texts) {
      await apply({ op: 'set', name: 'n', value })
      assert.deepEqual(await apply({ op: 'add', name: 'n', delta: 1 }), { n: sum }, value)
    }
  })

  it('ends a variable at its time, which a later set does not move', async () => {
    await apply({ op: 'set', name: 'x', value: '1' }, { op: 'set', name: 'y', value: '2' })
    await apply({ op: 'expire', name: 'x', epoch: now() + 100 })
    await apply({ op: 'set', name: 'x', value: '3' })
    assert.deepEqual(await load(), { x: '3', y: '2' })
    assert.ok(Number(server.command('HGET', `seclua:{:ip:=${key}}`, '__expire_x')) >= now() + 99)
    await apply({ op: 'expire', name: 'x', epoch: now() })
    assert.deepEqual(await load(), { y: '2' })
    assert.deepEqual(await apply({ op: 'add', name: 'x', delta: 1 }), { x: '1' })
  })

  it('forgets the end of a variable with the variable', async () => {
    await apply({ op: 'set', name: 'x', value: '1' }, { op: 'expire', name: 'x', epoch: now() - 1 })
    await apply({ op: 'unset', name: 'x' }, { op: 'set', name: 'x', value: '2' })
    assert.deepEqual(await load(), { x: '2' })
  })

  it('lowers by full periods since the record was changed before', async () => {
    const vectors: [string, number, number, number, string][] = [
      ['10', 1, 60, 59, '10'],
      ['10', 1, 60, 60, '9'],
      ['10', 1, 60, 125, '8'],
      ['10', 3, 10, 35, '1'],
      ['2', 5, 10, 10, '0'],
      ['9223372036854775807', 1, 10, 20, '9223372036854775805'],
    ]
    for (const [value, amount, period, age, left] of vectors) {
      const updated = String(now() - age)
      await apply({ op: 'set', name: 'n', value }, { op: 'set', name: 'last_update_time', value: updated })
      await apply(
        { op: 'set', name: 'last_update_time', value: String(now()) },
        { op: 'deprecate', name: 'n', amount, period },
      )
      assert.equal((await load())?.['n'], left, `${value} after ${age} s`)
    }
    await apply({ op: 'unset', name: 'last_update_time' }, { op: 'set', name: 'n', value: '10' })
    await apply({ op: 'deprecate', name: 'n', amount: 1, period: 1 })
    assert.equal((await load())?.['n'], '10') // never stored
  })

  it("gives the key the record's life, and renews it with each change", async () => {
    await store.apply([changeOf(key, [{ op: 'set', name: 'x', value: '1' }], 50)])
    const life = (): number => Number(server.command('TTL', `seclua:{:ip:=${key}}`))
    assert.ok(life() > 45 && life() <= 50)
    await store.apply([changeOf(key, [{ op: 'set', name: 'x', value: '1' }], 500)])
    assert.ok(life() > 450)
    await store.apply([changeOf(key, [{ op: 'set', name: 'x', value: '1' }], 0)])
    assert.equal(await load(), null)
  })

  it('keeps every byte of keys, names and values', async () => {
    const bytes = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('')
    for (const other of [bytes, '}{', 'é', '__proto__', 'a:b', 'k'.repeat(4096), 'k'.repeat(4095)]) {
      const change = { op: 'set', name: '__proto', value: bytes } as const
      await store.apply([{ ...changeOf(other, [{ ...change, name: 'n' }]), namespace: 'a:{}b' }])
      assert.deepEqual(await store.load('a:{}b', 'ip', other), { n: bytes })
      assert.equal(await store.load('', 'ip', other), null)
    }
  })

  it('bounds the variables of a record', async () => {
    const set = (i: number): CollectionChange => ({ op: 'set', name: `v${i}`, value: '1' })
    await apply(...Array.from({ length: 100 }, (_, i) => set(i)))
    assert.equal(Object.keys((await load()) ?? {}).length, 64)
    await apply({ op: 'unset', name: 'v0' }, set(99))
    assert.equal((await load())?.['v99'], '1')

    const small = redisStore(server.address, { variablesMax: 3 })
    clients.push(small)
    await small.open?.()
    await small.apply([
      changeOf(
        'small',
        Array.from({ length: 10 }, (_, i) => set(i)),
      ),
    ])
    assert.equal(Object.keys((await small.load('', 'ip', 'small')) ?? {}).length, 3)
  })

  it('counts together with another client, and gives each sum once', async () => {
    const clients = [await opened(server), await opened(server)]
    const add = changeOf(key, [{ op: 'add', name: 'n', delta: 1 }])
    const sums: number[] = []
    const countUp = async (client: Store): Promise<void> => {
      for (let wave = 0; wave < 40; wave++) {
        const answers = await Promise.all(Array.from({ length: 1000 }, () => client.apply([add])))
        sums.push(...answers.map(([answer]) => Number(answer?.['n'])))
      }
    }
    await Promise.all(clients.map(countUp))
    assert.equal(new Set(sums).size, 80_000)
    assert.equal((await load())?.['n'], '80000')
  })

  it('sends its scripts again when the server has lost them', async () => {
    await apply({ op: 'add', name: 'n', delta: 1 })
    server.command('SCRIPT', 'FLUSH')
    const sums = await Promise.all(
      Array.from({ length: 50 }, () => apply({ op: 'add', name: 'n', delta: 1 })),
    )
    assert.equal(Math.max(...sums.map(({ n }) => Number(n))), 51)
    server.command('SCRIPT', 'FLUSH')
    assert.deepEqual(await load(), { n: '51' })
  })

  it('rejects what the server refuses, at once and without trying again', async () => {
    server.command('SET', `seclua:{:ip:=${key}}`, 'no hash')
    const { resent } = store.stats()
    await assert.rejects(load(), /WRONGTYPE/)
    await assert.rejects(apply({ op: 'add', name: 'n', delta: 1 }), /WRONGTYPE/)
    assert.equal(store.stats().resent, resent)
  })

  it('cannot be opened where nothing answers', async () => {
    const lost = redisStore('redis://127.0.0.1:1')
    await assert.rejects(lost.open?.() ?? Promise.resolve(), {
      code: 'SECLUA_E_STORE',
      message: /cannot be reached: .*ECONNREFUSED/,
    })
  })

  it('is the same under the name of the successor', async () => {
    await apply({ op: 'set', name: 'x', value: 'text' })
    const client = redisStore(server.address.replace('redis:', 'valkey:'))
    clients.push(client)
    await client.open?.()
    assert.deepEqual(await client.load('', 'ip', key), { x: 'text' })
  })

  it('takes addresses of its own schemes only', () => {
    for (const address of ['http://a', 'redis:', 'redis-x://a', '', []]) {
      assert.throws(() => redisStore(address), { code: 'SECLUA_E_OPTION' })
    }
  })

  describe('in a cluster', () => {
    let nodes: RedisServer[] = []

    before(async () => {
      nodes = await startCluster(3)
    })

    it('keeps each record and the mark of its batch on one node, and uses them all', async () => {
      const client = redisStore(nodes.map((node) => node.address.replace(/\/0$/, '')))
      clients.push(client)
      await client.open?.()
      const keys = Array.from({ length: 60 }, (_, i) => `192.0.2.${i}`)
      const batch = keys.map((one) => changeOf(one, [{ op: 'add', name: 'n', delta: 1 }]))
      await client.apply(batch)
      const sums = await client.apply(batch)
      assert.deepEqual(
        sums,
        keys.map(() => ({ n: '2' })),
      )
      for (const one of keys) assert.deepEqual(await client.load('', 'ip', one), { n: '2' })
      for (const node of nodes) assert.ok(Number(node.command('DBSIZE')) >= 3)
    })

    it('is found from one address, too', async () => {
      const [node] = nodes
      const client = redisStore(`redis-cluster://127.0.0.1:${node?.port ?? 0}`)
      clients.push(client)
      await client.open?.()
      for (let i = 0; i < 20; i++)
        await client.apply([changeOf(`one${i}`, [{ op: 'add', name: 'n', delta: 1 }])])
      assert.deepEqual(await client.load('', 'ip', 'one7'), { n: '1' })
    })
  })

  describe('while the server is away', () => {
    it('fails loads at once, and applies what is back within five seconds, once', async () => {
      const durable = await RedisServer.start(['--appendonly', 'yes', '--appendfsync', 'always'])
      const client = await opened(durable)
      const add = changeOf('a', [{ op: 'add', name: 'n', delta: 1 }])
      let sent = 0
      const answers: Promise<unknown>[] = []
      const send = (count: number): void => {
        for (let i = 0; i < count; i++, sent++) answers.push(client.apply([add]))
      }
      for (let round = 0; round < 3; round++) {
        send(500) // some are under way when it dies: whether they arrived is known to nobody
        await new Promise((resolve) => setTimeout(resolve, round * 3))
        await durable.kill()
        send(200)
        const began = performance.now()
        await assert.rejects(client.load('', 'ip', 'a'))
        assert.ok(performance.now() - began < 200)
        await durable.start()
        await Promise.all(answers)
      }
      assert.deepEqual(await client.load('', 'ip', 'a'), { n: String(sent) })
      const { resent, losses, failures, waiting } = client.stats()
      assert.ok(resent >= 600 && losses >= 3)
      assert.deepEqual({ failures, waiting }, { failures: 3, waiting: 0 })
      await durable.stop()
    })

    it('keeps a bounded number of changes waiting, and drops them after five seconds', async () => {
      const lost = await RedisServer.start()
      const client = await opened(lost)
      await lost.kill()
      const add = changeOf('a', [{ op: 'add', name: 'n', delta: 1 }])
      const began = performance.now()
      const answers = await Promise.allSettled(Array.from({ length: 12_000 }, () => client.apply([add])))
      assert.ok(performance.now() - began < 12_000)
      assert.ok(answers.every(({ status }) => status === 'rejected'))
      const { dropped, waiting, failures } = client.stats()
      assert.deepEqual({ dropped, waiting, failures }, { dropped: 12_000, waiting: 0, failures: 12_000 })
      await lost.stop()
    })
  })
})
