// SPDX-License-Identifier: Apache-2.0
// Real servers for tests: Redis, or Valkey under its own name, whichever this machine has.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const program = ['redis-server', 'valkey-server'].find((name) => spawnSync(name, ['--version']).status === 0)

/** In a `before`: leaves the suite out, with a line that says so, where there is no server. */
export function needRedis(this: Mocha.Context): void {
  if (program !== undefined) return
  console.log('      left out: this machine has neither redis-server nor valkey-server')
  this.skip()
}

/** The nodes of a cluster use the port 10,000 further up, too. */
const portMax = 55_000

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port <= portMax ? port : freePort()
}

const started = new Set<RedisServer>()

/** In an `after`: whatever became of the tests, no server stays. */
export async function stopServers(): Promise<void> {
  await Promise.all([...started].map((server) => server.stop()))
}

export class RedisServer {
  readonly port: number
  readonly #folder = mkdtempSync(join(tmpdir(), 'seclua-redis-'))
  readonly #options: readonly string[]
  #child: ChildProcess | undefined

  constructor(port: number, options: readonly string[] = []) {
    this.port = port
    this.#options = options
  }

  static async start(options: readonly string[] = []): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), options)
    started.add(server)
    await server.start()
    return server
  }

  get address(): string {
    return `redis://127.0.0.1:${this.port}/0`
  }

  /** Again after `stop` or `kill`: with what it had saved, which is nothing unless the options say so. */
  async start(): Promise<void> {
    const options = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.#folder, '--save', '']
    this.#child = spawn(program ?? '', [...options, ...this.#options], { stdio: 'ignore' })
    while (this.command('PING') !== 'PONG') {
      if (this.#child.exitCode !== null) throw new Error(`${program ?? ''} ended at once`)
      await delay(20)
    }
  }

  /** One command by the server's own tool. */
  command(...words: string[]): string {
    const tool = program?.replace('-server', '-cli') ?? ''
    return spawnSync(tool, ['-p', String(this.port), ...words], { encoding: 'utf8' }).stdout.trim()
  }

  /** A signal: SIGSTOP and SIGCONT make it silent and let it go on. */
  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name)
  }

  async kill(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  async stop(): Promise<void> {
    await this.kill()
    started.delete(this)
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** Nodes of one cluster, each with a share of the keys, when all of them agree on it. */
export async function startCluster(size: number): Promise<RedisServer[]> {
  const nodes: RedisServer[] = []
  for (let i = 0; i < size; i++) nodes.push(await RedisServer.start(['--cluster-enabled', 'yes']))
  const [first] = nodes
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`)
  first?.command('--cluster', 'create', ...addresses, '--cluster-yes')
  while (!nodes.every((node) => node.command('CLUSTER', 'INFO').includes('cluster_state:ok'))) await delay(50)
  return nodes
}
