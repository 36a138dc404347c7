// SPDX-License-Identifier: Apache-2.0
// The commands there are, one row each. A command's module is loaded only when it runs: `seclua --version` and
// `seclua rebuild` must work on a machine where the addon cannot be loaded.

import type { ExitStatus } from './exit-status.js'

/** What a command's module exports. */
export interface Command {
  /** The whole answer to `seclua COMMAND --help`. */
  readonly help: string
  /** Never calls process.exit: what is still being written must get out. */
  readonly run: (args: string[]) => Promise<ExitStatus>
}

export interface CommandRow {
  readonly name: string
  readonly summary: string
  readonly load: () => Promise<Command>
}

export const commands: readonly CommandRow[] = [
  {
    name: 'check',
    summary: 'compile a configuration and list every error',
    load: () => import('./check.js'),
  },
  {
    name: 'eval',
    summary: 'judge one request, and its response, from a file',
    load: () => import('./eval.js'),
  },
  { name: 'test', summary: 'run go-ftw test files in process', load: () => import('./test.js') },
  { name: 'lua', summary: 'run one script, or its tests, as a rule would', load: () => import('./lua.js') },
  { name: 'proxy', summary: 'a reverse proxy with the engine in front', load: () => import('./proxy.js') },
  { name: 'demo', summary: 'see a protected web application at work', load: () => import('./demo.js') },
  { name: 'rebuild', summary: 'build the native engine on this machine', load: () => import('./rebuild.js') },
]
