/* SPDX-License-Identifier: Apache-2.0 */
/* Hash table and heap over the same records. Work under the lock is bounded: a probe, a path in the heap, a
 * few ended records, and as many evictions as the new bytes need. */
#include "collections/shard.h"

#include <stdlib.h>

#include "base/check.h"

enum { slots_first = 16, sweep_max = 8 };

void sl_shard_init(sl_shard *shard, size_t records_max, size_t bytes_max) {
    memset(shard, 0, sizeof *shard);
    sl_mutex_init(&shard->mutex);
    shard->records_max = records_max;
    shard->bytes_max = bytes_max;
}

void sl_shard_free(sl_shard *shard) {
    for (size_t i = 0; i < shard->record_count; i++) sl_record_free(shard->queue[i]);
    free(shard->queue);
    free(shard->slots);
    sl_mutex_destroy(&shard->mutex);
}

/* ---- queue of ends ---- */

static bool ends_before(const sl_record *a, const sl_record *b) {
    if (a->expires_epoch != b->expires_epoch) return a->expires_epoch < b->expires_epoch;
    return a->last_used < b->last_used;
}

static void place(sl_shard *shard, size_t at, sl_record *record) {
    shard->queue[at] = record;
    record->heap_index = at;
}

static void move_up(sl_shard *shard, sl_record *record) {
    size_t at = record->heap_index;
    while (at != 0) {
        const size_t parent = (at - 1) / 2;
        if (!ends_before(record, shard->queue[parent])) break;
        place(shard, at, shard->queue[parent]);
        at = parent;
    }
    place(shard, at, record);
}

static void move_down(sl_shard *shard, sl_record *record) {
    size_t at = record->heap_index;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= shard->record_count) break;
        if (child + 1 < shard->record_count && ends_before(shard->queue[child + 1], shard->queue[child])) child++;
        if (!ends_before(shard->queue[child], record)) break;
        place(shard, at, shard->queue[child]);
        at = child;
    }
    place(shard, at, record);
}

static void reorder(sl_shard *shard, sl_record *record) {
    move_up(shard, record);
    move_down(shard, record);
}

/* ---- table ---- */

static sl_slice identity_of(const sl_record *record) { return sl_slice_of(record->identity, record->identity_len); }

static size_t home_of(const sl_shard *shard, uint64_t hash) { return (size_t)hash & (shard->slot_count - 1); }

/* Slot of the record, or of the free place where it would go. */
static size_t probe(const sl_shard *shard, sl_slice identity, uint64_t hash) {
    size_t slot = home_of(shard, hash);
    while (shard->slots[slot] != NULL) {
        const sl_record *record = shard->slots[slot];
        if (record->hash == hash && sl_slice_equal(identity_of(record), identity)) break;
        slot = (slot + 1) & (shard->slot_count - 1);
    }
    return slot;
}

/* Closes the gap, so that no probe stops too early: a record may fill it unless its home lies after the
 * gap. */
static void clear_slot(sl_shard *shard, size_t gap) {
    const size_t mask = shard->slot_count - 1;
    for (size_t next = (gap + 1) & mask; shard->slots[next] != NULL; next = (next + 1) & mask) {
        const size_t home = home_of(shard, shard->slots[next]->hash);
        if (((next - home) & mask) < ((next - gap) & mask)) continue;
        shard->slots[gap] = shard->slots[next];
        gap = next;
    }
    shard->slots[gap] = NULL;
}

static void take_out(sl_shard *shard, sl_record *record) {
    clear_slot(shard, probe(shard, identity_of(record), record->hash));
    shard->bytes -= record->bytes;
    const size_t at = record->heap_index;
    sl_record *last = shard->queue[--shard->record_count];
    if (last != record) {
        place(shard, at, last);
        reorder(shard, last);
    }
    sl_record_free(record);
}

/* Room for one more record; at most half of the slots are in use. */
static bool reserve(sl_shard *shard) {
    const size_t wanted = shard->record_count + 1;
    if (wanted > shard->queue_capacity) {
        const size_t capacity = shard->queue_capacity == 0 ? slots_first : shard->queue_capacity * 2;
        sl_record **queue = realloc(shard->queue, capacity * sizeof *queue);
        if (queue == NULL) return false;
        shard->queue = queue;
        shard->queue_capacity = capacity;
    }
    if (wanted * 2 <= shard->slot_count) return true;
    const size_t slot_count = shard->slot_count == 0 ? slots_first : shard->slot_count * 2;
    sl_record **slots = calloc(slot_count, sizeof *slots);
    if (slots == NULL) return false;
    free(shard->slots);
    shard->slots = slots;
    shard->slot_count = slot_count;
    for (size_t i = 0; i < shard->record_count; i++) {
        sl_record *record = shard->queue[i];
        shard->slots[probe(shard, identity_of(record), record->hash)] = record;
    }
    return true;
}

static void put_in(sl_shard *shard, sl_record *record) {
    shard->slots[probe(shard, identity_of(record), record->hash)] = record;
    record->heap_index = shard->record_count++;
    shard->queue[record->heap_index] = record;
    move_up(shard, record);
    shard->bytes += record->bytes;
}

/* ---- life ---- */

static void sweep(sl_shard *shard, int64_t now) {
    for (int i = 0; i < sweep_max && shard->record_count != 0; i++) {
        if (shard->queue[0]->expires_epoch > now) return;
        take_out(shard, shard->queue[0]);
        shard->expiries++;
    }
}

static void make_room(sl_shard *shard) {
    while (shard->record_count > shard->records_max || (shard->bytes > shard->bytes_max && shard->record_count > 1)) {
        take_out(shard, shard->queue[0]);
        shard->evictions++;
    }
}

sl_record *sl_shard_find(sl_shard *shard, sl_slice identity, uint64_t hash, int64_t now) {
    sweep(shard, now);
    if (shard->slot_count == 0) return NULL;
    sl_record *record = shard->slots[probe(shard, identity, hash)];
    if (record == NULL) return NULL;
    if (record->expires_epoch <= now) {
        take_out(shard, record);
        shard->expiries++;
        return NULL;
    }
    record->last_used = ++shard->clock;
    move_down(shard, record);
    return record;
}

static bool apply_to_new(sl_shard *shard, sl_slice identity, uint64_t hash, int64_t now, const sl_record_terms *terms,
                         const sl_change *changes, size_t count) {
    if (!reserve(shard)) return false;
    sl_record *record = sl_record_new(identity, hash, now);
    if (record == NULL) return false;
    if (!sl_record_apply(record, now, terms, changes, count)) {
        sl_record_free(record);
        return false;
    }
    record->last_used = ++shard->clock;
    put_in(shard, record);
    return true;
}

bool sl_shard_apply(sl_shard *shard, sl_slice identity, uint64_t hash, int64_t now, const sl_record_terms *terms,
                    const sl_change *changes, size_t count) {
    sl_record *record = sl_shard_find(shard, identity, hash, now);
    if (record == NULL) {
        if (!apply_to_new(shard, identity, hash, now, terms, changes, count)) return false;
    } else {
        const size_t bytes_before = record->bytes;
        if (!sl_record_apply(record, now, terms, changes, count)) return false;
        sl_assert(shard->bytes >= bytes_before);
        shard->bytes = shard->bytes - bytes_before + record->bytes;
        reorder(shard, record);
    }
    make_room(shard);
    return true;
}
