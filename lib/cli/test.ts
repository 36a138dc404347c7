// SPDX-License-Identifier: Apache-2.0
// `seclua test`: runs go-ftw test files against a rule set, in process.

import { parseArgs } from 'node:util'

import type { WafOptions } from '../index.js'
import { type ExitStatus, exitStatus, UsageError } from './exit-status.js'
import { type CrsTree, findCrsTree } from './ftw/crs-tree.js'
import { findTestFiles, FtwFileError, readOverrides, readTestFile } from './ftw/files.js'
import type { FtwOverride, FtwTest } from './ftw/model.js'
import { type FtwReport, runTests } from './ftw/run.js'
import { loadOrComplain } from './load.js'
import { ruleOptions, ruleOptionsHelp, spreadLists, wafOptions } from './rule-arguments.js'
import { complain, paletteFor, printJson, printLine, Progress, visible } from './terminal.js'

export const help: string = `Usage: seclua test PATHS… [-f FILE…] [options]

Runs go-ftw test files (YAML; files, or folders with all below them) in process, with the answers of the CRS test
backend built in. Prints a line for each failure, then "N passed, M failed, K skipped". Exit status 1 on a failure.

      --overrides FILE…  expectations that differ here; may be repeated
      --filter REGEX     only tests whose name (942100-3) matches
${ruleOptionsHelp}
      --json             {"passed","failed","skipped","failures","skips"} instead of text

Without -f and -r, when PATHS are the tests of a CRS tree (conformance-setup.conf, crs-setup.conf and rules/ beside
them), its rules and its overrides/inprocess-overrides.yaml are taken.`

interface Selection {
  readonly paths: readonly string[]
  readonly filter: RegExp | undefined
}

function readFilter(source: string | undefined): RegExp | undefined {
  if (source === undefined) return undefined
  try {
    return new RegExp(source)
  } catch (failure) {
    throw new UsageError(`--filter: ${failure instanceof Error ? failure.message : String(failure)}`)
  }
}

function readTests({ paths, filter }: Selection): FtwTest[] {
  const files = findTestFiles(paths)
  const progress = new Progress('reading', files.length)
  const tests = files.flatMap((file) => {
    progress.step()
    return readTestFile(file)
  })
  progress.end()
  return filter === undefined ? tests : tests.filter(({ name }) => filter.test(name))
}

function printReport({ passed, failures, skips }: FtwReport): void {
  const { red, green, bold } = paletteFor(process.stdout)
  for (const { test, expected, seen } of failures) {
    printLine(`${red('failed')} ${bold(test)}: expected ${visible(expected)}; seen: ${visible(seen)}`)
  }
  const line = `${passed} passed, ${failures.length} failed, ${skips.length} skipped`
  printLine(failures.length === 0 ? green(line) : red(line))
}

async function runAll(
  options: WafOptions,
  tests: readonly FtwTest[],
  overrides: ReadonlyMap<string, FtwOverride>,
): Promise<FtwReport | undefined> {
  const waf = await loadOrComplain(options)
  if (waf === undefined) return undefined
  const progress = new Progress('testing', tests.length)
  try {
    return await runTests(waf, tests, overrides, () => {
      progress.step()
    })
  } finally {
    progress.end()
    await waf.close()
  }
}

/** Files of the tests that are not what they should be are the caller's mistake, not a failed test. */
function asUsageErrors<Result>(read: () => Result): Result {
  try {
    return read()
  } catch (failure) {
    if (failure instanceof FtwFileError) throw new UsageError(failure.message)
    throw failure
  }
}

export async function run(args: string[]): Promise<ExitStatus> {
  const { values, positionals } = parseArgs({
    args: spreadLists(args),
    options: {
      ...ruleOptions,
      overrides: { type: 'string', multiple: true },
      filter: { type: 'string' },
      json: { type: 'boolean' },
    },
    allowPositionals: true,
  })
  const [firstPath] = positionals
  if (firstPath === undefined) throw new UsageError('name the test files or folders to run')

  const namesRules = values.file !== undefined || values.rules !== undefined
  const tree: CrsTree | undefined = namesRules ? undefined : findCrsTree(firstPath)
  const filter = readFilter(values.filter)
  const tests = asUsageErrors(() => readTests({ paths: positionals, filter }))
  const overrides = asUsageErrors(() =>
    readOverrides([...(tree?.overrideFiles ?? []), ...(values.overrides ?? [])]),
  )
  if (tests.length === 0) throw new UsageError('there is no test to run')

  const report = await runAll(wafOptions(values.file ?? tree?.ruleFiles ?? [], values), tests, overrides)
  if (report === undefined) {
    complain('no test was run')
    return exitStatus.bad
  }
  if (values.json === true) {
    const { passed, failures, skips } = report
    printJson({ passed, failed: failures.length, skipped: skips.length, failures, skips })
  } else {
    printReport(report)
  }
  return report.failures.length === 0 ? exitStatus.good : exitStatus.bad
}
