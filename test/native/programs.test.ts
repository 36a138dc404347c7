// SPDX-License-Identifier: Apache-2.0
// Runs the engine's own test programs: each C or C++ file in this folder is one, built against the engine library
// without Node. A source without its program is a failure, or a broken build would look like a pass.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { basename, extname, join, resolve } from 'node:path'

const root = resolve(__dirname, '../..')
const programs = join(process.env.SECLUA_TESTS_BUILD ?? join(root, 'build-tests'), 'test')
const timeoutMs = 300_000

// Where a prebuilt addon is under test nothing native was compiled, and these programs say nothing about it.
if (process.env.PREBUILDS_ONLY === undefined) {
  describe('native test programs', function () {
    this.timeout(timeoutMs)
    const sources = readdirSync(__dirname).filter((file) => ['.c', '.cpp'].includes(extname(file)))

    it('there are some', () => {
      assert.notEqual(sources.length, 0)
    })

    for (const source of sources) {
      const name = basename(source, extname(source))
      it(`${name} finds nothing wrong`, () => {
        const program = join(programs, `test_${name}${process.platform === 'win32' ? '.exe' : ''}`)
        assert.ok(existsSync(program), `${program} was not built: run node scripts/setup.mjs --native-tests`)
        const { status, signal, stdout, stderr } = spawnSync(program, {
          cwd: root,
          encoding: 'utf8',
          timeout: timeoutMs,
        })
        assert.equal(status, 0, `exit status ${status ?? signal ?? 'unknown'}\n${stdout}${stderr}`)
      })
    }
  })
}
