// SPDX-License-Identifier: Apache-2.0
// The adapter for node:http, node:https and the request handlers of node:http2.

import type { RequestListener } from 'node:http'

import { answerBlocked, internalError } from '../blocked.js'
import { guard, type AdapterOptions, type Guard } from '../driver.js'

/** Wraps a handler. Errors that it throws stay its own, as they are without us. */
export function httpListener(
  waf: Guard,
  handler: RequestListener,
  options?: AdapterOptions,
): RequestListener {
  return (request, response) => {
    const next = (error?: unknown): void => {
      if (error === undefined) handler(request, response)
      else answerBlocked(request, response, internalError, 'none')
    }
    guard(waf, request, response, next, options)
  }
}
