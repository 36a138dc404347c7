/* SPDX-License-Identifier: Apache-2.0 */
/* Request line and headers: copied once, split, parsed as far as phase 1 needs. */
#include "base/strbuf.h"
#include "bodies/cookies.h"
#include "bodies/urlencoded.h"
#include "run/arguments.h"
#include "run/body.h"
#include "run/value_cache.h"

/* Blanks and tabs at both ends. */
static sl_slice trimmed(sl_slice text) {
    while (text.len != 0 && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t')) text.len--;
    while (text.len != 0 && (text.ptr[0] == ' ' || text.ptr[0] == '\t')) text = sl_slice_from(text, 1);
    return text;
}

/* HTTP/2 and HTTP/3 have two spellings; rules see the longer one. */
static sl_slice protocol_of(sl_txn *txn, sl_slice given) {
    if (given.len == 0) return SL_LIT("HTTP/1.1");
    if (sl_slice_equal(given, SL_LIT("HTTP/2"))) return SL_LIT("HTTP/2.0");
    if (sl_slice_equal(given, SL_LIT("HTTP/3"))) return SL_LIT("HTTP/3.0");
    return sl_arena_copy(&txn->arena, given);
}

/* The length of "scheme://" at the start, or 0. */
static size_t scheme_length(sl_slice text) {
    size_t i = 0;
    while (i < text.len && (sl_ascii_is_alnum(text.ptr[i]) || text.ptr[i] == '+' || text.ptr[i] == '-' || text.ptr[i] == '.')) i++;
    return i != 0 && sl_slice_starts(sl_slice_from(text, i), SL_LIT("://")) ? i + 3 : 0;
}

static void split_target(sl_txn *txn) {
    sl_slice target = txn->uri_raw;
    const size_t fragment = sl_slice_find_byte(target, '#');
    if (fragment != SIZE_MAX) target.len = fragment;
    const size_t question = sl_slice_find_byte(target, '?');
    if (question != SIZE_MAX) {
        txn->has_query = true;
        txn->query = sl_slice_from(target, question + 1);
        target.len = question;
    }
    const size_t scheme = target.len != 0 && target.ptr[0] == '/' ? 0 : scheme_length(target);
    if (scheme != 0) {
        const size_t slash = sl_slice_find_byte(sl_slice_from(target, scheme), '/');
        target = slash == SIZE_MAX ? SL_LIT("/") : sl_slice_from(target, scheme + slash);
    }
    txn->path_raw = target;
}

static bool add_cookie(void *context, sl_slice name, sl_slice value) {
    sl_txn *txn = context;
    sl_members_add(&txn->cookies, &txn->arena, name, value);
    return true;
}

static void read_header(sl_txn *txn, const seclua_header *header) {
    sl_text *known_name = sl_value_cache_find(txn, header->name);
    sl_text *known_value = sl_value_cache_find(txn, trimmed(header->value));
    const sl_slice name = known_name != NULL ? known_name->slice : sl_arena_copy(&txn->arena, header->name);
    const sl_slice value = known_value != NULL ? known_value->slice : sl_arena_copy(&txn->arena, trimmed(header->value));
    sl_member *member = sl_members_add(&txn->request_headers, &txn->arena, name, value);
    if (known_name != NULL) member->name = known_name;
    if (known_value != NULL) member->value = known_value;
    if (sl_slice_equal_fold(name, SL_LIT("cookie"))) {
        const sl_argument_sink sink = {txn, add_cookie};
        sl_cookies_parse(&txn->arena, value, txn->rules->config.cookie_format, txn->rules->config.cookie_v0_separator, &sink);
    } else if (!txn->has_content_type && sl_slice_equal_fold(name, SL_LIT("content-type"))) {
        txn->has_content_type = true;
        txn->content_type = value;
    }
}

/* By prefix, as ModSecurity does; XML and JSON are for rules to choose (ctl:requestBodyProcessor). */
static uint8_t processor_for(sl_slice content_type) {
    if (sl_slice_starts_fold(content_type, SL_LIT("application/x-www-form-urlencoded"))) return SL_BODY_URLENCODED;
    if (sl_slice_starts_fold(content_type, SL_LIT("multipart/form-data"))) return SL_BODY_MULTIPART;
    return SL_BODY_NONE;
}

void sl_body_read_request(sl_txn *txn, const seclua_request *request) {
    txn->method = sl_arena_copy(&txn->arena, request->method);
    txn->uri_raw = sl_arena_copy(&txn->arena, request->uri);
    txn->protocol = protocol_of(txn, request->protocol);
    split_target(txn);
    for (size_t i = 0; i < request->header_count; i++) read_header(txn, &request->headers[i]);
    txn->processor = processor_for(txn->content_type);
    if (txn->has_query && txn->query.len != 0) {
        sl_arguments arguments = {txn, SL_ORIGIN_GET, false};
        const sl_argument_sink sink = {&arguments, sl_arguments_add};
        sl_urlencoded_parse(&txn->arena, txn->query, txn->rules->config.argument_separator, &sink, &txn->has_invalid_escape);
    }
}
