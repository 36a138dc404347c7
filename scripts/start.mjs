#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// `npm start`: sets the clone up if it has to, then shows the main job once. Words after `npm start --` replace the
// demonstration's own, so `npm start -- check rules.conf` runs any other command of the program.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const path = (name) => fileURLToPath(new URL(name, import.meta.url))

function run(args) {
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 70)
}

const words = process.argv.slice(2)
run([path('setup.mjs')])
run([path('../dist/cli/main.js'), ...(words.length > 0 ? words : ['demo', '--once'])])
