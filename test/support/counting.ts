// SPDX-License-Identifier: Apache-2.0
// Several processes that count in one store at the same time, and what they saw.

import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

import { Waf, type WafOptions } from '../../lib/index.js'

/** Counts each client's requests, and refuses what is beyond the limit. */
export const limitRules = (limit: number): string => `
SecRuleEngine On
SecAction "id:1,phase:1,pass,nolog,initcol:ip=%{REMOTE_ADDR},setvar:ip.n=+1"
SecRule IP:n "@gt ${limit}" "id:2,phase:1,deny,status:429,nolog"
`

export interface Counted {
  passed: number
  denied: number
  failed: number
}

/** A process that has loaded its Waf. */
export async function startCounting(options: WafOptions): Promise<ChildProcess> {
  const child = fork(join(__dirname, 'counting-process.ts'), [JSON.stringify(options)], {
    execArgv: ['--import', 'tsx'],
  })
  await once(child, 'message')
  return child
}

/** Lets a process judge that many requests at once. */
export function count(child: ChildProcess, requests: number, key: string): Promise<Counted> {
  return new Promise((resolve, reject) => {
    child.on('message', (message: unknown) => {
      if (typeof message === 'object') resolve(message as Counted)
    })
    child.once('exit', (status) => {
      reject(new Error(`the process ended with ${status ?? 'a signal'}`))
    })
    child.send({ requests, key })
  })
}

export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.disconnect()
  await once(child, 'exit')
}

/** `processes` times `requests`, all at once; the sums of what they saw. */
export async function countTogether(
  options: WafOptions,
  { processes, requests, key }: { processes: number; requests: number; key: string },
): Promise<Counted> {
  const children = await Promise.all(Array.from({ length: processes }, () => startCounting(options)))
  const counted = await Promise.all(children.map((child) => count(child, requests, key)))
  await Promise.all(children.map(stop))
  const sum = (pick: (one: Counted) => number): number => counted.map(pick).reduce((a, b) => a + b, 0)
  return {
    passed: sum(({ passed }) => passed),
    denied: sum(({ denied }) => denied),
    failed: sum(({ failed }) => failed),
  }
}

/** The counter as a further request would find it. */
export async function readCounter(options: WafOptions, key: string): Promise<number> {
  const waf = await Waf.load({
    ...options,
    rules: 'SecRuleEngine On\nSecAction "id:1,phase:1,pass,nolog,initcol:ip=%{REMOTE_ADDR}"',
  })
  const transaction = waf.transaction({ clientAddress: key })
  try {
    await transaction.processRequestHeaders({ method: 'GET', uri: '/' })
    return Number(transaction.variable('IP:n')[0]?.value ?? 0)
  } finally {
    transaction.close()
    await waf.close()
  }
}
