// SPDX-License-Identifier: Apache-2.0
// The errors that users see. Codes and wording of diagnostics come from the engine; how they look in print is
// decided here, once, for exceptions and for the command line.

/** Every code that a load can report: the rows of native/engine/seclang/errors.def, which a test compares. */
export type DiagnosticCode =
  | 'SECLUA_E_FILE_OPEN'
  | 'SECLUA_E_INCLUDE_DEPTH'
  | 'SECLUA_E_SYNTAX'
  | 'SECLUA_E_UNTERMINATED'
  | 'SECLUA_E_UNKNOWN_DIRECTIVE'
  | 'SECLUA_E_BAD_VALUE'
  | 'SECLUA_E_ARG_COUNT'
  | 'SECLUA_E_UNKNOWN_VARIABLE'
  | 'SECLUA_E_NOT_COLLECTION'
  | 'SECLUA_E_BAD_SELECTOR_REGEX'
  | 'SECLUA_E_UNKNOWN_OPERATOR'
  | 'SECLUA_E_OPERATOR_PARAM'
  | 'SECLUA_E_IP_PREFIX'
  | 'SECLUA_E_UNKNOWN_ACTION'
  | 'SECLUA_E_ACTION_VALUE'
  | 'SECLUA_E_UNKNOWN_TRANSFORMATION'
  | 'SECLUA_E_DUP_ID'
  | 'SECLUA_E_NO_ID'
  | 'SECLUA_E_CHAIN'
  | 'SECLUA_E_DEFAULT_ACTION'
  | 'SECLUA_E_UNSUPPORTED'
  | 'SECLUA_E_SCRIPT'
  | 'SECLUA_E_PROGRAM'
  | 'SECLUA_E_MEMORY'
  | 'SECLUA_W_IGNORED'
  | 'SECLUA_W_DEPRECATED'
  | 'SECLUA_W_UNREACHABLE'
  | 'SECLUA_W_NO_RULE_MATCHES'
  | 'SECLUA_W_MARKER'
  | 'SECLUA_W_PHASE'
  | 'SECLUA_W_EXCLUSION'
  | 'SECLUA_W_CONTINUATION'
  | 'SECLUA_W_DUPLICATE_ACTION'
  | 'SECLUA_W_DROPPED'
  | 'SECLUA_W_MACRO'
  | 'SECLUA_W_SCRIPT'
  | 'SECLUA_W_STORE'

/** One thing that a load had to say about a configuration. */
export interface Diagnostic {
  code: DiagnosticCode
  severity: 'error' | 'warning'
  message: string
  file: string
  /** From 1. */
  line: number
  /** From 1, in bytes. */
  column: number
  hint?: string
  /** The line that is meant, where there is one. */
  sourceLine?: string
  /** How many of its bytes, from `column` on. */
  length?: number
}

export type SecluaErrorCode =
  | 'SECLUA_E_OPTION' // an option that does not exist or has a wrong value
  | 'SECLUA_E_ARGUMENT' // a request, response or chunk of a wrong shape
  | 'SECLUA_E_UNSUPPORTED' // an option's value that this version does not offer
  | 'SECLUA_E_ORDER' // a step of a transaction out of order
  | 'SECLUA_E_CLOSED' // a call on something that was closed
  | 'SECLUA_E_SYNC' // a …Sync method on a rule set that may have to wait
  | 'SECLUA_E_MEMORY' // memory ran out
  | 'SECLUA_E_BODY_READ' // a request body that somebody read before the engine could
  | 'SECLUA_E_ABORTED' // the client went away before its request was complete
  | 'SECLUA_E_FETCH' // rules of an address that cannot be fetched, or are not the ones pinned
  | 'SECLUA_E_STORE' // the store of persistent collections cannot be opened
  | 'SECLUA_E_NO_BINARY' // the addon is not there
  | 'SECLUA_E_CONFIG' // a configuration with errors; see ConfigError

/**
 * Every error of this package's own making. `code` tells them apart; the message is for people.
 *
 * @example
 * try {
 *   Waf.loadSync({ engine: 'on' })
 * } catch (error) {
 *   if (error instanceof SecluaError) console.error(error.code) // SECLUA_E_OPTION
 * }
 */
export class SecluaError extends Error {
  readonly code: SecluaErrorCode
  /** What to do about it, where something can be said. */
  readonly hint?: string

  constructor(code: SecluaErrorCode, message: string, options: ErrorOptions & { hint?: string } = {}) {
    super(message, options)
    this.name = new.target.name
    this.code = code
    if (options.hint !== undefined) this.hint = options.hint
  }
}

/**
 * A configuration does not compile. Carries every error that was found, and the warnings; its message lists
 * the errors.
 *
 * @example
 * try {
 *   await waf.reload()
 * } catch (error) {
 *   if (error instanceof ConfigError) for (const { file, line, message } of error.diagnostics) report(file,
 *   line, message)
 * }
 */
export class ConfigError extends SecluaError {
  readonly diagnostics: readonly Diagnostic[]
  /** Place of the first error. */
  readonly file?: string
  readonly line?: number
  readonly column?: number

  constructor(diagnostics: readonly Diagnostic[]) {
    const errors = diagnostics.filter(({ severity }) => severity === 'error')
    super('SECLUA_E_CONFIG', ['the configuration has errors', ...errors.map(formatDiagnostic)].join('\n'))
    this.diagnostics = diagnostics
    const [first] = errors
    if (first === undefined) return
    this.file = first.file
    this.line = first.line
    this.column = first.column
  }
}

/**
 * A diagnostic as a compiler prints it: place, code and message, the line with a mark, the hint.
 *
 * @example
 * for (const warning of waf.warnings) console.error(formatDiagnostic(warning))
 */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { file, line, column, severity, code, message, hint, sourceLine } = diagnostic
  const out = [`${file}:${line}:${column}: ${severity} ${code}: ${message}`]
  if (sourceLine !== undefined) {
    // Columns count bytes; what is drawn is characters. Tabs stay tabs, so that the mark stands below what it
    // marks.
    const bytes = Buffer.from(sourceLine)
    const indent = bytes.toString('utf8', 0, column - 1).replace(/[^\t]/gu, ' ')
    const marked = bytes.toString('utf8', column - 1, column - 1 + (diagnostic.length ?? 1))
    out.push(
      `${String(line).padStart(4)} | ${sourceLine}`,
      `     | ${indent}${'^'.repeat(Math.max(1, Array.from(marked).length))}`,
    )
  }
  if (hint !== undefined) out.push(`hint: ${hint}`)
  return out.join('\n')
}
