// SPDX-License-Identifier: Apache-2.0
// The web application that the demonstration protects: a tiny shop, careless on purpose. It echoes what it is given, knows
// one customer, and leaves all caution to the engine in front of it. Nothing of it is ever run on what it is told.

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'

const customer = { user: 'alice', password: 'correct horse' }
const orderBytesMax = 64 * 1024

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' })
  response.end(`${text}\n`)
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > orderBytesMax) throw new RangeError('too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

async function login(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const form = new URLSearchParams(await readText(request))
  const isKnown = form.get('user') === customer.user && form.get('password') === customer.password
  if (isKnown) answer(response, 200, 'welcome back, alice')
  else answer(response, 401, 'wrong user or password')
}

async function order(request: IncomingMessage, response: ServerResponse): Promise<void> {
  await readText(request)
  answer(response, 201, 'ordered')
}

async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://shop.example')
  switch (`${request.method ?? ''} ${url.pathname}`) {
    case 'GET /':
      answer(response, 200, 'the shop')
      return
    case 'GET /search':
      answer(response, 200, `results for ${url.searchParams.get('q') ?? ''}`)
      return
    case 'GET /download':
      answer(response, 200, `here would be ${url.searchParams.get('file') ?? ''}`)
      return
    case 'GET /ping':
      answer(response, 200, `would ping ${url.searchParams.get('host') ?? ''}`)
      return
    case 'POST /login':
      await login(request, response)
      return
    case 'POST /orders':
      await order(request, response)
      return
    default:
      answer(response, 404, 'not here')
  }
}

export const application: RequestListener = (request, response) => {
  route(request, response).catch(() => {
    if (!response.headersSent) answer(response, 400, 'cannot read this')
  })
}
