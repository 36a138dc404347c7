// SPDX-License-Identifier: Apache-2.0
// `seclua check`: compiles a configuration with every Lua script it names and lists all that is wrong with it.

import { parseArgs } from 'node:util'

import { Waf, type Diagnostic, type WafOptions } from '../index.js'
import { diagnosticsOf, formatDiagnostics } from './diagnostics.js'
import { type ExitStatus, exitStatus } from './exit-status.js'
import { filesInOrder, ruleOptions, ruleOptionsHelp, wafOptions } from './rule-arguments.js'
import { paletteFor, printJson, printLine } from './terminal.js'

export const help: string = `Usage: seclua check [FILES…] [options]

Compiles the configuration and every Lua script. Prints each error and warning with its place, the source line and a
hint; the last line counts. Exit status 1 when there is an error.

${ruleOptionsHelp}
      --json             {"rules","scripts","diagnostics"} instead of text`

interface Findings {
  readonly rules: number
  readonly scripts: number
  readonly diagnostics: readonly Diagnostic[]
}

/** Nothing of a configuration with an error is in force, so it counts no rule and no script. */
async function compile(options: WafOptions): Promise<Findings> {
  let waf: Waf
  try {
    waf = await Waf.load(options)
  } catch (failure) {
    const diagnostics = diagnosticsOf(failure)
    if (diagnostics === undefined) throw failure
    return { rules: 0, scripts: 0, diagnostics }
  }
  const scripts = waf.stats()['scripts']
  const findings = {
    rules: waf.ruleCount,
    scripts: typeof scripts === 'number' ? scripts : 0,
    diagnostics: waf.warnings,
  }
  await waf.close()
  return findings
}

export async function run(args: string[]): Promise<ExitStatus> {
  const { values, tokens } = parseArgs({
    args,
    options: { ...ruleOptions, json: { type: 'boolean' } },
    allowPositionals: true,
    tokens: true,
  })
  const findings = await compile(wafOptions(filesInOrder(tokens), values))
  const errors = findings.diagnostics.filter(({ severity }) => severity === 'error').length
  const warnings = findings.diagnostics.length - errors
  if (values.json === true) {
    printJson(findings)
  } else {
    if (findings.diagnostics.length > 0) {
      printLine(formatDiagnostics(findings.diagnostics, paletteFor(process.stdout)))
    }
    printLine(`${findings.rules} rules, ${findings.scripts} scripts, ${errors} errors, ${warnings} warnings`)
  }
  return errors === 0 ? exitStatus.good : exitStatus.bad
}
