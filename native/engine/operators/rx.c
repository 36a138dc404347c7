/* SPDX-License-Identifier: Apache-2.0 */
/* @rx and @rxGlobal: does the pattern occur in the value?
 *
 * Without rx_multiline patterns see the value as one text, as v2 does and CRS expects: under v3's multi-line
 * reading a negated allow-list such as "!@rx ^\d+$" accepts a value as soon as one of its lines is good. */
#include "operators/families.h"
#include "operators/host.h"
#include "operators/result.h"
#include "operators/rx.h"

static bool prepare_rx(sl_prepare *prepare, sl_slice argument, sl_operand *operand) {
    const unsigned flags = sl_ruleset_rx_multiline(prepare->rules) ? SL_REGEX_LINES : 0;
    operand->prepared = sl_prepare_regex(prepare, argument, flags, 0, "SECLUA_E_OPERATOR_PARAM");
    return operand->prepared != NULL;
}

/* A pattern that holds macros is compiled when it is met; most rules expand to the same text each time. */
static const sl_regex *pattern_of(const sl_call *call, const sl_operand *operand) {
    if (operand->prepared != NULL) return operand->prepared;
    return sl_scratch_compile(call->scratch, operand->text, sl_scratch_rx_flags(call->scratch), NULL);
}

/* Groups that took no part are captured as the empty text, so that numbers stay in step, and have no
 * place. */
static void add_groups(sl_match *match, sl_slice value, const sl_groups *groups, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (groups->at[i].is_set) {
            sl_match_part(match, value, groups->at[i].start, groups->at[i].end - groups->at[i].start);
        } else {
            sl_match_capture(match, SL_EMPTY);
        }
    }
}

static sl_answer rx(const sl_call *call, const sl_operand *operand, sl_slice value, sl_match *match) {
    const sl_regex *const regex = pattern_of(call, operand);
    if (regex == NULL) return SL_ERROR;
    if (!match->want_captures && !match->want_ranges)
        return sl_regex_match(regex, call->scratch, value, 0, 0, NULL);
    sl_groups groups;
    const sl_answer answer = sl_regex_match(regex, call->scratch, value, 0, 0, &groups);
    if (answer == SL_YES) add_groups(match, value, &groups, groups.count);
    return answer;
}

static bool is_full(const sl_match *match) {
    return (!match->want_captures || match->capture_count == sl_captures_max) &&
           (!match->want_ranges || match->range_count == sl_ranges_max);
}

/* What the matches of @rxGlobal count on by: groups behind the last one that took part have no number, or the next match
 * would not begin where v3's does. */
static uint32_t used_groups(const sl_groups *groups) {
    uint32_t count = groups->count;
    while (count > 1 && !groups->at[count - 1].is_set) count--;
    return count;
}

/* Goes on from the end of each match until nobody wants more. Group numbers count through all matches. */
static sl_answer rx_global(const sl_call *call, const sl_operand *operand, sl_slice value, sl_match *match) {
    const sl_regex *const regex = pattern_of(call, operand);
    if (regex == NULL) return SL_ERROR;
    bool has_matched = false;
    sl_regex_walk walk = {0};
    do {
        sl_groups groups;
        const sl_answer answer = sl_regex_next(regex, call->scratch, value, &walk, &groups);
        if (answer == SL_NO) break;
        if (answer != SL_YES) return answer;
        has_matched = true;
        add_groups(match, value, &groups, used_groups(&groups));
    } while (!is_full(match));
    return has_matched ? SL_YES : SL_NO;
}

const sl_operator sl_operators_rx[] = {
    {"rx", "Rx", SL_ARGUMENT_MACRO, prepare_rx, rx, NULL, "the regular expression occurs in the value", SL_SAME_FOR_THE_ARGUMENT},
    {"rxGlobal", "RxGlobal", SL_ARGUMENT_MACRO, prepare_rx, rx_global, NULL,
     "the regular expression occurs in the value; captures go on over all its matches", SL_SAME_FOR_THE_ARGUMENT},
    {0},
};
