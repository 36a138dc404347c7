// SPDX-License-Identifier: Apache-2.0
// The manual names what there is: links lead somewhere, codes, commands, options and settings are the real ones. The
// tables of the reference are compared with the engine's rows by test/native/manual_test.cpp.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { Waf } from '../../lib/index.js'
import { pages, root } from './pages.js'

const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const textOf = (name: string): string => {
  const page = pages.find((candidate) => candidate.name === name)
  assert.ok(page !== undefined, `there is no ${name}`)
  return page.text
}
const all = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map((match) => match[1] ?? '')

/** As GitHub makes them: lower case, blanks to hyphens, the rest dropped. */
const anchorsOf = (text: string): string[] =>
  all(text, /^#+ (.*)$/gm).map((title) =>
    title
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  )

describe('the manual', () => {
  for (const { name, text } of pages) {
    it(`${name} links to places that exist`, () => {
      for (const link of all(text, /\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(link)) continue
        const [file = '', anchor] = link.split('#')
        const target = file === '' ? name : join(dirname(name), file)
        assert.ok(existsSync(join(root, target)), `${name} links to ${link}`)
        if (anchor !== undefined)
          assert.ok(anchorsOf(read(target)).includes(anchor), `${name} links to ${link}`)
      }
    })

    it(`${name} names files that exist`, () => {
      const folders = '(?:native|lib|rules|docs|test|bench|scripts|deps)/'
      for (const path of all(text, new RegExp(`\`(${folders}[\\w./-]*\\w)\``, 'g'))) {
        assert.ok(existsSync(join(root, path)), `${name} names ${path}`)
      }
    })
  }

  it('lists the codes of all exceptions, and no others', () => {
    const [, type = ''] = read('lib/errors.ts').split('export type SecluaErrorCode =')
    const union = all(type, /^ {2}\| '(SECLUA_E_\w+)'/gm)
    const [, thrown = ''] = textOf('docs/errors.md').split('## What the package throws')
    assert.ok(union.length > 5)
    assert.deepEqual(all(thrown, /^\| `(SECLUA_E_\w+)` \|/gm).sort(), union.sort())
  })

  it('has every code of errors.def in its table', () => {
    const rows = all(read('native/engine/seclang/errors.def'), /^SECLUA_CODE\((\w+),/gm)
    const [table = ''] = textOf('docs/errors.md').split('## What the package throws')
    assert.deepEqual(all(table, /^\| `SECLUA_(\w+)` \| (?:error|warning) \|/gm), rows)
  })

  it('leads through every folder of the engine', () => {
    const engine = readdirSync(join(root, 'native/engine'), { withFileTypes: true })
    const folders = engine.filter((entry) => entry.isDirectory()).map(({ name }) => name)
    assert.deepEqual(all(textOf('native/README.md'), /^\| `(\w+)\/` \|/gm).sort(), folders.sort())
  })

  it('explains every function that scripts have, and no others', () => {
    const waf = Waf.loadSync({
      cwd: __dirname,
      rules: 'SecRuleEngine On\nSecRuleScript names-of-m.lua "id:1,phase:1,pass"',
    })
    const names = waf.evaluateSync({ method: 'GET', uri: '/' }).tx['names']?.split(' ') ?? []
    const documented = textOf('docs/lua.md')
      .split('\n')
      .filter((line) => line.startsWith('| `m.'))
      .flatMap((line) => all(line.split(' | ')[0] ?? '', /`m\.(\w+)/g))
    assert.ok(names.length > 20)
    assert.deepEqual(documented.sort(), names.sort())
  })

  it('lists every option of Waf.load', () => {
    const { WafOptions: waf = '', LuaOptions: lua = '' } = Object.fromEntries(
      [...read('lib/options.ts').matchAll(/^export interface (\w+) \{\n([^]*?)^\}/gm)].map((match) => [
        match[1] ?? '',
        match[2] ?? '',
      ]),
    )
    const documented = all(textOf('docs/api.md'), /^\| `([\w.]+)` \|/gm)
    const groups = [...waf.matchAll(/^ {2}(\w+)\?: \{\n([^]*?)^ {2}\}/gm)]
    const names = [
      ...all(waf, /^ {2}(\w+)\?: [^{\n]+$/gm).filter((name) => name !== 'lua'),
      ...groups.flatMap(([, group = '', body = '']) => [
        ...all(body, /^ {4}(\w+)\?: [^{\n]+$/gm).map((name) => `${group}.${name}`),
        ...[...body.matchAll(/^ {4}(\w+)\?: \{\n([^]*?)^ {4}\}/gm)].flatMap(
          ([, inner = '', innermost = '']) =>
            all(innermost, /^ {6}(\w+)\?:/gm).map((name) => `${group}.${inner}.${name}`),
        ),
      ]),
      ...all(lua, /^ {2}(\w+)\?:/gm).map((name) => `lua.${name}`),
    ]
    assert.ok(names.length > 15)
    for (const name of names) assert.ok(documented.includes(name), `docs/api.md lacks ${name}`)
  })

  it('has a section for every command, with every option of its help', () => {
    const main = join(root, 'dist/cli/main.js')
    const help = (...args: string[]): string =>
      spawnSync(process.execPath, [main, ...args, '--help'], { encoding: 'utf8' }).stdout
    const commands = all(help(), /^ {2}(\w+) {2,}\S/gm)
    assert.ok(commands.includes('check') && commands.includes('demo'))
    const page = textOf('docs/cli.md')
    for (const command of commands) {
      assert.match(page, new RegExp(`^## seclua ${command}$`, 'm'))
      for (const option of all(help(command), /^ {2}(?:-\w, | {4})(--[\w-]+)/gm)) {
        assert.ok(page.includes(`\`${option}`), `docs/cli.md lacks ${option} of ${command}`)
      }
    }
  })

  it('names no rule of the shipped set that is not there', () => {
    const rules = readdirSync(join(root, 'rules/seclua'))
      .filter((file) => file.endsWith('.conf'))
      .map((file) => read(join('rules/seclua', file)))
      .join('\n')
    const ids = all(rules, /"id:(\d+)/g)
    for (const { name, text } of pages) {
      for (const id of all(text, /\b(80\d{5})\b/g))
        assert.ok(ids.includes(id) || id === '8000999' || id === '8000000', `${name} names rule ${id}`)
    }
  })

  it('prints the recorded figures, and no others', () => {
    const { stdout, status } = spawnSync(process.execPath, [join(root, 'scripts/figures.mjs')], {
      encoding: 'utf8',
    })
    assert.equal(status, 0)
    const [, section = ''] =
      /<!-- figures -->\n([^]*?)<!-- end of figures -->/.exec(textOf('README.md')) ?? []
    assert.equal(section, stdout)
  })
})
