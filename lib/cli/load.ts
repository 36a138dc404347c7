// SPDX-License-Identifier: Apache-2.0
// Loads the rule set of a command. Only `check` is about the configuration itself; to all other commands an error in it
// is the end: the diagnostics go to standard error, where no JSON on standard output can be spoilt by them.

import { Waf, type WafOptions } from '../index.js'
import { diagnosticsOf, formatDiagnostics } from './diagnostics.js'
import { complain, paletteFor } from './terminal.js'

/** The loaded rule set, or undefined when its errors were printed. */
export async function loadOrComplain(options: WafOptions): Promise<Waf | undefined> {
  try {
    return await Waf.load(options)
  } catch (failure) {
    if (!complainAboutRules(failure)) throw failure
    return undefined
  }
}

/** Prints the diagnostics of a failed load or reload; false when the failure was of another kind. */
export function complainAboutRules(failure: unknown): boolean {
  const diagnostics = diagnosticsOf(failure)
  if (diagnostics === undefined) return false
  complain(formatDiagnostics(diagnostics, paletteFor(process.stderr)))
  return true
}
