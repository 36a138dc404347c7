// SPDX-License-Identifier: Apache-2.0
// Worker threads: each with a Waf of its own, ended at any moment, counting together in one store.

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'

import { Waf } from '../../lib/index.js'

const rules = `
SecRuleEngine On
SecRequestBodyAccess On
SecAction "id:1,phase:1,nolog,pass,initcol:global=all,setvar:global.n=+1"
SecRule ARGS "@rx (a+)+attack" "id:2,phase:2,deny,status:403,log"
`

/** What each worker begins with. It needs the tests' TypeScript loader, which a worker does not inherit. */
const prelude = `
const { parentPort, workerData } = require('node:worker_threads')
require(workerData.loader)
const { Waf } = require(workerData.library)
const waf = Waf.loadSync({ rules: workerData.rules })
const attack = { method: 'GET', uri: '/?q=' + 'a'.repeat(50) + 'attack' }
`

function start(program: string): Worker {
  const library = join(__dirname, '../../lib/index.ts')
  return new Worker(prelude + program, {
    eval: true,
    workerData: { loader: require.resolve('tsx/cjs'), library, rules },
  })
}

describe('worker threads', function () {
  this.timeout(120_000)

  it('judge alike, all at once', async () => {
    const workers = Array.from({ length: 4 }, () =>
      start(`
        let denied = 0
        for (let i = 0; i < 2000; i++) if (waf.evaluateSync(attack).verdict.action === 'deny') denied++
        parentPort.postMessage(denied)
      `),
    )
    const answers = await Promise.all(workers.map((worker) => once(worker, 'message')))
    assert.deepEqual(answers.flat(), [2000, 2000, 2000, 2000])
    await Promise.all(workers.map((worker) => worker.terminate()))
  })

  it('count in one memory store when they load the same', async () => {
    const waf = Waf.loadSync({ rules })
    const workers = Array.from({ length: 3 }, () =>
      start(`
        for (let i = 0; i < 500; i++) waf.evaluateSync(attack)
        parentPort.postMessage('done')
      `),
    )
    await Promise.all(workers.map((worker) => once(worker, 'message')))
    const tx = waf.transaction()
    tx.processRequestHeadersSync({ method: 'GET', uri: '/' })
    assert.equal(tx.variable('GLOBAL:n')[0]?.value, '1501')
    tx.close()
    await Promise.all(workers.map((worker) => worker.terminate()))
    await waf.close()
  })

  it('may be terminated in the middle of a judgement, a load and a transaction', async () => {
    const busy = [
      "parentPort.postMessage('on'); for (;;) waf.evaluateSync(attack)",
      "parentPort.postMessage('on'); for (;;) Waf.loadSync({ rules: workerData.rules })",
      "parentPort.postMessage('on'); (async () => { for (;;) await waf.reload() })()",
      `const held = []
       for (let i = 0; i < 100; i++) {
         const tx = waf.transaction()
         tx.processRequestHeadersSync(attack)
         held.push(tx)
       }
       parentPort.postMessage('on')
       setInterval(() => held, 1000)`,
    ]
    for (let round = 0; round < 3; round++) {
      const workers = busy.map((program) => start(program))
      await Promise.all(workers.map((worker) => once(worker, 'message')))
      await Promise.all(workers.map((worker) => worker.terminate()))
    }
    const waf = Waf.loadSync({ rules })
    assert.equal(waf.evaluateSync({ method: 'GET', uri: '/?q=aattack' }).verdict.action, 'deny')
  })

  it('may exit with transactions open', async () => {
    const worker = start(`
      const tx = waf.transaction()
      tx.processRequestHeadersSync(attack)
      process.exit(7)
    `)
    const [status] = (await once(worker, 'exit')) as [number]
    assert.equal(status, 7)
  })
})
