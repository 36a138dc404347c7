// SPDX-License-Identifier: Apache-2.0
// The same script bodies in fengari and wasmoon, called from Node, with m.getvar and m.setvar as JavaScript functions:
// microseconds of CPU time per run. Both keep one state and one loaded script, so that only the run is measured.
//
//   node bench/lua/node.mjs ROUNDS SCRIPT.lua…        one line of JSON for each script

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const [rounds, ...scripts] = process.argv.slice(2)
const values = Array.from({ length: 20 }, (_, i) => `A fairly Ordinary argument value number ${i * 7919}`)
const stored = new Map()
const getvar = (name, transformation) => {
  const value = values[Number(name.slice('ARGS.a'.length))]
  return transformation === 'lowercase' ? value?.toLowerCase() : value
}

function fengari(text) {
  const { lua, lauxlib, lualib, to_luastring: bytes } = require('fengari')
  const state = lauxlib.luaL_newstate()
  lualib.luaL_openlibs(state)
  lua.lua_createtable(state, 0, 2)
  lua.lua_pushcfunction(state, (L) => {
    const transformation = lua.lua_isstring(L, 2) ? lua.lua_tojsstring(L, 2) : undefined
    lua.lua_pushstring(L, bytes(getvar(lua.lua_tojsstring(L, 1), transformation)))
    return 1
  })
  lua.lua_setfield(state, -2, bytes('getvar'))
  lua.lua_pushcfunction(state, (L) => {
    stored.set(lua.lua_tojsstring(L, 1), lua.lua_tojsstring(L, 2))
    return 0
  })
  lua.lua_setfield(state, -2, bytes('setvar'))
  lua.lua_setglobal(state, bytes('m'))
  if (lauxlib.luaL_dostring(state, bytes(text)) !== lua.LUA_OK) throw new Error(lua.lua_tojsstring(state, -1))
  const main = bytes('main')
  return () => {
    lua.lua_getglobal(state, main)
    if (lua.lua_pcall(state, 0, 1, 0) !== lua.LUA_OK) throw new Error(lua.lua_tojsstring(state, -1))
    lua.lua_pop(state, 1)
  }
}

async function wasmoon(text) {
  const { LuaFactory } = require('wasmoon')
  const engine = await new LuaFactory().createEngine()
  engine.global.set('m', { getvar, setvar: (name, value) => void stored.set(name, value) })
  await engine.doString(text)
  return engine.global.get('main')
}

/** Of the process: on a machine with other work, too, the warm-up is one and a round is a round. */
function cpuUs() {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** The median over the rounds; a round lasts some 100 ms. */
function measure(run) {
  let count = 0
  for (const end = cpuUs() + 300_000; cpuUs() < end; count++) run()
  count = Math.max(1, Math.ceil(count / 3))
  const samples = Array.from({ length: Number(rounds) }, () => {
    const before = cpuUs()
    for (let i = 0; i < count; i++) run()
    return (cpuUs() - before) / count
  })
  return samples.sort((a, b) => a - b)[samples.length >> 1]
}

for (const script of scripts) {
  const text = readFileSync(script, 'utf8')
  const fengariUs = measure(fengari(text))
  const wasmoonUs = measure(await wasmoon(text))
  console.log(JSON.stringify({ fengari_us: fengariUs, wasmoon_us: wasmoonUs }))
}
process.exit(0)
