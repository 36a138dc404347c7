/* SPDX-License-Identifier: Apache-2.0 */
/* The audit record in ModSecurity 2's JSON layout (spec 08, 5.1). Headers that repeat are joined, as Apache hands them
 * to v2, so that no key stands twice. */
#include "base/strbuf.h"
#include "log/audit_shared.h"
#include "log/log.h"
#include "log/message.h"
#include "log/parts.h"
#include "log/stamp.h"

static void put_head(sl_json *json, const sl_txn *txn) {
    char stamp[sl_stamp_bytes_max];
    sl_json_key(json, "transaction");
    sl_json_open_object(json);
    sl_json_put_text(json, "time", sl_slice_of(stamp, sl_stamp_server(stamp, txn->start_us)));
    sl_json_put_text(json, "transaction_id", txn->id);
    sl_json_put_text(json, "remote_address", txn->client_address);
    sl_json_put_integer(json, "remote_port", txn->client_port);
    sl_json_put_text(json, "local_address", txn->server_address);
    sl_json_put_integer(json, "local_port", txn->server_port);
    sl_json_close_object(json);
}

static sl_slice joined(sl_txn *txn, const sl_members *headers, size_t first, sl_mask_kind kind) {
    const sl_slice name = headers->items[first]->name->slice;
    sl_strbuf out;
    sl_strbuf_init(&out, &txn->arena, 64);
    for (size_t i = first; i < headers->count; i++) {
        if (!sl_slice_equal_fold(headers->items[i]->name->slice, name)) continue;
        if (i != first) sl_strbuf_add_z(&out, ", ");
        sl_strbuf_add(&out, sl_mask_header(txn, kind, headers->items[i]));
    }
    return sl_strbuf_slice(&out);
}

static void put_headers(sl_json *json, sl_txn *txn, const sl_members *headers, sl_mask_kind kind) {
    sl_json_key(json, "headers");
    sl_json_open_object(json);
    for (size_t i = 0; i < headers->count; i++) {
        if (!sl_audit_is_first_of_name(headers, i)) continue;
        sl_json_foreign_key(json, headers->items[i]->name->slice);
        sl_json_text(json, joined(txn, headers, i, kind));
    }
    sl_json_close_object(json);
}

static void put_request(sl_json *json, sl_txn *txn) {
    sl_json_key(json, "request");
    sl_json_open_object(json);
    if (sl_parts_has(txn, 'B')) {
        sl_json_put_text(json, "request_line", sl_parts_request_line(txn));
        put_headers(json, txn, &txn->request_headers, SL_MASK_REQUEST_HEADER);
    }
    if (sl_parts_has(txn, 'C') && txn->request_body.len != 0) {
        sl_shown_body body;
        sl_parts_request_body(txn, sl_audit_body_limit(txn), &body);
        sl_json_key(json, "body");
        sl_json_open_array(json);
        if (!body.is_hidden) sl_json_text(json, body.text);
        sl_json_close_array(json);
    }
    if (sl_parts_has(txn, 'I') && txn->multipart != NULL) {
        sl_strbuf fields;
        sl_strbuf_init(&fields, &txn->arena, 256);
        sl_audit_add_fields(&fields, txn, sl_audit_body_limit(txn));
        sl_json_put_text(json, "fake_body", sl_strbuf_slice(&fields));
    }
    sl_json_close_object(json);
}

static void put_response(sl_json *json, sl_txn *txn) {
    sl_json_key(json, "response");
    sl_json_open_object(json);
    if (sl_parts_has(txn, 'F')) {
        sl_json_put_text(json, "protocol", txn->response_protocol.len != 0 ? txn->response_protocol : SL_LIT("HTTP/1.1"));
        sl_json_put_integer(json, "status", sl_parts_status(txn));
        put_headers(json, txn, &txn->response_headers, SL_MASK_RESPONSE_HEADER);
    }
    if (sl_parts_has(txn, 'E') && txn->response_body.len != 0) {
        sl_shown_body body;
        sl_parts_response_body(txn, sl_audit_body_limit(txn), &body);
        sl_json_put_text(json, "body", body.text);
    }
    sl_json_close_object(json);
}

/* ---- audit_data ---- */

static void put_messages(sl_json *json, sl_txn *txn) {
    sl_json_key(json, "messages");
    sl_json_open_array(json);
    for (size_t i = 0; i < txn->events.count; i++) {
        if (txn->events.items[i]->audit) sl_json_text(json, sl_message_v2(txn, txn->events.items[i], false));
    }
    sl_json_close_array(json);
    if (txn->server_errors.count == 0) return;
    sl_json_key(json, "error_messages");
    sl_json_open_array(json);
    for (size_t i = 0; i < txn->server_errors.count; i++) sl_json_text(json, txn->server_errors.items[i]->value->slice);
    sl_json_close_array(json);
}

static void put_action(sl_json *json, const sl_txn *txn) {
    if (!txn->is_intervened) return;
    sl_json_key(json, "action");
    sl_json_open_object(json);
    sl_json_put_boolean(json, "intercepted", true);
    sl_json_put_integer(json, "phase", txn->verdict.phase);
    sl_json_put_text(json, "message", sl_audit_cut(txn->verdict.message));
    sl_json_close_object(json);
}

static void put_stopwatch(sl_json *json, const sl_txn *txn) {
    static const char *const phases[SL_PHASES] = {"p0", "p1", "p2", "p3", "p4", "p5"};
    sl_json_key(json, "stopwatch");
    sl_json_open_object(json);
    for (int phase = 1; phase < SL_PHASES; phase++) sl_json_put_integer(json, phases[phase], txn->phase_us[phase]);
    sl_json_put_integer(json, "sr", txn->store_read_us);
    sl_json_put_integer(json, "sw", txn->store_write_us);
    sl_json_put_integer(json, "l", 0); /* logs are written by another thread */
    sl_json_put_integer(json, "gc", 0);
    sl_json_close_object(json);
}

static void put_producer(sl_json *json, sl_txn *txn) {
    const sl_config *config = &txn->rules->config;
    sl_strbuf name;
    sl_strbuf_init(&name, &txn->arena, 32);
    sl_strbuf_add_format(&name, "seclua/%s", seclua_version());
    if (config->component_signature_count == 0) {
        sl_json_put_text(json, "producer", sl_strbuf_slice(&name));
    } else {
        sl_json_key(json, "producer");
        sl_json_open_array(json);
        sl_json_text(json, sl_strbuf_slice(&name));
        for (size_t i = 0; i < config->component_signature_count; i++) sl_json_text(json, config->component_signatures[i]);
        sl_json_close_array(json);
    }
    const sl_member *server = sl_members_find(&txn->response_headers, SL_LIT("Server"));
    if (server != NULL) sl_json_put_text(json, "server", sl_mask_header(txn, SL_MASK_RESPONSE_HEADER, server));
}

static void put_web_app(sl_json *json, const sl_txn *txn) {
    const sl_config *config = &txn->rules->config;
    const bool is_named = config->web_app_id.len != 0 && !sl_slice_equal(config->web_app_id, SL_LIT("default"));
    if (is_named || txn->has_session_id || txn->has_user_id) {
        sl_json_key(json, "webapp_info");
        sl_json_open_object(json);
        if (config->web_app_id.len != 0) sl_json_put_text(json, "id", config->web_app_id);
        if (txn->has_session_id) sl_json_put_text(json, "session", txn->session_id);
        if (txn->has_user_id) sl_json_put_text(json, "user", txn->user_id);
        sl_json_close_object(json);
    }
    if (config->sensor_id.len != 0 && !sl_slice_equal(config->sensor_id, SL_LIT("default"))) {
        sl_json_put_text(json, "sensor_id", config->sensor_id);
    }
    sl_json_put_text(json, "engine_mode", txn->engine_mode == SL_ON ? SL_LIT("ENABLED") : SL_LIT("DETECTION_ONLY"));
}

static void put_slow_rules(sl_json *json, const sl_txn *txn) {
    if (txn->slow_rules.count == 0) return;
    sl_json_key(json, "rules_performance_info");
    sl_json_open_object(json);
    for (size_t i = 0; i < txn->slow_rules.count; i++) {
        sl_json_foreign_key(json, txn->slow_rules.items[i]->name->slice);
        sl_json_integer(json, sl_number_of(txn->slow_rules.items[i]->value->slice));
    }
    sl_json_close_object(json);
}

static void put_audit_data(sl_json *json, sl_txn *txn) {
    sl_json_key(json, "audit_data");
    sl_json_open_object(json);
    put_messages(json, txn);
    put_action(json, txn);
    put_stopwatch(json, txn);
    put_producer(json, txn);
    sl_audit_put_sanitised(json, txn);
    put_web_app(json, txn);
    put_slow_rules(json, txn);
    sl_json_close_object(json);
}

sl_slice sl_audit_json_v2(sl_txn *txn) {
    sl_json json;
    sl_audit_begin(&json, txn);
    sl_json_open_object(&json);
    put_head(&json, txn);
    put_request(&json, txn);
    put_response(&json, txn);
    if (sl_parts_has(txn, 'H')) put_audit_data(&json, txn);
    if (sl_parts_has(txn, 'J') && txn->multipart != NULL) sl_audit_put_uploads(&json, txn);
    if (sl_parts_has(txn, 'K')) sl_audit_put_matched_rules(&json, txn);
    sl_json_close_object(&json);
    return sl_json_end(&json);
}
