// SPDX-License-Identifier: Apache-2.0
// The script that fetches third-party sources, run on a small library of our own in a folder of its own: what it
// keeps, what it refuses, and that a refused source never leaves anything behind.

import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

const root = resolve(__dirname, '../..')
const sha256 = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex')

const sources = {
  'src/a.c': 'int a;\n',
  'src/b.h': 'extern int a;\n',
  COPYING: 'free\n',
  'test/huge.txt': 'no\n',
}
const keptLines = (['COPYING', 'src/a.c', 'src/b.h'] as const).map(
  (path) => `${sha256(sources[path])}  ${path}\n`,
)

describe('vendor.mjs', function () {
  this.timeout(30_000)
  let place = ''
  let archive: Buffer

  const pin = (): Record<string, unknown> => ({
    version: '1.0',
    licence: 'MIT',
    licenceFile: 'COPYING',
    why: 'For this test.',
    // Nobody listens on the discard port: upstream is out of reach.
    upstream: { url: 'http://127.0.0.1:9/small-1.0.tar.gz', sha256: sha256(archive) },
    keep: '^(COPYING|src/.*)$',
    tree: sha256(keptLines.join('')),
  })

  interface Outcome {
    good: boolean
    text: string
  }

  /** Runs the script on one pin; the archive is served from `from`, by default the folder it lies in. */
  function vendor(changes: Record<string, unknown> = {}, from = join(place, 'mirror')): Promise<Outcome> {
    writeFileSync(join(place, 'deps/sources.json'), JSON.stringify({ small: { ...pin(), ...changes } }))
    const env = { ...process.env, SECLUA_VENDOR: from }
    return new Promise((done) => {
      execFile(process.execPath, [join(place, 'scripts/vendor.mjs')], { env }, (error, stdout, stderr) => {
        done({ good: error === null, text: stdout + stderr })
      })
    })
  }

  const kept = (file: string): string => readFileSync(join(place, 'deps/small', file), 'utf8')
  const leftovers = (): string[] => readdirSync(join(place, 'deps')).filter((name) => name !== 'sources.json')

  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'seclua-vendor-'))
    for (const folder of ['deps', 'scripts', 'mirror']) mkdirSync(join(place, folder))
    copyFileSync(join(root, 'scripts/vendor.mjs'), join(place, 'scripts/vendor.mjs'))
    for (const [path, text] of Object.entries(sources)) {
      const file = join(place, 'small-1.0', path)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text)
    }
    const file = join(place, 'mirror/small-1.0.tar.gz')
    execFileSync('tar', ['-czf', file, '-C', place, 'small-1.0'])
    archive = readFileSync(file)
  })

  afterEach(() => {
    rmSync(place, { recursive: true, force: true })
  })

  it('unpacks the files that are kept, and says where they came from', async () => {
    const { good, text } = await vendor()
    assert.ok(good, text)
    assert.equal(kept('src/a.c'), sources['src/a.c'])
    assert.ok(!existsSync(join(place, 'deps/small/test')))
    assert.match(kept('UPSTREAM'), /small 1\.0\nLicence: MIT, see COPYING/)
    assert.deepEqual(leftovers(), ['small'])
  })

  it('does nothing when everything is in place', async () => {
    await vendor()
    assert.deepEqual(await vendor({}, join(place, 'nowhere')), { good: true, text: '' })
  })

  it('fetches again when the pin changes', async () => {
    await vendor()
    const { good, text } = await vendor({ tree: sha256(keptLines.slice(1).join('')), keep: '^src/' })
    assert.ok(good, text)
    assert.ok(!existsSync(join(place, 'deps/small/COPYING')))
  })

  /** Serves the archive under /files/ while something runs. */
  async function serving<T>(run: (address: string) => Promise<T>): Promise<T> {
    const server = createServer((request, response) => {
      response.statusCode = request.url === '/files/small-1.0.tar.gz' ? 200 : 404
      response.end(archive)
    })
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
    try {
      return await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}/files`)
    } finally {
      server.close()
    }
  }

  it('takes the archive over HTTP', async () => {
    const { good, text } = await serving((address) => vendor({}, `${address}/`))
    assert.ok(good, text)
    assert.equal(kept('COPYING'), sources.COPYING)
  })

  it('goes on to the next source when one has a wrong archive', async () => {
    writeFileSync(join(place, 'mirror/small-1.0.tar.gz'), 'not the archive')
    const { good, text } = await serving((address) =>
      vendor({ upstream: { url: `${address}/small-1.0.tar.gz`, sha256: sha256(archive) } }),
    )
    assert.ok(good, text)
    assert.match(kept('UPSTREAM'), /Fetched from: http:/)
  })

  it('refuses an archive with another hash', async () => {
    const upstream = { url: 'http://127.0.0.1:9/small-1.0.tar.gz', sha256: sha256('another') }
    const { good, text } = await vendor({ upstream })
    assert.ok(!good)
    assert.match(text, /no source gave small 1\.0:\n.*another SHA-256/)
    assert.deepEqual(leftovers(), [])
  })

  it('refuses files with another hash', async () => {
    const { good, text } = await vendor({ tree: sha256('another') })
    assert.ok(!good)
    assert.match(text, /tree hash/)
    assert.deepEqual(leftovers(), [])
  })

  it('leaves what was there in place when no source is good', async () => {
    await vendor()
    const { good } = await vendor({ tree: sha256('another') })
    assert.ok(!good)
    assert.equal(kept('src/a.c'), sources['src/a.c'])
  })

  it('applies the listed edits and writes their reason down', async () => {
    const edits = [{ file: 'src/a.c', find: 'int a', replace: 'long a', why: 'It overflows.' }]
    const { good, text } = await vendor({ edits })
    assert.ok(good, text)
    assert.equal(kept('src/a.c'), 'long a;\n')
    assert.match(kept('UPSTREAM'), /Changed: src\/a\.c\. It overflows\./)
  })

  it('refuses an edit that finds its text nowhere', async () => {
    const { good, text } = await vendor({ edits: [{ file: 'src/a.c', find: 'float', replace: '', why: '' }] })
    assert.ok(!good)
    assert.match(text, /an edit of src\/a\.c matches 0 places/)
    assert.deepEqual(leftovers(), [])
  })

  it('names every source that it tried', async () => {
    const { good, text } = await vendor({}, join(place, 'nowhere'))
    assert.ok(!good)
    assert.match(text, /nowhere.*ENOENT/)
    assert.match(text, /127\.0\.0\.1:9.*ECONNREFUSED|127\.0\.0\.1:9/)
  })
})
