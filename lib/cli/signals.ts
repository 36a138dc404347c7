// SPDX-License-Identifier: Apache-2.0
// How a server of this program is asked to end.

/** Resolves after SIGTERM or SIGINT and the end of the last request. */
export function drainOnSignal(drain: () => Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = () => {
      drain().then(resolve, reject)
    }
    process.once('SIGTERM', end)
    process.once('SIGINT', end)
  })
}
