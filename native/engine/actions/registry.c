/* SPDX-License-Identifier: Apache-2.0 */
/* The families of actions. Adding an action touches its family file only. */
#include "actions/action.h"

static const sl_action_row *const families[] = {
    sl_actions_metadata, sl_actions_disruptive, sl_actions_flow, sl_actions_setting, sl_actions_logging,
    sl_actions_setvar,   sl_actions_persistent, sl_actions_ctl,  sl_actions_exec,    sl_actions_sanitise,
    sl_actions_injection,
};

const sl_action_row *sl_action_at(size_t index) {
    for (size_t f = 0; f < sizeof families / sizeof families[0]; f++) {
        for (const sl_action_row *row = families[f]; row->name != NULL; row++) {
            if (index-- == 0) return row;
        }
    }
    return NULL;
}

const sl_action_row *sl_action_find(sl_slice name) {
    for (size_t f = 0; f < sizeof families / sizeof families[0]; f++) {
        for (const sl_action_row *row = families[f]; row->name != NULL; row++) {
            if (sl_slice_equal_fold(sl_slice_z(row->name), name)) return row;
        }
    }
    return NULL;
}

void *sl_draft_grow(sl_arena *arena, void *items, size_t count, size_t *capacity, size_t item_size) {
    if (count < *capacity) return items;
    const size_t grown = *capacity == 0 ? 8 : *capacity * 2;
    void *copy = sl_arena_zalloc(arena, grown * item_size);
    if (count != 0) memcpy(copy, items, count * item_size);
    *capacity = grown;
    return copy;
}
