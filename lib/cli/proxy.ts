// SPDX-License-Identifier: Apache-2.0
// `seclua proxy`: a reverse proxy with the engine in front of any server.

import cluster from 'node:cluster'
import { parseArgs } from 'node:util'

import { type ExitStatus, exitStatus, UsageError } from './exit-status.js'
import { parseListenAddress } from './listen.js'
import { type ProxySettings, readyLine, startProxy } from './proxy/server.js'
import { runWorker, superviseWorkers } from './proxy/workers.js'
import { filesInOrder, ruleOptions, ruleOptionsHelp, wafOptions } from './rule-arguments.js'
import { drainOnSignal } from './signals.js'
import { printLine } from './terminal.js'

export const help: string = `Usage: seclua proxy --upstream URL [--listen HOST:PORT] [FILES…] [options]

Judges each request before it reaches the upstream server, and each answer before it reaches the client where rules
look at answers. Prints "listening on http://HOST:PORT" when ready and the log line of each rule that matches.

      --upstream URL     the server to protect: http://… or https://…
      --listen HOST:PORT default 127.0.0.1:8080
      --workers N        so many processes; default 1
${ruleOptionsHelp}

Host is passed on unchanged; the client's address is added to X-Forwarded-For; X-Forwarded-Proto is set; headers of
the connection itself are not passed on. An upstream server that cannot be reached gives 502, a silent one 504.
SIGHUP loads the rules again (the old stay in force on an error) and opens log files anew; SIGTERM lets requests under way end.`

const workersMax = 256

function readUpstream(text: string | undefined): URL {
  if (text === undefined) throw new UsageError('--upstream URL is missing')
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(`--upstream ${text}: must be http://HOST:PORT or https://HOST:PORT`)
  }
  if (url.username !== '' || url.search !== '' || url.hash !== '') {
    throw new UsageError(`--upstream ${text}: takes a scheme, a host, a port and a path, nothing else`)
  }
  return url
}

function readWorkers(text: string): number {
  const count = /^[0-9]{1,3}$/.test(text) ? Number(text) : 0
  if (count < 1 || count > workersMax)
    throw new UsageError(`--workers ${text}: must be a number from 1 to ${workersMax}`)
  return count
}

async function runAlone(settings: ProxySettings): Promise<ExitStatus> {
  const server = await startProxy(settings)
  if (server === undefined) return exitStatus.bad
  process.on('SIGHUP', () => void server.reload())
  printLine(readyLine(server.address))
  await drainOnSignal(server.drain)
  return exitStatus.good
}

export async function run(args: string[]): Promise<ExitStatus> {
  const { values, tokens } = parseArgs({
    args,
    options: {
      ...ruleOptions,
      upstream: { type: 'string' },
      listen: { type: 'string', default: '127.0.0.1:8080' },
      workers: { type: 'string', default: '1' },
    },
    allowPositionals: true,
    tokens: true,
  })
  const settings: ProxySettings = {
    upstream: readUpstream(values.upstream),
    listen: parseListenAddress(values.listen),
    rules: wafOptions(filesInOrder(tokens), values),
  }
  const workers = readWorkers(values.workers)
  if (workers === 1) return runAlone(settings)
  return cluster.isPrimary ? superviseWorkers(settings, workers) : runWorker(settings)
}
