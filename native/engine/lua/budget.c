/* SPDX-License-Identifier: Apache-2.0 */
/* Budgets of a run: the count hook, the allocator, and the charges of C functions.
 *
 * The facts behind it (measured on Lua 5.4): a count hook costs about 2 ns per instruction whatever its
 * interval; pcall swallows an error raised in a hook; a coroutine starts with a counter of its own; no
 * hook fires inside a C function. */
#include "lua/budget.h"

#include <stdio.h>
#include <stdlib.h>

#include "lua/traceback.h"
#include "lua/vm.h"
#include "run/clock.h"

enum {
    timed_block_bytes = 64 * 1024,   /* asking for that much takes long enough to look at the clock */
    quiet_bytes = 1024 * 1024,       /* growth up to which a run is left alone by the collector */
    gross_factor = 16                /* bytes asked for in all, in units of maxMemory */
};

static uint64_t or_none(uint64_t limit) { return limit == 0 ? UINT64_MAX : limit; }

static int hook_interval(const sl_lua_run *run) {
    return run->instructions_max < sl_hook_interval ? (int)run->instructions_max : sl_hook_interval;
}

static bool is_late(const sl_lua_run *run) {
    return run->deadline_us != INT64_MAX && sl_clock_monotonic_us() > run->deadline_us;
}

/* Stack: untouched, or an error. Called by the machine in the middle of the running function, which is
 * level 0. */
static void on_count(lua_State *L, lua_Debug *activation) {
    (void)activation;
    sl_lua *lua = sl_lua_of(L);
    sl_lua_run *run = &lua->run;
    if (run->tripped != SL_BUDGET_NONE) sl_budget_trip(L, run->tripped);
    run->instructions += (uint64_t)hook_interval(run);
    if (run->instructions > run->instructions_max) sl_budget_trip(L, SL_BUDGET_INSTRUCTIONS);
    if (is_late(run)) sl_budget_trip(L, SL_BUDGET_TIME);
    if (!run->is_collecting && lua->held_bytes > run->held_at_start + quiet_bytes) {
        run->is_collecting = true;
        lua_gc(L, LUA_GCRESTART);
    }
}

void sl_budget_begin(sl_lua *lua) {
    sl_lua_run *run = &lua->run;
    const seclua_lua_options *options = &run->txn->rules->options.lua;
    run->instructions_max = or_none(options->max_instructions);
    run->steps_max = or_none(options->max_pattern_steps);
    run->deadline_us = INT64_MAX;
    run->started_ns = sl_clock_monotonic_ns();
    if (options->timeout_ms != 0 && options->timeout_ms < INT64_MAX / 2000) {
        run->deadline_us = run->started_ns / 1000 + (int64_t)options->timeout_ms * 1000;
    }
    run->held_at_start = lua->held_peak = lua->held_bytes;
    run->arena_at_start = run->txn->arena.used_bytes;
    lua->held_max = SIZE_MAX;
    lua->gross_left = UINT64_MAX;
    if (options->max_memory_bytes != 0 && options->max_memory_bytes < SIZE_MAX / gross_factor) {
        lua->held_max = lua->held_bytes + (size_t)options->max_memory_bytes;
        lua->gross_left = options->max_memory_bytes * gross_factor;
    }
    lua_sethook(lua->L, on_count, LUA_MASKCOUNT, hook_interval(run));
}

void sl_budget_end(sl_lua *lua) {
    lua->held_max = SIZE_MAX;
    lua->gross_left = UINT64_MAX;
    if (lua->L == NULL) return;
    if (lua->run.tripped == SL_BUDGET_NONE) lua->run.instructions += sl_vm_counted(lua->L);
    lua_sethook(lua->L, NULL, 0, 0);
    if (lua->run.is_collecting) lua_gc(lua->L, LUA_GCSTOP);
}

void sl_budget_describe(const sl_lua *lua, sl_budget budget, char *text, size_t size) {
    const seclua_lua_options *options = &lua->run.txn->rules->options.lua;
    switch (budget) {
    case SL_BUDGET_INSTRUCTIONS:
        snprintf(text, size, "lua: instruction limit exceeded (%llu)",
                 (unsigned long long)options->max_instructions);
        return;
    case SL_BUDGET_TIME:
        snprintf(text, size, "lua: time limit exceeded (%llu ms)", (unsigned long long)options->timeout_ms);
        return;
    case SL_BUDGET_MEMORY:
        snprintf(text, size, "lua: memory limit exceeded (%llu)",
                 (unsigned long long)options->max_memory_bytes);
        return;
    case SL_BUDGET_PATTERN:
        snprintf(text, size, "lua: pattern step limit exceeded (%llu)",
                 (unsigned long long)options->max_pattern_steps);
        return;
    case SL_BUDGET_CALLS:
        snprintf(text, size, "lua: call limit exceeded");
        return;
    case SL_BUDGET_COROUTINES:
        snprintf(text, size, "lua: coroutine limit exceeded (%d)", sl_coroutines_max);
        return;
    case SL_BUDGET_ARENA:
        snprintf(text, size, "lua: the transaction is out of memory");
        return;
    case SL_BUDGET_NONE:
        break;
    }
    snprintf(text, size, "lua: no limit");
}

/* Stack: ──▶ message, raised. The place and the traceback are taken only once: later frames did not cause
 * it. */
void sl_budget_trip(lua_State *L, sl_budget budget) {
    sl_lua *lua = sl_lua_of(L);
    if (lua->run.tripped == SL_BUDGET_NONE) {
        lua->run.tripped = budget;
        sl_traceback_place(L, lua->place, sizeof lua->place);
        sl_traceback_frames(L, lua->traceback, sizeof lua->traceback);
    }
    lua_sethook(L, on_count, LUA_MASKCOUNT, 1);
    char text[96];
    sl_budget_describe(lua, lua->run.tripped, text, sizeof text);
    lua_pushfstring(L, "%s%s", lua->place, text);
    lua_error(L);
    abort(); /* not reached: lua_error does not return */
}

void sl_budget_check(lua_State *L, int status) {
    sl_lua_run *run = &sl_lua_of(L)->run;
    if (run->tripped != SL_BUDGET_NONE) sl_budget_trip(L, run->tripped);
    if (status == LUA_ERRMEM)
        sl_budget_trip(L, run->refused == SL_BUDGET_NONE ? SL_BUDGET_MEMORY : run->refused);
}

void sl_budget_charge(lua_State *L, uint64_t instructions) {
    sl_lua_run *run = &sl_lua_of(L)->run;
    if (run->tripped != SL_BUDGET_NONE) sl_budget_trip(L, run->tripped);
    /* Below the limit before and after: no sum can wrap. */
    if (instructions > run->instructions_max - run->instructions) sl_budget_trip(L, SL_BUDGET_INSTRUCTIONS);
    run->instructions += instructions;
    if (instructions >= sl_hook_interval && is_late(run)) sl_budget_trip(L, SL_BUDGET_TIME);
}

bool sl_budget_has_memory(const sl_lua *lua, size_t size) {
    return size <= lua->gross_left &&
           (lua->held_max == SIZE_MAX || size <= lua->held_max - lua->run.held_at_start);
}

sl_lua_run *sl_budget_call(lua_State *L) {
    sl_lua *lua = sl_lua_of(L);
    sl_lua_run *run = &lua->run;
    if (++run->calls > sl_calls_max) sl_budget_trip(L, SL_BUDGET_CALLS);
    /* What a script makes the transaction keep counts as its own. */
    const size_t arena_growth = run->txn->arena.used_bytes - run->arena_at_start;
    if (lua->held_max != SIZE_MAX && arena_growth > 2 * (lua->held_max - run->held_at_start)) {
        sl_budget_trip(L, SL_BUDGET_MEMORY);
    }
    return run;
}

static void *refuse(sl_lua *lua, const void *block, sl_budget budget) {
    lua->run.refused = budget;
    /* An allocation error calls no message handler, so this is the last chance to see where the script
     * stands; only while the machine moves a stack are its frames not to be looked at. */
    if (lua->in_run && !sl_vm_is_stack(lua->current, block)) {
        sl_traceback_place(lua->current, lua->place, sizeof lua->place);
    }
    return NULL;
}

void *sl_budget_allocate(void *ud, void *block, size_t old_size, size_t size) {
    sl_lua *lua = ud;
    const size_t before = block == NULL ? 0 : old_size; /* for new blocks old_size tells their kind */
    if (size == 0) {
        lua->held_bytes -= before;
        sl_pool_release(&lua->pool, block, before);
        return NULL;
    }
    if (size > before) {
        const size_t growth = size - before;
        if (lua->held_bytes > lua->held_max || growth > lua->held_max - lua->held_bytes ||
            size > lua->gross_left) {
            return refuse(lua, block, SL_BUDGET_MEMORY);
        }
        if (size >= timed_block_bytes && lua->in_run && is_late(&lua->run))
            return refuse(lua, block, SL_BUDGET_TIME);
    }
    void *at = sl_pool_resize(&lua->pool, block, before, size);
    if (at == NULL) return NULL;
    if (size > before && lua->gross_left != UINT64_MAX) lua->gross_left -= size;
    lua->held_bytes += size;
    lua->held_bytes -= before;
    if (lua->held_bytes > lua->held_peak) lua->held_peak = lua->held_bytes;
    return at;
}
