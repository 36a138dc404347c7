// SPDX-License-Identifier: Apache-2.0
// Requests as browsers and API clients send them, for the cases of the shipped rules to vary in one point.

import type { ConnectionInput, RequestInput, ResponseInput } from '../../lib/index.js'

export type Pair = readonly [string, string]
export interface Probe extends ConnectionInput, Omit<RequestInput, 'headers'> {
  readonly headers: readonly Pair[]
  readonly response?: ResponseInput
}

export const browser: readonly Pair[] = [
  ['Host', 'shop.example'],
  ['User-Agent', 'Mozilla/5.0 (X11; Linux x86_64; rv:148.0) Gecko/20100101 Firefox/148.0'],
  ['Accept', 'text/html,application/xhtml+xml,*/*;q=0.8'],
]

export const get = (uri: string, ...headers: readonly Pair[]): Probe => ({
  method: 'GET',
  uri,
  headers: [...browser, ...headers],
})

/** A request whose headers are these and no others. */
export const bare = (uri: string, ...headers: readonly Pair[]): Probe => ({ method: 'GET', uri, headers })

export const post = (type: string, body: string | Uint8Array, ...headers: readonly Pair[]): Probe => ({
  method: 'POST',
  uri: '/post',
  headers: [
    ...browser,
    ['Content-Type', type],
    ['Content-Length', String(Buffer.byteLength(body))],
    ...headers,
  ],
  body,
})

export const form = (body: string): Probe => post('application/x-www-form-urlencoded', body)
/** One form field, encoded as browsers do. */
export const field = (value: string, name = 'text'): Probe =>
  form(`${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
export const query = (value: string, name = 'q'): Probe =>
  get(`/search?${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
export const cookie = (text: string): Probe => get('/', ['Cookie', text])
export const json = (value: unknown): Probe => post('application/json', JSON.stringify(value))
export const text = (body: string): Probe => post('text/plain', body)

/** One part with these header lines. */
export const multipart = (partHeaders: string, content = 'hello', boundary = 'limit7Q'): Probe =>
  post(
    `multipart/form-data; boundary=${boundary}`,
    `--${boundary}\r\n${partHeaders}\r\n\r\n${content}\r\n--${boundary}--\r\n`,
  )
export const upload = (filename: string): Probe =>
  multipart(`Content-Disposition: form-data; name="file"; filename="${filename}"\r\nContent-Type: text/plain`)
