/* SPDX-License-Identifier: Apache-2.0 */
/* A part of a collection with a lock of its own: a hash table of records and a queue of their ends.
 *
 * The caller holds the lock around every function but init and free. Limits are kept by removing the record
 * that would end first, and among equals the one unused for longest. */
#ifndef SL_COLLECTIONS_SHARD_H
#define SL_COLLECTIONS_SHARD_H

#include "base/thread.h"
#include "collections/record.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sl_shard {
    sl_mutex mutex;
    sl_record **slots;  /* open addressing, linear probing */
    size_t slot_count;  /* power of two, or 0 */
    sl_record **queue;  /* binary heap: next to end first */
    size_t queue_capacity;
    size_t record_count, bytes;
    size_t records_max, bytes_max;
    uint64_t clock;     /* counts uses */
    uint64_t evictions, expiries;
} sl_shard;

void sl_shard_init(sl_shard *shard, size_t records_max, size_t bytes_max);
void sl_shard_free(sl_shard *shard);

/* A record that is alive at now, or NULL; it counts as used. Takes a few ended records away on the way. */
sl_record *sl_shard_find(sl_shard *shard, sl_slice identity, uint64_t hash, int64_t now);
/* False when memory runs out: nothing was applied. */
bool sl_shard_apply(sl_shard *shard, sl_slice identity, uint64_t hash, int64_t now, const sl_record_terms *terms,
                    const sl_change *changes, size_t count);

#ifdef __cplusplus
}
#endif
#endif
