// SPDX-License-Identifier: Apache-2.0
// How the program ends. The four numbers are part of its fixed surface: scripts and pipelines rely on them.

export const exitStatus = {
  /** Done, and the answer is good. */
  good: 0,
  /** Done, and the answer is bad: errors in a configuration, failed tests, a blocked request in `eval`. */
  bad: 1,
  /** The command line itself is wrong, or names something that is not there. */
  usage: 2,
  /** A fault of the program. */
  internal: 70,
} as const

export type ExitStatus = (typeof exitStatus)[keyof typeof exitStatus]

/** What is wrong with the command line, in words of the user's text. Commands throw it, main prints it. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
