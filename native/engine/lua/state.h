/* SPDX-License-Identifier: Apache-2.0 */
/* One thread's Lua: the kept state, what a run of a script may use, and what it has used.
 *
 * A state is made when the first script runs and kept; each run gets a fresh environment in it (sandbox.h)
 * and budgets of its own (budget.h). The pointer to this struct lies in the extra space of every
 * coroutine, so that no function of the bridge needs a global. Scripts never see it. */
#ifndef SL_LUA_STATE_H
#define SL_LUA_STATE_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "lua/pool.h"
#include "lua/script.h"
#include "run/txn.h"

/* The image of one script: made by script.c at load, never written to afterwards. */
struct sl_script {
    sl_slice name;    /* as the rule wrote it: the chunk name, without @; a NUL follows */
    sl_slice folder;  /* of the file that was read; where its modules are looked for */
    sl_slice source;  /* the file; equal name and source share the image */
    const void *bytes; /* bytecode with debug information, dumped by script.c and loaded by nobody else */
    size_t byte_count;
    size_t index; /* among the scripts of its rule set: of its counters */
};

typedef enum sl_budget {
    SL_BUDGET_NONE = 0,
    SL_BUDGET_INSTRUCTIONS,
    SL_BUDGET_TIME,
    SL_BUDGET_MEMORY,
    SL_BUDGET_PATTERN,
    SL_BUDGET_CALLS,
    SL_BUDGET_COROUTINES,
    SL_BUDGET_ARENA /* the transaction's own memory is at its end */
} sl_budget;

enum {
    sl_lua_message_max = 1024,  /* bytes of an error message that are kept */
    sl_lua_traceback_max = 1536,
    sl_lua_place_max = 160,
    sl_lua_names = 64, /* variables; a power of two */
    sl_lua_steps = 16, /* transformations; a power of two */
    sl_lua_warned_max = 256 /* distinct "once per script and name" warnings that a thread remembers */
};

/* A name that was looked up before, in the spelling of the script, and the row of its table. */
typedef struct sl_lua_name {
    uint8_t length; /* 0 = free */
    char text[31];
    const void *row;
} sl_lua_name;

/* What one run may use and has used. Zeroed at its start. */
typedef struct sl_lua_run {
    sl_txn *txn;
    const sl_rule *rule;
    const sl_script *script;
    sl_run_kind kind;
    const sl_slice *argument; /* NULL = main gets none */
    sl_run_result *result;
    int returned;             /* type of the first result, LUA_T… */
    bool returned_true;       /* worth a warning: it does not match */
    bool lacks_main;

    uint64_t instructions, instructions_max;
    uint64_t steps, steps_max;     /* of the pattern matcher */
    uint32_t calls, log_records, coroutines;
    int64_t deadline_us;           /* monotonic; INT64_MAX = none */
    size_t held_at_start;          /* bytes of the state */
    int64_t started_ns;            /* monotonic */
    size_t arena_at_start;
    sl_budget tripped;             /* the limit that ended the run; it stays, whatever pcall does */
    sl_budget refused;             /* why the allocator last said no */
    bool is_collecting;            /* the collector was switched on inside this run */
    bool string_is_overlaid;       /* the string metatable points at the run's own string table */
    bool has_files;                /* the files table holds something to close */
    bool has_random;
    sl_values values;              /* of the last m.getvars; its room is used again */
    uint64_t random[4];            /* generator of math.random */
} sl_lua_run;

typedef struct sl_lua {
    lua_State *L;       /* NULL: to be made */
    lua_State *current; /* the coroutine that runs now: where errors have to be raised */
    sl_engine *engine;
    bool in_run;
    sl_pool pool;      /* memory of the state */
    size_t held_bytes; /* of the state, as handed out by the allocator */
    size_t held_after_collection; /* held_bytes when the collector last ran between runs */
    size_t held_max;   /* SIZE_MAX outside runs */
    size_t held_peak;  /* most of held_bytes since the run began */
    uint64_t gross_left;
    sl_lua_run run;
    uint64_t seed; /* for generators; stepped at each use */
    /* Where and why the run ended. Fixed room: to write them must not fail. */
    char place[sl_lua_place_max];
    char message[sl_lua_message_max];
    char traceback[sl_lua_traceback_max];
    sl_lua_name names[sl_lua_names]; /* of variables, by hash; the last one stays */
    sl_lua_name steps[sl_lua_steps]; /* of transformations, likewise */
    uint64_t warned[sl_lua_warned_max];
    size_t warned_count;
    seclua_script_stats *stats;      /* by index of the script */
    struct sl_lua_operators *operators; /* prepared for m.op and its kin (api_operators.c) */
} sl_lua;

/* Registry slots, by address. */
typedef enum sl_lua_slot {
    SL_LUA_ENVIRONMENT_META, /* metatable of all environments */
    SL_LUA_LIBRARIES,        /* name → metatable of its overlays */
    SL_LUA_STRING,           /* the shared string library */
    SL_LUA_STRING_META,      /* metatable of all strings */
    SL_LUA_MATCH,            /* metatable of what m.match makes */
    SL_LUA_NO_GLOBALS,       /* empty table: the globals between runs */
    SL_LUA_MODULES,          /* path → main function of a required module */
    SL_LUA_RUN,              /* this run's own: files to close, loaded modules; nil between runs */
    SL_LUA_SLOTS
} sl_lua_slot;

static inline sl_lua *sl_lua_of(lua_State *L) { return *(sl_lua **)lua_getextraspace(L); }

/* Pushes, or pops into, a slot. Returns the type. */
int sl_lua_push_slot(lua_State *L, sl_lua_slot slot);
void sl_lua_set_slot(lua_State *L, sl_lua_slot slot);
/* Pushes this run's own table, made on first use. */
void sl_lua_push_run_table(lua_State *L);

/* The thread's Lua, ready to run; NULL when memory runs out. */
sl_lua *sl_lua_ready(sl_engine *engine);
/* Closes the state: the next run starts from scratch. After a limit nobody should trust what is in it. */
void sl_lua_drop(sl_lua *lua);
/* The next 64 random bits of this thread. */
uint64_t sl_lua_random(sl_lua *lua);

/* Counts a call of what lua.allow keeps closed. */
static inline void sl_lua_note_door(lua_State *L) {
    sl_lua *lua = sl_lua_of(L);
    lua->stats[lua->run.script->index].closed_doors++;
}

/* Text of a Lua string at index. */
static inline sl_slice sl_lua_slice(lua_State *L, int index) {
    size_t length = 0;
    const char *text = lua_tolstring(L, index, &length);
    return sl_slice_of(text, length);
}
static inline void sl_lua_push(lua_State *L, sl_slice text) {
    lua_pushlstring(L, text.len == 0 ? "" : (const char *)text.ptr, text.len);
}

#endif
