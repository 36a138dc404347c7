#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Builds the addon on a machine that has no prebuilt binary for it. `seclua rebuild` runs this file.
//
// It works from the unpacked npm package: the third-party sources are in the tarball, the Node headers are ordinary
// dependencies, and all it asks of the machine is CMake and a C and C++ compiler. It must not need anything from
// devDependencies, and it touches nothing outside the package's own build folder.

import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const build = join(root, 'build')

function fail(message) {
  process.stderr.write(`seclua: ${message}\n`)
  process.exit(1)
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit' })
  if (error?.code === 'ENOENT') {
    fail(
      `building needs ${command}, which is not installed. Install CMake 3.21 or newer and a C++20 compiler.`,
    )
  }
  if (status !== 0) fail(`\`${command} ${args.join(' ')}\` failed`)
}

// In a clone of the repository the sources have to be fetched first; in the package they are there.
const vendor = join(root, 'scripts', 'vendor.mjs')
if (existsSync(vendor)) run(process.execPath, [vendor])

run('cmake', ['-S', root, '-B', build, '-DCMAKE_BUILD_TYPE=Release', `-DSECLUA_NODE=${process.execPath}`])
run('cmake', ['--build', build, '--config', 'Release', '--parallel', String(availableParallelism())])

const addon = join(build, 'Release', 'seclua.node')
if (!existsSync(addon)) fail(`the build ended well, but ${addon} is not there`)
process.stdout.write(`${addon}\n`)
