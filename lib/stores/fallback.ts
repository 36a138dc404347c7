// SPDX-License-Identifier: Apache-2.0
// What takes the place of a store that cannot be opened, where `collections.fallback` asks for it: the memory of this
// process, and a warning.

import { type Diagnostic, SecluaError } from '../errors.js'
import type { WafOptions } from '../options.js'

/** The load once more: with these options, and with this to say. */
export interface SecondTry {
  readonly options: WafOptions
  readonly warning: Diagnostic
}

/** undefined: that was another error, or nobody asked for it. */
function secondTry(options: WafOptions, error: unknown): SecondTry | undefined {
  if (!(error instanceof SecluaError) || error.code !== 'SECLUA_E_STORE') return undefined
  if (options.collections?.fallback !== 'memory') return undefined
  return {
    options: { ...options, store: 'memory' },
    warning: {
      code: 'SECLUA_W_STORE',
      severity: 'warning',
      message: `${error.message}: they are in the memory of this process`,
      file: 'option store',
      line: 1,
      column: 1,
      hint: 'what other processes count is not seen until a reload reaches the store',
    },
  }
}

type Attempt<T> = (options: WafOptions, warning?: Diagnostic) => T

export async function orInMemory<T>(options: WafOptions, attempt: Attempt<Promise<T>>): Promise<T> {
  try {
    return await attempt(options)
  } catch (error) {
    const again = secondTry(options, error)
    if (again === undefined) throw error
    return await attempt(again.options, again.warning)
  }
}

export function orInMemorySync<T>(options: WafOptions, attempt: Attempt<T>): T {
  try {
    return attempt(options)
  } catch (error) {
    const again = secondTry(options, error)
    if (again === undefined) throw error
    return attempt(again.options, again.warning)
  }
}
