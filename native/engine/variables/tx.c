/* SPDX-License-Identifier: Apache-2.0 */
/* TX, the persistent collections, GEO (spec 02, sections 12 to 14). */
#include <stdio.h>

#include "run/values.h"
#include "variables/families.h"

static int capture_index(sl_slice key) {
    return key.len == 1 && sl_ascii_is_digit(key.ptr[0]) ? key.ptr[0] - '0' : -1;
}

static sl_text *find_tx(sl_txn *txn, sl_slice key, uint32_t key_hash) {
    const int index = capture_index(key);
    if (index >= 0) return txn->captures[index];
    sl_member *member = sl_members_find_hashed(&txn->tx, key, key_hash);
    return member == NULL ? NULL : sl_member_value(member, &txn->arena);
}

/* Keys are unique. All members come in order of insertion, the captures last. */
static void expand_tx(sl_txn *txn, const sl_variable *self, const sl_target *target, sl_values *values) {
    static const char names[] = "0123456789";
    if (target->selector == SL_SELECT_KEY) {
        const int index = capture_index(target->key);
        sl_member *member = index >= 0 ? NULL : sl_members_find_hashed(&txn->tx, target->key, target->key_hash);
        sl_text *text = index >= 0 ? txn->captures[index] : member == NULL ? NULL : sl_member_value(member, &txn->arena);
        if (text != NULL) sl_values_add(txn, values, self, member == NULL ? target->key : member->name->slice, text);
        return;
    }
    sl_variable_expand_members(txn, target, &txn->tx, values);
    if (target->selector == SL_SELECT_REGEX && target->first_byte != 0 && !sl_ascii_is_digit(target->first_byte)) return;
    for (int i = 0; i < sl_captures_max; i++) {
        const sl_slice name = sl_slice_of(&names[i], 1);
        if (txn->captures[i] != NULL && sl_target_selects_key(txn, target, name)) {
            sl_values_add(txn, values, self, name, txn->captures[i]);
        }
    }
}

static const sl_members *open_members(sl_txn *txn, sl_collection_id id) {
    sl_open_collection *collection = &txn->collections[id];
    return collection->is_open ? &collection->members : NULL;
}
static const sl_members *ip(sl_txn *txn) { return open_members(txn, SL_IP); }
static const sl_members *global(sl_txn *txn) { return open_members(txn, SL_GLOBAL); }
static const sl_members *resource(sl_txn *txn) { return open_members(txn, SL_RESOURCE); }
static const sl_members *session(sl_txn *txn) { return open_members(txn, SL_SESSION); }
static const sl_members *user(sl_txn *txn) { return open_members(txn, SL_USER); }
/* One function for each place: what makes members is not told which row asked. */
#define OWN(index) \
    static const sl_members *own_##index(sl_txn *txn) { return open_members(txn, (sl_collection_id)(SL_OWN + (index))); }
OWN(0) OWN(1) OWN(2) OWN(3) OWN(4) OWN(5) OWN(6) OWN(7) OWN(8) OWN(9) OWN(10)

const sl_variable *sl_variable_own(sl_arena *arena, const char *name, size_t index) {
    static const sl_members *(*const members[sl_own_collections_max])(sl_txn *txn) = {
        own_0, own_1, own_2, own_3, own_4, own_5, own_6, own_7, own_8, own_9, own_10};
    sl_variable *row = SL_NEW(arena, sl_variable);
    *row = (sl_variable){.name = name, .kind = SL_COLLECTION, .members = members[index], .has_macro_keys = true};
    return row;
}

static const sl_members *geo(sl_txn *txn) { return &txn->geo; }

#define PERSISTENT_ROW(row_name, function, text) \
    { .name = row_name, .kind = SL_COLLECTION, .members = function, .has_macro_keys = true, .manual = text }

const sl_variable sl_variables_tx[] = {
    {.name = "TX", .kind = SL_COLLECTION, .expand = expand_tx, .find = find_tx, .has_macro_keys = true,
     .manual = "variables of the transaction; TX:0 to TX:9 are captures"},
    PERSISTENT_ROW("IP", ip, "the record opened by initcol:ip"),
    PERSISTENT_ROW("GLOBAL", global, "the record opened by initcol:global"),
    PERSISTENT_ROW("RESOURCE", resource, "the record opened by initcol:resource or setrsc"),
    PERSISTENT_ROW("SESSION", session, "the record opened by setsid"),
    PERSISTENT_ROW("USER", user, "the record opened by setuid"),
    {.name = "GEO", .kind = SL_COLLECTION, .members = geo, .is_volatile = true, .manual = "filled by @geoLookup"},
    {0},
};
