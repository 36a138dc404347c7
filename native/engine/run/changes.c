/* SPDX-License-Identifier: Apache-2.0 */
/* What the rules change of the traffic: bodies that @rsub rewrote, text that append and prepend add, facts that only the
 * server knows. The engine keeps the new texts, the caller carries them out. */
#include "base/strbuf.h"
#include "operators/host.h"
#include "run/host.h"
#include "variables/variable.h"

void sl_host_inject(sl_txn *txn, sl_slice *place, sl_slice text) {
    if (!txn->rules->config.content_injection || text.len == 0) return;
    sl_strbuf joined;
    sl_strbuf_init(&joined, &txn->arena, place->len + text.len);
    sl_strbuf_add(&joined, *place);
    sl_strbuf_add(&joined, text);
    *place = sl_strbuf_slice(&joined);
}

bool sl_host_stream(sl_txn *txn, bool is_response, sl_slice *text) {
    const sl_config *config = &txn->rules->config;
    const bool is_enabled = is_response ? config->stream_out_body_inspection : config->stream_in_body_inspection;
    const bool has_body = !is_response || txn->exposes_response_body;
    const bool is_rewritten = is_response ? txn->changes.has_response_body : txn->changes.has_request_body;
    const sl_slice original = is_response ? txn->response_body : txn->request_body;
    const sl_slice rewritten = is_response ? txn->changes.response_body : txn->changes.request_body;
    *text = is_rewritten ? rewritten : original;
    return is_enabled && has_body;
}

/* The compiler let only the two STREAM variables be targets. */
void sl_txn_rewrite(sl_txn *txn, const struct sl_rule *rule, sl_slice text) {
    const bool is_response = rule->targets[txn->cursor.target].variable->first_phase >= 3;
    if (is_response) {
        txn->changes.response_body = text;
        txn->changes.has_response_body = true;
    } else {
        txn->changes.request_body = text;
        txn->changes.has_request_body = true;
    }
}

sl_slice sl_txn_expand(sl_txn *txn, const struct sl_macro *macro) { return sl_macro_expand(txn, macro); }

bool seclua_txn_changes(const seclua_txn *handle, seclua_changes *out) {
    const sl_txn *txn = (const sl_txn *)handle;
    *out = (seclua_changes){0};
    if (txn->engine_mode != SL_ON || txn->has_failed) return false; /* who only watches changes nothing */
    *out = txn->changes;
    return out->prepend.len != 0 || out->append.len != 0 || out->has_request_body || out->has_response_body;
}
