/* SPDX-License-Identifier: Apache-2.0 */
/* Bump allocator: everything a request makes lives here and ends with one reset.
 *
 * sl_arena_alloc never returns NULL. When the limit is passed or memory runs out, it calls the arena's exhausted callback,
 * which must not return: the transaction's jumps back to the step that entered the engine (C frames only, nothing to unwind),
 * the loader's throws. So callers have no failing path to forget. */
#ifndef SL_ARENA_H
#define SL_ARENA_H

#include "base/slice.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sl_arena_block sl_arena_block;

typedef struct sl_arena {
    sl_arena_block *first, *current;
    uint8_t *cursor, *end;
    size_t used_bytes;   /* handed out by malloc and still held */
    size_t limit_bytes;  /* used_bytes never passes it */
    size_t first_block_bytes;
    void (*exhausted)(void *context); /* must not return */
    void *context;
} sl_arena;

typedef struct sl_arena_mark {
    sl_arena_block *block;
    uint8_t *cursor;
} sl_arena_mark;

/* limit_bytes 0 = no limit. No memory is taken before the first allocation. */
void sl_arena_init(sl_arena *arena, size_t limit_bytes, void (*exhausted)(void *context), void *context);
void *sl_arena_alloc_slow(sl_arena *arena, size_t size);

/* 16-byte aligned, uninitialised. */
static inline void *sl_arena_alloc(sl_arena *arena, size_t size) {
    size_t rounded = (size + 15u) & ~(size_t)15u;
    if (rounded >= size && (size_t)(arena->end - arena->cursor) >= rounded) {
        void *at = arena->cursor;
        arena->cursor += rounded;
        return at;
    }
    return sl_arena_alloc_slow(arena, size);
}

/* Zeroed. Small things are so many that a call for each would cost more than the zeros. */
static inline void *sl_arena_zalloc(sl_arena *arena, size_t size) {
    enum { few_bytes = 128 };
    void *at = sl_arena_alloc(arena, size);
    if (size > few_bytes) {
        memset(at, 0, size);
        return at;
    }
    for (size_t i = 0; i < size; i += 16) { /* what is handed out is whole sixteens */
        const uint64_t zero = 0;
        memcpy((uint8_t *)at + i, &zero, sizeof zero);
        memcpy((uint8_t *)at + i + sizeof zero, &zero, sizeof zero);
    }
    return at;
}
/* The same, at the beginning of a cache line: for what each request reads. */
static inline void *sl_arena_zalloc_line(sl_arena *arena, size_t size) {
    enum { line_bytes = 64, aligned_bytes = 16 };
    const uintptr_t at = (uintptr_t)sl_arena_zalloc(arena, size + line_bytes - aligned_bytes);
    return (void *)((at + line_bytes - 1) & ~(uintptr_t)(line_bytes - 1));
}
sl_slice sl_arena_copy(sl_arena *arena, sl_slice text);
/* A NUL-terminated copy. */
char *sl_arena_z(sl_arena *arena, sl_slice text);
/* Gives back the tail of the newest allocation: kept is what stays of it. Does nothing when it is not the newest. */
void sl_arena_trim(sl_arena *arena, void *newest, size_t reserved, size_t kept);

sl_arena_mark sl_arena_save(const sl_arena *arena);
void sl_arena_rollback(sl_arena *arena, sl_arena_mark mark);

/* Keeps the first blocks for reuse, at most 128 KiB of them or a single larger one; frees the others. */
void sl_arena_reset(sl_arena *arena);
void sl_arena_free(sl_arena *arena);

#define SL_NEW(arena, type) ((type *)sl_arena_zalloc((arena), sizeof(type)))
#define SL_NEW_LINES(arena, type, count) ((type *)sl_arena_zalloc_line((arena), sizeof(type) * (count)))
#define SL_NEW_ARRAY(arena, type, count) ((type *)sl_arena_zalloc((arena), sizeof(type) * (count)))

#ifdef __cplusplus
}
#endif
#endif
