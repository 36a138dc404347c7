// SPDX-License-Identifier: Apache-2.0
// Loading the addon where there is none: the error names the one command that helps.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(__dirname, '../..')

describe('a package without a binary', () => {
  let folder = ''
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'seclua-bare-'))
    cpSync(join(root, 'lib'), join(folder, 'lib'), { recursive: true })
    cpSync(join(root, 'package.json'), join(folder, 'package.json'))
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
  })
  after(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  it('says so with a code and the command that builds one', () => {
    const program = `try { require('./lib/index.ts') } catch (error) { console.log(error.code, error.message) }`
    const env = { ...process.env, SECLUA_PREBUILD: undefined }
    const { stdout } = spawnSync(process.execPath, ['--require', 'tsx/cjs', '--eval', program], {
      cwd: folder,
      encoding: 'utf8',
      env,
    })
    assert.match(stdout, /^SECLUA_E_NO_BINARY .*npx seclua rebuild$/m)
  })
})
