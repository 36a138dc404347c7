// SPDX-License-Identifier: Apache-2.0
// `seclua eval`: one request, and its response where one is given, from files through all phases.

import { parseArgs } from 'node:util'

import type { EvaluationResult, Verdict } from '../index.js'
import { type ExitStatus, exitStatus, UsageError } from './exit-status.js'
import { parseRequest, parseResponse } from './http-message.js'
import { readMessage } from './input.js'
import { loadOrComplain } from './load.js'
import { filesInOrder, ruleOptions, ruleOptionsHelp, wafOptions } from './rule-arguments.js'
import { complain, paletteFor, printJson, printLine, visible } from './terminal.js'

export const help: string = `Usage: seclua eval [FILES…] --request FILE [--response FILE] [options]

Judges one raw HTTP message per file (- for standard input). Prints the verdict, then the log line of each rule that
matched; what failed on the way, a script for example, goes to standard error. Exit status 1 when the request or its
response is stopped.

      --request FILE     the request: request line, headers, empty line, body
      --response FILE    the answer to it; without one phases 1, 2 and 5 run
${ruleOptionsHelp}
      --json             the whole result instead of text

Lines of a message may end in LF alone. A chunked body is decoded; a body without Content-Length goes to the end.`

/** "deny with status 403, rule 942100 in phase 2: SQL Injection …" */
function describeVerdict(verdict: Verdict): string {
  if (verdict.action === 'pass') return 'pass'
  const target = verdict.url === undefined || verdict.url === '' ? '' : ` to ${visible(verdict.url)}`
  const rule = verdict.ruleId === undefined ? 'the engine' : `rule ${verdict.ruleId}`
  const phase = verdict.phase === undefined ? '' : ` in phase ${verdict.phase}`
  const message =
    verdict.message === undefined || verdict.message === '' ? '' : `: ${visible(verdict.message)}`
  return `${verdict.action}${target} with status ${verdict.status}, ${rule}${phase}${message}`
}

/** Level of the debug log at which the engine says that something failed: a script, a pattern at its limit. */
const errorLevel = 1

function printResult({ verdict, matches, logs }: EvaluationResult): void {
  const { red, green } = paletteFor(process.stdout)
  printLine((verdict.action === 'pass' ? green : red)(describeVerdict(verdict)))
  for (const match of matches) {
    if (match.log) printLine(match.logLine)
  }
  const failed = paletteFor(process.stderr).red('failed:')
  for (const { level, message } of logs) {
    if (level === errorLevel) complain(`${failed} ${visible(message)}`)
  }
}

export async function run(args: string[]): Promise<ExitStatus> {
  const { values, tokens } = parseArgs({
    args,
    options: {
      ...ruleOptions,
      request: { type: 'string' },
      response: { type: 'string' },
      json: { type: 'boolean' },
    },
    allowPositionals: true,
    tokens: true,
  })
  if (values.request === undefined) throw new UsageError('--request FILE is missing')
  if (values.request === '-' && values.response === '-') {
    throw new UsageError('standard input cannot be both the request and the response')
  }
  const request = readMessage(values.request, parseRequest)
  const response = values.response === undefined ? undefined : readMessage(values.response, parseResponse)

  const waf = await loadOrComplain(wafOptions(filesInOrder(tokens), values))
  if (waf === undefined) return exitStatus.bad
  try {
    const result = await waf.evaluate(request, response)
    if (values.json === true) printJson(result)
    else printResult(result)
    return result.verdict.action === 'pass' ? exitStatus.good : exitStatus.bad
  } finally {
    await waf.close()
  }
}
