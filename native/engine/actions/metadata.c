/* SPDX-License-Identifier: Apache-2.0 */
/* Who a rule is and what it says: id, msg, logdata, tag, severity, … (spec 06, 4.1). Nothing here runs on a request. */
#include "actions/action.h"
#include "base/hash.h"

static bool id(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)prepared;
    bool good = value.len != 0;
    for (size_t i = 0; i < value.len; i++) good = good && sl_ascii_is_digit(value.ptr[i]);
    const int64_t number = good ? sl_number_of(value) : 0;
    if (!good || number <= 0 || number == INT64_MAX) {
        sl_prepare_report(prepare, "SECLUA_E_ACTION_VALUE", "ids are positive whole numbers", 0, value.len,
                          "\"%.*s\" is not a rule id", (int)(value.len > 40 ? 40 : value.len), (const char *)value.ptr);
        return false;
    }
    draft->rule->id = (uint64_t)number;
    return true;
}

static bool msg(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)prepared;
    draft->rule->message = prepare->macro(prepare->context, value, 0);
    return true;
}

static bool logdata(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)prepared;
    draft->rule->data = prepare->macro(prepare->context, value, 0);
    return true;
}

static bool tag(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)prepared;
    draft->tags = sl_draft_grow(prepare->arena, draft->tags, draft->tag_count, &draft->tag_capacity, sizeof *draft->tags);
    draft->tags[draft->tag_count++] = prepare->macro(prepare->context, value, 0);
    return true;
}

static bool severity(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    static const char *const names[] = {"EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG"};
    (void)prepared;
    if (value.len == 1 && value.ptr[0] >= '0' && value.ptr[0] <= '7') {
        draft->rule->severity = (int8_t)(value.ptr[0] - '0');
        return true;
    }
    for (int i = 0; i < 8; i++) {
        if (sl_slice_equal_fold(sl_slice_z(names[i]), value)) {
            draft->rule->severity = (int8_t)i;
            return true;
        }
    }
    sl_prepare_report(prepare, "SECLUA_E_ACTION_VALUE",
                      "use 0 to 7, or EMERGENCY ALERT CRITICAL ERROR WARNING NOTICE INFO DEBUG", 0, value.len,
                      "\"%.*s\" is not a severity", (int)(value.len > 40 ? 40 : value.len), (const char *)value.ptr);
    return false;
}

static bool rev(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)prepared;
    draft->rule->rev = sl_arena_copy(prepare->arena, value);
    return true;
}

static bool ver(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)prepared;
    draft->rule->ver = sl_arena_copy(prepare->arena, value);
    return true;
}

static bool one_to_nine(sl_prepare *prepare, sl_slice value, uint8_t *out) {
    if (value.len == 1 && value.ptr[0] >= '1' && value.ptr[0] <= '9') {
        *out = (uint8_t)(value.ptr[0] - '0');
        return true;
    }
    sl_prepare_report(prepare, "SECLUA_E_ACTION_VALUE", "use 1 to 9", 0, value.len, "\"%.*s\" is not a digit from 1 to 9",
                      (int)(value.len > 40 ? 40 : value.len), (const char *)value.ptr);
    return false;
}

static bool maturity(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)prepared;
    return one_to_nine(prepare, value, &draft->rule->maturity);
}

static bool accuracy(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)prepared;
    return one_to_nine(prepare, value, &draft->rule->accuracy);
}

#define METADATA(row_name, row_places, function, text)                                                              \
    {                                                                                                               \
        .name = row_name, .action_class = SL_METADATA, .value = SL_VALUE_REQUIRED, .places = row_places,            \
        .prepare = function, .manual = text                                                                         \
    }

const sl_action_row sl_actions_metadata[] = {
    METADATA("id", 0, id, "number of the rule; unique"),
    METADATA("msg", SL_WARN_IN_LINK | SL_IN_UPDATE, msg, "what to say of a match; with macros"),
    METADATA("logdata", SL_WARN_IN_LINK | SL_WARN_IN_DEFAULT | SL_IN_UPDATE, logdata, "what was found; with macros"),
    {.name = "tag", .action_class = SL_METADATA, .value = SL_VALUE_REQUIRED, .is_many = true,
     .places = SL_IN_LINK | SL_IN_DEFAULT | SL_IN_UPDATE, .prepare = tag, .manual = "a word to find rules by; repeatable"},
    METADATA("severity", SL_WARN_IN_LINK | SL_WARN_IN_DEFAULT | SL_IN_UPDATE, severity, "0 to 7 or its name"),
    METADATA("rev", SL_WARN_IN_LINK | SL_IN_UPDATE, rev, "revision of the rule"),
    METADATA("ver", SL_WARN_IN_LINK | SL_IN_UPDATE, ver, "version of the rule set"),
    METADATA("maturity", SL_WARN_IN_LINK | SL_IN_UPDATE, maturity, "1 to 9"),
    METADATA("accuracy", SL_WARN_IN_LINK | SL_IN_UPDATE, accuracy, "1 to 9"),
    {0},
};
