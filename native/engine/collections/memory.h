/* SPDX-License-Identifier: Apache-2.0 */
/* The store in this process's memory, beyond what seclua.h offers: its limits and its figures. */
#ifndef SL_COLLECTIONS_MEMORY_H
#define SL_COLLECTIONS_MEMORY_H

#include "collections/collection.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sl_store_memory_limits {
    size_t records_max; /* of one collection */
    size_t bytes_max;   /* of one collection, bookkeeping included */
} sl_store_memory_limits;

typedef struct sl_store_memory_stats {
    uint64_t records, bytes;
    uint64_t evictions; /* live records that had to make room */
    uint64_t expiries;  /* records that reached their end */
} sl_store_memory_stats;

/* Limits are spread evenly over the shards, so a collection may evict a little before it is full. NULL when
 * memory runs out. */
seclua_store *sl_store_memory_new(const sl_store_memory_limits *limits);
/* store must be one of the above. */
void sl_store_memory_stats_of(const seclua_store *store, sl_store_memory_stats *out);

#ifdef __cplusplus
}
#endif
#endif
