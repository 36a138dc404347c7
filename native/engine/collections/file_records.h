/* SPDX-License-Identifier: Apache-2.0 */
/* Records of a store in a file, within one transaction that writes: changes, ends, eviction.
 *
 * The index of ends is lazy: an entry may say too early an end, never one too late. So a record that is used all the
 * time is moved once in its whole life, not with every request. */
#ifndef SL_COLLECTIONS_FILE_RECORDS_H
#define SL_COLLECTIONS_FILE_RECORDS_H

#include "collections/collection.h"
#include "collections/file_map.h"

#ifdef __cplusplus
extern "C" {
#endif

/* LMDB takes 511 bytes; the index puts eight before the key. */
enum { sl_file_key_max = 503 };

typedef struct sl_file_key {
    uint8_t bytes[sl_file_key_max];
    size_t len;
} sl_file_key;

typedef struct sl_file_removed {
    uint64_t expiries, evictions;
} sl_file_removed;

void sl_file_key_of(const sl_record_key *key, sl_file_key *out);

/* Applies one record's list. A new record takes a few ended ones away and, when more than bytes_max of the file are in
 * use, the ones that would end first. An error of LMDB, ENOMEM, or 0. */
int sl_file_records_apply(sl_file_map *map, MDB_txn *txn, const sl_file_key *key, int64_t now,
                          const sl_record_terms *terms, const sl_change *changes, size_t count,
                          sl_file_removed *removed);
/* Looks at count_max entries of the index at most. *is_more: there may be more to do. */
int sl_file_records_sweep(sl_file_map *map, MDB_txn *txn, int64_t now, size_t count_max, sl_file_removed *removed,
                          bool *is_more);
/* Makes room in a full file. */
int sl_file_records_evict(sl_file_map *map, MDB_txn *txn, size_t count, sl_file_removed *removed);
/* What the index says of one of its keys. */
int64_t sl_file_records_epoch_of(sl_slice end);
/* Bytes in use by records and index. */
int sl_file_records_size(sl_file_map *map, MDB_txn *txn, uint64_t *records, uint64_t *bytes);

#ifdef __cplusplus
}
#endif
#endif
