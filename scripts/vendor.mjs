#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Fetches the third-party C sources that deps/sources.json pins, and unpacks the files we keep into deps/<name>/.
//
// It runs before every native build and does nothing when the stamp of each library is up to date. A source is tried
// in order: the folder or address in SECLUA_VENDOR, the project's own site, the Debian archive that apt is set up
// with. A wrong hash counts as a failure of that source, so the next one is tried. The archive's SHA-256 is checked
// where its bytes are stable; the SHA-256 over all kept files is checked always, because one tree can come out of
// different archives. It must never leave a half-unpacked folder, and never keep a file that no build needs.

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const deps = fileURLToPath(new URL('../deps/', import.meta.url))
const pins = JSON.parse(readFileSync(join(deps, 'sources.json'), 'utf8'))
const fetchTimeoutMs = 60_000

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex')

function run(command, args) {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

/** Every file under a folder, as paths with forward slashes relative to it. */
function listFiles(folder, prefix = '') {
  return readdirSync(join(folder, prefix), { withFileTypes: true }).flatMap((entry) => {
    const path = prefix + entry.name
    return entry.isDirectory() ? listFiles(folder, `${path}/`) : [path]
  })
}

/** SHA-256 over the lines `sha256(file)  path`, sorted by the bytes of the path: what `sha256sum` would print. */
function treeHash(folder, paths) {
  const sorted = [...paths].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
  return sha256(sorted.map((path) => `${sha256(readFileSync(join(folder, path)))}  ${path}\n`).join(''))
}

async function download(url, file) {
  const answer = await fetch(url, { signal: AbortSignal.timeout(fetchTimeoutMs) })
  if (!answer.ok) throw new Error(`HTTP status ${String(answer.status)}`)
  writeFileSync(file, Buffer.from(await answer.arrayBuffer()))
}

/** The base address of the Debian archive that this machine's apt uses, with its trailing slash. */
function debianArchive() {
  // Without --no-release-info, apt lists nothing on a machine where `apt-get update` was never run.
  const format = ['indextargets', '--no-release-info', '--format', '$(REPO_URI)', 'Created-By: Packages']
  const base = run('apt-get', format)
    .split('\n')
    .find((line) => line.endsWith('/debian/'))
  if (base === undefined) throw new Error('apt knows no Debian archive')
  return base
}

function downloadFromDebian(pin, file) {
  // apt-helper is not on PATH. It is used, not fetch, because it follows apt's own transport and proxy settings.
  const helper = run('dpkg', ['-L', 'apt'])
    .split('\n')
    .find((line) => line.endsWith('/apt-helper'))
  if (helper === undefined) throw new Error('apt has no apt-helper')
  run(helper, ['download-file', `${debianArchive()}pool/${pin.path}`, file, `SHA256:${pin.sha256}`])
}

/** The ways to get one library's archive, best first. Each `get` fills the file it is given or throws. */
function sourcesOf(pin) {
  const origins = pin.debian === undefined ? [pin.upstream] : [pin.upstream, pin.debian]
  const override = process.env.SECLUA_VENDOR
  const overrides = (override ? origins : []).map((origin) => {
    const name = basename(origin.url ?? origin.path)
    if (!/^https?:/.test(override)) {
      const path = resolve(override, name)
      return { ...origin, label: path, get: (file) => cpSync(path, file) }
    }
    const url = `${override.replace(/\/$/, '')}/${name}`
    return { ...origin, label: url, get: (file) => download(url, file) }
  })
  const places = origins.map((origin) =>
    origin.url === undefined
      ? { ...origin, label: `Debian: ${origin.path}`, get: (file) => downloadFromDebian(origin, file) }
      : { ...origin, label: origin.url, get: (file) => download(origin.url, file) },
  )
  return [...overrides, ...places]
}

/** Applies the edits that sources.json lists. Each must find its text exactly once, or the pin is out of date. */
function applyEdits(folder, edits) {
  for (const edit of edits) {
    const path = join(folder, edit.file)
    const parts = readFileSync(path, 'utf8').split(edit.find)
    if (parts.length !== 2)
      throw new Error(`an edit of ${edit.file} matches ${String(parts.length - 1)} places`)
    writeFileSync(path, parts.join(edit.replace))
  }
}

/** What a person who looks into the folder wants to know about it. */
function describe(name, pin, label) {
  const edits = (pin.edits ?? []).map((edit) => `\nChanged: ${edit.file}. ${edit.why}\n`)
  return [
    `${name} ${pin.version}\n`,
    `Licence: ${pin.licence}, see ${pin.licenceFile}\n`,
    `Origin: ${pin.upstream.url}\n`,
    `Fetched from: ${label}\n`,
    `Why: ${pin.why}\n`,
    ...edits,
  ].join('')
}

async function unpackFrom(source, name, pin, work) {
  const archive = join(work, basename(source.path ?? source.url))
  await source.get(archive)
  if (source.sha256 !== undefined && sha256(readFileSync(archive)) !== source.sha256) {
    throw new Error('the archive has another SHA-256 than pinned')
  }
  const unpacked = join(work, 'unpacked')
  rmSync(unpacked, { recursive: true, force: true })
  mkdirSync(unpacked)
  run('tar', ['-xf', archive, '-C', unpacked, '--strip-components=1'])
  const root = join(unpacked, source.folder ?? '.')
  const keep = new RegExp(pin.keep)
  const kept = listFiles(root).filter((path) => keep.test(path))
  const hash = treeHash(root, kept)
  if (hash !== pin.tree) throw new Error(`its files have the tree hash ${hash}, not the pinned one`)

  const ready = join(work, 'ready')
  rmSync(ready, { recursive: true, force: true })
  for (const path of kept) {
    mkdirSync(dirname(join(ready, path)), { recursive: true })
    cpSync(join(root, path), join(ready, path))
  }
  applyEdits(ready, pin.edits ?? [])
  writeFileSync(join(ready, 'UPSTREAM'), describe(name, pin, source.label))
  return ready
}

/** Returns true if the library had to be fetched. */
async function vendor(name, pin) {
  const target = join(deps, name)
  const stamp = sha256(JSON.stringify([pin.keep, pin.tree, pin.edits ?? []]))
  const stampFile = join(target, '.stamp')
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8').trim() === stamp) return false

  const work = mkdtempSync(join(deps, `.${name}-`))
  const failures = []
  try {
    for (const source of sourcesOf(pin)) {
      try {
        const ready = await unpackFrom(source, name, pin, work)
        writeFileSync(join(ready, '.stamp'), `${stamp}\n`)
        rmSync(target, { recursive: true, force: true })
        renameSync(ready, target)
        process.stderr.write(`vendor: ${name} ${pin.version} from ${source.label}\n`)
        return true
      } catch (error) {
        const reason = error.cause?.code ?? error.message
        failures.push(`  ${source.label}: ${reason}`)
      }
    }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  throw new Error(`vendor: no source gave ${name} ${pin.version}:\n${failures.join('\n')}`)
}

try {
  for (const [name, pin] of Object.entries(pins)) await vendor(name, pin)
} catch (error) {
  process.stderr.write(`${error.message}\n`)
  process.exitCode = 1
}
