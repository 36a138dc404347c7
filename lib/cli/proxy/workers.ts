// SPDX-License-Identifier: Apache-2.0
// The proxy over several processes: the first one checks rules, starts workers, keeps their number and passes signals on;
// it serves no request itself. Workers share the listening socket through node:cluster.

import cluster, { type Worker } from 'node:cluster'

import { type ExitStatus, exitStatus } from '../exit-status.js'
import { loadOrComplain } from '../load.js'
import { drainOnSignal } from '../signals.js'
import { complain, printLine } from '../terminal.js'
import { type ProxySettings, readyLine, startProxy } from './server.js'

/** A worker that died is replaced after this pause, so that a fault at start does not become a storm. */
const restartDelayMs = 1000

const reloadMessage = 'seclua:reload'

/** Whether the rules compile; the errors are printed once, here, and not by each worker. */
async function rulesCompile(settings: ProxySettings): Promise<boolean> {
  const waf = await loadOrComplain(settings.rules)
  await waf?.close()
  return waf !== undefined
}

function workersAlive(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined)
}

export async function superviseWorkers(settings: ProxySettings, count: number): Promise<ExitStatus> {
  if (!(await rulesCompile(settings))) return exitStatus.bad
  const ready = new Set<number>()
  let isEnding = false
  let status: ExitStatus = exitStatus.good

  const endAll = () => {
    isEnding = true
    for (const worker of workersAlive()) worker.process.kill('SIGTERM')
  }
  const reload = async () => {
    if (!(await rulesCompile(settings))) {
      complain('the old rules stay in force')
      return
    }
    for (const worker of workersAlive()) worker.send(reloadMessage)
  }
  process.on('SIGTERM', endAll)
  process.on('SIGINT', endAll)
  process.on('SIGHUP', () => void reload())

  cluster.on('listening', (worker, address) => {
    const wasReady = ready.size >= count
    ready.add(worker.id)
    if (!wasReady && ready.size === count) {
      printLine(readyLine({ host: settings.listen.host, port: address.port }))
    }
  })
  return new Promise((resolve) => {
    cluster.on('exit', (worker, code, signal) => {
      if (!isEnding && !ready.has(worker.id) && ready.size < count) {
        // It never came up, and it has said why: no use in trying again.
        status = code === exitStatus.bad || code === exitStatus.usage ? code : exitStatus.internal
        endAll()
      } else if (!isEnding) {
        complain(`worker ${worker.id} ended (${signal === '' ? `status ${code}` : signal}); starting another`)
        setTimeout(() => {
          if (!isEnding) cluster.fork()
        }, restartDelayMs)
      }
      if (isEnding && workersAlive().length === 0) resolve(status)
    })
    for (let i = 0; i < count; i++) cluster.fork()
  })
}

/** A worker's life: as the proxy of one process, but it speaks to the first process and leaves the ready line to it. */
export async function runWorker(settings: ProxySettings): Promise<ExitStatus> {
  const server = await startProxy(settings)
  if (server === undefined) return exitStatus.bad
  process.on('message', (message) => {
    if (message === reloadMessage) void server.reload()
  })
  // Signals that a terminal sends go to all processes of its group; the first process passes SIGHUP on as a message.
  process.on('SIGHUP', () => undefined)
  await drainOnSignal(server.drain)
  process.disconnect()
  return exitStatus.good
}
