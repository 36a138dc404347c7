/* SPDX-License-Identifier: Apache-2.0 */
/* How a rule is evaluated: phase, transformations, capture, multiMatch, xmlns. */
#include "actions/action.h"

static bool phase(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)prepared;
    int number = -1;
    if (value.len == 1 && value.ptr[0] >= '0' && value.ptr[0] <= '5') number = value.ptr[0] - '0';
    if (sl_slice_equal_fold(value, SL_LIT("request"))) number = 2;
    if (sl_slice_equal_fold(value, SL_LIT("response"))) number = 4;
    if (sl_slice_equal_fold(value, SL_LIT("logging"))) number = 5;
    if (number < 0) {
        sl_prepare_report(prepare, "SECLUA_E_ACTION_VALUE", "use 1 to 5, request, response or logging", 0, value.len,
                          "\"%.*s\" is not a phase", (int)(value.len > 40 ? 40 : value.len), (const char *)value.ptr);
        return false;
    }
    draft->rule->phase = (uint8_t)number;
    draft->has_phase = true;
    return true;
}

static void remove_step(sl_draft *draft, const sl_transformation *step) {
    size_t kept = 0;
    for (size_t i = 0; i < draft->step_count; i++) {
        if (draft->steps[i] != step) draft->steps[kept++] = draft->steps[i];
    }
    draft->step_count = kept;
}

static const char *transformation_name_at(size_t index) {
    const sl_transformation *const row = sl_transformation_at(index);
    return row == NULL ? NULL : row->name;
}

static bool transformation(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)prepared;
    if (sl_slice_equal_fold(value, SL_LIT("none"))) {
        draft->step_count = 0;
        return true;
    }
    /* ModSecurity 2 writes t:+name for t:name, and t:-name to take one back that was inherited. */
    const bool is_removal = value.len != 0 && value.ptr[0] == '-';
    const bool is_signed = is_removal || (value.len != 0 && value.ptr[0] == '+');
    const sl_slice name = sl_slice_from(value, is_signed ? 1 : 0);
    const sl_transformation *step = sl_transformation_of(prepare->rules, name);
    if (step == NULL) {
        const char *const hint = sl_prepare_did_you_mean(prepare, name, transformation_name_at);
        sl_prepare_report(prepare, "SECLUA_E_UNKNOWN_TRANSFORMATION", hint, 0, value.len,
                          "unknown transformation \"%.*s\"", (int)(value.len > 60 ? 60 : value.len),
                          (const char *)value.ptr);
        return false;
    }
    if (is_removal) {
        remove_step(draft, step);
        return true;
    }
    draft->steps = sl_draft_grow(prepare->arena, draft->steps, draft->step_count, &draft->step_capacity, sizeof *draft->steps);
    draft->steps[draft->step_count++] = step;
    return true;
}

static bool capture(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)prepare, (void)value, (void)prepared;
    draft->rule->has_capture = true;
    return true;
}

static bool multi_match(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)prepare, (void)value, (void)prepared;
    draft->rule->is_multi_match = true;
    return true;
}

static bool is_scheme_byte(uint8_t c) { return sl_ascii_is_alnum(c) || c == '+' || c == '.' || c == '-'; }

/* "http:", "urn:" …: what every URI begins with. */
static bool has_scheme(sl_slice uri) {
    if (uri.len == 0 || !sl_ascii_is_alpha(uri.ptr[0])) return false;
    size_t at = 1;
    while (at < uri.len && is_scheme_byte(uri.ptr[at])) at++;
    return at < uri.len && uri.ptr[at] == ':';
}

static bool xmlns(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)prepared;
    const size_t equals = sl_slice_find_byte(value, '=');
    if (equals == SIZE_MAX || equals == 0 || equals + 1 == value.len) {
        sl_prepare_report(prepare, "SECLUA_E_ACTION_VALUE", "write xmlns:prefix=http://…", 0, value.len,
                          "xmlns needs a prefix and a URI");
        return false;
    }
    sl_slice uri = sl_slice_from(value, equals + 1);
    if (uri.len >= 2 && uri.ptr[0] == '\'' && uri.ptr[uri.len - 1] == '\'') uri = sl_slice_of(uri.ptr + 1, uri.len - 2);
    if (!has_scheme(uri)) {
        sl_prepare_report(prepare, "SECLUA_E_ACTION_VALUE", "names of namespaces begin with http: or urn:, say", equals + 1, uri.len,
                          "\"%.*s\" is not the URI of a namespace", (int)(uri.len > 80 ? 80 : uri.len), (const char *)uri.ptr);
        return false;
    }
    const char **pairs = SL_NEW_ARRAY(prepare->arena, const char *, draft->namespace_count + 3); /* few: copied each time */
    if (draft->namespace_count != 0) memcpy(pairs, draft->namespaces, draft->namespace_count * sizeof *pairs);
    pairs[draft->namespace_count++] = sl_arena_z(prepare->arena, sl_slice_of(value.ptr, equals));
    pairs[draft->namespace_count++] = sl_arena_z(prepare->arena, uri);
    draft->namespaces = pairs;
    return true;
}

const sl_action_row sl_actions_setting[] = {
    {.name = "phase", .action_class = SL_RULE_SETTING, .value = SL_VALUE_REQUIRED, .places = SL_IN_DEFAULT | SL_WARN_IN_LINK,
     .prepare = phase, .manual = "when the rule runs: 1 to 5, request, response, logging"},
    {.name = "t", .action_class = SL_RULE_SETTING, .value = SL_VALUE_REQUIRED, .is_many = true,
     .places = SL_IN_LINK | SL_WARN_IN_DEFAULT | SL_IN_UPDATE, .prepare = transformation,
     .manual = "apply a transformation; none forgets those before it"},
    {.name = "capture", .action_class = SL_RULE_SETTING, .value = SL_VALUE_NONE, .places = SL_IN_LINK | SL_IN_UPDATE,
     .prepare = capture, .manual = "keep what was matched in TX:0 to TX:9"},
    {.name = "multiMatch", .action_class = SL_RULE_SETTING, .value = SL_VALUE_NONE, .places = SL_IN_LINK | SL_IN_UPDATE,
     .prepare = multi_match, .manual = "test the value after each transformation that changes it"},
    {.name = "xmlns", .action_class = SL_RULE_SETTING, .value = SL_VALUE_REQUIRED, .is_many = true,
     .places = SL_IN_LINK | SL_IN_UPDATE, .prepare = xmlns, .manual = "namespace prefix for XPath targets of this rule"},
    {0},
};
