// SPDX-License-Identifier: Apache-2.0
// The folder of audit records that wait: who has which files, and what becomes of those of a process that was killed.

import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { Spool } from '../../lib/audit/spool.js'

describe('a folder of audit records', () => {
  const leaseMs = 200
  let folder: string
  let spools: Spool[]

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'seclua-spool-'))
    spools = []
  })
  afterEach(async () => {
    for (const spool of spools) await spool.close()
    rmSync(folder, { recursive: true })
  })

  const open = async (bytesMax = 1e9): Promise<Spool> => {
    const spool = new Spool(folder, bytesMax, leaseMs)
    spools.push(spool)
    await spool.open()
    return spool
  }
  const append = (spool: Spool, text: string): Promise<void> => spool.append(Buffer.from(`${text}\n`))
  const drain = async (spool: Spool): Promise<string> => {
    let text = ''
    for (let next = await spool.oldest(); next !== undefined; next = await spool.oldest()) {
      text += next.lines.toString()
      await next.done()
    }
    return text
  }
  it('gives back what went in, in order, and is empty then', async () => {
    const spool = await open()
    const numbers = Array.from({ length: 100 }, (_, i) => String(i))
    for (const number of numbers) await append(spool, number)
    assert.equal(spool.bytes, 290)
    assert.equal(await drain(spool), `${numbers.join('\n')}\n`)
    assert.deepEqual([spool.isEmpty, spool.bytes, readdirSync(folder)], [true, 0, []])
  })

  it('belongs to several at once, each with its own files', async () => {
    const [one, other] = [await open(), await open()]
    await append(one, 'one')
    await append(other, 'other')
    await delay(2 * leaseMs) // each touches what it has
    assert.equal(await drain(one), 'one\n')
    assert.equal(await drain(other), 'other\n')
  })

  it('has what an orderly end left for the next at once, however many left something', async () => {
    const [one, other] = [await open(), await open()]
    await append(one, 'one')
    await append(other, 'other')
    await one.close()
    await other.close()
    const next = await open()
    assert.deepEqual((await drain(next)).split('\n').sort(), ['', 'one', 'other'])
    assert.deepEqual(readdirSync(folder), [])
  })

  it('has what a killed process left for one that lives, after a while, and only for one', async () => {
    writeFileSync(join(folder, 'audit-0mabcdefg-0123abcd-000000.ndjson'), 'left\n') // nobody touches it any more
    const living = [await open(), await open(), await open()]
    while (living.every(({ isEmpty }) => isEmpty)) await delay(10)
    await delay(2 * leaseMs)
    const found = await Promise.all(living.map(drain))
    assert.deepEqual(found.sort(), ['', '', 'left\n'])
  })

  it('loses nothing when an owner that only seemed dead goes on', async () => {
    const slow = await open()
    await append(slow, 'before')
    const [name = ''] = readdirSync(folder)
    renameSync(join(folder, name), join(folder, name.replace(/-[0-9a-f]{8}-/, '-0123abcd-'))) // taken by another
    await append(slow, 'after')
    assert.ok(existsSync(join(folder, name)))
    assert.equal(await drain(slow), 'after\n')
    while (slow.isEmpty) await delay(10) // the other never touches it
    assert.equal(await drain(slow), 'before\n')
  })

  it('is bounded: the oldest files go, and are counted', async () => {
    const spool = await open(10e6)
    const line = 'x'.repeat(1e6 - 1)
    for (let i = 0; i < 20; i++) await append(spool, line)
    assert.ok(spool.bytes <= 10e6 + 4e6)
    assert.equal(spool.dropped * 1e6 + spool.bytes, 20e6)
  })
})
