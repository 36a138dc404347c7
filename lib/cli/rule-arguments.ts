// SPDX-License-Identifier: Apache-2.0
// The options that every command with a rule set shares (`-f`, `-r`, `--engine`, …), from words of the command line to
// the options of Waf.load. What they mean is decided there; here they are only read and checked for spelling.

import type { EngineMode, WafOptions } from '../index.js'
import { UsageError } from './exit-status.js'

export const ruleOptions = {
  file: { type: 'string', short: 'f', multiple: true },
  rules: { type: 'string', short: 'r', multiple: true },
  engine: { type: 'string' },
  'lua-allow': { type: 'string', multiple: true },
  store: { type: 'string' },
  'allow-exec': { type: 'string', multiple: true },
  'dns-server': { type: 'string', multiple: true },
  transformation: { type: 'string', multiple: true },
} as const

export const ruleOptionsHelp: string = `  -f, --file FILE…       SecLang files or globs; may be repeated, order counts
  -r, --rules TEXT       SecLang text, loaded after the files
      --engine MODE      On, DetectionOnly or Off, whatever SecRuleEngine says
      --lua-allow LIST   what scripts may use: io,os,require,debug
      --store URL        where persistent collections live; default memory
      --allow-exec LIST  programs, or folders of programs, that rules may run; or any
      --transformation NAME=FILE.lua  what t:NAME is; may be repeated
      --dns-server LIST  who is asked for @rbl; default the system's servers
Without files and text: the rule set that ships with the package.`

export interface RuleValues {
  readonly rules?: string[] | undefined
  readonly engine?: string | undefined
  readonly 'lua-allow'?: string[] | undefined
  readonly store?: string | undefined
  readonly 'allow-exec'?: string[] | undefined
  readonly 'dns-server'?: string[] | undefined
  readonly transformation?: string[] | undefined
}

/** What parseArgs says about each word when asked for `tokens`. */
export type Token =
  | { readonly kind: 'option'; readonly name: string; readonly value: string | undefined }
  | { readonly kind: 'option'; readonly name: string; readonly value?: undefined }
  | { readonly kind: 'positional'; readonly value: string }
  | { readonly kind: 'option-terminator' }

const isRuleFile = (word: string): boolean => word.endsWith('.conf') || word.includes('*')
const isYamlFile = (word: string): boolean => /\.ya?ml$/.test(word)

/**
 * `-f a.conf b.conf` means `-f a.conf -f b.conf`: shells expand globs into such lists. The words that follow belong to the
 * option while they look like its files; for `--overrides` only once the paths of the tests have been named.
 */
export function spreadLists(args: readonly string[]): string[] {
  const spread: string[] = []
  let option: string | undefined
  let hasPath = false
  for (const [index, word] of args.entries()) {
    const before = args[index - 1]
    const isValue = before === '-f' || before === '--file' || before === '--overrides'
    if (isValue) {
      option = before === '--overrides' ? before : '--file'
      spread.push(word)
    } else if (word.startsWith('-')) {
      option = undefined
      spread.push(word)
    } else if (option === '--file' && isRuleFile(word)) {
      spread.push('--file', word)
    } else if (option === '--overrides' && hasPath && isYamlFile(word)) {
      spread.push('--overrides', word)
    } else {
      option = undefined
      hasPath = true
      spread.push(word)
    }
  }
  return spread
}

/** Rule files as written, whether after `-f` or as plain words: SecLang is read in order. */
export function filesInOrder(tokens: readonly Token[]): string[] {
  const files: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') files.push(token.value)
    if (token.kind === 'option' && token.name === 'file' && token.value !== undefined) files.push(token.value)
  }
  return files
}

const engineModes: readonly EngineMode[] = ['On', 'DetectionOnly', 'Off']

function readEngine(text: string): EngineMode {
  const mode = engineModes.find((name) => name.toLowerCase() === text.toLowerCase())
  if (mode === undefined) throw new UsageError(`--engine ${text}: must be On, DetectionOnly or Off`)
  return mode
}

type Doors = NonNullable<NonNullable<WafOptions['lua']>['allow']>

function readTransformations(words: readonly string[]): Record<string, string> {
  const pairs = words.map((word) => {
    const [, name, file] = /^([^=]+)=(.+\.lua)$/.exec(word) ?? []
    if (name === undefined || file === undefined) {
      throw new UsageError(`--transformation ${word}: must be NAME=FILE.lua`)
    }
    return [name, file] as const
  })
  return Object.fromEntries(pairs)
}

const wordsOf = (lists: readonly string[]): string[] => lists.flatMap((list) => list.split(','))

function readDoors(lists: readonly string[]): Doors {
  const doors: Doors = {}
  for (const name of wordsOf(lists)) {
    if (name !== 'io' && name !== 'os' && name !== 'require' && name !== 'debug') {
      throw new UsageError(`--lua-allow ${name}: must be io, os, require or debug`)
    }
    doors[name] = true
  }
  return doors
}

/** Options for Waf.load. With neither files nor text both are left out, which means the shipped rule set. */
export function wafOptions(files: readonly string[], values: RuleValues): WafOptions {
  const options: WafOptions = {}
  if (files.length > 0) options.files = files
  if (values.rules !== undefined) options.rules = values.rules.join('\n')
  if (values.engine !== undefined) options.engine = readEngine(values.engine)
  if (values['lua-allow'] !== undefined) options.lua = { allow: readDoors(values['lua-allow']) }
  if (values.store !== undefined) options.store = values.store
  const programs = wordsOf(values['allow-exec'] ?? [])
  if (programs.length > 0) options.allowExec = programs.includes('any') ? true : programs
  if (values['dns-server'] !== undefined) options.dns = { servers: wordsOf(values['dns-server']) }
  if (values.transformation !== undefined)
    options.transformations = readTransformations(values.transformation)
  return options
}
