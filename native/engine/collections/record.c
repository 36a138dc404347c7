/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of one record. They are worked out on a list of pointers beside the record; only when nothing can
 * fail any more does the list become the record's. */
#include "collections/record.h"

#include <stdio.h>
#include <stdlib.h>

static int64_t add_saturating(int64_t a, int64_t b) {
    if (b > 0 && a > INT64_MAX - b) return INT64_MAX;
    if (b < 0 && a < INT64_MIN - b) return INT64_MIN;
    return a + b;
}

static sl_slice name_of(const sl_stored_variable *variable) { return sl_slice_of(variable->bytes, variable->name_len); }
static sl_slice value_of(const sl_stored_variable *variable) {
    return sl_slice_of(variable->bytes + variable->name_len, variable->value_len);
}
static size_t bytes_of(const sl_stored_variable *variable) {
    return sizeof *variable + variable->name_len + variable->value_len;
}
static bool is_expired(const sl_stored_variable *variable, int64_t now) {
    return variable->expires_epoch != 0 && variable->expires_epoch <= now;
}
static bool is_live(const sl_stored_variable *variable, int64_t now) {
    return variable->has_value && !is_expired(variable, now);
}

/* What a variable is besides its texts. */
typedef struct nature {
    bool has_value;
    int64_t expires_epoch, aged_epoch;
} nature;

static sl_stored_variable *new_variable(sl_slice name, sl_slice value, nature is) {
    sl_stored_variable *variable = malloc(sizeof *variable + name.len + value.len);
    if (variable == NULL) return NULL;
    variable->expires_epoch = is.expires_epoch;
    variable->aged_epoch = is.aged_epoch;
    variable->has_value = is.has_value;
    variable->name_len = (uint32_t)name.len;
    variable->value_len = (uint32_t)value.len;
    if (name.len != 0) memcpy(variable->bytes, name.ptr, name.len);
    if (value.len != 0) memcpy(variable->bytes + name.len, value.ptr, value.len);
    return variable;
}

sl_record *sl_record_new(sl_slice identity, uint64_t hash, int64_t now) {
    sl_record *record = calloc(1, sizeof *record + identity.len);
    if (record == NULL) return NULL;
    record->hash = hash;
    record->create_epoch = now;
    record->bytes = sizeof *record + identity.len;
    record->identity_len = identity.len;
    memcpy(record->identity, identity.ptr, identity.len);
    return record;
}

void sl_record_free(sl_record *record) {
    for (size_t i = 0; i < record->variable_count; i++) free(record->variables[i]);
    free(record->variables);
    free(record);
}

bool sl_record_restore(sl_record *record, size_t variable_count, sl_slice name, sl_slice value, bool has_value,
                       int64_t expires_epoch, int64_t aged_epoch) {
    if (record->variables == NULL) {
        record->variables = malloc(variable_count * sizeof *record->variables);
        if (record->variables == NULL) return false;
    }
    sl_stored_variable *variable = new_variable(name, value, (nature){has_value, expires_epoch, aged_epoch});
    if (variable == NULL) return false;
    record->variables[record->variable_count++] = variable;
    return true;
}

/* ---- applying ---- */

/* The variables as they will be. Slots below old_count stand for the record's own; NULL = gone. */
typedef struct draft {
    const sl_record *record;
    const sl_record_terms *terms;
    sl_stored_variable **slots; /* room for what there was and one more for each change */
    size_t count;
    int64_t now, timeout_seconds;
} draft;

static bool is_fresh(const draft *work, size_t slot) {
    return slot >= work->record->variable_count || work->slots[slot] != work->record->variables[slot];
}

static void drop(draft *work, size_t slot) {
    if (work->slots[slot] != NULL && is_fresh(work, slot)) free(work->slots[slot]);
    work->slots[slot] = NULL;
}

static void abandon(draft *work) {
    for (size_t i = 0; i < work->count; i++) drop(work, i);
    free(work->slots);
}

/* Slot of that name, or SIZE_MAX. */
static size_t find(const draft *work, sl_slice name) {
    for (size_t i = 0; i < work->count; i++) {
        if (work->slots[i] != NULL && sl_slice_equal_fold(name_of(work->slots[i]), name)) return i;
    }
    return SIZE_MAX;
}

static size_t find_gone(const draft *work) {
    for (size_t i = 0; i < work->count; i++) {
        if (work->slots[i] == NULL) return i;
    }
    return SIZE_MAX;
}

/* Puts a variable of that name in place of the one before. A record that is full takes no further name: the
 * change is dropped, which is not a failure. */
static bool put(draft *work, sl_slice name, sl_slice value, nature is) {
    size_t slot = find(work, name);
    if (slot == SIZE_MAX && work->count >= work->terms->variables_max) {
        slot = find_gone(work);
        if (slot == SIZE_MAX) return true;
    }
    sl_stored_variable *variable = new_variable(name, value, is);
    if (variable == NULL) return false;
    if (slot == SIZE_MAX) {
        work->slots[work->count++] = variable;
        return true;
    }
    drop(work, slot);
    work->slots[slot] = variable;
    return true;
}

static const sl_stored_variable *known(const draft *work, sl_slice name) {
    const size_t slot = find(work, name);
    return slot == SIZE_MAX ? NULL : work->slots[slot];
}

static bool put_number(draft *work, const sl_change *change, int64_t number, nature is) {
    char digits[24];
    const int len = snprintf(digits, sizeof digits, "%lld", (long long)number);
    return put(work, change->name, sl_slice_of(digits, (size_t)len), is);
}

static nature nature_of(const sl_stored_variable *variable) {
    return (nature){variable->has_value, variable->expires_epoch, variable->aged_epoch};
}
/* Of a value that is new; v2 notes the expiry beside the variable, so it may have come before. */
static nature newborn(const draft *work, const sl_stored_variable *variable) {
    return (nature){true, variable == NULL ? 0 : variable->expires_epoch, work->now};
}

static bool add(draft *work, const sl_change *change) {
    const sl_stored_variable *variable = known(work, change->name);
    const bool has_old = variable != NULL && variable->has_value;
    const int64_t sum = add_saturating(has_old ? sl_number_of(value_of(variable)) : 0, change->delta);
    const int64_t kept = sum < 0 ? 0 : sum;
    if (change->result != NULL) *change->result = kept;
    return put_number(work, change, kept, has_old ? nature_of(variable) : newborn(work, variable));
}

static bool set(draft *work, const sl_change *change) {
    sl_slice value = change->value;
    if (value.len > work->terms->value_bytes_max) value.len = work->terms->value_bytes_max;
    return put(work, change->name, value, newborn(work, known(work, change->name)));
}

/* A setvar later does not move it. */
static bool expire(draft *work, const sl_change *change) {
    const sl_stored_variable *variable = known(work, change->name);
    if (variable == NULL) return put(work, change->name, SL_EMPTY, (nature){.expires_epoch = change->expires_epoch});
    nature is = nature_of(variable);
    is.expires_epoch = change->expires_epoch;
    return put(work, change->name, value_of(variable), is);
}

static bool deprecate(draft *work, const sl_change *change) {
    const sl_stored_variable *variable = known(work, change->name);
    if (variable == NULL || !variable->has_value) return true;
    const int64_t old = sl_number_of(value_of(variable));
    nature is = nature_of(variable);
    const int64_t aged =
        change->is_own_age
            ? sl_collection_aged(old, change->amount, change->period_seconds, &is.aged_epoch, work->now)
            : sl_collection_deprecated(old, change->amount, change->period_seconds, work->record->update_epoch, work->now);
    return (aged == old && is.aged_epoch == variable->aged_epoch) || put_number(work, change, aged, is);
}

/* TIMEOUT is the record's life, not one of its variables. */
static void change_timeout(draft *work, const sl_change *change) {
    if (change->kind == SL_CHANGE_SET) work->timeout_seconds = sl_number_of(change->value);
    if (change->kind == SL_CHANGE_ADD) {
        const int64_t sum = add_saturating(work->timeout_seconds, change->delta);
        work->timeout_seconds = sum < 0 ? 0 : sum;
        if (change->result != NULL) *change->result = work->timeout_seconds;
    }
}

static bool apply_one(draft *work, const sl_change *change) {
    if (change->name.len > work->terms->name_bytes_max) return true;
    if (sl_slice_equal_fold(change->name, SL_LIT("timeout"))) {
        change_timeout(work, change);
        return true;
    }
    switch ((sl_change_kind)change->kind) {
    case SL_CHANGE_SET: return set(work, change);
    case SL_CHANGE_ADD: return add(work, change);
    case SL_CHANGE_EXPIRE: return expire(work, change);
    case SL_CHANGE_DEPRECATE: return deprecate(work, change);
    case SL_CHANGE_UNSET: break;
    }
    const size_t slot = find(work, change->name);
    if (slot != SIZE_MAX) drop(work, slot);
    return true;
}

/* From here on nothing fails: the list of slots becomes the record's. */
static void adopt(sl_record *record, draft *work) {
    for (size_t i = 0; i < record->variable_count; i++) {
        if (is_fresh(work, i)) free(record->variables[i]);
    }
    size_t count = 0;
    size_t bytes = sizeof *record + record->identity_len;
    for (size_t i = 0; i < work->count; i++) {
        if (work->slots[i] == NULL) continue;
        work->slots[count++] = work->slots[i];
        bytes += sizeof *work->slots + bytes_of(work->slots[i]);
    }
    free(record->variables);
    record->variables = work->slots;
    record->variable_count = count;
    record->bytes = bytes;
}

bool sl_record_apply(sl_record *record, int64_t now, const sl_record_terms *terms, const sl_change *changes,
                     size_t count) {
    draft work = {.record = record,
                  .terms = terms,
                  .count = record->variable_count,
                  .now = now,
                  .timeout_seconds = terms->timeout_seconds};
    work.slots = malloc((work.count + count + 1) * sizeof(sl_stored_variable *));
    if (work.slots == NULL) return false;
    for (size_t i = 0; i < work.count; i++) {
        work.slots[i] = is_expired(record->variables[i], now) ? NULL : record->variables[i];
    }
    for (size_t i = 0; i < count; i++) {
        if (apply_one(&work, &changes[i])) continue;
        abandon(&work);
        return false;
    }
    adopt(record, &work);
    record->timeout_seconds = work.timeout_seconds;
    record->update_epoch = now;
    record->update_counter = add_saturating(record->update_counter, 1);
    record->expires_epoch = add_saturating(now, work.timeout_seconds < 0 ? 0 : work.timeout_seconds);
    return true;
}

/* ---- copies ---- */

/* Head of a variable in a flat copy; name and value follow. */
typedef struct copy_head {
    int64_t expires_epoch, aged_epoch;
    uint32_t name_len, value_len;
} copy_head;

size_t sl_record_copy_size(const sl_record *record, int64_t now) {
    size_t size = 0;
    for (size_t i = 0; i < record->variable_count; i++) {
        const sl_stored_variable *variable = record->variables[i];
        if (is_live(variable, now)) size += sizeof(copy_head) + variable->name_len + variable->value_len;
    }
    return size;
}

void sl_record_copy(const sl_record *record, int64_t now, uint8_t *out) {
    for (size_t i = 0; i < record->variable_count; i++) {
        const sl_stored_variable *variable = record->variables[i];
        if (!is_live(variable, now)) continue;
        const copy_head head = {variable->expires_epoch, variable->aged_epoch, variable->name_len, variable->value_len};
        const size_t bytes_len = (size_t)variable->name_len + variable->value_len;
        memcpy(out, &head, sizeof head);
        memcpy(out + sizeof head, variable->bytes, bytes_len);
        out += sizeof head + bytes_len;
    }
}

void sl_record_copy_read(sl_slice copy, sl_arena *arena, sl_members *members) {
    while (copy.len != 0) {
        copy_head head;
        memcpy(&head, copy.ptr, sizeof head);
        copy = sl_slice_from(copy, sizeof head);
        const sl_slice name = sl_arena_copy(arena, sl_slice_of(copy.ptr, head.name_len));
        copy = sl_slice_from(copy, head.name_len);
        const sl_slice value = sl_arena_copy(arena, sl_slice_of(copy.ptr, head.value_len));
        copy = sl_slice_from(copy, head.value_len);
        sl_member *member = sl_members_add(members, arena, name, value);
        member->expires_epoch = head.expires_epoch;
        member->aged_epoch = head.aged_epoch;
    }
}
