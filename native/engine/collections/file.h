/* SPDX-License-Identifier: Apache-2.0 */
/* The store in files of a folder, beyond what seclua.h offers: limits, and its housekeeping by hand for tests. */
#ifndef SL_COLLECTIONS_FILE_H
#define SL_COLLECTIONS_FILE_H

#include "collections/collection.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sl_store_file_options {
    size_t map_bytes_first, map_bytes_max;
    bool has_thread; /* sweeps and flushes once a second */
} sl_store_file_options;

/* As seclua_store_file_open. The options of whoever opens a folder first in this process hold. */
seclua_store *sl_store_file_open(sl_slice folder, const sl_store_file_options *options, char *error, size_t error_size);
/* What the thread does once a second. store must be one of the above. */
void sl_store_file_sweep(const seclua_store *store, int64_t now);

#ifdef __cplusplus
}
#endif
#endif
