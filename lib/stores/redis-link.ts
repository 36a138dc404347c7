// SPDX-License-Identifier: Apache-2.0
// The connection to a Redis or Valkey server or cluster: opened once, mended by itself, never waited for.
//
// The client is @redis/client: the makers' own, MIT, without dependencies of its own, speaking to servers and clusters, pipelining
// what is written in one turn. It is loaded only when somebody names such a store.

import { SecluaError } from '../errors.js'
import type { Script } from './redis-scripts.js'

type Words = readonly (string | Buffer)[]

/** What of the client is used: of a server and of a cluster alike. */
interface Client {
  connect(): Promise<unknown>
  destroy(): void
  send(key: Buffer, words: Words): Promise<unknown>
  readonly isReady: boolean
}

/** One address, or some of a cluster's. */
export interface RedisAddresses {
  readonly urls: readonly string[]
  readonly isCluster: boolean
}

/** Somebody who waits for the connection. */
interface Waiting {
  readonly resolve: (isReady: boolean) => void
  readonly until: number
}

const lookEveryMs = 25
const connectTimeoutMs = 5000
const retryMsMax = 500
const commandsMax = 20_000

const missingClient = (cause: unknown): SecluaError =>
  new SecluaError('SECLUA_E_STORE', 'a store in Redis or Valkey needs the package @redis/client', {
    cause,
    hint: 'npm install @redis/client',
  })

/** Answers of a server that cannot just now, but will; every other answer is final. */
const passing = /^(LOADING|READONLY|CLUSTERDOWN|TRYAGAIN|MASTERDOWN|BUSY) /

/** True for a command that got no answer, or one that will be another soon: whether it arrived is not known. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const isAnswer = /^[A-Z]+ /.test(error.message)
  return !isAnswer || passing.test(error.message)
}

const isUnknownScript = (error: unknown): boolean =>
  error instanceof Error && error.message.startsWith('NOSCRIPT')

export class RedisLink {
  readonly #addresses: RedisAddresses
  #client: Client | undefined
  #isOpen = false
  #isClosed = false
  #waiting: Waiting[] = []
  #watch: NodeJS.Timeout | undefined
  /** How often the connection was lost. */
  losses = 0

  constructor(addresses: RedisAddresses) {
    this.#addresses = addresses
  }

  /** Rejects when the server cannot be reached; from then on it is tried again for ever. */
  async open(): Promise<void> {
    const client = await this.#make()
    this.#client = client
    try {
      await client.connect()
    } catch (cause) {
      client.destroy()
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new SecluaError(
        'SECLUA_E_STORE',
        `the store of persistent collections cannot be reached: ${reason}`,
        {
          cause,
        },
      )
    }
    this.#isOpen = true
  }

  /** What is under way is given up. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#client?.destroy()
  }

  /** Waits a moment, and then until the connection stands, at most that long. */
  ready(ms: number): Promise<boolean> {
    return new Promise((resolve) => {
      this.#waiting.push({ resolve, until: performance.now() + ms })
      this.#watch ??= setInterval(() => {
        this.#look()
      }, lookEveryMs)
    })
  }

  /** One look for all who wait. */
  #look(): void {
    const isReady = this.#client?.isReady === true && !this.#isClosed
    const now = performance.now()
    const waiting = this.#waiting
    const goesOn = (one: Waiting): boolean => !isReady && !this.#isClosed && one.until > now
    this.#waiting = waiting.filter(goesOn)
    if (this.#waiting.length === 0) {
      clearInterval(this.#watch)
      this.#watch = undefined
    }
    for (const one of waiting) if (!goesOn(one)) one.resolve(isReady)
  }

  /** The server has the script by its digest, until it is restarted: then it gets the text again. */
  async run({ sha1, text }: Script, keys: readonly Buffer[], rest: Words): Promise<unknown> {
    const client = this.#client
    const [key] = keys
    if (client === undefined || key === undefined || this.#isClosed)
      throw new Error('the connection is closed')
    const words = [String(keys.length), ...keys, ...rest]
    try {
      return await client.send(key, ['EVALSHA', sha1, ...words])
    } catch (error) {
      if (!isUnknownScript(error)) throw error
      return client.send(key, ['EVAL', text, ...words])
    }
  }

  async #make(): Promise<Client> {
    const redis = await import('@redis/client').catch((cause: unknown) => {
      throw missingClient(cause)
    })
    const options = {
      RESP: 2, // every server and every successor knows it
      disableOfflineQueue: true, // a command without a connection fails at once
      commandsQueueMaxLength: commandsMax,
      pingInterval: 1000, // so that a server that went silent is noticed by socketTimeout
      socket: {
        connectTimeout: connectTimeoutMs,
        socketTimeout: connectTimeoutMs,
        reconnectStrategy: (retries: number): number | false =>
          this.#isOpen && Math.min(20 * 2 ** Math.min(retries, 10), retryMsMax),
      },
    } as const
    const bytes = { typeMapping: { [redis.RESP_TYPES.BLOB_STRING]: Buffer } }
    const noteLoss = (): void => {
      this.losses++
    }
    const quiet = (): void => undefined // each command says itself that it failed
    const [url = ''] = this.#addresses.urls
    if (!this.#addresses.isCluster) {
      const client = redis.createClient({ ...options, url })
      client.on('error', quiet).on('reconnecting', noteLoss)
      return {
        connect: () => client.connect(),
        destroy: () => {
          client.destroy()
        },
        send: (_key, words) => client.sendCommand(words, bytes),
        get isReady() {
          return client.isReady
        },
      }
    }
    const { RESP, ...defaults } = options
    const rootNodes = this.#addresses.urls.map((address) => ({ ...defaults, url: address }))
    const { username, password } = new URL(url)
    const cluster = redis.createCluster({
      RESP,
      rootNodes,
      defaults: {
        ...defaults,
        ...(username !== '' && { username: decodeURIComponent(username) }),
        ...(password !== '' && { password: decodeURIComponent(password) }),
      },
    })
    cluster.on('error', quiet).on('node-reconnecting', noteLoss)
    return {
      connect: () => cluster.connect(),
      destroy: () => {
        cluster.destroy()
      },
      send: (key, words) => cluster.sendCommand(key, false, [...words], bytes),
      get isReady() {
        return cluster.isOpen
      },
    }
  }
}
