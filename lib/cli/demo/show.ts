// SPDX-License-Identifier: Apache-2.0
// Sends the demonstration's requests over real HTTP and notes what came of each: what the client received, and what the
// engine in front of the application had to say about it.

import { once } from 'node:events'
import { type IncomingMessage, request as httpRequest } from 'node:http'

import type { Verdict, Waf } from '../../index.js'
import type { ListenAddress } from '../listen.js'
import { attacks, type DemoRequest, guess, guessesMax, visits } from './requests.js'

export interface Outcome {
  readonly title: string
  readonly status: number
  /** The intervention, when there was one. */
  readonly verdict: Verdict | undefined
  /** How often the request was sent; the last time counts. */
  readonly times: number
  readonly asExpected: boolean
}

async function send(address: ListenAddress, wanted: DemoRequest): Promise<number> {
  const outgoing = httpRequest({
    host: address.host,
    port: address.port,
    method: wanted.method,
    path: wanted.path,
    agent: false,
    headers: {
      Host: 'shop.example',
      'User-Agent': 'Mozilla/5.0 (demonstration)',
      Accept: '*/*',
      ...wanted.headers,
      ...(wanted.body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(wanted.body)) }),
    },
  })
  outgoing.end(wanted.body)
  const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage]
  incoming.resume()
  await once(incoming, 'end')
  return incoming.statusCode ?? 0
}

/** Requests go one after the other, so the intervention that is heard meanwhile belongs to the one under way. */
async function judge(waf: Waf, address: ListenAddress, wanted: DemoRequest): Promise<Outcome> {
  let verdict: Verdict | undefined
  const note = (spoken: Verdict) => {
    verdict = spoken
  }
  waf.on('interruption', note)
  try {
    const status = await send(address, wanted)
    const seen = verdict === undefined ? 'pass' : 'stop'
    return { title: wanted.title, status, verdict, times: 1, asExpected: seen === wanted.expected }
  } finally {
    waf.off('interruption', note)
  }
}

/** The first guess must be let through, and a later one stopped. */
async function guessUntilStopped(waf: Waf, address: ListenAddress): Promise<Outcome> {
  for (let times = 1; ; times++) {
    const outcome = await judge(waf, address, guess)
    if (outcome.verdict !== undefined || times === guessesMax) {
      return { ...outcome, times, asExpected: outcome.verdict !== undefined && times > 1 }
    }
  }
}

export async function* outcomes(waf: Waf, address: ListenAddress): AsyncGenerator<Outcome> {
  for (const wanted of [...visits, ...attacks]) yield await judge(waf, address, wanted)
  yield await guessUntilStopped(waf, address)
}
