// SPDX-License-Identifier: Apache-2.0
// Files that the command line names. What is wrong with them is said in words of the user's, not the system's.

import { readFileSync } from 'node:fs'

import { UsageError } from './exit-status.js'
import { MessageError } from './http-message.js'

const standardInput = 0

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'it must not be read by this user',
}

/** The bytes of a file; of standard input for `-`. */
export function readInput(file: string): Buffer {
  try {
    return readFileSync(file === '-' ? standardInput : file)
  } catch (failure) {
    if (!(failure instanceof Error && 'code' in failure)) throw failure
    throw new UsageError(`${file}: ${reasons[String(failure.code)] ?? failure.message}`)
  }
}

/** A file with an HTTP message in it. */
export function readMessage<Message>(file: string, parse: (bytes: Buffer) => Message): Message {
  const bytes = readInput(file)
  try {
    return parse(bytes)
  } catch (failure) {
    if (failure instanceof MessageError) throw new UsageError(`${file}: ${failure.message}`)
    throw failure
  }
}
