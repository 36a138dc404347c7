/* SPDX-License-Identifier: Apache-2.0 */
/* One run of a script: environment, chunk body, main, result; then the state is as before.
 *
 * Everything that can raise happens inside one protected call. The transaction's arena may run dry in
 * there: its callback is replaced for that time by one that raises a Lua error, so that no jump ever
 * leaves the state half-way; the arena's own callback is called when the state is in order again. */
#include <stdio.h>

#include "base/strbuf.h"
#include "lua/api.h"
#include "lua/budget.h"
#include "lua/sandbox.h"
#include "lua/text.h"
#include "lua/traceback.h"
#include "run/clock.h"
#include "run/engine.h"
#include "run/host.h"

enum {
    collect_bytes = 512 * 1024, /* growth since the last collection that is worth one */
    shown_result_max = 200
};

/* Stack: error value ──▶ its text. The message handler of the run: the failed frames are still there. */
static int handle_error(lua_State *L) {
    sl_lua *lua = sl_lua_of(L);
    if (lua->run.tripped == SL_BUDGET_NONE) sl_traceback_frames(L, lua->traceback, sizeof lua->traceback);
    switch (lua_type(L, 1)) {
    case LUA_TSTRING:
    case LUA_TNUMBER:
        return 1;
    case LUA_TNIL:
        lua_pushliteral(L, "(error object is a nil value)");
        return 1;
    default:
        break;
    }
    if (luaL_callmeta(L, 1, "__tostring") && lua_type(L, -1) == LUA_TSTRING) return 1;
    lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, 1));
    return 1;
}

/* The kept closure of the script's chunk; undumped by the first run that needs it. Stack: ──▶ chunk */
static void push_chunk(lua_State *L, const sl_script *script) {
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, script) == LUA_TFUNCTION) return;
    lua_pop(L, 1);
    if (luaL_loadbufferx(L, script->bytes, script->byte_count, "=script", "b") != LUA_OK) lua_error(L);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, script);
}

/* Stack: 1 … result ──▶ the same */
static void take_text(lua_State *L, sl_lua_run *run) {
    run->returned = lua_type(L, -1);
    if (run->returned != LUA_TSTRING) luaL_error(L, "main returned a %s value, not a text", luaL_typename(L, -1));
    const sl_slice text = sl_lua_slice(L, -1);
    if (text.len > sl_transformed_bytes_max(*run->argument)) luaL_error(L, "main returned a text that is too long");
    run->result->text = sl_arena_copy(&run->txn->arena, text);
}

/* What main returned decides. Stack: 1 … result ──▶ the same */
static void take_result(lua_State *L, sl_lua_run *run) {
    sl_slice text = SL_EMPTY;
    run->returned = lua_type(L, -1);
    switch (run->returned) {
    case LUA_TUSERDATA:
        run->result->match = sl_api_match_at(L, -1);
        if (run->result->match == NULL) return;
        run->result->text = run->result->match->text;
        run->result->matched = true;
        return;
    case LUA_TBOOLEAN:
        run->returned_true = run->kind != SL_RUN_EXEC && lua_toboolean(L, -1) != 0; /* exec ignores results */
        return;
    case LUA_TSTRING:
        text = sl_lua_slice(L, -1);
        break;
    case LUA_TNUMBER: {
        char digits[sl_number_text_max];
        text = sl_lua_number_text(L, lua_gettop(L), digits);
        run->result->text = sl_arena_copy(&run->txn->arena, text);
        run->result->matched = true;
        return;
    }
    default:
        return;
    }
    if (text.len == 0) return;
    run->result->text = sl_arena_copy(&run->txn->arena, text);
    run->result->matched = true;
}

/* Stack: 1 environment · 2 chunk ──▶ 1 environment · 2 result of main */
static int run_script(lua_State *L) {
    sl_lua_run *run = &sl_lua_of(L)->run;
    sl_sandbox_enter(L);
    push_chunk(L, run->script);
    lua_pushvalue(L, 1);
    lua_setupvalue(L, 2, 1); /* _ENV, the only upvalue of a chunk */
    lua_call(L, 0, 0);
    lua_pushliteral(L, "main");
    if (lua_rawget(L, 1) == LUA_TNIL) {
        lua_pop(L, 1);
        run->lacks_main = true;
        lua_pushfstring(L, "script %s defines no global function \"main\"",
                        (const char *)run->script->name.ptr);
        return lua_error(L);
    }
    int arguments = 0;
    if (run->argument != NULL) {
        sl_lua_push(L, *run->argument);
        arguments = 1;
    }
    lua_call(L, arguments, 1);
    if (run->kind == SL_RUN_TRANSFORM) {
        take_text(L, run);
    } else {
        take_result(L, run);
    }
    return 0;
}

static _Noreturn void raise_exhausted(void *context) {
    sl_lua *lua = context;
    sl_budget_trip(lua->current, SL_BUDGET_ARENA);
}

/* The state as it was before the run; cannot fail. */
static void leave(sl_lua *lua) {
    lua_State *L = lua->L;
    sl_sandbox_leave(L);
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, lua->run.script) == LUA_TFUNCTION) {
        lua_pushnil(L);
        lua_setupvalue(L, -2, 1);
    }
    lua_settop(L, 0);
}

static void keep_message(sl_lua *lua, int status) {
    if (lua->run.tripped != SL_BUDGET_NONE) {
        char text[96];
        sl_budget_describe(lua, lua->run.tripped, text, sizeof text);
        snprintf(lua->message, sizeof lua->message, "%s%s", lua->place, text);
        return;
    }
    const char *text = lua_tostring(lua->L, -1);
    if (text == NULL) text = status == LUA_ERRERR ? "error in error handling" : "unknown error";
    snprintf(lua->message, sizeof lua->message, "%s", text);
}

/* "s.lua:3" of a message that starts with "s.lua:3: …", else the script. */
static sl_slice source_of(const sl_lua *lua) {
    const sl_slice name = lua->run.script->name;
    const sl_slice message = sl_slice_z(lua->message);
    if (!sl_slice_starts(message, name) || message.len == name.len || message.ptr[name.len] != ':')
        return name;
    size_t end = name.len + 1;
    while (end < message.len && sl_ascii_is_digit(message.ptr[end])) end++;
    return sl_slice_of(message.ptr, end);
}

static void report(sl_lua *lua) {
    sl_txn *txn = lua->run.txn;
    const sl_rule *rule = lua->run.rule;
    sl_strbuf text;
    sl_strbuf_init(&text, &txn->arena, 256);
    sl_strbuf_add_z(&text, "Lua: Script execution failed: ");
    sl_strbuf_add_z(&text, lua->message);
    sl_strbuf_add_z(&text, " [script ");
    sl_strbuf_add(&text, lua->run.script->name);
    if (rule != NULL) {
        sl_strbuf_add_format(&text, ", rule %llu, phase %u", (unsigned long long)rule->id,
                             (unsigned)rule->phase);
    }
    if (lua->traceback[0] != '\0') {
        sl_strbuf_add_z(&text, ", at ");
        sl_strbuf_add_z(&text, lua->traceback);
    }
    sl_strbuf_add_z(&text, "]");
    sl_host_log(txn, 1, false, sl_strbuf_slice(&text), source_of(lua));
}

static void trace(sl_lua *lua, int64_t took_ns) {
    sl_txn *txn = lua->run.txn;
    const sl_run_result *result = lua->run.result;
    sl_slice text = result->text;
    const char *quote = "\"";
    if (!result->matched && lua->run.returned != LUA_TSTRING) {
        text = lua->run.returned_true ? SL_LIT("true") : sl_slice_z(lua_typename(lua->L, lua->run.returned));
        quote = "";
    }
    if (text.len > shown_result_max) text.len = shown_result_max;
    const sl_slice name = lua->run.script->name;
    sl_host_debug(txn, 9, "Lua: %.*s returned %s%.*s%s in %lld us, %llu instructions, %zu bytes",
                  (int)name.len, (const char *)name.ptr, quote, (int)text.len, (const char *)text.ptr, quote,
                  (long long)(took_ns / 1000), (unsigned long long)lua->run.instructions,
                  lua->held_peak - lua->run.held_at_start);
}

static seclua_script_failure failure_of(const sl_lua_run *run) {
    switch (run->tripped) {
    case SL_BUDGET_NONE: return run->lacks_main ? SECLUA_SCRIPT_NO_MAIN : SECLUA_SCRIPT_ERROR;
    case SL_BUDGET_INSTRUCTIONS: return SECLUA_SCRIPT_INSTRUCTIONS;
    case SL_BUDGET_TIME: return SECLUA_SCRIPT_TIME;
    case SL_BUDGET_MEMORY: return SECLUA_SCRIPT_MEMORY;
    case SL_BUDGET_PATTERN: return SECLUA_SCRIPT_PATTERN_STEPS;
    case SL_BUDGET_CALLS: return SECLUA_SCRIPT_CALLS;
    case SL_BUDGET_COROUTINES: return SECLUA_SCRIPT_COROUTINES;
    case SL_BUDGET_ARENA: return SECLUA_SCRIPT_TRANSACTION_MEMORY;
    }
    return SECLUA_SCRIPT_ERROR;
}

static void count(sl_lua *lua, int status, uint64_t took_ns, size_t memory_bytes) {
    const sl_lua_run *run = &lua->run;
    seclua_script_stats *stats = &lua->stats[run->script->index];
    stats->runs++;
    stats->total_ns += took_ns;
    if (took_ns > stats->max_ns) stats->max_ns = took_ns;
    stats->instructions += run->instructions;
    if (memory_bytes > stats->memory_bytes_max) stats->memory_bytes_max = memory_bytes;
    if (status == LUA_OK) {
        if (run->result->matched) stats->matches++;
        return;
    }
    stats->failures[failure_of(run)]++;
    sl_engine *engine = lua->engine;
    engine->stats.script_errors++;
    if (run->tripped != SL_BUDGET_NONE) engine->stats.script_limits++;
}

static void fail(sl_lua *lua) {
    sl_lua_run *run = &lua->run;
    run->result->matched = run->kind != SL_RUN_TRANSFORM && run->txn->rules->options.lua.match_on_error;
    run->result->failed = !run->result->matched;
    run->result->text =
        run->result->matched ? sl_arena_copy(&run->txn->arena, sl_slice_z(lua->message)) : SL_EMPTY;
    report(lua);
}

/* Protected call of run_script, with the arena's callback exchanged. */
static int call(sl_lua *lua) {
    lua_State *L = lua->L;
    sl_arena *arena = &lua->run.txn->arena;
    void (*const exhausted)(void *) = arena->exhausted;
    void *const context = arena->context;
    arena->exhausted = raise_exhausted;
    arena->context = lua;
    lua_pushcfunction(L, handle_error);
    lua_pushcfunction(L, run_script);
    const int status = lua_pcall(L, 0, 0, 1);
    arena->exhausted = exhausted;
    arena->context = context;
    return status;
}

static void settle(sl_lua *lua, int status) {
    sl_lua_run *run = &lua->run;
    if (status == LUA_ERRMEM && run->tripped == SL_BUDGET_NONE) {
        run->tripped = run->refused == SL_BUDGET_NONE ? SL_BUDGET_MEMORY : run->refused;
    }
    if (status != LUA_OK) keep_message(lua, status);
    sl_budget_end(lua);
    leave(lua);
    lua->in_run = false;
    if (run->tripped != SL_BUDGET_NONE) {
        sl_lua_drop(lua);
    } else if (lua->held_bytes > lua->held_after_collection + collect_bytes) {
        lua_gc(lua->L, LUA_GCCOLLECT);
        lua->held_after_collection = lua->held_bytes;
    }
}

void sl_script_run(sl_txn *txn, const sl_rule *rule, const sl_script *script, sl_run_kind kind,
                   const seclua_slice *argument, sl_run_result *result) {
    memset(result, 0, sizeof *result);
    sl_engine *engine = txn->engine;
    sl_lua *lua = sl_lua_ready(engine);
    if (lua == NULL || lua->in_run) {
        result->failed = true;
        sl_host_log(txn, 1, false,
                    lua == NULL ? SL_LIT("Lua: no memory for a Lua state")
                                : SL_LIT("Lua: a script cannot run inside a script"),
                    script->name);
        return;
    }
    memset(&lua->run, 0, sizeof lua->run);
    lua->place[0] = lua->message[0] = lua->traceback[0] = '\0';
    lua->run.txn = txn;
    lua->run.rule = rule;
    lua->run.script = script;
    lua->run.kind = kind;
    lua->run.argument = argument;
    lua->run.result = result;
    engine->stats.script_runs++;
    sl_budget_begin(lua);
    lua->in_run = true;
    const int status = call(lua);
    const int64_t took_ns = sl_clock_monotonic_ns() - lua->run.started_ns;
    const size_t memory_bytes = lua->held_peak - lua->run.held_at_start;
    settle(lua, status);
    count(lua, status, (uint64_t)took_ns, memory_bytes);
    if (lua->run.tripped == SL_BUDGET_ARENA) {
        txn->arena.exhausted(txn->arena.context);
        return; /* not reached: exhausted does not return */
    }
    if (status != LUA_OK) {
        fail(lua);
        return;
    }
    if (sl_host_debugs(txn, 9)) trace(lua, took_ns);
    if (lua->run.returned_true && sl_api_first_time(lua, SL_LIT("true"))) {
        sl_host_log(txn, 2, false,
                    SL_LIT("Lua: main returned true, which does not match: return a string to match"),
                    script->name);
    }
}
