// SPDX-License-Identifier: Apache-2.0
// What the demonstration sends, and what has to come of it. Pure data: the requests that a visitor makes, the ones that an
// attacker makes, and the guessing of a password, which only its repetition makes hostile.

export interface DemoRequest {
  readonly title: string
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** 'pass': it must reach the application. 'stop': it must not. */
  readonly expected: 'pass' | 'stop'
}

const form = { 'Content-Type': 'application/x-www-form-urlencoded' }
const json = { 'Content-Type': 'application/json' }

export const visits: readonly DemoRequest[] = [
  { title: 'the front page', method: 'GET', path: '/', expected: 'pass' },
  { title: 'a search', method: 'GET', path: '/search?q=blue+suede+shoes', expected: 'pass' },
  { title: 'a name with an apostrophe', method: 'GET', path: '/search?q=O%27Reilly', expected: 'pass' },
  {
    title: 'a text about SQL',
    method: 'GET',
    path: '/search?q=how+to+select+a+union+jacket',
    expected: 'pass',
  },
  {
    title: 'an order',
    method: 'POST',
    path: '/orders',
    headers: json,
    body: '{"item":7,"count":2,"note":"please ring twice"}',
    expected: 'pass',
  },
  {
    title: 'a login',
    method: 'POST',
    path: '/login',
    headers: form,
    body: 'user=alice&password=correct+horse',
    expected: 'pass',
  },
]

export const attacks: readonly DemoRequest[] = [
  { title: 'SQL injection', method: 'GET', path: '/search?q=1%27+OR+%271%27%3D%271', expected: 'stop' },
  {
    title: 'SQL injection in JSON',
    method: 'POST',
    path: '/orders',
    headers: json,
    body: `{"item":"1 UNION SELECT user, password FROM customers --"}`,
    expected: 'stop',
  },
  {
    title: 'script injection',
    method: 'GET',
    path: '/search?q=%3Cscript%3Ealert(1)%3C%2Fscript%3E',
    expected: 'stop',
  },
  {
    title: 'path traversal',
    method: 'GET',
    path: '/download?file=..%2F..%2F..%2Fetc%2Fpasswd',
    expected: 'stop',
  },
  {
    title: 'command injection',
    method: 'GET',
    path: '/ping?host=127.0.0.1%3Bcat+%2Fetc%2Fpasswd',
    expected: 'stop',
  },
]

/** A wrong password is let through, since people mistype; a long row of them from one client is not. */
export const guess: DemoRequest = {
  title: 'a wrong password, again and again',
  method: 'POST',
  path: '/login',
  headers: form,
  body: 'user=alice&password=letmein',
  expected: 'stop',
}
export const guessesMax = 30
