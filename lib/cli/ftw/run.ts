// SPDX-License-Identifier: Apache-2.0
// Runs tests in process: client, front end, engine, backend and verdict, one after the other, without a socket.

import type { EvaluationResult, RequestInput, ResponseInput, Waf } from '../../index.js'
import { backendAnswer } from './backend.js'
import { compare, type Mismatch, type Seen } from './expectation.js'
import { acceptAnything, acceptRequest } from './front-end.js'
import type { FtwOverride, FtwStage, FtwTest } from './model.js'
import { buildRequest } from './request.js'

export interface FtwFailure extends Mismatch {
  readonly test: string
  readonly file: string
}

export interface FtwSkip {
  readonly test: string
  readonly reason: string
}

export interface FtwReport {
  readonly passed: number
  readonly failures: readonly FtwFailure[]
  readonly skips: readonly FtwSkip[]
}

type Overrides = ReadonlyMap<string, FtwOverride>

/** Without a rule that could wait the synchronous call is the shorter way. */
function evaluate(
  waf: Waf,
  request: RequestInput,
  response: ResponseInput,
): Promise<EvaluationResult> | EvaluationResult {
  return waf.sync ? waf.evaluateSync(request, response) : waf.evaluate(request, response)
}

/** Sends one stage and says what came of it. */
export async function playStage(waf: Waf, stage: FtwStage, lenient: boolean): Promise<Seen> {
  const bytes = buildRequest(stage.input)
  const accepted = lenient ? { request: acceptAnything(bytes) } : acceptRequest(bytes)
  if ('refusal' in accepted) return { status: 400, refusal: accepted.refusal, ids: [], logLines: [] }

  const { request } = accepted
  const connection = { clientAddress: '127.0.0.1', serverAddress: '127.0.0.1', serverPort: stage.input.port }
  const response = backendAnswer(request)
  const { verdict, matches } = await evaluate(waf, { ...request, ...connection }, response)
  const logged = matches.filter(({ log }) => log)
  return {
    status: verdict.action === 'pass' ? response.status : verdict.status,
    refusal: undefined,
    ids: logged.map(({ id }) => id),
    logLines: logged.map(({ logLine }) => logLine),
  }
}

/** All stages of a test must hold. Each is a transaction of its own on the same rule set. */
async function playTest(
  waf: Waf,
  test: FtwTest,
  override: FtwOverride | undefined,
): Promise<Mismatch | undefined> {
  for (const stage of test.stages) {
    const seen = await playStage(waf, stage, override?.lenient === true)
    const mismatch = compare(override?.output ?? stage.output, seen)
    if (mismatch !== undefined) return mismatch
  }
  return undefined
}

export async function runTests(
  waf: Waf,
  tests: readonly FtwTest[],
  overrides: Overrides,
  onTest: () => void = () => undefined,
): Promise<FtwReport> {
  let passed = 0
  const failures: FtwFailure[] = []
  const skips: FtwSkip[] = []
  for (const test of tests) {
    const override = overrides.get(test.name)
    const skipReason = override?.exclude === true ? override.reason : test.unsupported
    if (skipReason !== undefined) {
      skips.push({ test: test.name, reason: skipReason })
    } else {
      const mismatch = await playTest(waf, test, override)
      if (mismatch === undefined) passed += 1
      else failures.push({ test: test.name, file: test.file, ...mismatch })
    }
    onTest()
  }
  return { passed, failures, skips }
}
