// SPDX-License-Identifier: Apache-2.0
// A folder that depends on the package, as a user has one: CommonJS, ESM and TypeScript programs in it must find the
// same classes and types. The package is linked in, so what is tested is its `exports`, not its installation.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

const root = resolve(__dirname, '../..')

const typed = `import { Waf, ConfigError, type WafOptions, type Verdict, type MatchedRule } from 'seclua'
const options: WafOptions = { rules: 'SecRuleEngine On', engine: 'DetectionOnly' }
export async function main(): Promise<Verdict> {
  const waf: Waf = await Waf.load(options)
  waf.on('match', (match: MatchedRule) => { console.log(match.id) })
  const { verdict } = await waf.evaluate({ method: 'GET', uri: '/' })
  await waf.close()
  return verdict
}
// @ts-expect-error: an option that does not exist is refused
export const wrong: WafOptions = { file: 'x.conf' }
export const isError = (value: unknown): value is ConfigError => value instanceof ConfigError
`

describe('a program that depends on the package', function () {
  this.timeout(60_000)
  let folder = ''

  function node(...args: string[]): string {
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
    assert.equal(status, 0, `${stdout}${stderr}`)
    return stdout.trim()
  }

  function typeChecks(file: string, ...options: string[]): void {
    writeFileSync(join(folder, file), typed)
    const types = ['--types', 'node', '--typeRoots', join(root, 'node_modules/@types')]
    node(
      join(root, 'node_modules/typescript/bin/tsc'),
      '--noEmit',
      '--strict',
      '--ignoreConfig',
      ...types,
      ...options,
      file,
    )
  }

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'seclua-consumer-'))
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(root, join(folder, 'node_modules/seclua'), 'junction')
    writeFileSync(join(folder, 'package.json'), '{ "name": "consumer", "private": true }')
  })

  after(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  it('requires it', () => {
    writeFileSync(join(folder, 'a.cjs'), `const { Waf } = require('seclua'); console.log(typeof Waf.load)`)
    assert.equal(node('a.cjs'), 'function')
  })

  it('imports it', () => {
    writeFileSync(join(folder, 'a.mjs'), `import { Waf } from 'seclua'; console.log(typeof Waf.load)`)
    assert.equal(node('a.mjs'), 'function')
  })

  it('gets every name of the CommonJS side from the ESM side, and they are the same objects', () => {
    writeFileSync(
      join(folder, 'b.mjs'),
      `import * as esm from 'seclua'
       import { createRequire } from 'node:module'
       const cjs = createRequire(import.meta.url)('seclua')
       const names = Object.keys(cjs).filter((name) => name !== '__esModule')
       console.log(names.length > 0 && names.every((name) => esm[name] === cjs[name]))`,
    )
    assert.equal(node('b.mjs'), 'true')
  })

  it('reads its own package.json, as tools do', () => {
    writeFileSync(join(folder, 'c.cjs'), `console.log(require('seclua/package.json').name)`)
    assert.equal(node('c.cjs'), 'seclua')
  })

  it('type-checks as ESM', () => {
    typeChecks('t.mts', '--module', 'nodenext')
  })

  it('type-checks as CommonJS', () => {
    typeChecks('t.cts', '--module', 'nodenext')
  })

  it('type-checks for a bundler', () => {
    typeChecks('t.ts', '--module', 'esnext', '--moduleResolution', 'bundler')
  })
})
