/* SPDX-License-Identifier: Apache-2.0 */
/* The kept Lua state of a thread: made when the first script runs, thrown away after a limit, closed with
 * the engine. */
#include "lua/state.h"

#include <stdlib.h>

#include "base/random.h"
#include "lua/api.h"
#include "lua/budget.h"
#include "lua/sandbox.h"

/* One address per slot: a registry key that no script can make. */
static const char slot_keys[SL_LUA_SLOTS];

/* Stack: ──▶ value */
int sl_lua_push_slot(lua_State *L, sl_lua_slot slot) {
    return lua_rawgetp(L, LUA_REGISTRYINDEX, &slot_keys[slot]);
}

/* Stack: value ──▶ */
void sl_lua_set_slot(lua_State *L, sl_lua_slot slot) { lua_rawsetp(L, LUA_REGISTRYINDEX, &slot_keys[slot]); }

/* Stack: ──▶ table */
void sl_lua_push_run_table(lua_State *L) {
    if (sl_lua_push_slot(L, SL_LUA_RUN) == LUA_TTABLE) return;
    lua_pop(L, 1);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    sl_lua_set_slot(L, SL_LUA_RUN);
}

/* splitmix64: one seed of the operating system per thread, many generators. */
uint64_t sl_lua_random(sl_lua *lua) {
    lua->seed += 0x9e3779b97f4a7c15u;
    uint64_t z = lua->seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* Stack: 1 nothing ──▶ nothing; protected, since memory may run out on the way. */
static int open_libraries(lua_State *L) {
    sl_sandbox_open(L);
    return 0;
}

static bool open_state(sl_lua *lua) {
    lua_State *L = lua_newstate(sl_budget_allocate, lua);
    if (L == NULL) {
        sl_pool_end(&lua->pool);
        return false;
    }
    *(sl_lua **)lua_getextraspace(L) = lua;
    lua->L = lua->current = L;
    lua_pushcfunction(L, open_libraries);
    if (lua_pcall(L, 0, 0, 0) != LUA_OK) {
        sl_lua_drop(lua);
        return false;
    }
    /* Between runs and in short ones nothing is collected: run.c looks at the growth when a run is over. */
    lua_gc(L, LUA_GCCOLLECT);
    lua_gc(L, LUA_GCSTOP);
    return true;
}

sl_lua *sl_lua_ready(sl_engine *engine) {
    sl_lua *lua = engine->lua;
    if (lua == NULL) {
        lua = calloc(1, sizeof *lua);
        if (lua == NULL) return NULL;
        lua->stats = calloc(engine->rules->script_count + 1, sizeof *lua->stats);
        if (lua->stats == NULL) {
            free(lua);
            return NULL;
        }
        lua->engine = engine;
        lua->held_max = SIZE_MAX;
        lua->gross_left = UINT64_MAX;
        sl_random_bytes((uint8_t *)&lua->seed, sizeof lua->seed);
        engine->lua = lua;
    }
    if (lua->L == NULL && !open_state(lua)) return NULL;
    return lua;
}

void sl_lua_drop(sl_lua *lua) {
    if (lua->L == NULL) return;
    lua_State *L = lua->L;
    lua->held_max = SIZE_MAX;
    lua->gross_left = UINT64_MAX;
    lua_close(L);
    sl_pool_end(&lua->pool);
    lua->L = lua->current = NULL;
}

void sl_lua_free(struct sl_lua *lua) {
    if (lua == NULL) return;
    sl_lua_drop(lua);
    sl_api_free_operators(lua);
    free(lua->stats);
    free(lua);
}

bool seclua_engine_script_stats(const seclua_engine *handle, size_t index, seclua_script_stats *out) {
    const sl_engine *engine = (const sl_engine *)handle;
    if (index >= engine->rules->script_count) return false;
    if (engine->lua == NULL) {
        memset(out, 0, sizeof *out);
    } else {
        *out = engine->lua->stats[index];
    }
    out->name = engine->rules->scripts[index]->name;
    return true;
}
