/* SPDX-License-Identifier: Apache-2.0 */
/* The decision about a record, and what its parts are made from. Runs after phase 5: nothing it reads changes
 * any more. */
#include "log/parts.h"

#include <stdio.h>

#include "base/strbuf.h"
#include "log/log.h"
#include "log/mask.h"
#include "operators/rx.h"

uint16_t sl_parts_status(const sl_txn *txn) {
    if (txn->is_intervened) return txn->verdict.status;
    return txn->response_status == 0 ? 200 : txn->response_status;
}

/* What the first rule that would have intervened would have answered; 0: none would have. */
static uint16_t would_be_status(const sl_txn *txn) {
    for (size_t i = 0; i < txn->events.count; i++) {
        if (txn->events.items[i]->disruptive) return txn->events.items[i]->status;
    }
    return 0;
}

static bool is_relevant_status(const sl_txn *txn) {
    if (txn->rules->relevant_status == NULL) return false;
    const bool asks = txn->rules->options.audit_would_be_status && txn->engine_mode == SL_DETECTION_ONLY;
    const uint16_t instead = asks ? would_be_status(txn) : 0;
    char digits[8];
    const int len = snprintf(digits, sizeof digits, "%u", instead == 0 ? sl_parts_status(txn) : instead);
    return sl_regex_search(txn->engine->scratch, txn->rules->relevant_status, sl_slice_of(digits, (size_t)len));
}

bool sl_audit_is_relevant(const sl_txn *txn) {
    return txn->engine_mode != SL_OFF && (txn->is_relevant || is_relevant_status(txn));
}

bool sl_audit_wants(const sl_txn *txn) {
    if (txn->engine_mode == SL_OFF) return false; /* as v3; v2 records such transactions */
    switch ((sl_mode)txn->audit_engine) {
    case SL_ON: return true;
    case SL_RELEVANT_ONLY: return sl_audit_is_relevant(txn);
    case SL_OFF:
    case SL_DETECTION_ONLY: break;
    }
    return false;
}

bool sl_parts_has(const sl_txn *txn, char letter) {
    const uint32_t asked = txn->audit_parts | SL_AUDIT_PART('A') | SL_AUDIT_PART('Z');
    const bool is_multipart = txn->processor == SL_BODY_MULTIPART;
    if (letter == 'I' && !is_multipart) return false;
    if (letter == 'C' && !is_multipart && (asked & SL_AUDIT_PART('I')) != 0) return true;
    return (asked & SL_AUDIT_PART(letter)) != 0;
}

const char *sl_parts_engine_mode(const sl_txn *txn) {
    switch (txn->engine_mode) {
    case SL_ON: return "Enabled";
    case SL_DETECTION_ONLY: return "DetectionOnly";
    default: return "Disabled";
    }
}

void sl_parts_request_body(sl_txn *txn, size_t limit, sl_shown_body *out) {
    out->is_cut = txn->request_body.len > limit;
    out->is_hidden = !sl_mask_request_body(txn, limit, &out->text);
}

void sl_parts_response_body(const sl_txn *txn, size_t limit, sl_shown_body *out) {
    const sl_slice body = txn->response_body;
    out->is_cut = body.len > limit;
    out->is_hidden = false;
    out->text = sl_slice_of(body.ptr, out->is_cut ? limit : body.len);
}

sl_slice sl_parts_request_header(sl_txn *txn, sl_slice name) {
    const sl_member *header = sl_members_find(&txn->request_headers, name);
    return header == NULL ? SL_EMPTY : sl_mask_header(txn, SL_MASK_REQUEST_HEADER, header);
}

sl_slice sl_parts_http_version(const sl_txn *txn) {
    const size_t slash = sl_slice_find_byte(txn->protocol, '/');
    return slash == SIZE_MAX ? txn->protocol : sl_slice_from(txn->protocol, slash + 1);
}

sl_slice sl_parts_request_line(sl_txn *txn) {
    sl_strbuf line;
    sl_strbuf_init(&line, &txn->arena, 128);
    sl_strbuf_add(&line, txn->method);
    sl_strbuf_add_byte(&line, ' ');
    sl_strbuf_add(&line, sl_mask_uri(txn));
    sl_strbuf_add_byte(&line, ' ');
    sl_strbuf_add(&line, txn->protocol);
    return sl_strbuf_slice(&line);
}
