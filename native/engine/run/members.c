/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of members: append in arrival order, look up by folded hash, then by name. */
#include "run/members.h"

enum { capacity_first = 8 };

sl_text *sl_text_new(sl_arena *arena, sl_slice slice) {
    sl_text *text = SL_NEW(arena, sl_text);
    text->slice = slice;
    return text;
}

sl_member *sl_members_add(sl_members *members, sl_arena *arena, sl_slice name, sl_slice value) {
    if (members->count == members->capacity) {
        size_t capacity = members->capacity == 0 ? capacity_first : members->capacity * 2;
        sl_member **items = sl_arena_alloc(arena, capacity * sizeof *items);
        if (members->count != 0) memcpy(items, members->items, members->count * sizeof *items);
        members->items = items;
        members->capacity = capacity;
    }
    sl_member *member = SL_NEW(arena, sl_member);
    member->name = sl_text_new(arena, name);
    member->value = sl_text_new(arena, value);
    member->hash = sl_hash_fold(name);
    members->items[members->count++] = member;
    return member;
}

static bool is_named(const sl_member *member, sl_slice name, uint32_t hash) {
    return !member->is_dead && member->hash == hash && sl_slice_equal_fold(member->name->slice, name);
}

sl_member *sl_members_find(const sl_members *members, sl_slice name) {
    const uint32_t hash = sl_hash_fold(name);
    for (size_t i = 0; i < members->count; i++) {
        if (is_named(members->items[i], name, hash)) return members->items[i];
    }
    return NULL;
}

sl_member *sl_members_set(sl_members *members, sl_arena *arena, sl_slice name, sl_slice value) {
    const uint32_t hash = sl_hash_fold(name);
    sl_member *first = NULL;
    for (size_t i = 0; i < members->count; i++) {
        sl_member *member = members->items[i];
        if (!is_named(member, name, hash)) continue;
        if (first == NULL) {
            first = member;
        } else {
            member->is_dead = true;
        }
    }
    if (first == NULL) return sl_members_add(members, arena, name, value);
    first->value = sl_text_new(arena, value);
    return first;
}

bool sl_members_unset(sl_members *members, sl_slice name) {
    const uint32_t hash = sl_hash_fold(name);
    bool found = false;
    for (size_t i = 0; i < members->count; i++) {
        if (is_named(members->items[i], name, hash)) {
            members->items[i]->is_dead = true;
            found = true;
        }
    }
    return found;
}

size_t sl_members_live(const sl_members *members) {
    size_t live = 0;
    for (size_t i = 0; i < members->count; i++) live += !members->items[i]->is_dead;
    return live;
}
