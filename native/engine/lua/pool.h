/* SPDX-License-Identifier: Apache-2.0 */
/* Memory of one Lua state: blocks by size class, kept for the next run instead of given back.
 *
 * A run makes tables and strings that the next run makes again; with a pool of their own they cost a few
 * instructions each and no call of malloc once the thread has warmed up. The pool belongs to one thread and
 * ends with its state. Limits are the business of budget.c. */
#ifndef SL_LUA_POOL_H
#define SL_LUA_POOL_H

#include <stddef.h>

enum {
    sl_pool_step = 16,          /* granularity of small blocks */
    sl_pool_small_max = 1024,   /* cut out of chunks */
    sl_pool_block_max = 32768,  /* kept one by one; what is larger comes from malloc and goes back */
    sl_pool_small_classes = sl_pool_small_max / sl_pool_step,
    sl_pool_classes = sl_pool_small_classes + 5 /* 2, 4, 8, 16 and 32 KiB */
};

typedef struct sl_pool {
    void *free[sl_pool_classes]; /* first word of a free block: the next one */
    void *chunks;
    unsigned char *cursor, *end; /* of the newest chunk */
} sl_pool;

/* Like realloc, for a block of old_size bytes; NULL when memory runs out, and the old block stays. */
void *sl_pool_resize(sl_pool *pool, void *block, size_t old_size, size_t size);
void sl_pool_release(sl_pool *pool, void *block, size_t size);
/* Gives everything back. All blocks must have been released. */
void sl_pool_end(sl_pool *pool);

#endif
