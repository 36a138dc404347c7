// SPDX-License-Identifier: Apache-2.0
// Everything in the manual that a reader can paste works as printed. The package is used by its name, as by a reader who
// installed it; pages.ts says how blocks are marked.

import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ConfigError, type Diagnostic, Waf, type WafOptions } from '../../lib/index.js'
import { type Block, type Page, pages, root } from './pages.js'

const limitMs = 60_000

// What installs and what sets up is done by the package tests and by every run of this suite; here it would recurse.
const provedElsewhere = ['npm install seclua', 'npm start', 'npm test']

/** A folder as a reader has it: the package and Express installed, the repository's examples beside it. */
function readersFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'seclua-docs-'))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules/seclua'), 'junction')
  symlinkSync(join(root, 'node_modules/express'), join(folder, 'node_modules/express'), 'junction')
  cpSync(join(root, 'rules'), join(folder, 'rules'), { recursive: true })
  cpSync(join(root, 'docs/examples'), join(folder, 'docs/examples'), { recursive: true })
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  const command = join(root, 'dist/cli/main.js')
  writeFileSync(join(bin, 'npx'), `#!/bin/sh\nshift\nexec "${process.execPath}" "${command}" "$@"\n`, {
    mode: 0o755,
  })
  writeFileSync(join(bin, 'seclua'), `#!/bin/sh\nexec "${process.execPath}" "${command}" "$@"\n`, {
    mode: 0o755,
  })
  return folder
}

interface Output {
  readonly stdout: string
  readonly shown: string
}

function run(folder: string, command: string, args: string[], status = 0): Output {
  const result = spawnSync(command, args, {
    cwd: folder,
    encoding: 'utf8',
    timeout: limitMs,
    env: { ...process.env, NO_COLOR: '1', PATH: `${join(folder, 'bin')}:${process.env.PATH ?? ''}` },
  })
  const shown = `${result.stdout}${result.stderr}`
  assert.equal(result.status, status, shown)
  return { stdout: result.stdout, shown }
}

async function portOf(child: ChildProcess): Promise<number> {
  let seen = ''
  for await (const chunk of child.stdout ?? []) {
    seen += String(chunk)
    const port = /listening on port (\d+)/.exec(seen)?.[1]
    if (port !== undefined) return Number(port)
  }
  throw new Error(`the example ended without listening:\n${seen}`)
}

async function ask(port: number, words: readonly string[]): Promise<void> {
  for (const word of words) {
    const [, method, rest] = /^(GET|POST)=(.*)$/.exec(word) ?? []
    if (method === undefined || rest === undefined) continue
    const [path = '/', status, body] = rest.split(':')
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      ...(body !== undefined && { body: new URLSearchParams(body) }),
    })
    await answer.arrayBuffer()
    assert.equal(answer.status, Number(status), word)
  }
}

async function runServer(folder: string, file: string, block: Block): Promise<void> {
  const child = spawn(process.execPath, ['--import', join(__dirname, 'listen-anywhere.mjs'), file], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    await ask(await portOf(child), block.words)
  } finally {
    const closed = once(child, 'close')
    child.kill()
    await closed
  }
}

async function runScript(folder: string, block: Block): Promise<void> {
  const file = join(
    folder,
    block.settings.get('file') ?? (block.words.includes('cjs') ? 'block.cjs' : 'block.mjs'),
  )
  writeFileSync(file, block.text)
  if (block.words.includes('server')) await runServer(folder, file, block)
  else run(folder, process.execPath, [file])
}

function diagnosticsOf(options: WafOptions): readonly Diagnostic[] {
  try {
    return Waf.loadSync(options).warnings
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.diagnostics
  }
}

/** The file that the block is, or is quoted from. */
const fileOf = (block: Block): string | undefined => block.settings.get('from') ?? block.settings.get('file')

/** Line breaks may differ: a page is narrower than a source file. */
const squeezed = (text: string): string => text.trim().replace(/\s+/g, ' ')

function requireQuoted(block: Block): void {
  const from = block.settings.get('from')
  if (from === undefined) return
  assert.ok(squeezed(readFileSync(join(root, from), 'utf8')).includes(squeezed(block.text)), `not in ${from}`)
}

function loadRules(folder: string, block: Block): void {
  const expected = [block.settings.get('error'), block.settings.get('warning')].filter(
    (code) => code !== undefined,
  )
  const file = fileOf(block)
  const allowed = block.settings.get('allow')
  const found = diagnosticsOf({
    cwd: folder,
    ...(allowed !== undefined && { allowExec: allowed.split(',') }),
    ...(file === undefined ? { rules: block.text } : { files: file }),
  })
  assert.deepEqual(
    found.map(({ code }) => code),
    expected,
    found.map(({ line, message }) => `${line}: ${message}`).join('\n'),
  )
}

/** A script is loaded and run once on a request that has something of everything. */
function runLua(folder: string, block: Block): void {
  writeFileSync(join(folder, 'block.lua'), block.text)
  const waf = Waf.loadSync({
    cwd: folder,
    rules: `SecRuleEngine On\nSecRequestBodyAccess On\nSecRuleScript ${fileOf(block) ?? 'block.lua'} "id:1,phase:2,pass,log"`,
  })
  assert.deepEqual(waf.warnings, [])
  waf.evaluateSync({
    method: 'POST',
    uri: '/p?a=1&b=2',
    headers: { Host: 'a.example', 'Content-Type': 'application/x-www-form-urlencoded' },
    body: 'c=3',
  })
  const { runs, errors } = waf.stats()['lua'] as { runs: number; errors: number }
  assert.deepEqual([runs, errors], [1, 0])
}

function runShell(folder: string, block: Block): Output {
  const lines = block.text.trim().split('\n')
  if (lines.every((line) => provedElsewhere.some((command) => line.startsWith(command)))) {
    return { stdout: '', shown: '' }
  }
  return run(folder, 'sh', ['-e', '-c', block.text], Number(block.settings.get('status') ?? 0))
}

/** Tests of one page, in the page's order, since its blocks may be about files of earlier ones. */
function testPage(page: Page): void {
  let folder: string
  let last: Output = { stdout: '', shown: '' }
  before(() => {
    folder = readersFolder()
  })
  after(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  const perform = async (block: Block): Promise<void> => {
    const file = block.settings.get('file')
    if (file !== undefined) {
      mkdirSync(join(folder, file, '..'), { recursive: true })
      writeFileSync(join(folder, file), block.text, { mode: block.text.startsWith('#!') ? 0o755 : 0o644 })
    }
    requireQuoted(block)
    if (block.language === 'js') await runScript(folder, block)
    if (block.language === 'conf') loadRules(folder, block)
    if (block.language === 'lua') runLua(folder, block)
    if (block.language === 'sh') last = runShell(folder, block)
    if (block.words.includes('output')) {
      for (const line of block.text.trimEnd().split('\n')) {
        assert.ok(last.shown.includes(line), `not printed: ${line}\n${last.shown}`)
      }
    }
  }

  for (const block of page.blocks) {
    it(`${block.place} works as printed`, () => perform(block)).timeout(limitMs)
  }
}

for (const page of pages) {
  if (page.blocks.length > 0)
    describe(`the examples of ${page.name}`, () => {
      testPage(page)
    })
}
