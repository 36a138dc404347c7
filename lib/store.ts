// SPDX-License-Identifier: Apache-2.0
// The shape of a store of persistent collections (spec 07, section 7). Changes are operations, not values, so
// that two requests at once lose nothing.

/**
 * A store of persistent collections. It applies each record's list of changes atomically; adds floor at 0 and
 * saturate at 64 bits. A failing call never loses the transaction: `onStoreError` decides.
 */
export interface CollectionStore {
  open?(): Promise<void>
  /** The record's live variables, expired ones left out; null when there is none. */
  load(namespace: string, collection: string, key: string): Promise<Record<string, string> | null>
  /** One answer per record, in order: the new values of its 'add's by variable name. */
  apply(batch: readonly RecordChange[]): Promise<readonly Readonly<Record<string, string>>[]>
  close?(): Promise<void>
}

export interface RecordChange {
  namespace: string
  collection: string
  key: string
  /** Life of the whole record from now on, in seconds. */
  ttlSeconds: number
  changes: readonly CollectionChange[]
}

export type CollectionChange =
  | { op: 'set'; name: string; value: string }
  | { op: 'add'; name: string; delta: number }
  | { op: 'unset'; name: string }
  | { op: 'expire'; name: string; epoch: number }
  | { op: 'deprecate'; name: string; amount: number; period: number }
