/* SPDX-License-Identifier: Apache-2.0 */
/* Records to bytes and back. */
#include "collections/packed.h"

enum { format_now = 0x73726332 }; /* another order of bytes reads as another format */

/* Stands before the name and the value of each variable. */
typedef struct variable_head {
    int64_t expires_epoch, aged_epoch;
    uint32_t name_len;
    uint32_t value_len; /* no_value: only an expiry */
} variable_head;

static const uint32_t no_value = UINT32_MAX;

size_t sl_packed_size(const sl_record *record) {
    size_t size = sizeof(sl_packed_head);
    for (size_t i = 0; i < record->variable_count; i++) {
        const sl_stored_variable *variable = record->variables[i];
        size += sizeof(variable_head) + variable->name_len + variable->value_len;
    }
    return size;
}

void sl_packed_write(const sl_record *record, int64_t indexed_epoch, uint8_t *out) {
    const sl_packed_head head = {
        .format = format_now,
        .variable_count = (uint32_t)record->variable_count,
        .expires_epoch = record->expires_epoch,
        .create_epoch = record->create_epoch,
        .update_epoch = record->update_epoch,
        .update_counter = record->update_counter,
        .timeout_seconds = record->timeout_seconds,
        .indexed_epoch = indexed_epoch,
    };
    memcpy(out, &head, sizeof head);
    out += sizeof head;
    for (size_t i = 0; i < record->variable_count; i++) {
        const sl_stored_variable *variable = record->variables[i];
        const uint32_t value_len = variable->has_value ? variable->value_len : no_value;
        const variable_head own = {variable->expires_epoch, variable->aged_epoch, variable->name_len, value_len};
        const size_t text_len = (size_t)variable->name_len + variable->value_len;
        memcpy(out, &own, sizeof own);
        memcpy(out + sizeof own, variable->bytes, text_len);
        out += sizeof own + text_len;
    }
}

bool sl_packed_head_of(sl_slice bytes, sl_packed_head *out) {
    if (bytes.len < sizeof *out) return false;
    memcpy(out, bytes.ptr, sizeof *out);
    return out->format == format_now && out->variable_count <= bytes.len / sizeof(variable_head);
}

typedef struct unpacked {
    int64_t expires_epoch, aged_epoch;
    bool has_value;
    sl_slice name, value;
} unpacked;

/* Takes one variable off the front. False: there is no whole one. */
static bool take(sl_slice *rest, unpacked *out) {
    variable_head head;
    if (rest->len < sizeof head) return false;
    memcpy(&head, rest->ptr, sizeof head);
    *rest = sl_slice_from(*rest, sizeof head);
    const size_t value_len = head.value_len == no_value ? 0 : head.value_len;
    if (head.name_len > rest->len || value_len > rest->len - head.name_len) return false;
    out->expires_epoch = head.expires_epoch;
    out->aged_epoch = head.aged_epoch;
    out->has_value = head.value_len != no_value;
    out->name = sl_slice_of(rest->ptr, head.name_len);
    out->value = sl_slice_of(rest->ptr + head.name_len, value_len);
    *rest = sl_slice_from(*rest, head.name_len + value_len);
    return true;
}

sl_record *sl_packed_read(sl_slice bytes) {
    sl_packed_head head;
    if (!sl_packed_head_of(bytes, &head)) return NULL;
    sl_record *record = sl_record_new(SL_EMPTY, 0, head.create_epoch);
    if (record == NULL) return NULL;
    record->expires_epoch = head.expires_epoch;
    record->update_epoch = head.update_epoch;
    record->update_counter = head.update_counter;
    record->timeout_seconds = head.timeout_seconds;
    sl_slice rest = sl_slice_from(bytes, sizeof head);
    unpacked variable;
    for (uint32_t i = 0; i < head.variable_count; i++) {
        if (!take(&rest, &variable) ||
            !sl_record_restore(record, head.variable_count, variable.name, variable.value, variable.has_value,
                               variable.expires_epoch, variable.aged_epoch)) {
            sl_record_free(record);
            return NULL;
        }
    }
    return record;
}

void sl_packed_read_members(sl_slice bytes, int64_t now, sl_arena *arena, sl_members *members) {
    sl_packed_head head;
    if (!sl_packed_head_of(bytes, &head)) return;
    sl_slice rest = sl_slice_from(bytes, sizeof head);
    unpacked variable;
    for (uint32_t i = 0; i < head.variable_count && take(&rest, &variable); i++) {
        const bool is_expired = variable.expires_epoch != 0 && variable.expires_epoch <= now;
        if (!variable.has_value || is_expired) continue;
        const sl_slice name = sl_arena_copy(arena, variable.name);
        sl_member *member = sl_members_add(members, arena, name, sl_arena_copy(arena, variable.value));
        member->expires_epoch = variable.expires_epoch;
        member->aged_epoch = variable.aged_epoch;
    }
}
