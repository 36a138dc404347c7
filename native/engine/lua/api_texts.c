/* SPDX-License-Identifier: Apache-2.0 */
/* m.transform, encodings and digests: the engine's own functions on texts of the script. What they leave
 * in the arena is given back at once, so that a loop over them costs the transaction nothing. */
#include "lua/api.h"
#include "log/log.h"
#include "run/host.h"
#include "transformations/digest.h"

enum { digest_charge_bytes = 8, escape_max = 0 };

static sl_slice check_text(lua_State *L, int index) {
    size_t length = 0;
    const char *text = luaL_checklstring(L, index, &length);
    sl_budget_charge_bytes(L, length);
    return sl_slice_of(text, length);
}

/* ---- transformations ---- */

static sl_slice apply(sl_txn *txn, const sl_transformation *row, sl_slice text) {
    if (row->changes != NULL && !row->changes(text)) return text;
    return row->apply(&txn->arena, txn->rules->unicode_map, text);
}

/* m.transform(text, tfns). Stack: 1 text · 2 transformations ──▶ text */
static int transform(lua_State *L) {
    sl_txn *txn = sl_budget_call(L)->txn;
    sl_slice text = check_text(L, 1);
    sl_api_steps steps;
    sl_api_check_steps(L, 2, &steps); /* may leave a record: only what follows is given back */
    const sl_arena_mark mark = sl_arena_save(&txn->arena);
    for (size_t i = 0; i < steps.count; i++) {
        sl_budget_charge_bytes(L, text.len);
        text = apply(txn, steps.items[i], text);
    }
    sl_lua_push(L, text);
    sl_arena_rollback(&txn->arena, mark);
    return 1;
}

/* Stack: 1 text ──▶ text */
static int apply_named(lua_State *L, sl_slice name) {
    sl_txn *txn = sl_budget_call(L)->txn;
    const sl_slice text = check_text(L, 1);
    const sl_arena_mark mark = sl_arena_save(&txn->arena);
    sl_lua_push(L, apply(txn, sl_transformation_of(txn->rules, name), text));
    sl_arena_rollback(&txn->arena, mark);
    return 1;
}

static int to_base64(lua_State *L) { return apply_named(L, SL_LIT("base64Encode")); }
static int to_hex(lua_State *L) { return apply_named(L, SL_LIT("hexEncode")); }
static int url_decode(lua_State *L) { return apply_named(L, SL_LIT("urlDecode")); }

/* ---- strict decoders: a script wants to know, where a rule wants to see something ---- */

/* Stack: ──▶ nil · message */
static int push_failure(lua_State *L, const char *message) {
    lua_pushnil(L);
    lua_pushstring(L, message);
    return 2;
}

/* m.unhex(text). Stack: 1 text ──▶ text, or nil · message */
static int from_hex(lua_State *L) {
    sl_budget_call(L);
    const sl_slice text = check_text(L, 1);
    if (text.len % 2 != 0) return push_failure(L, "odd number of hex digits");
    luaL_Buffer result;
    char *at = luaL_buffinitsize(L, &result, text.len / 2);
    for (size_t i = 0; i < text.len; i += 2) {
        if (!sl_ascii_is_hex(text.ptr[i]) || !sl_ascii_is_hex(text.ptr[i + 1]))
            return push_failure(L, "not a hex digit");
        *at++ = (char)(sl_ascii_hex_value(text.ptr[i]) << 4 | sl_ascii_hex_value(text.ptr[i + 1]));
    }
    luaL_pushresultsize(&result, text.len / 2);
    return 1;
}

/* Of both alphabets, the usual one and that of URLs; -1 for any other byte. */
static int base64_value(uint8_t byte) {
    if ((uint8_t)(byte - 'A') < 26) return byte - 'A';
    if ((uint8_t)(byte - 'a') < 26) return byte - 'a' + 26;
    if (sl_ascii_is_digit(byte)) return byte - '0' + 52;
    if (byte == '+' || byte == '-') return 62;
    return byte == '/' || byte == '_' ? 63 : -1;
}

/* m.unbase64(text). Padding may be left out. Stack: 1 text ──▶ text, or nil · message */
static int from_base64(lua_State *L) {
    sl_budget_call(L);
    sl_slice text = check_text(L, 1);
    for (int i = 0; i < 2 && text.len != 0 && text.ptr[text.len - 1] == '='; i++) text.len--;
    if (text.len % 4 == 1) return push_failure(L, "not a length of base64");
    luaL_Buffer result;
    char *at = luaL_buffinitsize(L, &result, text.len);
    uint32_t bits = 0;
    unsigned bit_count = 0;
    size_t length = 0;
    for (size_t i = 0; i < text.len; i++) {
        const int value = base64_value(text.ptr[i]);
        if (value < 0) return push_failure(L, "not a base64 digit");
        bits = bits << 6 | (uint32_t)value;
        bit_count += 6;
        if (bit_count < 8) continue;
        bit_count -= 8;
        at[length++] = (char)(bits >> bit_count & 0xff);
    }
    luaL_pushresultsize(&result, length);
    return 1;
}

/* ---- digests ---- */

/* Stack: … [option at index] ──▶ digest, in hex unless the option is "raw" */
static int push_digest(lua_State *L, int index, const uint8_t *digest, size_t size) {
    static const char *const forms[] = {"hex", "raw", NULL};
    static const char digits[] = "0123456789abcdef";
    if (luaL_checkoption(L, index, "hex", forms) == 1) {
        sl_lua_push(L, sl_slice_of(digest, size));
        return 1;
    }
    char hex[2 * SL_DIGEST_BYTES_MAX];
    for (size_t i = 0; i < size; i++) {
        hex[2 * i] = digits[digest[i] >> 4];
        hex[2 * i + 1] = digits[digest[i] & 15];
    }
    lua_pushlstring(L, hex, 2 * size);
    return 1;
}

/* Stack: 1 text [· 2 "raw"] ──▶ digest */
static int digest_with(lua_State *L, sl_slice name) {
    sl_budget_call(L);
    const sl_slice text = check_text(L, 1);
    sl_budget_charge(L, text.len / digest_charge_bytes);
    const sl_digest_algorithm *algorithm = sl_digest_find(name);
    uint8_t digest[SL_DIGEST_BYTES_MAX];
    sl_digest_of(algorithm, text, digest);
    return push_digest(L, 2, digest, sl_digest_size(algorithm));
}

static int md5(lua_State *L) { return digest_with(L, SL_LIT("md5")); }
static int sha1(lua_State *L) { return digest_with(L, SL_LIT("sha1")); }
static int sha256(lua_State *L) { return digest_with(L, SL_LIT("sha256")); }

/* m.hmac(algorithm, key, text [, "raw"]). Stack: 1 algorithm · 2 key · 3 text [· 4 "raw"] ──▶ digest */
static int hmac(lua_State *L) {
    sl_budget_call(L);
    const sl_digest_algorithm *algorithm = sl_digest_find(check_text(L, 1));
    luaL_argcheck(L, algorithm != NULL, 1, "md5, sha1 or sha256 expected");
    const sl_slice key = check_text(L, 2);
    const sl_slice text = check_text(L, 3);
    sl_budget_charge(L, (key.len + text.len) / digest_charge_bytes);
    uint8_t digest[SL_DIGEST_BYTES_MAX];
    sl_hmac(algorithm, key, text, digest);
    return push_digest(L, 4, digest, sl_digest_size(algorithm));
}

/* m.equal(a, b): the time tells only whether the lengths differ. Stack: 1 text · 2 text ──▶ boolean */
static int equal(lua_State *L) {
    sl_budget_call(L);
    const sl_slice a = check_text(L, 1);
    const sl_slice b = check_text(L, 2);
    uint8_t difference = a.len != b.len;
    for (size_t i = 0; i < a.len && a.len == b.len; i++) difference |= (uint8_t)(a.ptr[i] ^ b.ptr[i]);
    lua_pushboolean(L, difference == 0);
    return 1;
}

/* ---- texts of rules ---- */

/* m.escape(text): as in the error log. Stack: 1 text ──▶ text */
static int escape(lua_State *L) {
    sl_txn *txn = sl_budget_call(L)->txn;
    const sl_arena_mark mark = sl_arena_save(&txn->arena);
    sl_lua_push(L, sl_log_escape(&txn->arena, check_text(L, 1), escape_max));
    sl_arena_rollback(&txn->arena, mark);
    return 1;
}

static void ignore_unknown(void *context, sl_slice name) {
    (void)context;
    (void)name;
}

/* m.expand(text): macros, on purpose. Stack: 1 text ──▶ text */
static int expand(lua_State *L) {
    sl_txn *txn = sl_budget_call(L)->txn;
    const sl_slice text = check_text(L, 1);
    sl_lua_push(L, sl_macro_expand(txn, sl_macro_parse(txn->rules, &txn->arena, text, ignore_unknown, NULL)));
    return 1;
}

const sl_api_row sl_api_texts[] = {
    {"transform", transform}, {"base64", to_base64},      {"unbase64", from_base64}, {"hex", to_hex},
    {"unhex", from_hex},      {"urldecode", url_decode},  {"md5", md5},              {"sha1", sha1},
    {"sha256", sha256},       {"hmac", hmac},             {"equal", equal},          {"escape", escape},
    {"expand", expand},       {0},
};
