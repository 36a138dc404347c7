// SPDX-License-Identifier: Apache-2.0
// What the compiler had to say, for people: how a diagnostic looks is decided in errors.ts, here it only gets its colour.

import { ConfigError, type Diagnostic, formatDiagnostic } from '../errors.js'
import { type Palette, visible } from './terminal.js'

/** The first line is the place and the sentence; the mark under the source line is what the eye looks for. */
function paintDiagnostic(diagnostic: Diagnostic, palette: Palette): string {
  const paint = diagnostic.severity === 'error' ? palette.red : palette.yellow
  return formatDiagnostic(diagnostic)
    .split('\n')
    .map((line) => line.split('\t').map(visible).join('\t'))
    .map((line, index) => {
      if (index === 0) return palette.bold(line)
      return /^ +\| [ \t]*\^+$/.test(line) ? paint(line) : line
    })
    .join('\n')
}

/** All diagnostics of a load, one below the other. */
export function formatDiagnostics(diagnostics: readonly Diagnostic[], palette: Palette): string {
  return diagnostics.map((diagnostic) => paintDiagnostic(diagnostic, palette)).join('\n')
}

/** What a failed load had to say, or undefined when the failure was of another kind. */
export function diagnosticsOf(failure: unknown): readonly Diagnostic[] | undefined {
  return failure instanceof ConfigError ? failure.diagnostics : undefined
}
