// SPDX-License-Identifier: Apache-2.0
// The adapter for Express, Connect and everything that takes their middleware.

import type { IncomingMessage, ServerResponse } from 'node:http'

import { guard, type AdapterOptions, type Guard } from '../driver.js'

export type Middleware = (req: IncomingMessage, res: ServerResponse, next: (err?: unknown) => void) => void

/** Our own failures go to the application's error handler; nothing passes unjudged. */
export function expressMiddleware(waf: Guard, options?: AdapterOptions): Middleware {
  return (request, response, next) => {
    guard(waf, request, response, next, options)
  }
}
