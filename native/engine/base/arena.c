/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks double in size from 16 KiB to 1 MiB; a larger request gets a block of its own. */
#include "base/arena.h"

#include <stdlib.h>

#include "base/check.h"

enum {
    first_block_bytes_default = 16 * 1024,
    block_bytes_max = 1024 * 1024,
    kept_bytes_max = 128 * 1024 /* over a reset: what a transaction usually takes, so that it asks for none */
};

struct sl_arena_block {
    sl_arena_block *next;
    size_t size; /* of data */
    _Alignas(16) uint8_t data[];
};

void sl_arena_init(sl_arena *arena, size_t limit_bytes, void (*exhausted)(void *context), void *context) {
    memset(arena, 0, sizeof *arena);
    arena->limit_bytes = limit_bytes == 0 ? SIZE_MAX : limit_bytes;
    arena->first_block_bytes = first_block_bytes_default;
    arena->exhausted = exhausted;
    arena->context = context;
}

static void enter(sl_arena *arena, sl_arena_block *block) {
    arena->current = block;
    arena->cursor = block->data;
    arena->end = block->data + block->size;
}

void *sl_arena_alloc_slow(sl_arena *arena, size_t size) {
    if (size > SIZE_MAX / 2) {
        arena->exhausted(arena->context);
    }
    size_t rounded = (size + 15u) & ~(size_t)15u;
    /* A block kept by an earlier rollback may serve. */
    if (arena->current != NULL && arena->current->next != NULL && arena->current->next->size >= rounded) {
        enter(arena, arena->current->next);
    } else {
        size_t want = arena->first_block_bytes;
        if (arena->current != NULL) {
            want = arena->current->size >= block_bytes_max / 2 ? block_bytes_max : arena->current->size * 2;
        }
        if (want < rounded) want = rounded;
        sl_arena_block *block = NULL;
        if (want <= arena->limit_bytes && arena->used_bytes <= arena->limit_bytes - want) {
            block = malloc(sizeof *block + want);
        }
        if (block == NULL) {
            arena->exhausted(arena->context);
            return NULL; /* not reached: exhausted does not return */
        }
        block->size = want;
        block->next = arena->current == NULL ? NULL : arena->current->next;
        if (arena->current == NULL) {
            arena->first = block;
        } else {
            arena->current->next = block;
        }
        arena->used_bytes += want;
        enter(arena, block);
    }
    void *at = arena->cursor;
    arena->cursor += rounded;
    return at;
}

sl_slice sl_arena_copy(sl_arena *arena, sl_slice text) {
    if (text.len == 0) return SL_EMPTY;
    uint8_t *at = sl_arena_alloc(arena, text.len);
    memcpy(at, text.ptr, text.len);
    return sl_slice_of(at, text.len);
}

char *sl_arena_z(sl_arena *arena, sl_slice text) {
    char *at = sl_arena_alloc(arena, text.len + 1);
    if (text.len != 0) memcpy(at, text.ptr, text.len);
    at[text.len] = '\0';
    return at;
}

void sl_arena_trim(sl_arena *arena, void *newest, size_t reserved, size_t kept) {
    sl_assert(kept <= reserved);
    size_t reserved_rounded = (reserved + 15u) & ~(size_t)15u;
    size_t kept_rounded = (kept + 15u) & ~(size_t)15u;
    if ((uint8_t *)newest + reserved_rounded == arena->cursor) {
        arena->cursor = (uint8_t *)newest + kept_rounded;
    }
}

sl_arena_mark sl_arena_save(const sl_arena *arena) {
    sl_arena_mark mark = {arena->current, arena->cursor};
    return mark;
}

void sl_arena_rollback(sl_arena *arena, sl_arena_mark mark) {
    if (mark.block == NULL) {
        if (arena->first != NULL) enter(arena, arena->first);
        return;
    }
    arena->current = mark.block;
    arena->cursor = mark.cursor;
    arena->end = mark.block->data + mark.block->size;
}

static void free_from(sl_arena_block *block) {
    while (block != NULL) {
        sl_arena_block *next = block->next;
        free(block);
        block = next;
    }
}

/* Poisoned, stale slices show themselves. */
static void forget(sl_arena_block *block) {
#if defined(SECLUA_CHECKED)
    memset(block->data, 0xDD, block->size);
#else
    (void)block;
#endif
}

void sl_arena_reset(sl_arena *arena) {
    if (arena->first == NULL) return;
    sl_arena_block *last = arena->first;
    arena->used_bytes = last->size;
    forget(last);
    while (last->next != NULL && arena->used_bytes + last->next->size <= kept_bytes_max) {
        last = last->next;
        arena->used_bytes += last->size;
        forget(last);
    }
    free_from(last->next);
    last->next = NULL;
    enter(arena, arena->first);
}

void sl_arena_free(sl_arena *arena) {
    free_from(arena->first);
    arena->first = arena->current = NULL;
    arena->cursor = arena->end = NULL;
    arena->used_bytes = 0;
}
