/* SPDX-License-Identifier: Apache-2.0 */
/* coroutine: a new one starts with a hook counter of its own, so creating and resuming is charged, and
 * limits pass through. */
#include "lua/budget.h"
#include "lua/sandbox.h"

enum { status_suspended, status_running, status_normal, status_dead };
static const char *const status_names[] = {"suspended", "running", "normal", "dead"};

/* Stack of L: the coroutine at index */
static lua_State *check_coroutine(lua_State *L) {
    lua_State *coroutine = lua_tothread(L, 1);
    luaL_argexpected(L, coroutine != NULL, 1, "coroutine");
    return coroutine;
}

/* Stack: 1 function ──▶ coroutine, which has the function */
static int create(lua_State *L) {
    luaL_checktype(L, 1, LUA_TFUNCTION);
    sl_lua_run *run = &sl_lua_of(L)->run;
    if (++run->coroutines > sl_coroutines_max) sl_budget_trip(L, SL_BUDGET_COROUTINES);
    sl_budget_charge(L, sl_coroutine_charge);
    lua_State *coroutine = lua_newthread(L); /* inherits the hook and the extra space */
    lua_pushvalue(L, 1);
    lua_xmove(L, coroutine, 1);
    return 1;
}

static int status_of(lua_State *L, lua_State *coroutine) {
    if (L == coroutine) return status_running;
    switch (lua_status(coroutine)) {
    case LUA_YIELD:
        return status_suspended;
    case LUA_OK: {
        lua_Debug frame;
        if (lua_getstack(coroutine, 0, &frame)) return status_normal;
        return lua_gettop(coroutine) == 0 ? status_dead : status_suspended;
    }
    default:
        return status_dead;
    }
}

/* Resumes with the arguments on top; a limit that ended it is raised again here.
 * Stack of L: … arguments ──▶ … results, or … error. Returns the count of results, or -1. */
static int resume_with(lua_State *L, lua_State *coroutine, int arguments) {
    sl_budget_charge(L, sl_resume_charge);
    if (!lua_checkstack(coroutine, arguments)) {
        lua_pushliteral(L, "too many arguments to resume");
        return -1;
    }
    const int state = status_of(L, coroutine);
    if (state != status_suspended) {
        lua_pop(L, arguments);
        lua_pushfstring(L, "cannot resume %s coroutine",
                        state == status_dead ? "dead" : "non-suspended");
        return -1;
    }
    lua_xmove(L, coroutine, arguments);
    sl_lua *lua = sl_lua_of(L);
    lua->current = coroutine;
    int results = 0;
    const int status = lua_resume(coroutine, L, arguments, &results);
    lua->current = L;
    if (status != LUA_OK && status != LUA_YIELD) {
        sl_budget_check(L, status);
        lua_xmove(coroutine, L, 1);
        return -1;
    }
    if (lua->run.tripped != SL_BUDGET_NONE) sl_budget_trip(L, lua->run.tripped);
    if (!lua_checkstack(L, results + 1)) {
        lua_pop(coroutine, results);
        lua_pushliteral(L, "too many results to resume");
        return -1;
    }
    lua_xmove(coroutine, L, results);
    return results;
}

/* Stack: 1 coroutine · arguments ──▶ true · results, or false · error */
static int resume(lua_State *L) {
    lua_State *coroutine = check_coroutine(L);
    const int results = resume_with(L, coroutine, lua_gettop(L) - 1);
    if (results < 0) {
        lua_pushboolean(L, 0);
        lua_insert(L, -2);
        return 2;
    }
    lua_pushboolean(L, 1);
    lua_insert(L, -(results + 1));
    return results + 1;
}

/* Upvalue: 1 coroutine. Stack: arguments ──▶ results, or the error of the coroutine, with its place in
 * front */
static int resume_wrapped(lua_State *L) {
    lua_State *coroutine = lua_tothread(L, lua_upvalueindex(1));
    const int results = resume_with(L, coroutine, lua_gettop(L));
    if (results >= 0) return results;
    const int status = lua_status(coroutine);
    if (status != LUA_OK && status != LUA_YIELD) {
        const int closed = lua_closethread(coroutine, L);
        sl_budget_check(L, closed);
        lua_xmove(coroutine, L, 1);
    }
    if (lua_type(L, -1) == LUA_TSTRING) {
        luaL_where(L, 1);
        lua_insert(L, -2);
        lua_concat(L, 2);
    }
    return lua_error(L);
}

/* Stack: 1 function ──▶ function that resumes */
static int wrap(lua_State *L) {
    create(L);
    lua_pushcclosure(L, resume_wrapped, 1);
    return 1;
}

/* Stack: values ──▶ what the next resume passes */
static int yield(lua_State *L) { return lua_yield(L, lua_gettop(L)); }

/* Stack: 1 coroutine ──▶ name of its status */
static int status(lua_State *L) {
    lua_pushstring(L, status_names[status_of(L, check_coroutine(L))]);
    return 1;
}

/* Stack: ──▶ running coroutine · is it the main one */
static int running(lua_State *L) {
    lua_pushboolean(L, lua_pushthread(L));
    return 2;
}

/* Stack: [1 coroutine] ──▶ boolean */
static int is_yieldable(lua_State *L) {
    lua_State *coroutine = lua_isnone(L, 1) ? L : check_coroutine(L);
    lua_pushboolean(L, lua_isyieldable(coroutine));
    return 1;
}

/* Stack: 1 coroutine ──▶ true, or false · error */
static int close_coroutine(lua_State *L) {
    lua_State *coroutine = check_coroutine(L);
    sl_budget_charge(L, sl_resume_charge);
    const int state = status_of(L, coroutine);
    if (state != status_dead && state != status_suspended) {
        return luaL_error(L, "cannot close a %s coroutine", status_names[state]);
    }
    sl_lua *lua = sl_lua_of(L);
    lua->current = coroutine;
    const int closed = lua_closethread(coroutine, L);
    lua->current = L;
    sl_budget_check(L, closed);
    lua_pushboolean(L, closed == LUA_OK);
    if (closed == LUA_OK) return 1;
    lua_xmove(coroutine, L, 1);
    return 2;
}

static const sl_lua_function functions[] = {
    {"create", create, false},
    {"resume", resume, false},
    {"wrap", wrap, false},
    {"yield", yield, false},
    {"status", status, false},
    {"running", running, false},
    {"isyieldable", is_yieldable, false},
    {"close", close_coroutine, false},
    {0},
};

void sl_sandbox_coroutine(lua_State *L) {
    lua_createtable(L, 0, 8);
    sl_sandbox_set(L, functions);
}
