/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers in the spelling that rules compare: 5, not 5.0; all digits of a large whole number. */
#include "lua/text.h"

#include <math.h>
#include <stdio.h>

sl_slice sl_lua_number_text(lua_State *L, int index, char digits[sl_number_text_max]) {
    int length;
    if (lua_isinteger(L, index)) {
        length = snprintf(digits, sl_number_text_max, "%lld", (long long)lua_tointeger(L, index));
        return sl_slice_of(digits, (size_t)length);
    }
    const double number = lua_tonumber(L, index);
    static const double whole_max =
        9007199254740992.0; /* 2^53: beyond it not every whole number has a float */
    if (isnan(number)) return SL_LIT("nan");
    if (isinf(number)) return number > 0 ? SL_LIT("inf") : SL_LIT("-inf");
    if (fabs(number) <= whole_max && floor(number) == number) {
        length = snprintf(digits, sl_number_text_max, "%lld", (long long)number);
    } else {
        length = snprintf(digits, sl_number_text_max, "%.14g", number);
    }
    return sl_slice_of(digits, (size_t)length);
}

/* Stack: unchanged, or an argument error. */
sl_slice sl_lua_check_value(lua_State *L, int index, char digits[sl_number_text_max]) {
    if (lua_type(L, index) == LUA_TNUMBER) return sl_lua_number_text(L, index, digits);
    size_t length = 0;
    const char *text = luaL_checklstring(L, index, &length);
    return sl_slice_of(text, length);
}
