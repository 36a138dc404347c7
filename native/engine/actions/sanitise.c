/* SPDX-License-Identifier: Apache-2.0 */
/* What the audit log must not show (spec 06, 4.12): names are noted here, masked by log/mask.c. */
#include "actions/action.h"
#include "log/mask.h"

typedef struct sl_masking {
    uint8_t kind;   /* sl_mask_kind, of the named forms */
    sl_slice name;
    bool is_bytes;  /* sanitiseMatchedBytes */
    uint8_t keep_first, keep_last;
} sl_masking;

static bool named(sl_prepare *prepare, sl_mask_kind kind, sl_slice value, const void **prepared) {
    sl_masking *masking = SL_NEW(prepare->arena, sl_masking);
    masking->kind = (uint8_t)kind;
    masking->name = value; /* the compiler keeps values as long as the rule set */
    *prepared = masking;
    return true;
}

static bool sanitise_arg(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)draft;
    return named(prepare, SL_MASK_ARG, value, prepared);
}
static bool sanitise_request_header(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)draft;
    return named(prepare, SL_MASK_REQUEST_HEADER, value, prepared);
}
static bool sanitise_response_header(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)draft;
    return named(prepare, SL_MASK_RESPONSE_HEADER, value, prepared);
}
static bool sanitise_matched(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)value, (void)draft;
    *prepared = SL_NEW(prepare->arena, sl_masking);
    return true;
}

/* Nothing, "N" or "N/M": single digits that stay readable at the start and at the end. */
static bool sanitise_matched_bytes(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)draft;
    sl_masking *masking = SL_NEW(prepare->arena, sl_masking);
    masking->is_bytes = true;
    *prepared = masking;
    const bool has_first = value.len >= 1 && sl_ascii_is_digit(value.ptr[0]);
    const bool has_last = value.len == 3 && value.ptr[1] == '/' && sl_ascii_is_digit(value.ptr[2]);
    if (value.len != 0 && !(has_first && (value.len == 1 || has_last))) {
        sl_prepare_report(prepare, "SECLUA_E_ACTION_VALUE", "write sanitiseMatchedBytes, or with N or N/M, single digits", 0,
                          value.len, "sanitiseMatchedBytes cannot use \"%.*s\"", (int)(value.len > 40 ? 40 : value.len),
                          (const char *)value.ptr);
        return false;
    }
    if (has_first) masking->keep_first = (uint8_t)(value.ptr[0] - '0');
    if (has_last) masking->keep_last = (uint8_t)(value.ptr[2] - '0');
    return true;
}

static void run_named(sl_txn *txn, const sl_rule *rule, const void *prepared) {
    (void)rule;
    const sl_masking *masking = prepared;
    sl_mask_add(txn, (sl_mask_kind)masking->kind, masking->name);
}

/* "ARGS:password" is the argument password: which kind of thing a display name means. False: nothing that is logged. */
static bool kind_of(sl_slice full_name, sl_mask_kind *kind, sl_slice *name) {
    static const struct {
        const char *prefix;
        sl_mask_kind kind;
    } known[] = {
        {"ARGS", SL_MASK_ARG},
        {"REQUEST_HEADERS", SL_MASK_REQUEST_HEADER},
        {"RESPONSE_HEADERS", SL_MASK_RESPONSE_HEADER},
    };
    const size_t colon = sl_slice_find_byte(full_name, ':');
    if (colon == SIZE_MAX) return false;
    *name = sl_slice_from(full_name, colon + 1);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (sl_slice_starts(full_name, sl_slice_z(known[i].prefix))) {
            *kind = known[i].kind;
            return true;
        }
    }
    return false;
}

static void run_matched(sl_txn *txn, const sl_rule *rule, const void *prepared) {
    (void)rule;
    const sl_masking *masking = prepared;
    sl_mask_kind kind;
    sl_slice name;
    if (txn->matched_var == NULL || !kind_of(txn->matched_var_name, &kind, &name)) return;
    if (masking->is_bytes && txn->captures[0] != NULL) {
        sl_mask_add_bytes(txn, kind, name, txn->captures[0]->slice, masking->keep_first, masking->keep_last);
    } else {
        sl_mask_add(txn, kind, name);
    }
}

#define MASKING(row_name, row_value, prepare_function, run_function, text)                                          \
    {                                                                                                               \
        .name = row_name, .action_class = SL_NON_DISRUPTIVE, .value = row_value, .is_many = true,                   \
        .places = SL_IN_LINK | SL_IN_DEFAULT | SL_IN_UPDATE, .is_sanitising = true, .prepare = prepare_function,    \
        .run = run_function, .manual = text                                                                         \
    }

/* Both spellings, as in ModSecurity 2. */
const sl_action_row sl_actions_sanitise[] = {
    MASKING("sanitiseArg", SL_VALUE_REQUIRED, sanitise_arg, run_named, "hide an argument's value in the audit log"),
    MASKING("sanitizeArg", SL_VALUE_REQUIRED, sanitise_arg, run_named, "the same as sanitiseArg"),
    MASKING("sanitiseRequestHeader", SL_VALUE_REQUIRED, sanitise_request_header, run_named, "hide a request header's value"),
    MASKING("sanitizeRequestHeader", SL_VALUE_REQUIRED, sanitise_request_header, run_named, "the same as sanitiseRequestHeader"),
    MASKING("sanitiseResponseHeader", SL_VALUE_REQUIRED, sanitise_response_header, run_named, "hide a response header's value"),
    MASKING("sanitizeResponseHeader", SL_VALUE_REQUIRED, sanitise_response_header, run_named, "the same as sanitiseResponseHeader"),
    MASKING("sanitiseMatched", SL_VALUE_NONE, sanitise_matched, run_matched, "hide the value that matched"),
    MASKING("sanitizeMatched", SL_VALUE_NONE, sanitise_matched, run_matched, "the same as sanitiseMatched"),
    MASKING("sanitiseMatchedBytes", SL_VALUE_OPTIONAL, sanitise_matched_bytes, run_matched, "hide the bytes that matched"),
    MASKING("sanitizeMatchedBytes", SL_VALUE_OPTIONAL, sanitise_matched_bytes, run_matched, "the same as sanitiseMatchedBytes"),
    {0},
};
