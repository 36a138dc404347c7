// SPDX-License-Identifier: Apache-2.0
// A go-ftw test in memory: what is sent, what is expected. All values are typed and complete; defaults of the format
// have been filled in by the reader (files.ts), so that nothing after it knows YAML.

export interface FtwTest {
  /** RULE-TEST, e.g. 942100-3: the name that override files and reports use. */
  readonly name: string
  readonly ruleId: number
  readonly testId: number
  readonly file: string
  readonly stages: readonly FtwStage[]
  /** Set when the test asks for something that has no meaning in process; it then counts as skipped. */
  readonly unsupported: string | undefined
}

export interface FtwStage {
  readonly input: FtwInput
  readonly output: FtwOutput
}

export interface FtwInput {
  readonly port: number
  readonly method: string
  readonly uri: string
  readonly version: string
  /** As written; the request builder sorts them. */
  readonly headers: readonly (readonly [string, string])[]
  readonly data: string
  /** The whole request in base64; when set, nothing else is. */
  readonly encodedRequest: string | undefined
  readonly autocompleteHeaders: boolean
}

export interface FtwOutput {
  readonly expectIds: readonly number[]
  readonly noExpectIds: readonly number[]
  readonly matchRegex: string | undefined
  readonly noMatchRegex: string | undefined
  readonly status: number | undefined
  readonly expectError: boolean | undefined
}

/** What an override file says about one test. */
export interface FtwOverride {
  readonly reason: string
  /** Stands in for the output of every stage. */
  readonly output: FtwOutput | undefined
  /** The test has no meaning here and counts as skipped. */
  readonly exclude: boolean
  /** What a server would refuse by itself is handed to the engine all the same, all data being the body. */
  readonly lenient: boolean
}
