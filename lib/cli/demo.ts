// SPDX-License-Identifier: Apache-2.0
// `seclua demo`: the main job in one command. A small web application behind the rules that ship with the package; benign
// and hostile requests to it over real HTTP; a table of what was let through and what was stopped, and why.

import { createServer, type RequestListener, type Server } from 'node:http'
import { parseArgs } from 'node:util'

import { Waf } from '../index.js'
import { application } from './demo/application.js'
import { type Outcome, outcomes } from './demo/show.js'
import { type ExitStatus, exitStatus, UsageError } from './exit-status.js'
import { formatAddress, listen, type ListenAddress, parseListenAddress } from './listen.js'
import { drainOnSignal } from './signals.js'
import { paletteFor, printLine, visible } from './terminal.js'

export const help: string = `Usage: seclua demo [--listen HOST:PORT] [--once]

Starts a small web application protected by the shipped rules and a Lua script, sends itself benign and hostile
requests and prints what was let through, what was stopped, and why. Then it stays up for you to try.

      --listen HOST:PORT default 127.0.0.1:8080, or another port when that one is taken
      --once             end after the table; exit status 0 when all verdicts were as expected`

const usual: ListenAddress = { host: '127.0.0.1', port: 8080 }
const anyPort: ListenAddress = { host: '127.0.0.1', port: 0 }

/** An address that the user named must be free; the usual one gives way. */
async function open(server: Server, named: string | undefined, isOnce: boolean): Promise<ListenAddress> {
  if (named !== undefined) return listen(server, parseListenAddress(named))
  if (isOnce) return listen(server, anyPort)
  try {
    return await listen(server, usual)
  } catch (failure) {
    if (!(failure instanceof UsageError)) throw failure
    return listen(server, anyPort)
  }
}

const columns = { title: 36, answer: 20 }

function why({ verdict, times }: Outcome): string {
  if (verdict === undefined) return ''
  const count = times === 1 ? '' : `at the ${times}th time: `
  const message = verdict.message === undefined ? '' : ` ${visible(verdict.message)}`
  return `${count}rule ${verdict.ruleId ?? 'of the engine'}${message}`
}

function printOutcome(outcome: Outcome): void {
  const { red, green, yellow } = paletteFor(process.stdout)
  const isStopped = outcome.verdict !== undefined
  const text = `${isStopped ? 'stopped' : 'let through'} (${outcome.status})`.padEnd(columns.answer)
  const surprise = outcome.asExpected ? '' : red(' NOT AS EXPECTED')
  printLine(
    `${outcome.title.padEnd(columns.title)} ${(isStopped ? yellow : green)(text)} ${why(outcome)}${surprise}`,
  )
}

/** True when every verdict was as it has to be. */
async function show(waf: Waf, address: ListenAddress): Promise<boolean> {
  const { bold } = paletteFor(process.stdout)
  const counters = waf.stats()
  printLine(
    `A small shop behind ${waf.ruleCount} rules and ${String(counters['scripts'])} Lua script, on http://${formatAddress(address)}`,
  )
  printLine('')
  printLine(bold(`${'request'.padEnd(columns.title)} ${'answer'.padEnd(columns.answer)} why`))
  let surprises = 0
  let count = 0
  for await (const outcome of outcomes(waf, address)) {
    printOutcome(outcome)
    count += 1
    if (!outcome.asExpected) surprises += 1
  }
  printLine('')
  printLine(surprises === 0 ? `All ${count} as expected.` : `${surprises} of ${count} not as expected.`)
  return surprises === 0
}

function printInvitation(address: ListenAddress): void {
  const url = `http://${formatAddress(address)}`
  printLine('')
  printLine('Try it (end with Ctrl-C):')
  printLine(`  curl -i '${url}/search?q=shoes'`)
  printLine(`  curl -i '${url}/search?q=1%27+OR+%271%27=%271'`)
  printLine(`  curl -i -d 'user=alice&password=letmein' ${url}/login     # a few times`)
  printLine('')
  printLine(`listening on ${url}`)
}

async function stayUp(server: Server, waf: Waf): Promise<void> {
  waf.on('match', (match) => {
    if (match.log) printLine(match.logLine)
  })
  await drainOnSignal(async () => {
    server.closeAllConnections()
    await waf.close()
  })
}

export async function run(args: string[]): Promise<ExitStatus> {
  const { values } = parseArgs({ args, options: { listen: { type: 'string' }, once: { type: 'boolean' } } })
  const isOnce = values.once === true
  let waf = await Waf.load()
  let protectedApplication: RequestListener = waf.http(application)
  const server = createServer((request, response) => {
    protectedApplication(request, response)
  })
  try {
    const address = await open(server, values.listen, isOnce)
    const isGood = await show(waf, address)
    if (!isOnce) {
      // The guesses of the show were counted against this machine's address. Whoever tries now begins with a clean slate.
      await waf.close()
      waf = await Waf.load()
      protectedApplication = waf.http(application)
      printInvitation(address)
      await stayUp(server, waf)
    }
    return isGood ? exitStatus.good : exitStatus.bad
  } finally {
    server.close()
    await waf.close()
  }
}
