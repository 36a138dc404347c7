/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of members: append in arrival order, look up by folded hash, then by name.
 *
 * A long list gets a table of slots, probed in a line. It holds the first member of each name only, and dead ones stay in it:
 * a look-up that meets a dead member falls back to the plain walk, which is its twin. */
#include "run/members.h"


enum { capacity_first = 8, indexed_from = 16 };

sl_text *sl_text_new(sl_arena *arena, sl_slice slice) {
    sl_text *text = sl_arena_alloc(arena, sizeof *text);
    *text = (sl_text){.slice = slice};
    return text;
}

static uint8_t initial_of(sl_slice name) { return name.len == 0 ? 0 : sl_ascii_lower(name.ptr[0]); }

static bool has_name(const sl_member *member, sl_slice name, uint32_t hash) {
    return member->hash == hash && sl_slice_equal_fold(member->name->slice, name);
}

static void index_member(sl_members *members, size_t position) {
    const sl_member *member = members->items[position];
    uint32_t slot = member->hash & members->slot_mask;
    for (; members->slots[slot] != 0; slot = (slot + 1) & members->slot_mask) {
        if (has_name(members->items[members->slots[slot] - 1], member->name->slice, member->hash)) return;
    }
    members->slots[slot] = (uint32_t)position + 1;
}

static void make_index(sl_members *members, sl_arena *arena, uint32_t slot_count) {
    members->slots = SL_NEW_ARRAY(arena, uint32_t, slot_count);
    members->slot_mask = slot_count - 1;
    for (size_t i = 0; i < members->count; i++) index_member(members, i);
}

/* At most half full, so that a probe always ends. */
static void grow_index(sl_members *members, sl_arena *arena) {
    make_index(members, arena, members->slots == NULL ? 4 * indexed_from : 2 * (members->slot_mask + 1));
}

sl_member *sl_members_add(sl_members *members, sl_arena *arena, sl_slice name, sl_slice value) {
    return sl_members_add_hashed(members, arena, name, sl_hash_fold(name), value);
}

/* For so many; those that there are come along. */
static void make_room(sl_members *members, sl_arena *arena, size_t capacity) {
    sl_member **items = sl_arena_alloc(arena, capacity * (sizeof *items + 1));
    uint8_t *initials = (uint8_t *)(items + capacity);
    if (members->count != 0) {
        memcpy(items, members->items, members->count * sizeof *items);
        memcpy(initials, members->initials, members->count);
    }
    members->items = items;
    members->initials = initials;
    members->capacity = capacity;
}

sl_member *sl_members_add_hashed(sl_members *members, sl_arena *arena, sl_slice name, uint32_t hash, sl_slice value) {
    if (members->count == members->capacity) make_room(members, arena, members->capacity == 0 ? capacity_first : members->capacity * 2);
    struct { /* one piece of memory: members are many */
        sl_member member;
        sl_text name, value;
    } *made = sl_arena_alloc(arena, sizeof *made);
    sl_member *member = &made->member;
    made->name = (sl_text){.slice = name};
    made->value = (sl_text){.slice = value};
    *member = (sl_member){.name = &made->name, .value = &made->value, .hash = hash};
    members->initials[members->count] = initial_of(name);
    members->items[members->count++] = member;
    if (members->slots == NULL ? members->count == indexed_from : members->count * 2 > members->slot_mask) {
        grow_index(members, arena);
    } else if (members->slots != NULL) {
        index_member(members, members->count - 1);
    }
    return member;
}

const sl_members *sl_members_as_presets(const sl_members *members, sl_arena *arena) {
    sl_members *presets = SL_NEW(arena, sl_members);
    *presets = *members;
    sl_member *made = SL_NEW_ARRAY(arena, sl_member, members->count);
    sl_text *names = SL_NEW_ARRAY(arena, sl_text, members->count), *values = SL_NEW_ARRAY(arena, sl_text, members->count);
    presets->items = SL_NEW_ARRAY(arena, sl_member *, members->count);
    presets->capacity = members->count;
    for (size_t i = 0; i < members->count; i++) {
        made[i] = *members->items[i];
        names[i] = *made[i].name;
        values[i] = *made[i].value;
        made[i].name = &names[i];
        made[i].value = &values[i];
        made[i].is_preset = true;
        presets->items[i] = &made[i];
    }
    return presets;
}

void sl_members_copy(sl_members *members, sl_arena *arena, const sl_members *presets) {
    const size_t count = presets->count, slots = presets->slots == NULL ? 0 : presets->slot_mask + (size_t)1;
    sl_member *made = sl_arena_alloc(arena, count * sizeof *made);
    make_room(members, arena, 2 * count);
    memcpy(made, presets->items[0], count * sizeof *made);
    memcpy(members->initials, presets->initials, count);
    for (size_t i = 0; i < count; i++) members->items[i] = &made[i];
    if (slots != 0) {
        members->slots = sl_arena_alloc(arena, slots * sizeof *members->slots);
        memcpy(members->slots, presets->slots, slots * sizeof *members->slots);
        members->slot_mask = presets->slot_mask;
    }
    members->count = count;
}

size_t sl_members_next(const sl_members *members, uint8_t initial, size_t from) {
    if (from >= members->count) return members->count;
    const uint8_t *found = memchr(members->initials + from, initial, members->count - from);
    return found == NULL ? members->count : (size_t)(found - members->initials);
}

static bool is_named(const sl_member *member, sl_slice name, uint32_t hash) {
    return !member->is_dead && has_name(member, name, hash);
}

static sl_member *walk(const sl_members *members, sl_slice name, uint32_t hash) {
    for (size_t i = 0; i < members->count; i++) {
        if (is_named(members->items[i], name, hash)) return members->items[i];
    }
    return NULL;
}

sl_member *sl_members_find_hashed(const sl_members *members, sl_slice name, uint32_t hash) {
    if (members->slots == NULL) return walk(members, name, hash);
    for (uint32_t slot = hash & members->slot_mask; members->slots[slot] != 0; slot = (slot + 1) & members->slot_mask) {
        sl_member *member = members->items[members->slots[slot] - 1];
        if (has_name(member, name, hash)) return member->is_dead ? walk(members, name, hash) : member;
    }
    return NULL;
}

sl_member *sl_members_find(const sl_members *members, sl_slice name) {
    return sl_members_find_hashed(members, name, sl_hash_fold(name));
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
    first->is_preset = false;
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
