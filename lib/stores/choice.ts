// SPDX-License-Identifier: Apache-2.0
// Which store of persistent collections is meant by an address, and the opening of those that the addon has itself.

import { resolve } from 'node:path'

import { SecluaError } from '../errors.js'
import { addon, type Store } from '../native.js'

export type StoreChoice =
  { readonly kind: 'memory' } | { readonly kind: 'lmdb'; /** Absolute. */ readonly folder: string }

const lmdb = 'lmdb:'

/** undefined: no store has such an address. A relative folder is looked for in `cwd`. */
export function choiceOf(address: string, cwd: string): StoreChoice | undefined {
  if (address === 'memory') return { kind: 'memory' }
  const folder = address.startsWith(lmdb) ? address.slice(lmdb.length) : ''
  return folder === '' ? undefined : { kind: 'lmdb', folder: resolve(cwd, folder) }
}

/** How much a store of this machine keeps; 0: as much as the engine's default says. */
export interface StoreLimits {
  /** Of a collection in memory. */
  readonly records: number
  /** Of an LMDB file. */
  readonly fileBytes: number
}

/** `key`: what tells the memory stores of this process apart. */
export function openStore(choice: StoreChoice, key: string, limits: StoreLimits): Store {
  if (choice.kind === 'memory') return addon.openStore(key, limits.records)
  try {
    return addon.openFileStore(choice.folder, limits.fileBytes)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new SecluaError(
      'SECLUA_E_STORE',
      `the store of persistent collections cannot be opened: ${reason}`,
      {
        cause,
      },
    )
  }
}
