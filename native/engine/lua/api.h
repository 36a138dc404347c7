/* SPDX-License-Identifier: Apache-2.0 */
/* The table m: how scripts reach the transaction. One file per family; each has its table at the foot. */
#ifndef SL_LUA_API_H
#define SL_LUA_API_H

#include "lua/budget.h"
#include "lua/state.h"

/* One function of m. */
typedef struct sl_api_row {
    const char *name;
    lua_CFunction function;
} sl_api_row;

extern const sl_api_row sl_api_log[];         /* log */
extern const sl_api_row sl_api_variables[];   /* getvar getvars each count exists */
extern const sl_api_row sl_api_collections[]; /* setvar incr expire del */
extern const sl_api_row sl_api_texts[];       /* transform, encodings, digests, escape, expand */
extern const sl_api_row sl_api_operators[];   /* op rx pm ipmatch */
extern const sl_api_row sl_api_json[];        /* json tojson */
extern const sl_api_row sl_api_facts[];       /* now clock left */
extern const sl_api_row sl_api_match[];       /* match */

/* Sets the proxies tx, ip … into m. Stack: m ──▶ m */
void sl_api_set_proxies(lua_State *L);
/* Sets version, api, null and the read-only rule into m. Stack: m ──▶ m */
void sl_api_set_facts(lua_State *L);

/* What a name like "ARGS.q" asks for. False: there is no such variable; a record of level 2 says so once.
 * The target borrows text. */
bool sl_api_parse_name(lua_State *L, sl_slice text, sl_target *target);
/* All values of a target, in run->values. */
const sl_values *sl_api_values(lua_State *L, const sl_target *target);
/* Stack: ──▶ display name of a value, "ARGS:q" */
void sl_api_push_name(lua_State *L, const sl_value *value);
/* "tx.score" into collection and key. False: no separator or an empty key; a record of level 2 says so. */
bool sl_api_split(lua_State *L, const char *function, sl_slice text, sl_slice *collection, sl_slice *key);

/* The transformations that argument index asks for, in order. A long list is in the arena. */
typedef struct sl_api_steps {
    const sl_transformation **items;
    size_t count, capacity;
    const sl_transformation *first[4]; /* room for the usual list */
} sl_api_steps;
void sl_api_check_steps(lua_State *L, int index, sl_api_steps *steps);
/* A text after these steps. */
sl_slice sl_api_transformed(sl_txn *txn, sl_text *text, const sl_api_steps *steps);

/* Assignment as m.setvar and the proxies do it: value at index is a string, a number or nil. */
bool sl_api_assign(lua_State *L, sl_slice collection, sl_slice key, int index);
/* Logs at level 3 why nothing was written; true when it was. */
bool sl_api_was_set(lua_State *L, int result, sl_slice collection, sl_slice key);

/* True at the first call with this script and text in this thread. */
bool sl_api_first_time(sl_lua *lua, sl_slice text);
/* A record of the bridge itself: format, then a name that may hold any bytes, cut. Names the caller's
 * place. */
void sl_api_note(lua_State *L, unsigned level, const char *text, sl_slice name);

/* Makes the metatable of results. Stack: unchanged */
void sl_api_open_match(lua_State *L);
/* What m.match made, at index; NULL when it is another userdata. */
const sl_script_match *sl_api_match_at(lua_State *L, int index);

/* Ends what m.op keeps between runs. */
void sl_api_free_operators(sl_lua *lua);

#endif
