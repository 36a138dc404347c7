// SPDX-License-Identifier: Apache-2.0
// Transformations of one's own: those that every Waf of this thread gets, and those of one load.
//
// A function is called in the middle of a step, in the thread that made it; a Lua file needs nothing of JavaScript. Names are the
// engine's business: it refuses those that are taken or that no rule can write.

import { SecluaError } from './errors.js'

/**
 * Makes a text of a text: of the bytes that a rule looks at. Called at once and often, so it should be quick; the same text has to
 * give the same result. What it throws, or returning anything but bytes, leaves the value untested, as a Lua script that fails does
 * (`lua.onError`). It cannot use a transaction.
 */
export type Transformer = (value: Buffer) => Uint8Array

const registered = new Map<string, Transformer>()

function check(name: string, transformer: unknown): Transformer {
  if (typeof transformer === 'function') return transformer as Transformer
  throw new SecluaError(
    'SECLUA_E_OPTION',
    `the transformation ${name} is a function, or the name of a Lua file, not ${typeof transformer}`,
  )
}

/**
 * From now on every Waf that this thread loads knows `t:name`. A worker registers its own; option `transformations` goes before.
 *
 * @example
 * registerTransformation('reverse', (value) => Buffer.from(value).reverse())
 */
export function registerTransformation(name: string, transformer: Transformer): void {
  registered.set(name, check(name, transformer))
}

export interface Transformations {
  readonly native: readonly { readonly name: string; readonly script: string }[]
  /** By the number in `native`; undefined: JavaScript computes none. */
  readonly transformers: readonly Transformer[] | undefined
}

/** Those of an option, then the registered ones whose names are not among them. */
export function readTransformations(given: readonly (readonly [string, unknown])[]): Transformations {
  const names = new Set(given.map(([name]) => name.toLowerCase()))
  const others = [...registered].filter(([name]) => !names.has(name.toLowerCase()))
  const all = [...given, ...others].map(([name, value]) => {
    const script = typeof value === 'string' && value.endsWith('.lua') ? value : ''
    return { name, script, transformer: script === '' ? check(name, value) : computedByLua }
  })
  return {
    native: all.map(({ name, script }) => ({ name, script })),
    transformers: all.some(({ script }) => script === '')
      ? all.map(({ transformer }) => transformer)
      : undefined,
  }
}

const computedByLua: Transformer = (value) => value
