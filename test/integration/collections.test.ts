// SPDX-License-Identifier: Apache-2.0
// What persistent collections mean, the same in each of the stores: in this process, in a folder, on a server.
//
// What a store does alone, under load and after a crash, is in its own tests.

import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

import { Waf, type WafOptions } from '../../lib/index.js'
import { needRedis, RedisServer, stopServers } from '../support/redis-server.js'

/** One kind of store, empty at each opening. */
interface Kind {
  readonly name: string
  readonly need?: (this: Mocha.Context) => void
  readonly open: () => Promise<string>
  readonly close: () => Promise<void>
}

function kinds(): Kind[] {
  let folder: string
  let server: RedisServer | undefined
  return [
    { name: 'memory', open: () => Promise.resolve('memory'), close: () => Promise.resolve() },
    {
      name: 'LMDB',
      open: () => {
        folder = mkdtempSync(join(tmpdir(), 'seclua-collections-'))
        return Promise.resolve(`lmdb:${folder}`)
      },
      close: () => {
        rmSync(folder, { recursive: true })
        return Promise.resolve()
      },
    },
    {
      name: 'Redis',
      need: needRedis,
      open: async () => {
        server ??= await RedisServer.start()
        server.command('FLUSHALL')
        return server.address
      },
      close: () => Promise.resolve(),
    },
  ]
}

for (const kind of kinds()) {
  describe(`persistent collections in ${kind.name}`, function () {
    this.timeout(30_000)
    let store: string
    let wafs: Waf[]

    if (kind.need !== undefined) before(kind.need)
    after(stopServers)
    beforeEach(async () => {
      wafs = []
      store = await kind.open()
    })
    afterEach(async () => {
      await Promise.all(wafs.map((waf) => waf.close()))
      await kind.close()
    })

    const load = async (rules: string, options: WafOptions = {}): Promise<Waf> => {
      const patience = { storeTimeout: 10_000 }
      const waf = await Waf.load({ rules: `SecRuleEngine On\n${rules}`, store, ...patience, ...options })
      wafs.push(waf)
      return waf
    }
    const open = 'initcol:ip=%{REMOTE_ADDR}'
    /** One request, and what its variables are after phase 1; '-': there is none. */
    const visit = async (
      waf: Waf,
      names: readonly string[] = [],
      headers: Record<string, string> = {},
    ): Promise<string[]> => {
      const transaction = waf.transaction({ clientAddress: '192.0.2.1' })
      try {
        await transaction.processRequestHeaders({ method: 'GET', uri: '/', headers })
        return names.map((name) => transaction.variable(name)[0]?.value ?? '-')
      } finally {
        await transaction.processLogging()
        transaction.close()
      }
    }
    const action = (actions: string): string => `SecAction "id:1,phase:1,pass,nolog,${actions}"`

    it('go on from request to request, with what the engine keeps of a record', async () => {
      const waf = await load(action(`${open},setvar:ip.n=+1`))
      const names = ['IP:n', 'IP:IS_NEW', 'IP:UPDATE_COUNTER', 'IP:KEY', 'IP:TIMEOUT']
      assert.deepEqual(await visit(waf, names), ['1', '1', '0', '192.0.2.1', '3600'])
      assert.deepEqual(await visit(waf, names), ['2', '-', '1', '192.0.2.1', '3600'])
      const [created, updated] = await visit(waf, ['IP:CREATE_TIME', 'IP:LAST_UPDATE_TIME'])
      const now = Date.now() / 1000
      assert.ok(Number(created) > now - 10 && Number(updated) >= Number(created) && Number(updated) <= now)
    })

    it('are as new for a key of its own', async () => {
      const waf = await load(action('initcol:ip=%{REQUEST_HEADERS.Key},setvar:ip.n=+1'))
      assert.deepEqual(await visit(waf, ['IP:n'], { Key: 'a' }), ['1'])
      assert.deepEqual(await visit(waf, ['IP:n'], { Key: 'a' }), ['2'])
      assert.deepEqual(await visit(waf, ['IP:n'], { Key: 'A' }), ['1'])
    })

    it('end a variable at its time, which a later setvar does not move, and a record after its own', async () => {
      const waf = await load(`${action(open)}
SecRule REQUEST_HEADERS:Do "@streq begin" "id:2,phase:1,pass,nolog,setvar:ip.a=1,setvar:ip.b=1,setvar:ip.c=1,expirevar:ip.a=2,expirevar:ip.b=2,setvar:ip.b=2"
SecAction "id:3,phase:1,pass,nolog,initcol:resource=%{REMOTE_ADDR}"
SecRule REQUEST_HEADERS:Do "@streq begin" "id:4,phase:1,pass,nolog,setvar:resource.n=1,setvar:resource.timeout=2"`)
      const names = ['IP:a', 'IP:b', 'IP:c', 'IP:IS_NEW', 'RESOURCE:n', 'RESOURCE:IS_NEW']
      await visit(waf, [], { Do: 'begin' })
      assert.deepEqual(await visit(waf, names), ['1', '2', '1', '-', '1', '-'])
      await delay(3100) // times are whole seconds: 2 of them are more than 1
      assert.deepEqual(await visit(waf, names), ['-', '-', '1', '-', '-', '1'])
    })

    it('lower by full periods since the last update, and not where there was none', async () => {
      const waf = await load(`${action(open)}
SecRule &IP:n "@eq 0" "id:2,phase:1,pass,nolog,setvar:ip.n=10,deprecatevar:ip.n=1/1,skipAfter:END"
SecAction "id:3,phase:1,pass,nolog,deprecatevar:ip.n=3/1"
SecAction "id:4,phase:1,pass,nolog,deprecatevar:ip.n=1/3600"
SecMarker END`)
      assert.deepEqual(await visit(waf, ['IP:n']), ['10'])
      await delay(2000) // two or three turns of the clock's second
      const [lowered] = await visit(waf, ['IP:n'])
      assert.ok(lowered === '4' || lowered === '1', lowered)
      await delay(4000)
      assert.deepEqual(await visit(waf, ['IP:n']), ['0'])
    })

    it('lose nothing of requests at once', async () => {
      for (const commit of ['transaction', 'phase', 'immediate'] as const) {
        const waf = await load(action(`initcol:global=${commit},setvar:global.n=+1`), { commit })
        await Promise.all(Array.from({ length: 500 }, () => visit(waf)))
        assert.deepEqual(await visit(waf, ['GLOBAL:n', 'GLOBAL:UPDATE_COUNTER']), ['501', '500'])
      }
    })

    it('never fall below 0', async () => {
      const waf = await load(action(`${open},setvar:ip.n=+2,setvar:ip.n=-5`))
      assert.deepEqual(await visit(waf, ['IP:n']), ['0'])
      const other = await load(action(`${open},setvar:ip.n=-1`))
      assert.deepEqual(await visit(other, ['IP:n']), ['0'])
      assert.deepEqual(await visit(other, ['IP:n']), ['0'])
    })

    it('know names in any case as the same, and forget what is unset', async () => {
      const waf = await load(`${action(`${open},setvar:Ip.N=+1`)}
SecRule IP:n "@gt 2" "id:2,phase:1,pass,nolog,setvar:!ip.N"`)
      assert.deepEqual(await visit(waf, ['IP:N', 'ip.n', 'Ip:n']), ['1', '1', '1'])
      await visit(waf)
      assert.deepEqual(await visit(waf, ['IP:n']), ['-'])
      assert.deepEqual(await visit(waf, ['IP:n']), ['1'])
    })

    it('tell applications apart, for sessions, users and resources, but not for addresses', async () => {
      const rules = (application: string): string => `SecWebAppId ${application}
${action(`${open},setsid:s,setuid:u,setrsc:r,setvar:ip.n=+1,setvar:session.n=+1,setvar:user.n=+1,setvar:resource.n=+1`)}`
      const names = ['IP:n', 'SESSION:n', 'USER:n', 'RESOURCE:n']
      // One store for both: that of the memory goes with the rules.
      const first = await load(rules('shop'))
      assert.deepEqual(await visit(first, names), ['1', '1', '1', '1'])
      await first.reload({ rules: `SecRuleEngine On\n${rules('blog')}`, store, storeTimeout: 10_000 })
      assert.deepEqual(await visit(first, names), ['2', '1', '1', '1'])
    })

    it('keep keys of four kilobytes apart, and every byte of a value', async () => {
      const waf = await load(`${action('initcol:ip=%{REQUEST_HEADERS.Key}')}
SecRule REQUEST_HEADERS:Value "@rx ." "id:2,phase:1,pass,nolog,setvar:ip.v=%{REQUEST_HEADERS.Value}"`)
      const long = 'k'.repeat(4096)
      const names = ['IP:v', 'REQUEST_HEADERS:Value']
      const [, seen] = await visit(waf, names, { Key: `${long}a`, Value: '\xff{}:%\x01\xe9 end' })
      assert.deepEqual(await visit(waf, ['IP:v', 'IP:IS_NEW'], { Key: `${long}b` }), ['-', '1'])
      assert.deepEqual(await visit(waf, ['IP:v', 'IP:IS_NEW'], { Key: `${long}a` }), [seen, '-'])
    })

    it('serve the rules of CRS that open an address with its user agent', async () => {
      const waf = await load(`SecAction "id:900,phase:1,pass,nolog,setvar:tx.enable_default_collections=1"
SecRule TX:ENABLE_DEFAULT_COLLECTIONS "@eq 1" "id:901320,phase:1,pass,t:none,nolog,chain"
  SecRule REQUEST_HEADERS:User-Agent "@rx ^.*$" "t:none,t:sha1,t:hexEncode,initcol:global=global,initcol:ip=%{remote_addr}_%{MATCHED_VAR},setvar:ip.n=+1,setvar:global.n=+1"`)
      const names = ['IP:n', 'GLOBAL:n', 'IP:KEY']
      const first = await visit(waf, names, { 'User-Agent': 'a' })
      assert.deepEqual(first.slice(0, 2), ['1', '1'])
      assert.match(first[2] ?? '', /^192\.0\.2\.1_[0-9a-f]{40}$/)
      assert.deepEqual((await visit(waf, names, { 'User-Agent': 'b' })).slice(0, 2), ['1', '2'])
      assert.deepEqual((await visit(waf, names, { 'User-Agent': 'a' })).slice(0, 2), ['2', '3'])
    })
  })
}
