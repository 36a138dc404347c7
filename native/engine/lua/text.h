/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that the bridge makes of Lua values. */
#ifndef SL_LUA_TEXT_H
#define SL_LUA_TEXT_H

#include "lua/state.h"

enum { sl_number_text_max = 48 };

/* A number as rules see it: whole floats up to 2^53 without fraction, others with 14 digits; inf, -inf,
 * nan. */
sl_slice sl_lua_number_text(lua_State *L, int index, char digits[sl_number_text_max]);
/* A string or number argument as text; anything else is an argument error. */
sl_slice sl_lua_check_value(lua_State *L, int index, char digits[sl_number_text_max]);

#endif
