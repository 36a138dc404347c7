/* SPDX-License-Identifier: Apache-2.0 */
/* chain, skip, skipAfter: the compiler turns them into links and jumps (spec 06, 4.4). */
#include "actions/action.h"
#include "base/hash.h"

static bool chain(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)prepare, (void)value, (void)prepared;
    draft->has_chain = true;
    return true;
}

static bool skip(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)prepared;
    bool good = value.len != 0 && value.len < 10;
    for (size_t i = 0; i < value.len; i++) good = good && sl_ascii_is_digit(value.ptr[i]);
    const int64_t count = good ? sl_number_of(value) : 0;
    if (count < 1) {
        sl_prepare_report(prepare, "SECLUA_E_ACTION_VALUE", "give the number of rules to skip, at least 1", 0, value.len,
                          "skip cannot use \"%.*s\"", (int)(value.len > 40 ? 40 : value.len), (const char *)value.ptr);
        return false;
    }
    draft->skip = (uint32_t)count;
    return true;
}

static bool skip_after(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)prepared;
    draft->skip_after = sl_arena_copy(prepare->arena, value);
    return true;
}

const sl_action_row sl_actions_flow[] = {
    {.name = "chain", .action_class = SL_FLOW, .value = SL_VALUE_NONE, .places = SL_IN_LINK, .prepare = chain,
     .manual = "the next rule has to match, too"},
    {.name = "skip", .action_class = SL_FLOW, .value = SL_VALUE_REQUIRED, .places = SL_WARN_IN_LINK | SL_IN_UPDATE,
     .prepare = skip, .manual = "skip that many rules of the phase"},
    {.name = "skipAfter", .action_class = SL_FLOW, .value = SL_VALUE_REQUIRED, .places = SL_WARN_IN_LINK | SL_IN_UPDATE,
     .prepare = skip_after, .manual = "go on behind that marker, or behind the rule with that id"},
    {0},
};
