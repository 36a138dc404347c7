// SPDX-License-Identifier: Apache-2.0
// `seclua lua`: one script run as a rule would run it, or the tests that were written for it; again on each save with
// --watch.

import { mkdtempSync, rmSync, watch, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

import { ConfigError, type EvaluationResult, type RequestInput, type ResponseInput, Waf } from '../index.js'
import type { LuaStats, ScriptStats } from '../script-stats.js'
import { luaString, scriptTests } from '../script-tests.js'
import { type ExitStatus, exitStatus, UsageError } from './exit-status.js'
import { parseRequest, parseResponse } from './http-message.js'
import { readInput, readMessage } from './input.js'
import { complainAboutRules } from './load.js'
import { wafOptions } from './rule-arguments.js'
import { complain, paletteFor, printJson, printLine, visible } from './terminal.js'

export const help: string = `Usage: seclua lua SCRIPT.lua [--request FILE] [--set NAME=VALUE…] [options]
       seclua lua --test FILE_test.lua…

Runs one script as a rule would and prints what it returned, what it logged, the variables that it left, and what it
cost. Exit status 1 when the script fails or does not compile; matching is no failure.

      --request FILE      the request: request line, headers, empty line, body; default GET /
      --response FILE     the answer to it
      --phase N           1 to 5; default 2, with a response 4
      --set NAME=VALUE    a variable before the run: tx.score=3, ip.hits=7; may be repeated
      --arg VALUE         what main gets, as @inspectFile would give it
      --lua-allow LIST    what scripts may use: io,os,require,debug
      --test              the files are tests: each test(…) in them is run
      --watch             again whenever the script, a script beside it, or the request is saved
      --json              the result instead of text`

const options = {
  request: { type: 'string' },
  response: { type: 'string' },
  phase: { type: 'string' },
  set: { type: 'string', multiple: true },
  arg: { type: 'string' },
  'lua-allow': { type: 'string', multiple: true },
  test: { type: 'boolean' },
  watch: { type: 'boolean' },
  json: { type: 'boolean' },
} as const

type Values = ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>['values']

const ruleId = 2
const argumentName = 'seclua_argument'
const changeSettlesMs = 200

// ---- one run ----

interface Run {
  readonly returned: string
  readonly matched: boolean
  readonly failed: boolean
  readonly logs: readonly { level: number; message: string; source: string }[]
  readonly tx: Readonly<Record<string, string>>
  readonly instructions: number
  readonly memory: number
  readonly milliseconds: number
}

function readPhase(values: Values): number {
  const phase = Number(values.phase ?? (values.response === undefined ? 2 : 4))
  if (!Number.isInteger(phase) || phase < 1 || phase > 5) throw new UsageError('--phase must be 1 to 5')
  return phase
}

/** A script that sets what --set and --arg ask for: unlike the text of an action, it takes any byte. */
function preludeText(values: Values): string {
  const settings = (values.set ?? []).map((word) => {
    const equals = word.indexOf('=')
    if (equals < 1) throw new UsageError(`--set ${word}: must be NAME=VALUE`)
    return [word.slice(0, equals), word.slice(equals + 1)] as const
  })
  if (values.arg !== undefined) settings.push([`tx.${argumentName}`, values.arg])
  const lines = settings.map(([name, value]) => {
    const [nameText, valueText] = [name, value].map((text) => luaString(Buffer.from(text).toString('latin1')))
    return `  if not m.setvar(${nameText}, ${valueText}) then error("--set cannot set " .. ${nameText}, 0) end`
  })
  return `function main()\n${lines.join('\n')}\nend\n`
}

const openCollections =
  'initcol:ip=%{REMOTE_ADDR},initcol:global=all,initcol:resource=%{REQUEST_FILENAME},setsid:test,setuid:test'

function rulesFor(script: string, phase: number, hasArgument: boolean): string {
  if (/["\n]/.test(script)) throw new UsageError(`${script}: a name with a quote cannot be written in a rule`)
  const actions = `"id:${ruleId},phase:${phase},pass,nolog"`
  return [
    'SecRuleEngine On',
    'SecRequestBodyAccess On',
    'SecResponseBodyAccess On',
    'SecResponseBodyMimeType text/plain text/html text/xml application/json',
    'SecDebugLogLevel 9',
    `SecAction "id:1,phase:1,pass,nolog,${openCollections},exec:prelude.lua"`,
    hasArgument
      ? `SecRule TX:${argumentName} "@inspectFile ${script}" ${actions}`
      : `SecRuleScript "${script}" ${actions}`,
  ].join('\n')
}

async function load(script: string, values: Values): Promise<Waf> {
  const folder = mkdtempSync(join(tmpdir(), 'seclua-lua-'))
  try {
    writeFileSync(join(folder, 'prelude.lua'), preludeText(values), 'latin1')
    const rules = rulesFor(script, readPhase(values), values.arg !== undefined)
    // Relative names start in cwd; the script's own folder is where its modules are looked for.
    return await Waf.load({ ...wafOptions([], { ...values, rules: [rules] }), cwd: folder })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Records of the script itself: m.log, warnings about it, its failure. */
function logsOf(script: string, { logs }: EvaluationResult): Run['logs'] {
  const own = logs.filter(({ source }) => source === script || source.startsWith(`${script}:`))
  return own.map(({ level, message, source }) => ({
    level,
    message,
    source: source.replace(script, basename(script)),
  }))
}

/** "nil" or "\"text\"": from the trace of the run, which tells also what does not match. */
function returnedBy(script: string, { logs }: EvaluationResult): string {
  const head = `Lua: ${script} returned `
  const trace = logs.find(({ message }) => message.startsWith(head))?.message
  if (trace === undefined) return ''
  return trace.slice(head.length, trace.lastIndexOf(' in '))
}

async function runOnce(script: string, values: Values): Promise<Run> {
  const request: RequestInput =
    values.request === undefined ? { method: 'GET', uri: '/' } : readMessage(values.request, parseRequest)
  const response: ResponseInput | undefined =
    values.response === undefined ? undefined : readMessage(values.response, parseResponse)
  const waf = await load(script, values)
  for (const warning of waf.warnings) complain(`${warning.file}:${warning.line}: warning: ${warning.message}`)
  const result = await waf.evaluate(request, response).finally(() => waf.close())
  const { scripts } = waf.stats()['lua'] as LuaStats
  const stats = scripts.find(({ name }) => name === script) as ScriptStats
  const failures = [...Object.values(stats.errors), ...Object.values(stats.limits)]
  const tx = Object.fromEntries(Object.entries(result.tx).filter(([name]) => name !== argumentName))
  return {
    returned: returnedBy(script, result),
    matched: stats.matches > 0,
    failed: stats.runs === 0 || failures.some((count) => count > 0),
    logs: logsOf(script, result),
    tx,
    instructions: stats.instructions,
    memory: stats.maxMemory,
    milliseconds: stats.totalMs,
  }
}

function printRun(run: Run): void {
  const { red, green, yellow, dim } = paletteFor(process.stdout)
  const answer = run.returned === '' ? 'no answer' : `returned ${visible(run.returned)}`
  const verdict = run.failed ? red('failed') : run.matched ? yellow('match') : green('no match')
  printLine(`${verdict}: ${answer}`)
  for (const { level, message, source } of run.logs) printLine(`log ${level} ${source} ${visible(message)}`)
  for (const [name, value] of Object.entries(run.tx)) printLine(`tx.${visible(name)} = ${visible(value)}`)
  const cost = `${run.instructions} instructions, ${run.memory} bytes, ${run.milliseconds.toFixed(3)} ms`
  printLine(dim(cost))
}

/** The rule around the script is ours: its name and its place mean nothing to the author. */
function aboutScript(script: string, { diagnostics }: ConfigError): ConfigError {
  const path = resolve(script)
  return new ConfigError(
    diagnostics.map((diagnostic) => {
      const { hint, ...rest } = diagnostic
      const isOurs = hint?.startsWith('named by rules:') === true
      return {
        ...rest,
        ...(!isOurs && hint !== undefined && { hint }),
        file: diagnostic.file === path ? script : diagnostic.file,
        message: diagnostic.message.replaceAll(path, script),
      }
    }),
  )
}

async function runScript(script: string, values: Values): Promise<ExitStatus> {
  readInput(script)
  try {
    const run = await runOnce(resolve(script), values)
    if (values.json === true) printJson(run)
    else printRun(run)
    return run.failed ? exitStatus.bad : exitStatus.good
  } catch (failure) {
    if (!(failure instanceof ConfigError)) throw failure
    complainAboutRules(aboutScript(script, failure))
    return exitStatus.bad
  }
}

// ---- tests ----

interface Judged {
  readonly file: string
  readonly name: string
  readonly message?: string
}

function judge(file: string, values: Values): Judged[] {
  const lua = wafOptions([], values).lua
  const options = lua === undefined ? {} : { lua }
  try {
    return scriptTests(file, options).map(({ name, run }) => {
      try {
        run()
        return { file, name }
      } catch (failure) {
        return { file, name, message: messageOf(failure) }
      }
    })
  } catch (failure) {
    return [{ file, name: basename(file), message: messageOf(failure) }]
  }
}

/** A file that is not there is a fault of the command line; all else is what a test has to say. */
function messageOf(failure: unknown): string {
  if (!(failure instanceof Error)) throw failure
  if (failure instanceof ConfigError) return failure.diagnostics.map(({ message }) => message).join('\n')
  return failure.message
}

function runTests(files: readonly string[], values: Values): ExitStatus {
  const { red, green } = paletteFor(process.stdout)
  const judged = files.flatMap((file) => judge(file, values))
  const failed = judged.filter(({ message }) => message !== undefined).length
  if (values.json === true) {
    printJson({ passed: judged.length - failed, failed, tests: judged })
  } else {
    for (const { name, message } of judged) {
      printLine(`${message === undefined ? green('ok') : red('failed')} ${visible(name)}`)
      if (message !== undefined) printLine(`  ${visible(message)}`)
    }
    printLine(`${judged.length - failed} passed, ${failed} failed`)
  }
  return failed === 0 ? exitStatus.good : exitStatus.bad
}

// ---- again and again ----

/**
 * Folders, not files: an editor that saves by renaming would leave a watcher on the old file. Of what is in them only the
 * files named and other scripts, which may be modules, count: a script may write to a file beside it.
 */
async function repeat(files: readonly string[], once: () => Promise<unknown>): Promise<ExitStatus> {
  const names = new Set(files.map((file) => basename(file)))
  let timer: NodeJS.Timeout | undefined
  const changed = (_event: string, name: string | null): void => {
    if (name !== null && !names.has(name) && !name.endsWith('.lua')) return
    clearTimeout(timer)
    timer = setTimeout(() => {
      printLine('')
      void once().catch((failure: unknown) => {
        // A file in the middle of being written: the next save is another try.
        if (!(failure instanceof UsageError)) throw failure
        complain(`seclua lua: ${failure.message}`)
      })
    }, changeSettlesMs)
  }
  const folders = new Set(files.map((file) => resolve(dirname(file))))
  const watchers = [...folders].map((folder) => watch(folder, changed))
  await once() // only now: what is saved while it runs is not to be missed
  await new Promise((stop) => process.once('SIGINT', stop).once('SIGTERM', stop))
  clearTimeout(timer)
  for (const watcher of watchers) watcher.close()
  return exitStatus.good
}

export async function run(args: string[]): Promise<ExitStatus> {
  const { values: given, positionals: words } = parseArgs({ args, options, allowPositionals: true })
  // `--set a=1 b=2` sets both: the option takes a list, as -f of other commands does.
  const isSetting = (word: string): boolean =>
    given.set !== undefined && word.includes('=') && !word.endsWith('.lua')
  const positionals = words.filter((word) => !isSetting(word))
  const values =
    given.set === undefined ? given : { ...given, set: [...given.set, ...words.filter(isSetting)] }
  const [script] = positionals
  if (script === undefined) throw new UsageError('a script is missing')
  const isTest = values.test === true
  if (!isTest && positionals.length > 1)
    throw new UsageError('one script at a time; --test takes several files')
  const once = async (): Promise<ExitStatus> =>
    isTest ? runTests(positionals, values) : runScript(script, values)
  if (values.watch !== true) return once()
  return repeat(
    [...positionals, values.request, values.response].filter((file) => file !== undefined),
    once,
  )
}
