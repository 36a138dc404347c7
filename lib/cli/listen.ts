// SPDX-License-Identifier: Apache-2.0
// Addresses to listen on, as the command line writes them, and the act of listening.

import { once } from 'node:events'
import type { Server } from 'node:http'

import { UsageError } from './exit-status.js'

export interface ListenAddress {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
}

/** HOST:PORT, [IPv6]:PORT, or only a port, which then is on this machine's loopback. */
export function parseListenAddress(text: string): ListenAddress {
  const match = /^(?:\[([0-9A-Fa-f:.]+)\]:|([^:[\]]+):)?([0-9]{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (match === null || port > 65_535) throw new UsageError(`--listen ${text}: must be HOST:PORT`)
  return { host: match[1] ?? match[2] ?? '127.0.0.1', port }
}

export function formatAddress({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Resolves when the server accepts connections, with the address it really has. */
export async function listen(server: Server, wanted: ListenAddress): Promise<ListenAddress> {
  try {
    // A failure to listen is an 'error' event, on which `once` rejects.
    const ready = once(server, 'listening')
    server.listen(wanted.port, wanted.host)
    await ready
  } catch (failure) {
    const code = failure instanceof Error && 'code' in failure ? String(failure.code) : String(failure)
    throw new UsageError(`cannot listen on ${formatAddress(wanted)}: ${code}`)
  }
  const address = server.address()
  return address === null || typeof address === 'string'
    ? wanted
    : { host: address.address, port: address.port }
}
