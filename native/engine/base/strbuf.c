/* SPDX-License-Identifier: Apache-2.0 */
/* Growing text in an arena. */
#include "base/strbuf.h"

#include <stdarg.h>
#include <stdio.h>

enum { capacity_min = 64 };

void sl_strbuf_init(sl_strbuf *buf, sl_arena *arena, size_t capacity) {
    buf->arena = arena;
    buf->len = 0;
    buf->capacity = capacity;
    buf->ptr = capacity == 0 ? NULL : sl_arena_alloc(arena, capacity);
}

uint8_t *sl_strbuf_reserve(sl_strbuf *buf, size_t size) {
    if (buf->capacity - buf->len < size) {
        size_t wanted = buf->len + size;
        size_t capacity = buf->capacity < capacity_min ? capacity_min : buf->capacity * 2;
        if (capacity < wanted) capacity = wanted;
        uint8_t *grown = sl_arena_alloc(buf->arena, capacity);
        if (buf->len != 0) memcpy(grown, buf->ptr, buf->len);
        buf->ptr = grown;
        buf->capacity = capacity;
    }
    return buf->ptr + buf->len;
}

void sl_strbuf_add(sl_strbuf *buf, sl_slice text) {
    if (text.len == 0) return;
    memcpy(sl_strbuf_reserve(buf, text.len), text.ptr, text.len);
    buf->len += text.len;
}

void sl_strbuf_add_z(sl_strbuf *buf, const char *text) { sl_strbuf_add(buf, sl_slice_z(text)); }

void sl_strbuf_add_byte(sl_strbuf *buf, uint8_t byte) {
    *sl_strbuf_reserve(buf, 1) = byte;
    buf->len++;
}

void sl_strbuf_add_int(sl_strbuf *buf, int64_t number) { sl_strbuf_add_format(buf, "%lld", (long long)number); }

void sl_strbuf_add_format(sl_strbuf *buf, const char *format, ...) {
    char text[512];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (len < 0) return;
    sl_strbuf_add(buf, sl_slice_of(text, (size_t)len < sizeof text ? (size_t)len : sizeof text - 1));
}
