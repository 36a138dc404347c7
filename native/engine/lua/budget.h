/* SPDX-License-Identifier: Apache-2.0 */
/* What a run may use: instructions, time, memory, pattern steps, calls.
 *
 * A limit is sticky. Once passed, the hook fires at every instruction, and pcall, xpcall and the coroutine
 * functions raise again whatever they caught: no script can outlive its limit. */
#ifndef SL_LUA_BUDGET_H
#define SL_LUA_BUDGET_H

#include "lua/state.h"

enum {
    sl_hook_interval = 200,        /* instructions between two looks at the budgets */
    sl_calls_max = 100000,         /* of m.* per run */
    sl_coroutines_max = 1000,      /* per run */
    sl_coroutine_charge = 1000,    /* instructions: a new coroutine starts with a fresh hook counter */
    sl_resume_charge = 10,
    sl_bytes_per_instruction = 64, /* what C functions do in the time of an instruction, about */
    sl_source_bytes_max = 1 << 20  /* of a script, a module or what load is given */
};

/* Starts counting for the run that is set up in lua. */
void sl_budget_begin(sl_lua *lua);
void sl_budget_end(sl_lua *lua);

/* Ends the run for this reason. Does not return. */
_Noreturn void sl_budget_trip(lua_State *L, sl_budget budget);
/* To be asked after every protected call that failed: raises again when a limit is behind it. */
void sl_budget_check(lua_State *L, int status);
/* Instructions spent in C. */
void sl_budget_charge(lua_State *L, uint64_t instructions);
static inline void sl_budget_charge_bytes(lua_State *L, size_t bytes) {
    sl_budget_charge(L, 1 + bytes / sl_bytes_per_instruction);
}
/* True while size more bytes may be asked for: for C functions that know beforehand what they will need. */
bool sl_budget_has_memory(const sl_lua *lua, size_t size);
/* Entry of every m.* function. */
sl_lua_run *sl_budget_call(lua_State *L);
/* The stable text of a limit, "lua: time limit exceeded (50 ms)", into text. */
void sl_budget_describe(const sl_lua *lua, sl_budget budget, char *text, size_t size);

/* The allocator of the state; ud is the sl_lua. */
void *sl_budget_allocate(void *ud, void *block, size_t old_size, size_t size);

#endif
