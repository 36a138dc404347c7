// SPDX-License-Identifier: Apache-2.0
// The store in a folder, from JavaScript: processes and threads that count together, processes that are killed.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'

import { Waf } from '../../lib/index.js'
import { countTogether, limitRules, readCounter, startCounting } from '../support/counting.js'

describe('the LMDB store', function () {
  this.timeout(120_000)
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'seclua-lmdb-'))
  })
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  const processes = 4
  const requests = 2000
  const key = '192.0.2.1'

  it('counts to exactly N: of 4 processes with 2,000 requests each at once, as many pass as the limit says', async () => {
    const options = { store: `lmdb:${folder}`, rules: limitRules(1000), commit: 'immediate' } as const
    const counted = await countTogether(options, { processes, requests, key })
    assert.deepEqual(counted, { passed: 1000, denied: 7000, failed: 0 })
    assert.equal(await readCounter(options, key), processes * requests)
  })

  it('loses no count whenever it is committed', async () => {
    for (const commit of ['transaction', 'phase'] as const) {
      const options = { store: `lmdb:${join(folder, commit)}`, rules: limitRules(1e9), commit }
      const counted = await countTogether(options, { processes, requests, key })
      assert.deepEqual(counted, { passed: processes * requests, denied: 0, failed: 0 })
      assert.equal(await readCounter(options, key), processes * requests)
    }
  })

  it('keeps what a process had counted when it is killed', async () => {
    const options = { store: `lmdb:${folder}`, rules: limitRules(1e9) }
    let judged = 0
    for (let round = 0; round < 5; round++) {
      const child = await startCounting(options)
      const before = judged
      child.on('message', (message) => {
        if (message === 'judged') judged++
        if (judged === before + 300) child.kill('SIGKILL')
      })
      child.send({ key })
      await once(child, 'exit')
      const counter = await readCounter(options, key)
      assert.ok(counter >= judged, `${judged} were judged, ${counter} are counted`)
      judged = counter // requests whose message was on its way
    }
  })

  it('is one for all threads and rule sets of a process', async () => {
    const options = { store: `lmdb:${folder}`, rules: limitRules(1e9) }
    const first = Waf.loadSync(options)
    const second = Waf.loadSync({ ...options, rules: `${options.rules}# another` })
    const workers = Array.from(
      { length: 3 },
      () =>
        new Worker(
          `const { parentPort, workerData } = require('node:worker_threads')
           require(workerData.loader)
           const { Waf } = require(workerData.library)
           const waf = Waf.loadSync(workerData.options)
           for (let i = 0; i < 500; i++) waf.evaluateSync({ method: 'GET', uri: '/', clientAddress: '192.0.2.1' })
           waf.close().then(() => parentPort.postMessage('done'))`,
          {
            eval: true,
            workerData: {
              loader: require.resolve('tsx/cjs'),
              library: join(__dirname, '../../lib/index.ts'),
              options,
            },
          },
        ),
    )
    for (let i = 0; i < 500; i++) {
      first.evaluateSync({ method: 'GET', uri: '/', clientAddress: key })
      second.evaluateSync({ method: 'GET', uri: '/', clientAddress: key })
    }
    await Promise.all(workers.map((worker) => once(worker, 'message')))
    assert.equal(await readCounter(options, key), 2500)
    await Promise.all([first.close(), second.close(), ...workers.map((worker) => worker.terminate())])
  })

  it('is named by SecPersistentStore, with its folder or that of SecDataDir', async () => {
    const count = limitRules(1e9)
    for (const named of [`SecPersistentStore lmdb:inner`, `SecDataDir inner\nSecPersistentStore lmdb`]) {
      const waf = Waf.loadSync({ cwd: folder, rules: `${named}\n${count}` })
      waf.evaluateSync({ method: 'GET', uri: '/', clientAddress: key })
      const { kind, records } = waf.stats()['store'] as { kind: string; records: number }
      assert.deepEqual([kind, records], ['lmdb', 1])
      await waf.close()
    }
    assert.equal(await readCounter({ store: `lmdb:${join(folder, 'inner')}` }, key), 2)
    assert.equal(statSync(join(folder, 'inner/data.mdb')).mode & 0o777, 0o600)
    const overruled = Waf.loadSync({
      cwd: folder,
      rules: `SecPersistentStore lmdb:other\n${count}`,
      store: 'memory',
    })
    assert.equal((overruled.stats()['store'] as { kind: string }).kind, 'memory')
    assert.ok(!existsSync(join(folder, 'other')))
    await overruled.close()
  })

  it('outlives a reload, and gives way to another when the reload names one', async () => {
    const options = { store: `lmdb:${folder}`, rules: limitRules(1e9) }
    const waf = Waf.loadSync(options)
    const judge = (): void => {
      waf.evaluateSync({ method: 'GET', uri: '/', clientAddress: key })
    }
    const records = (): number => (waf.stats()['store'] as { records: number }).records
    judge()
    await waf.reload()
    judge()
    assert.equal(records(), 1)
    await waf.reload({ ...options, store: `lmdb:${join(folder, 'other')}` })
    assert.equal(records(), 0)
    judge()
    await assert.rejects(waf.reload({ ...options, store: 'lmdb:/proc/nowhere' }), { code: 'SECLUA_E_STORE' })
    judge()
    await waf.close()
    assert.equal(await readCounter(options, key), 2)
    assert.equal(await readCounter({ store: `lmdb:${join(folder, 'other')}` }, key), 2)
  })

  it('that cannot be opened is an error that says why, or a warning with a fallback', async () => {
    assert.throws(() => Waf.loadSync({ rules: '', store: 'lmdb:/proc/nowhere' }), {
      code: 'SECLUA_E_STORE',
      message: /\/proc\/nowhere: No such file or directory/,
    })
    for (const given of [
      { rules: '', store: 'lmdb:/proc/nowhere' },
      { rules: 'SecPersistentStore lmdb:/proc/nowhere' },
    ]) {
      const waf = Waf.loadSync({ ...given, engine: 'On', collections: { fallback: 'memory' } })
      assert.deepEqual(
        waf.warnings.map(({ code }) => code),
        ['SECLUA_W_STORE'],
      )
      await waf.close()
    }
  })
})
