#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Stands in for node-gyp when prebuildify calls it: takes node-gyp's arguments and has cmake-js build the addon.
//
// prebuildify then strips build/Release/*.node and moves it into prebuilds/. SECLUA_TOOLCHAIN may name a CMake
// toolchain file for another processor.

'use strict'

const { spawnSync } = require('node:child_process')
const { resolve } = require('node:path')

const arch = process.argv.find((word) => word.startsWith('--arch='))?.slice('--arch='.length)
const args = [require.resolve('cmake-js/bin/cmake-js'), 'rebuild', '--parallel', process.env.JOBS ?? '4']
if (process.argv.includes('--debug')) args.push('--debug')
if (arch !== undefined) args.push('--arch', arch)
if (process.env.SECLUA_TOOLCHAIN !== undefined) {
  args.push(`--CDCMAKE_TOOLCHAIN_FILE=${resolve(process.env.SECLUA_TOOLCHAIN)}`)
}
process.exitCode = spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1
