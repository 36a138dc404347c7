// SPDX-License-Identifier: Apache-2.0
// What a Waf has in force between two reloads: an engine with its rules, and what it needs of the world.
//
// A successor takes over what stays the same. What it does not, ends when the transactions that began with it have.

import { Shipper, type ShipperOptions } from './audit/shipper.js'
import { ConfigError, SecluaError } from './errors.js'
import { addon, type Engine, type Entrance, type Loaded } from './native.js'
import type { CheckedOptions } from './options.js'
import { Outside, type WaitCounters } from './outside/outside.js'
import { Overload } from './overload.js'
import {
  cannotOpen,
  choiceOf,
  isSameStore,
  openStore,
  type OpenStore,
  type StoreChoice,
} from './stores/choice.js'

export interface Active {
  readonly engine: Engine
  /** To the engine, for transactions. */
  readonly entrance: Entrance
  readonly loaded: Loaded
  /** Of persistent collections: they outlive a reload, unless it names another store. */
  readonly store: OpenStore
  readonly storeChoice: StoreChoice
  /** Answers what transactions wait for. */
  readonly outside: Outside
  /** Of audit records, and what it was made with. */
  readonly shipper: Shipper | undefined
  readonly shipping: ShipperOptions
  readonly overload: Overload
}

/** What the option leaves open is as the rules say. */
function shippingOf({ ship }: CheckedOptions, { auditAddress, auditFolder }: Loaded): ShipperOptions {
  if (ship.url !== '') return ship
  return { ...ship, url: auditAddress, folder: ship.folder ?? (auditFolder === '' ? undefined : auditFolder) }
}

function openShipper(shipping: ShipperOptions): Shipper | undefined {
  if (shipping.url === '') return undefined
  try {
    return new Shipper(shipping)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new SecluaError('SECLUA_E_OPTION', `audit records cannot wait in their folder: ${reason}`, {
      cause,
    })
  }
}

export function activate(
  loaded: Loaded,
  checked: CheckedOptions,
  predecessor: Active | undefined,
  waits: WaitCounters,
): Active {
  const { rules, diagnostics } = loaded
  if (rules === null) throw new ConfigError(diagnostics)
  const storeChoice = checked.store ?? choiceOf(loaded.store, checked.native.cwd) ?? { kind: 'memory' }
  const keepsStore = predecessor !== undefined && isSameStore(storeChoice, predecessor.storeChoice)
  const store = keepsStore ? predecessor.store : openStore(storeChoice, checked.storeKey, checked.storeLimits)
  const shipping = shippingOf(checked, loaded)
  const keepsShipper =
    predecessor !== undefined && JSON.stringify(shipping) === JSON.stringify(predecessor.shipping)
  const shipper = keepsShipper ? predecessor.shipper : openShipper(shipping)
  const engine = addon.newEngine(rules, store.native, predecessor?.engine, checked.transformers)
  addon.release(rules) // the engine holds it from here on
  const outside = new Outside(checked.outside, store.remote, waits)
  if (predecessor !== undefined) outside.succeed(predecessor.outside)
  const shed = (): void => {
    addon.shedAudit(engine, overload.sheds('audit'))
  }
  const overload = new Overload(checked.overload, shed, predecessor?.overload)
  const entrance = addon.entrance(engine)
  return { engine, entrance, loaded, store, storeChoice, outside, shipper, shipping, overload }
}

/** A remote store may have to be reached before it can answer. */
export async function reach({ store }: Active): Promise<void> {
  try {
    await store.remote?.open?.()
  } catch (cause) {
    throw cannotOpen(cause)
  }
}

/** All that an engine logged is in its files, or cannot be written. */
export const written = (engine: Engine): Promise<void> =>
  new Promise((resolve) => {
    addon.flushLogs(engine, resolve)
  })

/** Ends what the other one, if there is one, does not share. Transactions under way go on, and so does what they need. */
export async function leave(
  { engine, store, outside, shipper, overload }: Active,
  other?: Active,
): Promise<void> {
  overload.close()
  await Promise.all([shipper === other?.shipper ? undefined : shipper?.close(), written(engine)])
  addon.release(engine)
  if (store === other?.store) return
  addon.release(store.native)
  const closed = outside.unused().then(() => store.remote?.close?.())
  if (!outside.isUsed) await closed
  else closed.catch(() => undefined)
}
