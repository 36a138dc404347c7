// SPDX-License-Identifier: Apache-2.0
// Where the conformance data is: outside this tree, in the folder that SECLUA_SHARED names or in ../shared beside the
// package. A checkout without it has nothing to compare with; each suite then says so in one line.

import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

export const sharedFolder = resolve(process.env['SECLUA_SHARED'] ?? join(__dirname, '../../../../shared'))

export function sharedPath(...parts: readonly string[]): string {
  return join(sharedFolder, ...parts)
}

/** A suite over one part of the data, or one line that says what is missing. */
export function describeShared(
  title: string,
  part: string,
  body: (this: Mocha.Suite, folder: string) => void,
): void {
  const folder = sharedPath(part)
  if (existsSync(folder)) {
    describe(title, function () {
      this.timeout(300_000)
      body.call(this, folder)
    })
    return
  }
  describe(title, () => {
    it(`is left out: ${folder} is not there (SECLUA_SHARED names another folder)`, function () {
      this.skip()
    })
  })
}

/** Byte strings: code point N of a text is byte N, which is also how the engine takes and gives header values. */
export function readJsonLines<Row>(...parts: readonly string[]): Row[] {
  return readFileSync(sharedPath(...parts), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row)
}

/** Upstream's texts stand for their UTF-8 bytes; a head of a message takes one character a byte. */
export function utf8Bytes(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1')
}

/** The figure that a suite is about, printed whether it passed or not. */
export function printScore(line: string): void {
  console.log(`      score: ${line}`)
}

/** At most so many lines of a list in a failure's message. */
export function firstOf(lines: readonly string[], max = 20): string {
  const more = lines.length > max ? [`… and ${lines.length - max} more`] : []
  return [...lines.slice(0, max), ...more].join('\n')
}
