// SPDX-License-Identifier: Apache-2.0
// What a transaction tells: verdicts, matches, log records. Plain data, the same in events, results and
// getters.
//
// Only shapes and the one constant that most requests end with stand here; nothing that runs.

import type { Transaction } from './transaction.js'

/** What the engine says about a transaction so far. */
export interface Verdict {
  /** 'pass': nothing stops this transaction. In DetectionOnly it is always 'pass'. */
  readonly action: 'pass' | 'deny' | 'drop' | 'redirect' | 'proxy'
  /** HTTP status to answer with; 0 for 'pass'. */
  readonly status: number
  /** Where to, for 'redirect' and 'proxy'. */
  readonly url?: string
  /** The rule that intervened; absent when the engine itself did, for instance at a body limit. */
  readonly ruleId?: number
  readonly phase?: 1 | 2 | 3 | 4 | 5
  readonly message?: string
  /** Milliseconds that a rule with `pause` asks to wait before the request goes on; only with 'pass'. */
  readonly pause?: number
}

/**
 * What the rules change of the traffic. The adapters carry it out; with the transaction's own methods the caller does.
 * Empty unless the engine is On.
 */
export interface BodyChanges {
  /** Text before the body of the response, by `prepend`. */
  readonly prepend?: Buffer
  /** Text behind it, by `append`. */
  readonly append?: Buffer
  /** What `\@rsub` made of the request's body; absent when it replaced nothing. */
  readonly requestBody?: Buffer
  /** The same of the response's. */
  readonly responseBody?: Buffer
}

/** The verdict of every transaction that nothing stops: one frozen object, so that passing costs none. */
export const PASS: Verdict = Object.freeze({ action: 'pass', status: 0 })

/** A rule, or a whole chain, that matched. */
export interface MatchedRule {
  readonly id: number
  readonly phase: number
  /** The rule's `msg`, expanded. */
  readonly message: string
  /** The rule's `logdata`, expanded. */
  readonly data: string
  /** 0 EMERGENCY … 7 DEBUG. */
  readonly severity: number | null
  readonly tags: readonly string[]
  readonly ver: string
  readonly rev: string
  readonly maturity: number
  readonly accuracy: number
  readonly file: string
  readonly line: number
  /** It intervened, or would have in DetectionOnly. */
  readonly disruptive: boolean
  /**
   * One entry for each variable that matched, chain links included. Bytes that are not UTF-8 are written
   * `\xHH`.
   */
  readonly variables: readonly { name: string; value: string; link: number }[]
  /** The line for the error log, in ModSecurity's format. */
  readonly logLine: string
  /** False for rules with nolog. */
  readonly log: boolean
}

/** A line that a script or the engine wrote while it judged a transaction. */
export interface LogRecord {
  /** As given to `m.log`, or the debug-log level. */
  readonly level: number
  readonly message: string
  /** 'script.lua:12', or the rule's file:line. */
  readonly source: string
  readonly transactionId: string
}

/** All that came of one request, and of its response where there was one. */
export interface EvaluationResult {
  readonly verdict: Verdict
  readonly matches: readonly MatchedRule[]
  readonly logs: readonly LogRecord[]
  /** The TX collection at the end, names in lower case. One character of a value is one byte. */
  readonly tx: Readonly<Record<string, string>>
  /** What the rules change of the bodies; absent when nothing. */
  readonly changes?: BodyChanges
  /** The audit record as an object, when the audit engine chose to record this transaction. */
  readonly audit?: object
}

/** What a {@link Waf} emits, and with what. */
export interface WafEvents {
  match: [match: MatchedRule, transaction: Transaction]
  interruption: [verdict: Verdict, transaction: Transaction]
  log: [record: LogRecord]
  audit: [record: object]
  /** Other rules are in force: by {@link Waf.reload}, or because a watched file changed. */
  reload: []
  /** A watched file changed, and the rules could not be loaded: the old ones stay. Nobody listening, it is a process warning. */
  reloadError: [error: Error]
}
