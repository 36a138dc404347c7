// SPDX-License-Identifier: Apache-2.0
// One delivery: some lines in the body of a POST, and what became of it.

import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, globalAgent, request as httpsRequest } from 'node:https'

/** 'later': the receiver cannot just now. 'never': it does not want these. */
export interface Delivery {
  readonly outcome: 'done' | 'later' | 'never'
  readonly reason: string
  /** What the receiver asked for, in milliseconds. */
  readonly retryAfterMs?: number
}

export interface Receiver {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly agent: HttpAgent
}

/** One connection, kept. It trusts whom the process trusts. */
export function agentFor(url: URL): HttpAgent {
  const options = { keepAlive: true, maxSockets: 1 }
  return url.protocol === 'https:'
    ? new HttpsAgent({ ...globalAgent.options, ...options })
    : new HttpAgent(options)
}

function judge(status: number, retryAfter: string | undefined): Delivery {
  const reason = `the receiver answered ${status}`
  if (status >= 200 && status < 300) return { outcome: 'done', reason }
  const seconds = Number(retryAfter)
  if (status === 408 || status === 429 || status >= 500) {
    return {
      outcome: 'later',
      reason,
      ...(Number.isFinite(seconds) && seconds > 0 && { retryAfterMs: seconds * 1000 }),
    }
  }
  return { outcome: 'never', reason }
}

export function post(to: Receiver, lines: Buffer): Promise<Delivery> {
  return new Promise((resolve) => {
    const send = to.url.protocol === 'https:' ? httpsRequest : httpRequest
    const request = send(
      to.url,
      {
        method: 'POST',
        agent: to.agent,
        signal: AbortSignal.timeout(to.timeoutMs),
        headers: { 'content-type': 'application/x-ndjson', 'content-length': lines.length, ...to.headers },
      },
      (response) => {
        response.resume()
        response.on('error', () => undefined)
        response.on('close', () => {
          resolve(judge(response.statusCode ?? 0, response.headers['retry-after']))
        })
      },
    )
    request.on('error', (error) => {
      resolve({ outcome: 'later', reason: error.message })
    })
    request.end(lines)
  })
}
