/* SPDX-License-Identifier: Apache-2.0 */
/* A record as bytes, for stores that keep bytes. Numbers are in the machine's own order: the files never leave
 * it. What is read is checked, whoever wrote it. */
#ifndef SL_COLLECTIONS_PACKED_H
#define SL_COLLECTIONS_PACKED_H

#include "collections/record.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What precedes the variables. */
typedef struct sl_packed_head {
    uint32_t format;
    uint32_t variable_count;
    int64_t expires_epoch;
    int64_t create_epoch, update_epoch, update_counter, timeout_seconds;
    int64_t indexed_epoch; /* under which the store's index of ends has the record */
} sl_packed_head;

size_t sl_packed_size(const sl_record *record);
/* out has room for sl_packed_size bytes. */
void sl_packed_write(const sl_record *record, int64_t indexed_epoch, uint8_t *out);
/* False: these bytes are no record of this format. */
bool sl_packed_head_of(sl_slice bytes, sl_packed_head *out);
/* The record with its variables; NULL when the bytes are damaged or memory runs out. */
sl_record *sl_packed_read(sl_slice bytes);
/* Variables that are alive at now; texts are copied into arena. Damaged bytes end the list. */
void sl_packed_read_members(sl_slice bytes, int64_t now, sl_arena *arena, sl_members *members);

#ifdef __cplusplus
}
#endif
#endif
