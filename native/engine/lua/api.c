/* SPDX-License-Identifier: Apache-2.0 */
/* Puts the table m together from its families. */
#include "lua/api.h"
#include "lua/sandbox.h"

static const sl_api_row *const families[] = {
    sl_api_log,       sl_api_variables, sl_api_collections, sl_api_texts,
    sl_api_operators, sl_api_json,      sl_api_facts,
    sl_api_match,
};

/* Stack: ──▶ m */
void sl_sandbox_api(lua_State *L) {
    lua_createtable(L, 0, 48);
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        for (const sl_api_row *row = families[i]; row->name != NULL; row++) {
            lua_pushcfunction(L, row->function);
            lua_setfield(L, -2, row->name);
        }
    }
    sl_api_set_proxies(L);
    sl_api_set_facts(L);
    sl_api_open_match(L);
}
