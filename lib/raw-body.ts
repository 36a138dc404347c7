// SPDX-License-Identifier: Apache-2.0
// Reads a request's raw body before anybody else and leaves the request as if nobody had.
//
// It never reads from a drained stream, for that is what would end it; so the bytes can be put back and every
// parser behind works as before: streams, async iteration, express.json, multipart.

import type { IncomingMessage } from 'node:http'

import { SecluaError } from './errors.js'

/** Requests over HTTP/2 never say `complete`; their stream's state knows. */
interface EndState {
  readonly _readableState?: { readonly ended: boolean }
}

function isComplete(request: IncomingMessage): boolean {
  return request.complete || (request as EndState)._readableState?.ended === true
}

/** Whether a request announces a body. HTTP/2 need not, so there it may. */
export function mayHaveBody(request: IncomingMessage): boolean {
  if (request.httpVersionMajor >= 2) return request.method !== 'GET' && request.method !== 'HEAD'
  const length = fieldOf(request, 'content-length')
  return fieldOf(request, 'transfer-encoding') !== undefined || (length !== undefined && Number(length) !== 0)
}

/** The first field of that name as received: `headers` would be made of all of them, for a handler that may never ask. */
function fieldOf({ rawHeaders }: IncomingMessage, name: string): string | undefined {
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const given = rawHeaders[i]
    if (given?.length === name.length && given.toLowerCase() === name) return rawHeaders[i + 1]
  }
  return undefined
}

/** Another body in place of the one that was put back: for the handler it is what the client sent. */
export function replaceRawBody(request: IncomingMessage, body: Buffer): void {
  if (!isComplete(request)) return // the rest of it is still to come, and was not looked at
  if (request.readableLength > 0) request.read()
  if (body.length > 0) request.unshift(body)
  const length = String(body.length)
  if (request.headers['content-length'] === undefined) return
  request.headers['content-length'] = length
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
    if (request.rawHeaders[i]?.toLowerCase() === 'content-length') request.rawHeaders[i + 1] = length
  }
}

/**
 * Hands each chunk to `take` as it arrives, until the body ends or `take` answers that it has seen enough.
 * Then puts all of it back. Rejects when the client goes away first.
 */
export async function inspectRawBody(
  request: IncomingMessage,
  take: (chunk: Buffer) => boolean,
): Promise<void> {
  if (request.readableDidRead) {
    throw new SecluaError(
      'SECLUA_E_BODY_READ',
      'the request body was read before the rules could look at it',
      {
        hint: 'put seclua before every body parser',
      },
    )
  }
  const chunks: Buffer[] = []
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      request.off('readable', onReadable).off('error', onError).off('close', onClose)
    }
    const finish = (): void => {
      stop()
      resolve()
    }
    const onError = (error: Error): void => {
      stop()
      reject(error)
    }
    const onClose = (): void => {
      if (isComplete(request)) finish()
      else
        onError(new SecluaError('SECLUA_E_ABORTED', 'the client went away before its request was complete'))
    }
    const onReadable = (): void => {
      try {
        while (request.readableLength > 0) {
          const chunk = request.read() as Buffer | null
          if (chunk === null) break
          chunks.push(chunk)
          if (!take(chunk)) {
            finish()
            return
          }
        }
      } catch (error) {
        onError(error as Error)
        return
      }
      if (isComplete(request)) finish()
    }
    request.on('readable', onReadable).on('error', onError).on('close', onClose)
    onReadable()
  })
  if (chunks.length > 0) request.unshift(Buffer.concat(chunks))
}
