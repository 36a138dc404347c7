/* SPDX-License-Identifier: Apache-2.0 */
/* m.json and m.tojson: JSON to tables and back. The reader is yajl; its memory is the transaction's arena,
 * so that a Lua error may leave its callbacks at any time. */
#include <math.h>
#include <stdio.h>
#include <yajl/yajl_parse.h>

#include "base/strbuf.h"
#include "lua/api.h"

enum { depth_max = 64, items_default = 100000, number_max = 400, slots_per_level = 3 };

/* ---- reading ---- */

typedef struct reader {
    lua_State *L;
    const char *error; /* why the callbacks stopped the parser */
    int depth, depth_limit;
    lua_Integer items, items_limit;
    lua_Integer next[depth_max + 1]; /* of an array, its next index; of an object 0 */
} reader;

/* The block's size stands in front of it: the arena does not remember. */
typedef union block_header {
    size_t size;
    long double aligned;
} block_header;

static void *arena_allocate(void *context, size_t size) {
    block_header *header = sl_arena_alloc(context, sizeof *header + size);
    header->size = size;
    return header + 1;
}

static void *arena_resize(void *context, void *block, size_t size) {
    void *at = arena_allocate(context, size);
    if (block != NULL) {
        const size_t old_size = ((block_header *)block - 1)->size;
        memcpy(at, block, old_size < size ? old_size : size);
    }
    return at;
}

static void arena_release(void *context, void *block) {
    (void)context;
    (void)block;
}

static int stop(reader *in, const char *error) {
    in->error = error;
    return 0;
}

/* Puts the value on top where it belongs. Stack: … [array, or object · key] · value ──▶ … [array, or
 * object] */
static int place_value(reader *in) {
    lua_State *L = in->L;
    if (++in->items > in->items_limit) return stop(in, "too many items");
    if (in->depth == 0) return 1;
    if (in->next[in->depth] != 0) {
        lua_rawseti(L, -2, in->next[in->depth]++);
    } else {
        lua_rawset(L, -3);
    }
    return 1;
}

static int read_null(void *context) {
    reader *in = context;
    lua_pushlightuserdata(in->L, NULL);
    return place_value(in);
}

static int read_boolean(void *context, int value) {
    reader *in = context;
    lua_pushboolean(in->L, value);
    return place_value(in);
}

static int read_number(void *context, const char *text, size_t length) {
    reader *in = context;
    char digits[number_max + 1];
    if (length > number_max) return stop(in, "a number is too long");
    memcpy(digits, text, length);
    digits[length] = '\0';
    if (lua_stringtonumber(in->L, digits) == 0) return stop(in, "a number cannot be read");
    return place_value(in);
}

static int read_string(void *context, const unsigned char *text, size_t length) {
    reader *in = context;
    sl_lua_push(in->L, sl_slice_of(text, length));
    return place_value(in);
}

static int open_level(reader *in, lua_Integer next) {
    if (in->depth == in->depth_limit) return stop(in, "nested too deep");
    lua_newtable(in->L);
    in->next[++in->depth] = next;
    return 1;
}

static int close_level(reader *in) {
    in->depth--;
    return place_value(in);
}

static int open_object(void *context) { return open_level(context, 0); }
static int open_array(void *context) { return open_level(context, 1); }
static int close_object(void *context) { return close_level(context); }
static int close_array(void *context) { return close_level(context); }

static int read_key(void *context, const unsigned char *text, size_t length) {
    sl_lua_push(((reader *)context)->L, sl_slice_of(text, length));
    return 1;
}

/* Stack: … options at index ──▶ the same */
static lua_Integer option(lua_State *L, int index, const char *name, lua_Integer fallback) {
    if (lua_isnoneornil(L, index)) return fallback;
    luaL_checktype(L, index, LUA_TTABLE);
    lua_getfield(L, index, name);
    const lua_Integer value = luaL_optinteger(L, -1, fallback);
    lua_pop(L, 1);
    return value;
}

/* m.json(text [, {depth =, items =}]). Stack: 1 text [· 2 options] ──▶ value, or nil · message */
static int from_json(lua_State *L) {
    static const yajl_callbacks callbacks = {read_null,    read_boolean, NULL,        NULL,
                                             read_number,  read_string,  open_object, read_key,
                                             close_object, open_array,   close_array};
    sl_arena *arena = &sl_budget_call(L)->txn->arena;
    size_t length = 0;
    const char *text = luaL_checklstring(L, 1, &length);
    sl_budget_charge(L, 1 + length / 8);
    reader in = {.L = L, .items_limit = option(L, 2, "items", items_default)};
    const lua_Integer depth = option(L, 2, "depth", depth_max);
    luaL_argcheck(L, depth >= 1 && depth <= depth_max, 2, "depth is from 1 to 64");
    in.depth_limit = (int)depth;
    luaL_checkstack(L, depth_max * slots_per_level, "JSON");
    lua_settop(L, 2);
    const sl_arena_mark mark = sl_arena_save(arena);
    yajl_alloc_funcs memory = {arena_allocate, arena_resize, arena_release, arena};
    yajl_handle parser = yajl_alloc(&callbacks, &memory, &in);
    yajl_status status = yajl_parse(parser, (const unsigned char *)text, length);
    if (status == yajl_status_ok) status = yajl_complete_parse(parser);
    yajl_free(parser);
    sl_arena_rollback(arena, mark);
    if (status == yajl_status_ok && lua_gettop(L) == 3) return 1;
    lua_pushnil(L);
    lua_pushstring(L, in.error == NULL ? "not JSON" : in.error);
    return 2;
}

/* ---- writing ---- */

typedef struct writer {
    lua_State *L;
    sl_strbuf out;
    const char *error;
} writer;

static bool write_value(writer *to, int depth);

static bool fail(writer *to, const char *error) {
    to->error = error;
    return false;
}

static void write_string(writer *to, sl_slice text) {
    static const char digits[] = "0123456789abcdef";
    sl_strbuf_add_byte(&to->out, '"');
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t byte = text.ptr[i];
        if (byte == '"' || byte == '\\') {
            sl_strbuf_add_byte(&to->out, '\\');
            sl_strbuf_add_byte(&to->out, byte);
        } else if (byte >= 0x20) {
            sl_strbuf_add_byte(&to->out, byte);
        } else {
            const uint8_t escaped[6] = {
                '\\', 'u', '0', '0', (uint8_t)digits[byte >> 4], (uint8_t)digits[byte & 15]};
            sl_strbuf_add(&to->out, sl_slice_of(escaped, sizeof escaped));
        }
    }
    sl_strbuf_add_byte(&to->out, '"');
}

static bool write_number(writer *to) {
    lua_State *L = to->L;
    if (lua_isinteger(L, -1)) {
        sl_strbuf_add_int(&to->out, lua_tointeger(L, -1));
        return true;
    }
    const double number = lua_tonumber(L, -1);
    if (!isfinite(number)) return fail(to, "JSON has no such number");
    sl_strbuf_add_format(&to->out, "%.17g", number);
    return true;
}

/* Stack: … array ──▶ the same */
static bool write_array(writer *to, int depth) {
    const lua_Integer count = (lua_Integer)lua_rawlen(to->L, -1);
    sl_strbuf_add_byte(&to->out, '[');
    for (lua_Integer i = 1; i <= count; i++) {
        if (i > 1) sl_strbuf_add_byte(&to->out, ',');
        lua_rawgeti(to->L, -1, i);
        const bool is_written = write_value(to, depth + 1);
        lua_pop(to->L, 1);
        if (!is_written) return false;
    }
    sl_strbuf_add_byte(&to->out, ']');
    return true;
}

/* Stack: … table ──▶ the same. After a failure the stack is left as it is: from the top down to the
 * caller's. */
static bool write_object(writer *to, int depth) {
    lua_State *L = to->L;
    bool is_first = true;
    sl_strbuf_add_byte(&to->out, '{');
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        if (!is_first) sl_strbuf_add_byte(&to->out, ',');
        is_first = false;
        if (lua_type(L, -2) == LUA_TSTRING) {
            write_string(to, sl_lua_slice(L, -2));
        } else if (lua_isinteger(L, -2)) {
            sl_strbuf_add_format(&to->out, "\"%lld\"", (long long)lua_tointeger(L, -2));
        } else {
            return fail(to, "a key is neither a string nor an integer");
        }
        sl_strbuf_add_byte(&to->out, ':');
        if (!write_value(to, depth + 1)) return false;
        lua_pop(L, 1);
    }
    sl_strbuf_add_byte(&to->out, '}');
    return true;
}

/* Stack: … value ──▶ the same */
static bool write_value(writer *to, int depth) {
    lua_State *L = to->L;
    if (depth > depth_max) return fail(to, "nested too deep");
    sl_budget_charge(L, 1);
    switch (lua_type(L, -1)) {
    case LUA_TNIL:
        sl_strbuf_add_z(&to->out, "null");
        return true;
    case LUA_TLIGHTUSERDATA:
        if (lua_touserdata(L, -1) != NULL) return fail(to, "JSON has no such type");
        sl_strbuf_add_z(&to->out, "null");
        return true;
    case LUA_TBOOLEAN:
        sl_strbuf_add_z(&to->out, lua_toboolean(L, -1) ? "true" : "false");
        return true;
    case LUA_TNUMBER:
        return write_number(to);
    case LUA_TSTRING:
        sl_budget_charge_bytes(L, lua_rawlen(L, -1));
        write_string(to, sl_lua_slice(L, -1));
        return true;
    case LUA_TTABLE:
        luaL_checkstack(L, slots_per_level, "JSON");
        return lua_rawlen(L, -1) != 0 ? write_array(to, depth) : write_object(to, depth);
    default:
        return fail(to, "JSON has no such type");
    }
}

/* m.tojson(value): a table with elements 1 … n is an array, any other one an object.
 * Stack: 1 value ──▶ text, or nil · message */
static int to_json(lua_State *L) {
    sl_arena *arena = &sl_budget_call(L)->txn->arena;
    luaL_checkany(L, 1);
    lua_settop(L, 1);
    const sl_arena_mark mark = sl_arena_save(arena);
    writer to = {.L = L};
    sl_strbuf_init(&to.out, arena, 256);
    const bool is_written = write_value(&to, 0);
    if (is_written) {
        sl_lua_push(L, sl_strbuf_slice(&to.out));
    } else {
        lua_pushnil(L);
        lua_pushstring(L, to.error);
    }
    sl_arena_rollback(arena, mark);
    return is_written ? 1 : 2;
}

const sl_api_row sl_api_json[] = {
    {"json", from_json},
    {"tojson", to_json},
    {0},
};
