// SPDX-License-Identifier: Apache-2.0
// `seclua rebuild`: builds the addon where no prebuilt one fits. The work is that of scripts/build-from-source.mjs; this
// module must not load the package's own index, which needs the addon that is missing.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { type ExitStatus, exitStatus } from './exit-status.js'

export const help: string = `Usage: seclua rebuild

Builds the native engine from the sources in the package. Needs CMake 3.21 and a C++20 compiler.
Only for machines that the package brings no prebuilt engine for.`

export async function run(args: string[]): Promise<ExitStatus> {
  parseArgs({ args, options: {} })
  const script = join(__dirname, '../../scripts/build-from-source.mjs')
  const child = spawn(process.execPath, [script], { stdio: 'inherit' })
  const [status] = (await once(child, 'close')) as [number | null]
  return status === 0 ? exitStatus.good : exitStatus.bad
}
