// SPDX-License-Identifier: Apache-2.0
// Operator and transformation vectors through the whole way: SecLang text, a request that carries the input, a match.
// What cannot be written as a rule, or needs a database or a parsed body, is the native tests' business; how many those
// are is part of the score. Vectors that the specification overrules stand in vector-exceptions.json, each list exact: an
// exception that holds after all fails, too.

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ConfigError, type EvaluationResult, Waf, type WafOptions } from '../../lib/index.js'
import { describeShared, firstOf, printScore, readJsonLines, sharedPath } from './support/shared.js'

interface OperatorVector {
  readonly op: string
  readonly param: string
  readonly input: string
  readonly ret: 0 | 1
  readonly captures?: readonly string[]
  readonly needs?: string
  readonly bad_param?: boolean
}

interface TransformationVector {
  readonly tfn: string
  readonly input: string
  readonly output: string
  readonly needs?: string
}

interface Exception {
  readonly name: string
  readonly inputs: readonly string[] | 'all'
  readonly because: string
}

const exceptions = JSON.parse(readFileSync(join(__dirname, 'vector-exceptions.json'), 'utf8')) as Exception[]

function isException(name: string, input: string): boolean {
  return exceptions.some(
    (exception) =>
      exception.name === name && (exception.inputs === 'all' || exception.inputs.includes(input)),
  )
}

/** Collects what each vector led to, by name of the function under test. */
class Score {
  readonly failures: string[] = []
  passed = 0
  overruled = 0
  left = 0

  note(vector: { readonly input: string }, name: string, problem: string | undefined): void {
    const text = JSON.stringify(vector)
    if (isException(name, vector.input)) {
      if (problem === undefined) this.failures.push(`${text}: holds, though an exception says it does not`)
      else this.overruled += 1
    } else if (problem === undefined) this.passed += 1
    else this.failures.push(`${text}: ${problem}`)
  }

  toString(): string {
    const { passed, failures, overruled, left } = this
    return `${passed} passed, ${failures.length} failed, ${overruled} overruled by the specification, ${left} left to the native tests`
  }
}

/** Every byte of the input percent-encoded in the query: no header could carry blanks at its ends, or nothing at all. */
function send(waf: Waf, input: string): EvaluationResult {
  const encoded = Buffer.from(input, 'latin1').toString('hex').replaceAll(/../g, '%$&')
  return waf.evaluateSync({ method: 'GET', uri: `/?x=${encoded}`, headers: [['Host', 'localhost']] })
}

describeShared('the operator and transformation vectors', 'conformance/unit', (folder) => {
  let scratch = ''

  before(() => {
    scratch = mkdtempSync(join(tmpdir(), 'seclua-vectors-'))
  })

  after(() => {
    rmSync(scratch, { recursive: true, force: true })
  })

  /** Rule text is UTF-8; bytes beyond ASCII have to come from a file. */
  function sources(text: string): WafOptions {
    if (/^[\u0000-\u007f]*$/.test(text)) return { rules: text }
    const file = join(scratch, 'rules.conf')
    writeFileSync(file, text, 'latin1')
    return { files: file }
  }

  async function judge(rules: string, input: string): Promise<EvaluationResult | ConfigError> {
    let waf: Waf
    try {
      waf = await Waf.load({ ...sources(`SecRuleEngine On\n${rules}\n`), cwd: join(folder, 'data') })
    } catch (failure) {
      if (failure instanceof ConfigError) return failure
      throw failure
    }
    try {
      return send(waf, input)
    } finally {
      await waf.close()
    }
  }

  describe('operators', () => {
    const score = new Score()
    const vectors = readJsonLines<OperatorVector>('conformance', 'unit', 'operators.jsonl')

    after(() => {
      printScore(`operators ${score.toString()}`)
    })

    /**
     * The argument as a rule writes it; undefined when no rule can. Control bytes have no spelling, leading blanks are
     * dropped, and a backslash before a quote or at the end would take part in the quoting.
     */
    function written(param: string): string | undefined {
      if (/[\u0000-\u0008\u000a-\u001f]|^[ \t]|\\"|\\$/.test(param)) return undefined
      return param.replaceAll('"', '\\"')
    }

    function compareCaptures(vector: OperatorVector, result: EvaluationResult): string | undefined {
      const wrong = (vector.captures ?? []).findIndex((text, index) => result.tx[String(index)] !== text)
      if (wrong === -1) return undefined
      return `TX.${wrong} is ${JSON.stringify(result.tx[String(wrong)])}, not ${JSON.stringify(vector.captures?.[wrong])}`
    }

    async function problemOf(vector: OperatorVector, param: string): Promise<string | undefined> {
      const operator = param === '' ? `@${vector.op}` : `@${vector.op} ${param}`
      const rule = `SecRule ARGS_GET:x "${operator}" "id:1,phase:1,pass,log,t:none,capture"`
      const result = await judge(rule, vector.input)
      if (result instanceof ConfigError) return vector.bad_param === true ? undefined : result.message
      const matched = result.matches.some(({ id }) => id === 1)
      if (matched !== (vector.ret === 1)) return matched ? 'matches' : 'does not match'
      return matched ? compareCaptures(vector, result) : undefined
    }

    for (const op of [...new Set(vectors.map((vector) => vector.op))].sort()) {
      it(`@${op} answers as the vectors say`, async () => {
        const before = score.failures.length
        for (const vector of vectors.filter((candidate) => candidate.op === op)) {
          const param = written(vector.param)
          if (vector.needs !== undefined || param === undefined) {
            score.left += 1
            continue
          }
          score.note(vector, op, await problemOf(vector, param))
        }
        const failures = score.failures.slice(before)
        assert.equal(failures.length, 0, firstOf(failures))
      })
    }
  })

  describe('transformations', () => {
    const score = new Score()
    const vectors = readJsonLines<TransformationVector>('conformance', 'unit', 'transformations.jsonl')

    after(() => {
      printScore(`transformations ${score.toString()}`)
    })

    async function problemOf(vector: TransformationVector): Promise<string | undefined> {
      const map = `SecUnicodeMapFile ${sharedPath('conformance', 'unit', 'data', 'unicode.mapping')} 20127\n`
      const output = Buffer.from(vector.output, 'latin1').toString('hex')
      // The second rule is there to say what came out instead.
      const rules = `SecRule ARGS_GET:x "@rx ^${output}$" "id:1,phase:1,pass,log,t:none,t:${vector.tfn},t:hexEncode"
SecRule ARGS_GET:x "@unconditionalMatch" "id:2,phase:1,pass,log,t:none,t:${vector.tfn},t:hexEncode"`
      const result = await judge(vector.needs === 'unicode-map' ? map + rules : rules, vector.input)
      if (result instanceof ConfigError) return result.message
      if (result.matches.some(({ id }) => id === 1)) return undefined
      const value = result.matches.find(({ id }) => id === 2)?.variables[0]?.value ?? ''
      return `yields ${JSON.stringify(Buffer.from(value, 'hex').toString('latin1'))}`
    }

    for (const tfn of [...new Set(vectors.map((vector) => vector.tfn))].sort()) {
      it(`t:${tfn} yields what the vectors say`, async () => {
        const before = score.failures.length
        for (const vector of vectors.filter((candidate) => candidate.tfn === tfn)) {
          score.note(vector, tfn, await problemOf(vector))
        }
        const failures = score.failures.slice(before)
        assert.equal(failures.length, 0, firstOf(failures))
      })
    }
  })
})
