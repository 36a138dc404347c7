// SPDX-License-Identifier: Apache-2.0
// A DNS server on loopback that knows what the test tells it. Answers questions for A records only, one question a packet, as
// resolvers ask them; whatever it does not know does not exist.

import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

interface Entry {
  readonly addresses: readonly string[]
  readonly ttl: number
}

const noError = 0
const serverFailure = 2
const noSuchName = 3

/** The name of the first question, and where the question ends. */
function readQuestion(packet: Buffer): { name: string; end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = packet[at] ?? 0; length !== 0; length = packet[at] ?? 0) {
    labels.push(packet.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), end: at + 5 }
}

function record({ ttl }: Entry, address: string): Buffer {
  const bytes = Buffer.alloc(16)
  bytes.writeUInt16BE(0xc00c, 0) // the name of the question
  bytes.writeUInt16BE(1, 2) // A
  bytes.writeUInt16BE(1, 4) // IN
  bytes.writeUInt32BE(ttl, 6)
  bytes.writeUInt16BE(4, 10)
  address.split('.').forEach((part, i) => bytes.writeUInt8(Number(part), 12 + i))
  return bytes
}

export class DnsServer {
  /** Every name that was asked for, in order. */
  readonly asked: string[] = []
  /** Answers nothing at all. */
  isSilent = false
  /** Answers that it cannot answer. */
  isBroken = false
  readonly #socket: Socket
  readonly #entries = new Map<string, Entry>()

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('message', (packet, peer) => {
      const answer = this.#answer(packet)
      if (answer !== undefined) socket.send(answer, peer.port, peer.address)
    })
  }

  static async listen(): Promise<DnsServer> {
    const socket = createSocket('udp4')
    socket.bind(0, '127.0.0.1')
    await once(socket, 'listening')
    return new DnsServer(socket)
  }

  /** As option `dns.servers` takes it. */
  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`
  }

  set(name: string, addresses: readonly string[], ttl = 60): void {
    this.#entries.set(name, { addresses, ttl })
  }

  #answer(packet: Buffer): Buffer | undefined {
    const { name, end } = readQuestion(packet)
    this.asked.push(name)
    if (this.isSilent) return undefined
    const entry = this.#entries.get(name)
    const status = this.isBroken ? serverFailure : entry === undefined ? noSuchName : noError
    const records = this.isBroken ? [] : (entry?.addresses ?? [])
    const head = Buffer.from(packet.subarray(0, 12))
    head.writeUInt16BE(0x8180 | status, 2)
    head.writeUInt16BE(1, 4)
    head.writeUInt16BE(records.length, 6)
    head.writeUInt32BE(0, 8)
    return Buffer.concat([
      head,
      packet.subarray(12, end),
      ...records.map((address) => record(entry ?? { addresses: [], ttl: 0 }, address)),
    ])
  }

  async close(): Promise<void> {
    this.#socket.close()
    await once(this.#socket, 'close')
  }
}
