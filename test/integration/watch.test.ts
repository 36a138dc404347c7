// SPDX-License-Identifier: Apache-2.0
// Option watch: what is saved is in force soon after, however it is saved; what does not load changes nothing.

import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { on, once } from 'node:events'
import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { ConfigError, Waf, type WafOptions } from '../../lib/index.js'

const deny = (word: string, id = 1): string => `SecRule ARGS "@streq ${word}" "id:${id},phase:1,deny"\n`

describe('option watch', function () {
  this.timeout(30_000)
  let folder: string
  let waf: Waf | undefined
  beforeEach(() => {
    folder = realpathSync(mkdtempSync(join(tmpdir(), 'seclua-watch-')))
    put('main.conf', `SecRuleEngine On\n${deny('old')}Include rules/*.conf\nIncludeOptional late/*.conf\n`)
    mkdirSync(join(folder, 'rules'))
  })
  afterEach(async () => {
    await waf?.close()
    waf = undefined
    rmSync(folder, { recursive: true })
  })

  function put(name: string, text: string): void {
    writeFileSync(join(folder, name), text)
  }
  async function load(options: WafOptions = {}): Promise<Waf> {
    await seconds(0.03) // what was written a moment ago would count as a change
    waf = await Waf.load({ files: 'main.conf', cwd: folder, watch: true, ...options })
    return waf
  }
  /** Does it, and waits for reloads until it is true: what takes several steps may be seen in several. */
  async function reloadsAfter(change: () => void, holds: () => boolean): Promise<void> {
    assert.ok(waf !== undefined)
    const reloads = on(waf, 'reload')
    change()
    do await reloads.next()
    while (!holds())
    await reloads.return?.()
  }
  /** Does it, and waits until it is told that the rules do not load. */
  async function failsAfter(change: () => void): Promise<Error> {
    assert.ok(waf !== undefined)
    const told = once(waf, 'reloadError') as Promise<[Error]>
    change()
    return (await told)[0]
  }
  const stops = (word: string): boolean =>
    waf?.evaluateSync({ method: 'GET', uri: `/?a=${word}` }).verdict.action === 'deny'
  const seconds = (count: number): Promise<void> =>
    new Promise((resolve) => {
      setTimeout(resolve, count * 1000)
    })

  it('takes over a file that is changed in place, and one that is put in its place', async () => {
    await load()
    await reloadsAfter(
      () => {
        put('main.conf', `SecRuleEngine On\n${deny('new')}`)
      },
      () => !stops('old') && stops('new'),
    )
    await reloadsAfter(
      () => {
        put('.main.conf.swp', `SecRuleEngine On\n${deny('newer')}`)
        renameSync(join(folder, '.main.conf.swp'), join(folder, 'main.conf'))
      },
      () => !stops('new') && stops('newer'),
    )
    await reloadsAfter(
      () => {
        put('main.conf', `SecRuleEngine On\n${deny('again')}`)
      },
      () => stops('again'),
    )
  })

  it('keeps the old rules when a change does not load, tells why, and takes over what mends it', async () => {
    await load()
    const error = await failsAfter(() => {
      put('main.conf', 'SecRuleEngine On\nInclude missing.conf\n')
    })
    assert.ok(error instanceof ConfigError)
    assert.deepEqual(
      error.diagnostics.map(({ code }) => code),
      ['SECLUA_E_FILE_OPEN'],
    )
    assert.ok(stops('old'))
    await reloadsAfter(
      () => {
        put('missing.conf', deny('mended'))
      },
      () => !stops('old') && stops('mended'),
    )
    const broken = await failsAfter(() => {
      put('missing.conf', 'SecNothing\n')
    })
    assert.match(broken.message, /missing\.conf:1:1: error SECLUA_E_UNKNOWN_DIRECTIVE/)
    assert.ok(stops('mended'))
    await reloadsAfter(
      () => {
        put('missing.conf', deny('well'))
      },
      () => stops('well'),
    )
  })

  it('without a listener tells of a failure by a process warning', async () => {
    await load()
    const told = once(process, 'warning') as Promise<[Error]>
    put('main.conf', 'SecNothing\n')
    const [warning] = await told
    assert.equal(warning.name, 'SecluaWatch')
    assert.match(warning.message, /main\.conf:1:1: error SECLUA_E_UNKNOWN_DIRECTIVE/)
    assert.ok(stops('old'))
  })

  it('sees files that come, change and go where an Include has wildcards, also in a folder that is not there yet', async () => {
    await load()
    await reloadsAfter(
      () => {
        put('rules/a.conf', deny('first', 2))
      },
      () => stops('first'),
    )
    await reloadsAfter(
      () => {
        put('rules/a.conf', deny('second', 2))
      },
      () => !stops('first') && stops('second'),
    )
    await reloadsAfter(
      () => {
        unlinkSync(join(folder, 'rules/a.conf'))
      },
      () => !stops('second') && stops('old'),
    )
    await reloadsAfter(
      () => {
        mkdirSync(join(folder, 'late'))
        put('late/b.conf', deny('third', 3))
      },
      () => stops('third'),
    )
  })

  it('sees scripts, their modules, lists and databases change', async () => {
    put('words.data', 'apple\n')
    put('check.lua', 'function main() if require("module") == m.getvar("ARGS.a") then return "yes" end end')
    put('module.lua', 'return "pear"')
    put('addresses', '192.0.2.0/24\n')
    await load({
      files: [],
      rules: `SecRuleEngine On
SecRule ARGS "@pmFromFile words.data" "id:1,phase:1,deny"
SecRuleScript check.lua "id:2,phase:1,deny"
SecRule REMOTE_ADDR "@ipMatchFromFile addresses" "id:3,phase:1,deny"`,
      lua: { allow: { require: true } },
    })
    assert.deepEqual([stops('apple'), stops('pear'), stops('plum')], [true, true, false])
    await reloadsAfter(
      () => {
        put('words.data', 'plum\n')
      },
      () => !stops('apple') && stops('plum'),
    )
    await reloadsAfter(
      () => {
        put('module.lua', 'return "quince"')
      },
      () => !stops('pear') && stops('quince'),
    )
    await reloadsAfter(
      () => {
        put('check.lua', 'function main() if m.getvar("ARGS.a") == "medlar" then return "yes" end end')
      },
      () => !stops('quince') && stops('medlar'),
    )
    await reloadsAfter(
      () => {
        put('addresses', '127.0.0.0/8\n')
      },
      () => stops('anything'),
    )
  })

  it('sees a link that is turned round, and a folder that is replaced', async () => {
    for (const [name, word] of [
      ['one', 'linked'],
      ['two', 'turned'],
    ] as const) {
      mkdirSync(join(folder, name))
      put(`${name}/set.conf`, `SecRuleEngine On\n${deny(word)}`)
    }
    symlinkSync('one', join(folder, 'data'))
    symlinkSync(join('data', 'set.conf'), join(folder, 'set.conf'))
    await load({ files: 'set.conf' })
    assert.ok(stops('linked'))
    await reloadsAfter(
      () => {
        symlinkSync('two', join(folder, 'data.new'))
        renameSync(join(folder, 'data.new'), join(folder, 'data'))
      },
      () => stops('turned'),
    )
    await reloadsAfter(
      () => {
        put('two/set.conf', `SecRuleEngine On\n${deny('written')}`)
      },
      () => stops('written'),
    )
    await reloadsAfter(
      () => {
        mkdirSync(join(folder, 'three'))
        put('three/set.conf', `SecRuleEngine On\n${deny('replaced')}`)
        renameSync(join(folder, 'two'), join(folder, 'gone'))
        renameSync(join(folder, 'three'), join(folder, 'two'))
      },
      () => stops('replaced'),
    )
    await reloadsAfter(
      () => {
        put('two/set.conf', `SecRuleEngine On\n${deny('last')}`)
      },
      () => stops('last'),
    )
  })

  it('loads once for many changes, and not at all for other files', async () => {
    let reloads = 0
    const watched = await load()
    watched.on('reload', () => reloads++)
    put('audit.log', 'x')
    put('rules/notes.txt', 'x')
    await seconds(1)
    assert.equal(reloads, 0)
    await reloadsAfter(
      () => {
        for (let i = 0; i < 20; i++) put(`rules/${i}.conf`, deny(`word${i}`, 100 + i))
      },
      () => stops('word19'),
    )
    await seconds(1)
    assert.equal(reloads, 1)
  })

  it('stands beside reload by hand, which can begin and end it', async () => {
    const watched = await load({ watch: false })
    put('main.conf', `SecRuleEngine On\n${deny('seen by hand')}`)
    await seconds(0.6)
    assert.ok(stops('old'))
    await watched.reload({ files: 'main.conf', cwd: folder, watch: true })
    assert.ok(!stops('old'))
    await reloadsAfter(
      () => {
        put('main.conf', `SecRuleEngine On\n${deny('watched')}`)
      },
      () => stops('watched'),
    )
    await watched.reload({ rules: `SecRuleEngine On\n${deny('text')}` })
    put('main.conf', `SecRuleEngine On\n${deny('ignored')}`)
    await seconds(0.6)
    assert.ok(stops('text'))
  })

  it('ends with close, and does not keep the process alive', async () => {
    const watched = await load()
    let tells = 0
    watched.on('reload', () => tells++).on('reloadError', () => tells++)
    put('main.conf', 'SecNothing\n')
    await watched.close()
    put('main.conf', 'SecNothing else\n')
    await seconds(0.6)
    assert.equal(tells, 0)
    put('main.conf', `SecRuleEngine On\n${deny('old')}`)
    const program = `
      const { Waf } = require(process.argv[1])
      Waf.loadSync({ files: 'main.conf', cwd: process.argv[2], watch: true })`
    const dist = join(__dirname, '../../dist/index.js')
    execFileSync(process.execPath, ['-e', program, dist, folder], { timeout: 20_000 })
  })
})
