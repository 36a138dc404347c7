// SPDX-License-Identifier: Apache-2.0
// One thread that judges requests for a while and says how many it did.

import { parentPort, workerData } from 'node:worker_threads'

import { Waf } from '../../dist/index.mjs'
import { judgeAll } from './api.mjs'

const waf = await Waf.load({ files: [workerData.main] })
judgeAll(waf, workerData.requests)
parentPort.postMessage('ready')
parentPort.once('message', () => {
  const end = performance.now() + workerData.milliseconds
  let count = 0
  while (performance.now() < end) {
    judgeAll(waf, workerData.requests)
    count += workerData.requests.length
  }
  parentPort.postMessage(count)
})
