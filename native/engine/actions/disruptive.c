/* SPDX-License-Identifier: Apache-2.0 */
/* What a match does to the request: the kinds are read here, carried out by run/verdict.c (spec 06, 4.2). */
#include "actions/action.h"
#include "base/hash.h"

static bool disrupt(sl_draft *draft, sl_disruptive kind) {
    draft->rule->disruptive = (uint8_t)kind;
    draft->has_disruptive = true;
    draft->is_block = false;
    return true;
}

static bool pass(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)prepare, (void)value, (void)prepared;
    return disrupt(draft, SL_ACT_PASS);
}

static bool deny(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)prepare, (void)value, (void)prepared;
    return disrupt(draft, SL_ACT_DENY);
}

static bool drop(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)prepare, (void)value, (void)prepared;
    return disrupt(draft, SL_ACT_DROP);
}

/* Resolved by the compiler: the disruptive action of the SecDefaultAction in force. */
static bool block(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)prepare, (void)value, (void)prepared;
    draft->has_disruptive = true;
    draft->is_block = true;
    return true;
}

static bool allow(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)prepared;
    if (value.len == 0) return disrupt(draft, SL_ACT_ALLOW);
    if (sl_slice_equal_fold(value, SL_LIT("phase"))) return disrupt(draft, SL_ACT_ALLOW_PHASE);
    if (sl_slice_equal_fold(value, SL_LIT("request"))) return disrupt(draft, SL_ACT_ALLOW_REQUEST);
    sl_prepare_report(prepare, "SECLUA_E_ACTION_VALUE", "use allow, allow:phase or allow:request", 0, value.len,
                      "allow does not know \"%.*s\"", (int)(value.len > 40 ? 40 : value.len), (const char *)value.ptr);
    return false;
}

static bool redirect(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)prepared;
    draft->rule->redirect = prepare->macro(prepare->context, value, 0);
    return disrupt(draft, SL_ACT_REDIRECT);
}

static bool proxy(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)prepared;
    if (sl_slice_starts(value, SL_LIT("[nocanon]"))) value = sl_slice_from(value, 9);
    draft->rule->redirect = prepare->macro(prepare->context, value, 0);
    return disrupt(draft, SL_ACT_PROXY);
}

/* Milliseconds, or a macro that gives them. */
static bool pause_for(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)prepared;
    const sl_macro *macro = prepare->macro(prepare->context, value, 0);
    bool is_number = value.len != 0;
    for (size_t i = 0; i < value.len; i++) is_number = is_number && sl_ascii_is_digit(value.ptr[i]);
    if (macro->is_literal && !is_number) {
        sl_prepare_report(prepare, "SECLUA_E_ACTION_VALUE", "write pause:500 for half a second", 0, value.len,
                          "\"%.*s\" is no number of milliseconds", (int)(value.len > 40 ? 40 : value.len),
                          (const char *)value.ptr);
        return false;
    }
    draft->rule->redirect = macro;
    return disrupt(draft, SL_ACT_PAUSE);
}

static bool status(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    (void)prepared;
    const int64_t code = sl_number_of(value);
    if (value.len != 3 || code < 100 || code > 599) {
        sl_prepare_report(prepare, "SECLUA_E_ACTION_VALUE", "use 100 to 599", 0, value.len, "\"%.*s\" is not an HTTP status",
                          (int)(value.len > 40 ? 40 : value.len), (const char *)value.ptr);
        return false;
    }
    draft->rule->status = (uint16_t)code;
    return true;
}

#define ANY_PLACE (SL_IN_DEFAULT | SL_IN_UPDATE)
#define DISRUPTIVE(row_name, row_value, row_places, function, text)                                                  \
    {                                                                                                               \
        .name = row_name, .action_class = SL_DISRUPTIVE, .value = row_value, .places = row_places,                  \
        .prepare = function, .manual = text                                                                         \
    }

const sl_action_row sl_actions_disruptive[] = {
    DISRUPTIVE("pass", SL_VALUE_NONE, ANY_PLACE, pass, "go on"),
    DISRUPTIVE("deny", SL_VALUE_NONE, ANY_PLACE, deny, "answer with the status (403)"),
    DISRUPTIVE("drop", SL_VALUE_NONE, ANY_PLACE, drop, "close the connection"),
    DISRUPTIVE("block", SL_VALUE_NONE, SL_IN_DEFAULT | SL_IN_UPDATE, block, "what SecDefaultAction says"),
    DISRUPTIVE("allow", SL_VALUE_OPTIONAL, ANY_PLACE, allow, "stop looking: all phases, this phase, or the request's"),
    DISRUPTIVE("redirect", SL_VALUE_REQUIRED, ANY_PLACE, redirect, "answer with a redirection to the URL"),
    DISRUPTIVE("proxy", SL_VALUE_REQUIRED, ANY_PLACE, proxy, "hand the request to another server"),
    DISRUPTIVE("pause", SL_VALUE_REQUIRED, ANY_PLACE, pause_for, "ask the caller to wait that many milliseconds, then let everything through"),
    {.name = "status", .action_class = SL_RULE_SETTING, .value = SL_VALUE_REQUIRED,
     .places = SL_IN_LINK | SL_IN_DEFAULT | SL_IN_UPDATE, .prepare = status, .manual = "the status to answer with"},
    {0},
};
