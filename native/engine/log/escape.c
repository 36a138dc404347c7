/* SPDX-License-Identifier: Apache-2.0 */
/* Escaping for logs. v3 leaves quotes and backslashes of values, messages and URIs alone, so that a request
 * can write fields of its own ("] [id "1"); here nothing from a request leaves its quotes. */
#include "log/escape.h"

#include "log/log.h"

static bool is_plain(uint8_t byte, sl_escape_set set) {
    if (byte < 32 || byte == 127) return false;
    if (set == SL_ESCAPE_CONTROLS) return true;
    if (byte > 126) return false;
    return set == SL_ESCAPE_UNPRINTED || (byte != '"' && byte != '\\');
}

size_t sl_escape_byte(uint8_t byte, sl_escape_set set, uint8_t out[sl_escape_bytes_max]) {
    static const char digits[] = "0123456789abcdef";
    if (is_plain(byte, set)) {
        out[0] = byte;
        return 1;
    }
    out[0] = '\\';
    out[1] = 'x';
    out[2] = (uint8_t)digits[byte >> 4];
    out[3] = (uint8_t)digits[byte & 15];
    return 4;
}

static size_t plain_prefix(sl_slice text, sl_escape_set set) {
    size_t len = 0;
    while (len < text.len && is_plain(text.ptr[len], set)) len++;
    return len;
}

static size_t escaped_length(sl_slice text, sl_escape_set set) {
    size_t length = 0;
    for (size_t i = 0; i < text.len; i++) length += is_plain(text.ptr[i], set) ? 1 : 4;
    return length;
}

void sl_escape_add(sl_strbuf *out, sl_slice text, sl_escape_set set, size_t limit) {
    const size_t end = limit == 0 ? SIZE_MAX : out->len + limit;
    size_t i = 0;
    for (; i < text.len; i++) {
        uint8_t form[sl_escape_bytes_max];
        const size_t len = sl_escape_byte(text.ptr[i], set, form);
        if (len > end - out->len) break;
        sl_strbuf_add(out, sl_slice_of(form, len));
    }
    if (i == text.len) return;
    sl_strbuf_add_z(out, " (");
    sl_strbuf_add_int(out, (int64_t)escaped_length(sl_slice_from(text, i), set));
    sl_strbuf_add_z(out, " characters omitted)");
}

static sl_slice escaped(sl_arena *arena, sl_slice text, sl_escape_set set, size_t limit) {
    const bool fits = limit == 0 || text.len <= limit;
    if (fits && plain_prefix(text, set) == text.len) return text;
    sl_strbuf out;
    sl_strbuf_init(&out, arena, text.len < 4096 ? text.len + 64 : 4096);
    sl_escape_add(&out, text, set, limit);
    return sl_strbuf_slice(&out);
}

sl_slice sl_log_escape(sl_arena *arena, sl_slice text, size_t limit) {
    return escaped(arena, text, SL_ESCAPE_ALL, limit);
}

sl_slice sl_log_escape_controls(sl_arena *arena, sl_slice text) {
    return escaped(arena, text, SL_ESCAPE_CONTROLS, 0);
}
