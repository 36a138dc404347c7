/* SPDX-License-Identifier: Apache-2.0 */
/* Size classes and their free lists. Sizes come from Lua, which always tells how large a block was, so that
 * blocks need no header.
 *
 * Under AddressSanitizer every block is malloc's own, or it could not see a use after release. */
#include "lua/pool.h"

#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)

void *sl_pool_resize(sl_pool *pool, void *block, size_t old_size, size_t size) {
    (void)pool;
    (void)old_size;
    return realloc(block, size);
}
void sl_pool_release(sl_pool *pool, void *block, size_t size) {
    (void)pool;
    (void)size;
    free(block);
}
void sl_pool_end(sl_pool *pool) { (void)pool; }

#else

enum { chunk_bytes = 64 * 1024, chunk_head = 16 };

/* Of a size up to sl_pool_block_max, not 0. */
static size_t class_of(size_t size) {
    if (size <= sl_pool_small_max) return (size - 1) / sl_pool_step;
    size_t class = sl_pool_small_classes;
    for (size_t room = 2 * (size_t)sl_pool_small_max; room < size; room *= 2) class++;
    return class;
}

static size_t room_of(size_t class) {
    if (class < sl_pool_small_classes) return (class + 1) * sl_pool_step;
    return (size_t)2 * sl_pool_small_max << (class - sl_pool_small_classes);
}

static void put(sl_pool *pool, void *block, size_t class) {
    memcpy(block, &pool->free[class], sizeof(void *));
    pool->free[class] = block;
}

/* What is left of the old chunk is a small block of its own, when it is one. */
static void *cut(sl_pool *pool, size_t room) {
    const size_t left = (size_t)(pool->end - pool->cursor);
    if (left < room) {
        unsigned char *chunk = malloc(chunk_bytes);
        if (chunk == NULL) return NULL;
        if (left != 0) put(pool, pool->cursor, class_of(left));
        memcpy(chunk, &pool->chunks, sizeof(void *));
        pool->chunks = chunk;
        pool->cursor = chunk + chunk_head;
        pool->end = chunk + chunk_bytes;
    }
    void *block = pool->cursor;
    pool->cursor += room;
    return block;
}

static void *take(sl_pool *pool, size_t size) {
    if (size > sl_pool_block_max) return malloc(size);
    const size_t class = class_of(size);
    void *block = pool->free[class];
    if (block != NULL) {
        memcpy(&pool->free[class], block, sizeof(void *));
        return block;
    }
    return class < sl_pool_small_classes ? cut(pool, room_of(class)) : malloc(room_of(class));
}

void sl_pool_release(sl_pool *pool, void *block, size_t size) {
    if (block == NULL) return;
    if (size > sl_pool_block_max) {
        free(block);
    } else {
        put(pool, block, class_of(size));
    }
}

void *sl_pool_resize(sl_pool *pool, void *block, size_t old_size, size_t size) {
    if (block == NULL) return take(pool, size);
    const int was_large = old_size > sl_pool_block_max, is_large = size > sl_pool_block_max;
    if (was_large && is_large) return realloc(block, size);
    if (!was_large && !is_large && class_of(old_size) == class_of(size)) return block;
    void *moved = take(pool, size);
    if (moved == NULL) return NULL;
    memcpy(moved, block, old_size < size ? old_size : size);
    sl_pool_release(pool, block, old_size);
    return moved;
}

void sl_pool_end(sl_pool *pool) {
    for (size_t class = sl_pool_small_classes; class < sl_pool_classes; class++) {
        for (void *block = pool->free[class], *next; block != NULL; block = next) {
            memcpy(&next, block, sizeof next);
            free(block);
        }
    }
    for (void *chunk = pool->chunks, *next; chunk != NULL; chunk = next) {
        memcpy(&next, chunk, sizeof next);
        free(chunk);
    }
    memset(pool, 0, sizeof *pool);
}

#endif
