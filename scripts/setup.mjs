#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Brings a clone to the state in which the program and its tests can run, doing only what is missing or out of date:
// npm's packages, the third-party sources, the addon, the compiled TypeScript. `npm start` and `npm test` begin here,
// so that each is the one command to type on a fresh machine.
//
//   --native-tests   also builds the programs of test/native into build-tests/

import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm'

/** Runs a step. Its output is shown only if it fails, or on a terminal, where a wait wants an explanation. */
function step(title, command, args) {
  const stdio = process.stderr.isTTY ? ['ignore', process.stderr, process.stderr] : 'pipe'
  process.stderr.write(`setup: ${title}\n`)
  const started = performance.now()
  const shell = command.endsWith('.cmd')
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    stdio,
    shell,
    maxBuffer: 2 ** 28,
  })
  if (status !== 0) {
    process.stderr.write(`${stdout?.toString() ?? ''}${stderr?.toString() ?? ''}`)
    process.stderr.write(`setup: ${title}: failed${error === undefined ? '' : ` (${error.message})`}\n`)
    process.exit(1)
  }
  const seconds = (performance.now() - started) / 1000
  if (seconds > 5) process.stderr.write(`setup: ${title}: ${seconds.toFixed(0)} s\n`)
}

const modifiedMs = (path) => (existsSync(join(root, path)) ? statSync(join(root, path)).mtimeMs : 0)

/** The latest change of any file under a folder. */
const newestMs = (folder) =>
  Math.max(
    0,
    ...readdirSync(join(root, folder), { recursive: true }).map((path) => modifiedMs(join(folder, path))),
  )

// npm keeps a copy of the lock file that it installed from.
if (modifiedMs('node_modules/.package-lock.json') < modifiedMs('package-lock.json')) {
  step('npm packages', npm, ['ci', '--ignore-scripts', '--no-audit', '--no-fund'])
}
step('third-party sources', process.execPath, ['scripts/vendor.mjs'])

// With a prebuilt addon to be tested as it will be shipped, nothing native is built here.
if (process.env.PREBUILDS_ONLY === undefined) {
  step('addon', process.execPath, ['node_modules/cmake-js/bin/cmake-js', 'compile', '--parallel', '4'])
  if (process.argv.includes('--native-tests')) {
    const options = ['-DSECLUA_ADDON=OFF', '-DSECLUA_TESTS=ON', '-DCMAKE_BUILD_TYPE=Release']
    step('native tests: configure', 'cmake', ['-S', '.', '-B', 'build-tests', ...options])
    step('native tests: build', 'cmake', ['--build', 'build-tests', '--parallel', '4'])
  }
}
if (modifiedMs('dist/index.js') <= Math.max(newestMs('lib'), modifiedMs('tsconfig.json'))) {
  step('TypeScript', process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.'])
}
