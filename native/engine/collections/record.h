/* SPDX-License-Identifier: Apache-2.0 */
/* One record of a store in memory or in a file: its variables, its life, and how changes are applied to it. Knows no
 * table and no lock. */
#ifndef SL_COLLECTIONS_RECORD_H
#define SL_COLLECTIONS_RECORD_H

#include "collections/collection.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A variable never changes: a new value is a new object, so a change that fails half-way leaves nothing
 * behind. */
typedef struct sl_stored_variable {
    int64_t expires_epoch; /* 0 = never */
    int64_t aged_epoch;    /* until when deprecatevar has counted; at first when it was set */
    bool has_value;        /* false: only an expiry, set before the value */
    uint32_t name_len, value_len;
    uint8_t bytes[];       /* name, then value */
} sl_stored_variable;

typedef struct sl_record {
    uint64_t hash;
    size_t heap_index;  /* where the shard's queue of ends keeps it */
    uint64_t last_used; /* the shard's clock of uses */
    int64_t expires_epoch;
    int64_t create_epoch, update_epoch, update_counter, timeout_seconds;
    sl_stored_variable **variables;
    size_t variable_count;
    size_t bytes; /* held by the record and its variables */
    size_t identity_len;
    uint8_t identity[];
} sl_record;

/* NULL when memory runs out. */
sl_record *sl_record_new(sl_slice identity, uint64_t hash, int64_t now);
void sl_record_free(sl_record *record);

/* Appends a variable of a record that is read back; variable_count is how many there will be. False when memory runs
 * out. */
bool sl_record_restore(sl_record *record, size_t variable_count, sl_slice name, sl_slice value, bool has_value,
                       int64_t expires_epoch, int64_t aged_epoch);

/* All or nothing; false when memory runs out. Renews the record's life and counts the update. */
bool sl_record_apply(sl_record *record, int64_t now, const sl_record_terms *terms, const sl_change *changes,
                     size_t count);

/* Bytes that sl_record_copy needs for what is alive at now. */
size_t sl_record_copy_size(const sl_record *record, int64_t now);
/* A flat copy of the live variables, made under the lock, so that nothing has to be allocated there. */
void sl_record_copy(const sl_record *record, int64_t now, uint8_t *out);
/* Reads a flat copy into members; texts are copied into arena. */
void sl_record_copy_read(sl_slice copy, sl_arena *arena, sl_members *members);

#ifdef __cplusplus
}
#endif
#endif
