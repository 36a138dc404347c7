// SPDX-License-Identifier: Apache-2.0
// What `npm pack` would put into the package: all that a build from source needs, and nothing of the workshop.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(__dirname, '../..')

interface Manifest {
  scripts: Record<string, string>
  bin: Record<string, string>
}
type Pins = Record<string, { licenceFile: string }>

const readJson = (file: string): unknown => JSON.parse(readFileSync(join(root, file), 'utf8'))

function packedFiles(): Set<string> {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'
  const answer = execFileSync(npm, ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
    stdio: ['ignore', 'pipe', 'ignore'],
    maxBuffer: 2 ** 26,
  })
  const [entry] = JSON.parse(answer) as [{ files: { path: string }[] }]
  return new Set(entry.files.map((file) => file.path))
}

describe('the npm package', function () {
  this.timeout(60_000)
  let files = new Set<string>()

  before(() => {
    files = packedFiles()
  })

  it('has an entry and its types for import and for require', () => {
    for (const file of ['index.js', 'index.d.ts', 'index.mjs', 'index.d.mts'])
      assert.ok(files.has(`dist/${file}`), file)
  })

  it('has the command', () => {
    const { bin } = readJson('package.json') as Manifest
    assert.deepEqual(Object.keys(bin), ['seclua'])
    for (const file of Object.values(bin)) assert.ok(files.has(file), file)
  })

  it('has every source of the engine and the binding', () => {
    const sources = readdirSync(join(root, 'native'), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(root.length + 1)
          .replaceAll('\\', '/'),
      )
    assert.notEqual(sources.length, 0)
    for (const file of sources) assert.ok(files.has(file), file)
  })

  it('has what a build from source starts with', () => {
    for (const file of [
      'CMakeLists.txt',
      'deps/CMakeLists.txt',
      'deps/sources.json',
      'scripts/build-from-source.mjs',
    ]) {
      assert.ok(files.has(file), file)
    }
  })

  it('has each third-party library with its licence and its origin', () => {
    const pins = Object.entries(readJson('deps/sources.json') as Pins)
    assert.notEqual(pins.length, 0)
    for (const [name, { licenceFile }] of pins) {
      assert.ok(files.has(`deps/${name}/${licenceFile}`), licenceFile)
      assert.ok(files.has(`deps/${name}/UPSTREAM`), name)
    }
  })

  it('has the rule set that it ships', () => {
    assert.ok([...files].some((file) => /^rules\/.*\.conf$/.test(file)))
  })

  it('has licence and readme', () => {
    for (const file of ['LICENSE', 'README.md']) assert.ok(files.has(file), file)
  })

  it('has no tests, no TypeScript sources, no build output and no stamps', () => {
    const strays = [...files].filter((file) =>
      /^(test|lib|bench|build[^/]*|node_modules|\.)|\.stamp$|\.gyp$/.test(file),
    )
    assert.deepEqual(strays, [])
  })

  it('runs nothing when it is installed', () => {
    const { scripts } = readJson('package.json') as Manifest
    for (const name of ['preinstall', 'install', 'postinstall', 'prebuild'])
      assert.equal(scripts[name], undefined, name)
  })
})
