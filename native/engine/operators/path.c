/* SPDX-License-Identifier: Apache-2.0 */
/* @restpath: does the value follow a route such as /users/{id}/posts/{post}? Its named segments become ARGS_PATH.
 *
 * As in Coraza, what stands outside of braces is a regular expression and the search is not anchored (spec 04, 5.8). */
#include "base/strbuf.h"
#include "operators/families.h"
#include "operators/host.h"
#include "operators/rx.h"

enum { parameters_max = sl_groups_max - 1, name_bytes_max = 128 };

typedef struct route {
    const sl_regex *regex;
    sl_slice names[parameters_max]; /* of groups 1, 2, … */
    size_t name_count;
} route;

static bool is_name(sl_slice text) {
    if (text.len == 0 || text.len > name_bytes_max) return false;
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t c = text.ptr[i];
        if (!sl_ascii_is_alnum(c) && c != '_' && c != '-') return false;
    }
    return true;
}

static bool refuse(sl_prepare *prepare, size_t offset, size_t length, const char *message) {
    sl_prepare_report(prepare, "SECLUA_E_OPERATOR_PARAM", "write a route such as /users/{id}", offset, length, "%s", message);
    return false;
}

/* Groups of the route's own would shift the numbers of its parameters. */
static bool holds_group(sl_slice text) {
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\\') {
            i++;
        } else if (text.ptr[i] == '(' && !(i + 1 < text.len && text.ptr[i + 1] == '?')) {
            return true;
        }
    }
    return false;
}

static bool prepare_rest_path(sl_prepare *prepare, sl_slice argument, sl_operand *operand) {
    route *const prepared = SL_NEW(prepare->arena, route);
    sl_strbuf pattern;
    sl_strbuf_init(&pattern, prepare->arena, argument.len + 64);
    if (holds_group(argument)) return refuse(prepare, 0, argument.len, "a route has no groups but its parameters");
    for (size_t at = 0; at < argument.len;) {
        const size_t open = sl_slice_find_byte(sl_slice_from(argument, at), '{');
        const size_t literal_len = open == SIZE_MAX ? argument.len - at : open;
        sl_strbuf_add(&pattern, sl_slice_of(argument.ptr + at, literal_len));
        if (open == SIZE_MAX) break;
        at += open + 1;
        const size_t len = sl_slice_find_byte(sl_slice_from(argument, at), '}');
        const sl_slice name = sl_slice_of(argument.ptr + at, len == SIZE_MAX ? 0 : len);
        if (!is_name(name)) return refuse(prepare, at - 1, 1, "a parameter of a route is a name between braces");
        if (prepared->name_count == parameters_max) return refuse(prepare, at, name.len, "a route has at most 31 parameters");
        prepared->names[prepared->name_count++] = name;
        sl_strbuf_add_z(&pattern, "([^?/]+)");
        at += len + 1;
    }
    prepared->regex = sl_prepare_regex(prepare, sl_strbuf_slice(&pattern), 0, 0, "SECLUA_E_OPERATOR_PARAM");
    operand->prepared = prepared;
    return prepared->regex != NULL;
}

static sl_answer rest_path(const sl_call *call, const sl_operand *operand, sl_slice value, sl_match *match) {
    (void)match;
    const route *const prepared = operand->prepared;
    sl_groups groups;
    const sl_answer answer = sl_regex_match(prepared->regex, call->scratch, value, 0, 0, &groups);
    if (answer != SL_YES || call->txn == NULL) return answer;
    for (size_t i = 0; i < prepared->name_count && i + 1 < groups.count; i++) {
        const size_t start = groups.at[i + 1].start;
        sl_txn_set_path_argument(call->txn, prepared->names[i], sl_slice_of(value.ptr + start, groups.at[i + 1].end - start));
    }
    return SL_YES;
}

const sl_operator sl_operators_path[] = {
    {"restpath", "RestPath", SL_ARGUMENT_TEXT, prepare_rest_path, rest_path, NULL,
     "the value follows the route, whose {name} become ARGS_PATH:name", SL_ASK_AGAIN},
    {0},
};
