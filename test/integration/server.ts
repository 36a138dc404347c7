// SPDX-License-Identifier: Apache-2.0
// A server on a free port for one test, and requests to it, byte for byte where a client library would tidy them.

import { once } from 'node:events'
import { createServer, request, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface Sent {
  readonly method?: string
  readonly path?: string
  readonly headers?: Record<string, string>
  readonly body?: string | Buffer
}

export class TestServer {
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  static async listen(handler: RequestListener): Promise<TestServer> {
    const server = createServer(handler)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new TestServer(server)
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async send({ method = 'GET', path = '/', headers = {}, body }: Sent = {}): Promise<Answer> {
    const outgoing = request({ port: this.port, host: '127.0.0.1', method, path, headers, agent: false })
    outgoing.end(body)
    return new Promise((resolve, reject) => {
      outgoing.on('error', reject)
      outgoing.on('response', (response) => {
        const chunks: Buffer[] = []
        response.on('error', reject)
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          const answer = { status: response.statusCode ?? 0, headers: response.headers }
          resolve({ ...answer, body: Buffer.concat(chunks).toString('utf8') })
        })
      })
    })
  }

  /** A bare connection. Its errors are the test's business only if it looks. */
  async connect(): Promise<Socket> {
    const socket = connect(this.port, '127.0.0.1')
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    return socket
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

/** Resolves when it holds. Fails by the test's own time limit. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5))
}
