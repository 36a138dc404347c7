#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// The `seclua` program: finds the command, runs it, turns what it answers or throws into an exit status.
// Nothing here knows rules or requests.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { commands, type CommandRow } from './commands.js'
import { type ExitStatus, exitStatus, UsageError } from './exit-status.js'
import { complain, printLine } from './terminal.js'

function version(): string {
  const text = readFileSync(join(__dirname, '../../package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

function help(): string {
  const rows = commands.map(({ name, summary }) => `  ${name.padEnd(9)} ${summary}`)
  return [
    'seclua: a ModSecurity-compatible rule engine inside Node.js',
    '',
    'Usage: seclua COMMAND [options]',
    '       seclua COMMAND --help',
    '       seclua --version',
    '',
    ...rows,
    '',
    'Exit status: 0 good, 1 the answer is bad, 2 the command line is wrong, 70 an internal error.',
  ].join('\n')
}

function codeOf(failure: unknown): string {
  const code = failure instanceof Error && 'code' in failure ? failure.code : undefined
  return typeof code === 'string' ? code : ''
}

/** Errors of parseArgs, and option values that the library refuses, are about the command line, too. */
function isUsageError(failure: unknown): failure is Error {
  if (failure instanceof UsageError) return true
  const code = codeOf(failure)
  return code.startsWith('ERR_PARSE_ARGS') || code === 'SECLUA_E_OPTION' || code === 'SECLUA_E_UNSUPPORTED'
}

/** What is wrong with the command line. parseArgs explains an unknown option at a length that helps nobody. */
function describeUsage(failure: Error): string {
  const option = /'([^']+)'/.exec(failure.message)?.[1]
  const isUnknown = codeOf(failure) === 'ERR_PARSE_ARGS_UNKNOWN_OPTION' && option !== undefined
  return isUnknown ? `there is no option ${option}` : failure.message
}

/** A fault that the user can mend (a missing addon) says so in its message; any other shows where it came from. */
function describeFault(failure: unknown): string {
  if (!(failure instanceof Error)) return `internal error: ${String(failure)}`
  if (codeOf(failure) === 'SECLUA_E_NO_BINARY') return failure.message
  return `internal error: ${failure.stack ?? failure.message}`
}

async function runCommand(row: CommandRow, args: string[]): Promise<ExitStatus> {
  const command = await row.load()
  const end = args.indexOf('--')
  if ((end === -1 ? args : args.slice(0, end)).some((word) => word === '--help' || word === '-h')) {
    printLine(command.help)
    return exitStatus.good
  }
  try {
    return await command.run(args)
  } catch (failure) {
    if (!isUsageError(failure)) throw failure
    complain(`seclua ${row.name}: ${describeUsage(failure)}`)
    complain(`Try: seclua ${row.name} --help`)
    return exitStatus.usage
  }
}

async function main(words: string[]): Promise<ExitStatus> {
  const [name, ...args] = words
  if (name === undefined) {
    complain(help())
    return exitStatus.usage
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    printLine(help())
    return exitStatus.good
  }
  if (name === '--version' || name === '-v') {
    printLine(version())
    return exitStatus.good
  }
  const row = commands.find((command) => command.name === name)
  if (row === undefined) {
    complain(`seclua: there is no command ${JSON.stringify(name)}`)
    complain('Try: seclua --help')
    return exitStatus.usage
  }
  return runCommand(row, args)
}

// A reader that has seen enough (`seclua test … | head`) is no fault of ours.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(exitStatus.good)
})

main(process.argv.slice(2)).then(
  (status) => {
    process.exitCode = status
  },
  (failure: unknown) => {
    complain(`seclua: ${describeFault(failure)}`)
    process.exitCode = exitStatus.internal
  },
)
