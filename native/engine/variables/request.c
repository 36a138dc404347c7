/* SPDX-License-Identifier: Apache-2.0 */
/* Request line, headers, cookies (spec 02, sections 2 and 3). The URI algorithm is 2.1: the target is split by the
 * transaction, decoding happens here, when a rule first asks. */
#include "base/strbuf.h"
#include "bodies/urlencoded.h"
#include "transformations/transformation.h"
#include "variables/families.h"

static bool request_method(sl_txn *txn, sl_slice *value) {
    *value = txn->method;
    return true;
}

static bool request_protocol(sl_txn *txn, sl_slice *value) {
    *value = txn->protocol;
    return true;
}

static bool request_line(sl_txn *txn, sl_slice *value) {
    sl_strbuf line;
    sl_strbuf_init(&line, &txn->arena, txn->method.len + txn->uri_raw.len + txn->protocol.len + 2);
    sl_strbuf_add(&line, txn->method);
    sl_strbuf_add_byte(&line, ' ');
    sl_strbuf_add(&line, txn->uri_raw);
    sl_strbuf_add_byte(&line, ' ');
    sl_strbuf_add(&line, txn->protocol);
    *value = sl_strbuf_slice(&line);
    return true;
}

static bool request_uri_raw(sl_txn *txn, sl_slice *value) {
    *value = txn->uri_raw;
    return true;
}

static bool request_filename(sl_txn *txn, sl_slice *value) {
    *value = sl_percent_decode(&txn->arena, txn->path_raw);
    return true;
}

static bool request_uri(sl_txn *txn, sl_slice *value) {
    if (!txn->has_query) return request_filename(txn, value);
    sl_strbuf uri;
    sl_strbuf_init(&uri, &txn->arena, txn->path_raw.len + txn->query.len + 1);
    sl_strbuf_add(&uri, txn->path_raw);
    sl_strbuf_add_byte(&uri, '?');
    sl_strbuf_add(&uri, txn->query);
    *value = sl_percent_decode(&txn->arena, sl_strbuf_slice(&uri));
    return true;
}

/* Set, and empty, for a path that ends in a slash, as in ModSecurity 2: CRS 920200 asks "!@endsWith .pdf" of GET /. */
static bool request_basename(sl_txn *txn, sl_slice *value) {
    sl_slice path;
    request_filename(txn, &path);
    size_t start = path.len;
    while (start > 0 && path.ptr[start - 1] != '/' && path.ptr[start - 1] != '\\') start--;
    *value = sl_slice_from(path, start);
    return true;
}

static bool query_string(sl_txn *txn, sl_slice *value) {
    *value = txn->query;
    return txn->has_query;
}

static const sl_members *request_headers(sl_txn *txn) { return &txn->request_headers; }
static const sl_members *cookies(sl_txn *txn) { return &txn->cookies; }

static sl_slice authorization(sl_txn *txn) {
    const sl_member *member = sl_members_find(&txn->request_headers, SL_LIT("Authorization"));
    return member == NULL ? SL_EMPTY : member->value->slice;
}

static bool auth_type(sl_txn *txn, sl_slice *value) {
    const sl_slice header = authorization(txn);
    size_t end = 0;
    while (end < header.len && header.ptr[end] != ' ' && header.ptr[end] != '\t') end++;
    *value = sl_slice_of(header.ptr, end);
    return end != 0;
}

static bool remote_user(sl_txn *txn, sl_slice *value) {
    if (txn->remote_user.len != 0) {
        *value = txn->remote_user;
        return true;
    }
    const sl_slice header = authorization(txn);
    if (!sl_slice_starts_fold(header, SL_LIT("Basic "))) return false;
    sl_slice credentials = sl_slice_from(header, 6);
    while (credentials.len != 0 && credentials.ptr[0] == ' ') credentials = sl_slice_from(credentials, 1);
    const sl_transformation *decode = sl_transformation_find(SL_LIT("base64Decode"));
    const sl_slice plain = decode->apply(&txn->arena, NULL, credentials);
    const size_t colon = sl_slice_find_byte(plain, ':');
    if (colon == SIZE_MAX) return false;
    *value = sl_slice_of(plain.ptr, colon);
    return true;
}

/* Host without port; an IPv6 literal without its brackets. */
static bool server_name(sl_txn *txn, sl_slice *value) {
    const sl_member *member = sl_members_find(&txn->request_headers, SL_LIT("Host"));
    if (member == NULL) {
        *value = txn->server_name.len != 0 ? txn->server_name : txn->server_address;
        return value->len != 0;
    }
    const sl_slice host = member->value->slice;
    if (host.len != 0 && host.ptr[0] == '[') {
        const size_t end = sl_slice_find_byte(host, ']');
        *value = end == SIZE_MAX ? host : sl_slice_of(host.ptr + 1, end - 1);
        return true;
    }
    const size_t colon = sl_slice_find_byte(host, ':');
    *value = colon == SIZE_MAX ? host : sl_slice_of(host.ptr, colon);
    return true;
}

const sl_variable sl_variables_request[] = {
    SL_SCALAR_ROW("REQUEST_METHOD", 1, SL_SLOT_REQUEST_METHOD, request_method, "the method, as sent"),
    SL_SCALAR_ROW("REQUEST_PROTOCOL", 1, SL_SLOT_REQUEST_PROTOCOL, request_protocol, "HTTP/ and the version"),
    SL_SCALAR_ROW("REQUEST_LINE", 1, SL_SLOT_REQUEST_LINE, request_line, "method, target and protocol"),
    SL_SCALAR_ROW("REQUEST_URI_RAW", 1, SL_SLOT_REQUEST_URI_RAW, request_uri_raw, "the request target, untouched"),
    SL_SCALAR_ROW("REQUEST_URI", 1, SL_SLOT_REQUEST_URI, request_uri,
                  "path and query, percent-decoded once, without scheme, host and fragment"),
    SL_SCALAR_ROW("REQUEST_FILENAME", 1, SL_SLOT_REQUEST_FILENAME, request_filename, "the path, percent-decoded once"),
    SL_SCALAR_ROW("REQUEST_BASENAME", 1, SL_SLOT_REQUEST_BASENAME, request_basename,
                  "what follows the last slash or backslash of the decoded path"),
    SL_SCALAR_ROW("QUERY_STRING", 1, SL_SLOT_QUERY_STRING, query_string, "the raw query; unset without a question mark"),
    SL_SCALAR_ROW("PATH_INFO", 1, SL_SLOT_NONE, request_filename, "the same as REQUEST_FILENAME"),
    SL_MEMBERS_ROW("REQUEST_HEADERS", 1, SL_VIEW_VALUE, request_headers, "one member for each header line"),
    SL_MEMBERS_ROW("REQUEST_HEADERS_NAMES", 1, SL_VIEW_NAME, request_headers, "the names of the header lines"),
    SL_MEMBERS_ROW("REQUEST_COOKIES", 1, SL_VIEW_VALUE, cookies, "one member for each cookie"),
    SL_MEMBERS_ROW("REQUEST_COOKIES_NAMES", 1, SL_VIEW_NAME, cookies, "the names of the cookies"),
    SL_SCALAR_ROW("AUTH_TYPE", 1, SL_SLOT_NONE, auth_type, "first word of the Authorization header"),
    SL_SCALAR_ROW("REMOTE_USER", 1, SL_SLOT_REMOTE_USER, remote_user, "user of Basic credentials"),
    SL_SCALAR_ROW("SERVER_NAME", 1, SL_SLOT_SERVER_NAME, server_name, "the Host header without its port"),
    {0},
};
