// SPDX-License-Identifier: Apache-2.0
// The end of patience: an answer, or none by then, or nobody who wants it any more.

/** No answer in time. */
export class LateError extends Error {}

/**
 * The promise's answer, if it comes within that time and before the signal. What comes later is dropped; `giveUp`
 * is told that nobody waits for it any more.
 */
export function within<T>(
  promise: Promise<T>,
  milliseconds: number,
  signal: AbortSignal,
  giveUp: () => void = () => undefined,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
    }
    const leave = (error: Error): void => {
      stop()
      giveUp()
      reject(error)
    }
    const onAbort = (): void => {
      leave(new Error('nobody waits for the answer any more'))
    }
    const timer = setTimeout(() => {
      leave(new LateError(`no answer within ${milliseconds} ms`))
    }, milliseconds)
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
    promise.then(
      (value) => {
        stop()
        resolve(value)
      },
      (error: unknown) => {
        stop()
        reject(error instanceof Error ? error : new Error(String(error)))
      },
    )
  })
}
