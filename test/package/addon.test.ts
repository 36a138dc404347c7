// SPDX-License-Identifier: Apache-2.0
// What the compiled addon shows to the process that loads it, and what it asks of the machine. The node binary
// carries libraries of its own; a name that both sides export would make one call the other's code.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

const root = resolve(__dirname, '../..')

function addonPath(): string {
  const folder =
    process.env.PREBUILDS_ONLY === undefined
      ? join(root, 'build/Release')
      : join(root, `prebuilds/${process.platform}-${process.arch}`)
  const name = existsSync(folder) ? readdirSync(folder).find((file) => file.endsWith('.node')) : undefined
  assert.ok(name !== undefined, `there is no addon in ${folder}`)
  return join(folder, name)
}

const read = (command: string, ...args: string[]): string =>
  execFileSync(command, [...args, addonPath()], { encoding: 'utf8' })

if (process.platform === 'linux') {
  describe('the compiled addon', () => {
    it('exports its two entry points and nothing else', () => {
      const names = read('nm', '-D', '--defined-only')
        .trim()
        .split('\n')
        .map((line) => line.split(/\s+/).at(-1))
      assert.deepEqual(names.sort(), ['napi_register_module_v1', 'node_api_module_get_api_version_v1'])
    })

    it('carries its C++ runtime with it', () => {
      const needed = [...read('readelf', '-dW').matchAll(/\(NEEDED\).*\[(.*)\]/g)].map((match) => match[1])
      assert.ok(needed.length > 0)
      for (const library of needed)
        assert.doesNotMatch(library ?? '', /stdc\+\+|gcc|pcre|lua|xml|yajl|maxmind/)
    })

    it('binds at load, keeps its tables read-only, never leaves memory and has no executable stack', () => {
      const dynamic = read('readelf', '-dW')
      assert.match(dynamic, /BIND_NOW|\bNOW\b/)
      assert.match(dynamic, /NODELETE/)
      const segments = read('readelf', '-lW')
      assert.match(segments, /GNU_RELRO/)
      assert.match(segments, /GNU_STACK.*RW /)
    })
  })
}
