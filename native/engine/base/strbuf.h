/* SPDX-License-Identifier: Apache-2.0 */
/* A growing text in an arena: append, then take the slice. Growth doubles; what was outgrown stays in the arena. */
#ifndef SL_STRBUF_H
#define SL_STRBUF_H

#include "base/arena.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sl_strbuf {
    sl_arena *arena;
    uint8_t *ptr;
    size_t len, capacity;
} sl_strbuf;

void sl_strbuf_init(sl_strbuf *buf, sl_arena *arena, size_t capacity);
/* Room for size more bytes; returns where they go. Does not change len. */
uint8_t *sl_strbuf_reserve(sl_strbuf *buf, size_t size);
void sl_strbuf_add(sl_strbuf *buf, sl_slice text);
void sl_strbuf_add_z(sl_strbuf *buf, const char *text);
void sl_strbuf_add_byte(sl_strbuf *buf, uint8_t byte);
void sl_strbuf_add_int(sl_strbuf *buf, int64_t number);
/* printf; only for short texts without user bytes. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void sl_strbuf_add_format(sl_strbuf *buf, const char *format, ...);
static inline sl_slice sl_strbuf_slice(const sl_strbuf *buf) { return sl_slice_of(buf->ptr, buf->len); }

#ifdef __cplusplus
}
#endif
#endif
