// SPDX-License-Identifier: Apache-2.0
// One process of the proxy: a server with the engine in front of the forwarder; reload and drain.

import { createServer } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

import type { Waf, WafOptions } from '../../index.js'
import { formatAddress, listen, type ListenAddress } from '../listen.js'
import { complainAboutRules, loadOrComplain } from '../load.js'
import { complain } from '../terminal.js'
import { createForwarder } from './forward.js'

/** How long transactions under way may take to end after SIGTERM. */
const drainMsMax = 10_000

export interface ProxySettings {
  readonly upstream: URL
  readonly listen: ListenAddress
  readonly rules: WafOptions
}

export interface ProxyServer {
  readonly address: ListenAddress
  /** Compiles the rules again. On an error it is printed and the old ones stay in force. */
  readonly reload: () => Promise<void>
  /** Takes no more connections, lets requests under way end, frees everything. */
  readonly drain: () => Promise<void>
}

async function reloadRules(waf: Waf): Promise<void> {
  try {
    await waf.reload()
    complain(`reloaded: ${waf.ruleCount} rules`)
  } catch (failure) {
    // Whatever went wrong, a server that runs goes on.
    if (!complainAboutRules(failure)) complain(failure instanceof Error ? failure.message : String(failure))
    complain('the old rules stay in force')
    waf.reopenLogs() // who rotates logs sends the same signal
  }
}

/** Undefined when the rules have errors, which are printed then. */
export async function startProxy(settings: ProxySettings): Promise<ProxyServer | undefined> {
  const waf = await loadOrComplain(settings.rules)
  if (waf === undefined) return undefined
  waf.on('match', (match) => {
    if (match.log) complain(match.logLine)
  })
  const forwarder = createForwarder(settings.upstream, (message) => {
    complain(`upstream: ${message}`)
  })
  const server = createServer(waf.http(forwarder.handle))
  let isDraining = false
  server.on('request', (_request, response) => {
    response.once('close', () => {
      // The connection counts as idle only after this event.
      if (isDraining)
        setImmediate(() => {
          server.closeIdleConnections()
        })
    })
  })

  let address: ListenAddress
  try {
    address = await listen(server, settings.listen)
  } catch (failure) {
    await waf.close()
    throw failure
  }
  return {
    address,
    reload: () => reloadRules(waf),
    drain: async () => {
      if (isDraining) return
      isDraining = true
      const patience = new AbortController()
      const closed = new Promise<void>((resolve) => {
        server.close(() => {
          resolve()
        })
      })
      server.closeIdleConnections()
      const lastCall = delay(drainMsMax, undefined, { signal: patience.signal }).then(
        () => {
          server.closeAllConnections()
        },
        () => undefined,
      )
      await closed
      patience.abort()
      await lastCall
      forwarder.close()
      await waf.close()
    },
  }
}

export function readyLine(address: ListenAddress): string {
  return `listening on http://${formatAddress(address)}`
}
