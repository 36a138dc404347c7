/* SPDX-License-Identifier: Apache-2.0 */
/* Decoding of the content syntax. Blanks between hex pairs are allowed, as in v2; v3 takes such a text
 * raw. */
#include "operators/phrase.h"

static bool is_escapable(uint8_t c) { return c == ':' || c == ';' || c == '\\' || c == '"'; }

/* Appends the bytes between two bars; *at stands behind the first one and ends behind the second. */
static bool decode_hex(sl_slice text, size_t *at, uint8_t *out, size_t *len) {
    size_t i = *at;
    while (i < text.len && text.ptr[i] != '|') {
        if (text.ptr[i] == ' ') {
            i++;
            continue;
        }
        if (i + 1 >= text.len || !sl_ascii_is_hex(text.ptr[i]) || !sl_ascii_is_hex(text.ptr[i + 1]))
            return false;
        const unsigned high = sl_ascii_hex_value(text.ptr[i]);
        out[(*len)++] = (uint8_t)(high << 4 | sl_ascii_hex_value(text.ptr[i + 1]));
        i += 2;
    }
    if (i == text.len) return false;
    *at = i + 1;
    return true;
}

sl_slice sl_phrase_decode(sl_arena *arena, sl_slice text) {
    sl_slice inner = text;
    while (inner.len > 0 && sl_ascii_is_space(inner.ptr[0])) inner = sl_slice_from(inner, 1);
    if (inner.len >= 2 && inner.ptr[0] == '"' && inner.ptr[inner.len - 1] == '"') {
        inner = sl_slice_of(inner.ptr + 1, inner.len - 2);
    }
    uint8_t *const out = sl_arena_alloc(arena, inner.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < inner.len;) {
        const uint8_t c = inner.ptr[i++];
        if (c == '|') {
            if (!decode_hex(inner, &i, out, &len)) return text;
        } else if (c == '\\') {
            if (i == inner.len || !is_escapable(inner.ptr[i])) return text;
            out[len++] = inner.ptr[i++];
        } else {
            out[len++] = c;
        }
    }
    return sl_slice_of(out, len);
}
