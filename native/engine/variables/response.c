/* SPDX-License-Identifier: Apache-2.0 */
/* The response (spec 02, section 8); unset before its phase. */
#include <stdio.h>

#include "base/digits.h"
#include "base/strbuf.h"
#include "run/host.h"
#include "variables/families.h"

static bool has_response(const sl_txn *txn) { return txn->response_status != 0; }

static bool number(sl_txn *txn, uint64_t n, sl_slice *value) {
    *value = sl_digits(&txn->arena, (int64_t)n);
    return true;
}

static bool response_status(sl_txn *txn, sl_slice *value) {
    return has_response(txn) && number(txn, txn->response_status, value);
}

static bool response_protocol(sl_txn *txn, sl_slice *value) {
    *value = txn->response_protocol;
    return has_response(txn);
}

/* Standard phrases of RFC 9110 that rules may look for; others show none. */
static const char *reason_phrase(uint16_t status) {
    switch (status) {
        case 200: return "OK";
        case 201: return "Created";
        case 204: return "No Content";
        case 301: return "Moved Permanently";
        case 302: return "Found";
        case 304: return "Not Modified";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 500: return "Internal Server Error";
        case 502: return "Bad Gateway";
        case 503: return "Service Unavailable";
        default: return "";
    }
}

static bool status_line(sl_txn *txn, sl_slice *value) {
    if (!has_response(txn)) return false;
    sl_strbuf line;
    sl_strbuf_init(&line, &txn->arena, 64);
    sl_strbuf_add(&line, txn->response_protocol);
    sl_strbuf_add_format(&line, " %u ", (unsigned)txn->response_status);
    const sl_slice standard = sl_slice_z(reason_phrase(txn->response_status));
    sl_strbuf_add(&line, txn->response_reason.len != 0 ? txn->response_reason : standard);
    *value = sl_strbuf_slice(&line);
    return true;
}

static sl_slice header(const sl_txn *txn, sl_slice name) {
    const sl_member *member = sl_members_find(&txn->response_headers, name);
    return member == NULL ? SL_EMPTY : member->value->slice;
}

static bool response_content_type(sl_txn *txn, sl_slice *value) {
    if (!has_response(txn) || sl_members_find(&txn->response_headers, SL_LIT("Content-Type")) == NULL) return false;
    sl_slice type = header(txn, SL_LIT("Content-Type"));
    const size_t semicolon = sl_slice_find_byte(type, ';');
    if (semicolon != SIZE_MAX) type.len = semicolon;
    while (type.len != 0 && sl_ascii_is_space(type.ptr[type.len - 1])) type.len--;
    while (type.len != 0 && sl_ascii_is_space(type.ptr[0])) type = sl_slice_from(type, 1);
    *value = type;
    return true;
}

static bool response_content_length(sl_txn *txn, sl_slice *value) {
    if (!has_response(txn)) return false;
    if (txn->cursor.phase >= 4 || txn->stage >= SL_STAGE_RESPONSE_BODY) return number(txn, txn->response_body.len, value);
    const sl_slice declared = header(txn, SL_LIT("Content-Length"));
    for (size_t i = 0; i < declared.len; i++) {
        if (!sl_ascii_is_digit(declared.ptr[i])) return number(txn, 0, value);
    }
    return number(txn, (uint64_t)sl_number_of(declared), value);
}

static bool response_body(sl_txn *txn, sl_slice *value) {
    *value = txn->response_body;
    return txn->exposes_response_body;
}

static bool stream_output_body(sl_txn *txn, sl_slice *value) { return sl_host_stream(txn, true, value); }

static bool outbound_data_error(sl_txn *txn, sl_slice *value) {
    *value = txn->outbound_data_error ? SL_LIT("1") : SL_LIT("0");
    return true;
}

static sl_slice flag(bool is_set) { return is_set ? SL_LIT("1") : SL_LIT("0"); }

static bool res_body_processor(sl_txn *txn, sl_slice *value) {
    *value = txn->response_processor == SL_BODY_JSON ? SL_LIT("JSON") : SL_EMPTY;
    return true;
}
static bool res_body_error(sl_txn *txn, sl_slice *value) {
    *value = flag(txn->response_error);
    return true;
}
static bool res_body_error_msg(sl_txn *txn, sl_slice *value) {
    *value = txn->response_error_text;
    return true;
}

static const sl_members *response_args(sl_txn *txn) { return &txn->response_args; }
static const sl_members *response_headers(sl_txn *txn) { return &txn->response_headers; }

const sl_variable sl_variables_response[] = {
    SL_SCALAR_ROW("RESPONSE_STATUS", 3, SL_SLOT_NONE, response_status, "the status code"),
    {.name = "STATUS", .kind = SL_SCALAR, .first_phase = 3, .scalar = response_status, .canonical = "RESPONSE_STATUS",
     .manual = "the same as RESPONSE_STATUS"},
    SL_SCALAR_ROW("STATUS_LINE", 3, SL_SLOT_NONE, status_line, "protocol, status and reason"),
    SL_SCALAR_ROW("RESPONSE_PROTOCOL", 3, SL_SLOT_NONE, response_protocol, "the protocol of the response"),
    SL_SCALAR_ROW("RESPONSE_CONTENT_TYPE", 3, SL_SLOT_RESPONSE_CONTENT_TYPE, response_content_type,
                  "media type without parameters"),
    SL_SCALAR_ROW("RESPONSE_CONTENT_LENGTH", 3, SL_SLOT_NONE, response_content_length,
                  "phase 3: as declared; later: bytes buffered"),
    SL_SCALAR_ROW("RESPONSE_BODY", 4, SL_SLOT_RESPONSE_BODY, response_body, "the body, when buffered"),
    {.name = "STREAM_OUTPUT_BODY", .kind = SL_SCALAR, .first_phase = 4, .scalar = stream_output_body, .is_stream = true,
     .manual = "the same, with SecStreamOutBodyInspection; @rsub rewrites it"},
    SL_SCALAR_ROW("OUTBOUND_DATA_ERROR", 4, SL_SLOT_NONE, outbound_data_error, "1 when the body passed its limit"),
    SL_MEMBERS_ROW("RESPONSE_HEADERS", 3, SL_VIEW_VALUE, response_headers, "one member for each header line"),
    SL_MEMBERS_ROW("RESPONSE_HEADERS_NAMES", 3, SL_VIEW_NAME, response_headers, "the names of the header lines"),
    SL_MEMBERS_ROW("RESPONSE_ARGS", 4, SL_VIEW_VALUE, response_args,
                   "members of a JSON response, with ctl:responseBodyProcessor=JSON"),
    SL_SCALAR_ROW("RES_BODY_PROCESSOR", 3, SL_SLOT_NONE, res_body_processor, "which parser the response body gets"),
    SL_SCALAR_ROW("RES_BODY_ERROR", 4, SL_SLOT_NONE, res_body_error, "1 when the response body could not be parsed"),
    SL_SCALAR_ROW("RES_BODY_ERROR_MSG", 4, SL_SLOT_NONE, res_body_error_msg, "what was wrong with it"),
    SL_SCALAR_ROW("RES_BODY_PROCESSOR_ERROR", 4, SL_SLOT_NONE, res_body_error, "the same as RES_BODY_ERROR"),
    SL_SCALAR_ROW("RES_BODY_PROCESSOR_ERROR_MSG", 4, SL_SLOT_NONE, res_body_error_msg, "the same as RES_BODY_ERROR_MSG"),
    {0},
};
