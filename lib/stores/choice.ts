// SPDX-License-Identifier: Apache-2.0
// Which store of persistent collections is meant by an address, and its opening.
//
// Those that the addon has itself answer in place. Any other one answers from outside: the engine's side of it only asks.

import { resolve } from 'node:path'

import { SecluaError } from '../errors.js'
import { addon, type Store } from '../native.js'
import type { CollectionStore } from '../store.js'
import { isRedisAddress, redisStore } from './redis.js'

export type StoreChoice =
  | { readonly kind: 'memory' }
  | { readonly kind: 'lmdb'; /** Absolute. */ readonly folder: string }
  | {
      readonly kind: 'redis'
      readonly address: string
      /** collections.limits.variables; undefined: as the store says. */
      readonly variablesMax?: number | undefined
    }
  | { readonly kind: 'custom'; readonly store: CollectionStore }

export interface OpenStore {
  readonly native: Store
  /** The one that answers, where that is not the addon's own. */
  readonly remote: CollectionStore | undefined
}

export const isRemote = ({ kind }: StoreChoice): boolean => kind === 'redis' || kind === 'custom'

export function isSameStore(a: StoreChoice, b: StoreChoice): boolean {
  if (a.kind === 'lmdb' && b.kind === 'lmdb') return a.folder === b.folder
  if (a.kind === 'redis' && b.kind === 'redis') {
    return a.address === b.address && a.variablesMax === b.variablesMax
  }
  if (a.kind === 'custom' && b.kind === 'custom') return a.store === b.store
  return a.kind === b.kind
}

const lmdb = 'lmdb:'

/** undefined: no store has such an address. A relative folder is looked for in `cwd`. */
export function choiceOf(address: string, cwd: string): StoreChoice | undefined {
  if (address === 'memory') return { kind: 'memory' }
  if (isRedisAddress(address)) return { kind: 'redis', address }
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

export function cannotOpen(cause: unknown): SecluaError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  return new SecluaError(
    'SECLUA_E_STORE',
    `the store of persistent collections cannot be opened: ${reason}`,
    {
      cause,
    },
  )
}

/** `key`: what tells the memory stores of this process apart. A remote one is not asked for anything yet. */
export function openStore(choice: StoreChoice, key: string, limits: StoreLimits): OpenStore {
  const own = (native: Store): OpenStore => ({ native, remote: undefined })
  switch (choice.kind) {
    case 'memory':
      return own(addon.openStore(key, limits.records))
    case 'lmdb':
      try {
        return own(addon.openFileStore(choice.folder, limits.fileBytes))
      } catch (cause) {
        throw cannotOpen(cause)
      }
    case 'redis':
      return {
        native: addon.openRemoteStore(),
        remote: redisStore(
          choice.address,
          choice.variablesMax === undefined ? {} : { variablesMax: choice.variablesMax },
        ),
      }
    case 'custom':
      return { native: addon.openRemoteStore(), remote: choice.store }
  }
}

/** What it has now and what it did; one elsewhere tells what it wants to. */
export function statsOf({ native, remote }: OpenStore): Readonly<Record<string, unknown>> {
  if (remote === undefined) return { ...addon.storeStats(native) }
  const { stats } = remote as { stats?: unknown }
  return typeof stats === 'function' ? { ...(stats.call(remote) as object) } : {}
}
