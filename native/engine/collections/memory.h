/* SPDX-License-Identifier: Apache-2.0 */
/* The store in this process's memory, beyond what seclua.h offers: its limits. */
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

/* Limits are spread evenly over the shards, so a collection may evict a little before it is full. NULL when
 * memory runs out. */
seclua_store *sl_store_memory_new(const sl_store_memory_limits *limits);

#ifdef __cplusplus
}
#endif
#endif
