/* SPDX-License-Identifier: Apache-2.0 */
/* The audit record in Coraza's JSON layout (spec 08, 5.3): headers and arguments as lists by name. */
#include "base/strbuf.h"
#include "log/audit_shared.h"
#include "log/log.h"
#include "log/message.h"
#include "log/parts.h"
#include "log/stamp.h"
#include "run/clock.h"
#include "run/trace.h"

/* Members as { name: [values] }. */
static void put_lists(sl_json *json, sl_txn *txn, const char *key, const sl_members *members, int kind) {
    sl_json_key(json, key);
    sl_json_open_object(json);
    for (size_t i = 0; i < members->count; i++) {
        if (members->items[i]->is_dead || !sl_audit_is_first_of_name(members, i)) continue;
        const sl_slice name = members->items[i]->name->slice;
        sl_json_foreign_key(json, name);
        sl_json_open_array(json);
        for (size_t k = i; k < members->count; k++) {
            const sl_member *member = members->items[k];
            if (member->is_dead || !sl_slice_equal_fold(member->name->slice, name)) continue;
            const bool is_arg = kind == SL_MASK_ARG;
            sl_json_text(json, sl_audit_cut(is_arg ? sl_mask_arg(txn, name, member->value->slice)
                                                   : sl_mask_header(txn, (sl_mask_kind)kind, member)));
        }
        sl_json_close_array(json);
    }
    sl_json_close_object(json);
}

static void put_files(sl_json *json, const sl_txn *txn) {
    sl_json_key(json, "files");
    sl_json_open_array(json);
    for (size_t i = 0; txn->multipart != NULL && i < txn->multipart->part_count; i++) {
        const sl_part *part = txn->multipart->parts[i];
        if (!part->is_file) continue;
        sl_json_open_object(json);
        sl_json_put_text(json, "name", sl_audit_cut(part->filename));
        sl_json_put_integer(json, "size", (int64_t)part->data.len);
        sl_json_put_text(json, "mime", sl_audit_cut(part->content_type));
        sl_json_close_object(json);
    }
    sl_json_close_array(json);
}

static void put_request(sl_json *json, sl_txn *txn) {
    sl_json_key(json, "request");
    sl_json_open_object(json);
    sl_json_put_text(json, "method", txn->method);
    sl_json_put_text(json, "protocol", txn->protocol);
    sl_json_put_text(json, "uri", sl_mask_uri(txn));
    sl_json_put_text(json, "http_version", sl_parts_http_version(txn));
    if (sl_parts_has(txn, 'B')) {
        put_lists(json, txn, "headers", &txn->request_headers, SL_MASK_REQUEST_HEADER);
        put_lists(json, txn, "args", &txn->args, SL_MASK_ARG);
    }
    if (sl_parts_has(txn, 'C')) {
        sl_shown_body body;
        sl_parts_request_body(txn, sl_audit_body_limit(txn), &body);
        sl_json_put_text(json, "body", body.is_hidden ? SL_EMPTY : body.text);
    }
    if (sl_parts_has(txn, 'J')) put_files(json, txn);
    sl_json_put_integer(json, "length", (int64_t)txn->request_body.len);
    sl_json_close_object(json);
}

static void put_response(sl_json *json, sl_txn *txn) {
    sl_json_key(json, "response");
    sl_json_open_object(json);
    sl_json_put_text(json, "protocol", txn->response_protocol);
    sl_json_put_integer(json, "status", sl_parts_status(txn));
    if (sl_parts_has(txn, 'F')) put_lists(json, txn, "headers", &txn->response_headers, SL_MASK_RESPONSE_HEADER);
    if (sl_parts_has(txn, 'E')) {
        sl_shown_body body;
        sl_parts_response_body(txn, sl_audit_body_limit(txn), &body);
        sl_json_put_text(json, "body", body.text);
    }
    sl_json_close_object(json);
}

static void put_producer(sl_json *json, sl_txn *txn) {
    const sl_config *config = &txn->rules->config;
    sl_strbuf watch;
    sl_strbuf_init(&watch, &txn->arena, 128);
    sl_strbuf_add_format(&watch, "%lld %lld; ", (long long)txn->start_us,
                         (long long)(sl_clock_monotonic_us() - txn->start_clock_us));
    sl_trace_add_stopwatch(&watch, txn);
    sl_json_key(json, "producer");
    sl_json_open_object(json);
    sl_json_put_text(json, "connector", SL_LIT("seclua"));
    sl_json_put_text(json, "version", sl_slice_z(seclua_version()));
    const sl_member *server = sl_members_find(&txn->response_headers, SL_LIT("Server"));
    sl_json_put_text(json, "server", server == NULL ? SL_EMPTY : sl_mask_header(txn, SL_MASK_RESPONSE_HEADER, server));
    sl_json_put_text(json, "rule_engine", sl_slice_z(sl_parts_engine_mode(txn)));
    sl_json_put_text(json, "stopwatch", sl_strbuf_slice(&watch));
    sl_audit_put_texts(json, "rulesets", config->component_signatures, config->component_signature_count);
    sl_json_close_object(json);
}

static void put_transaction(sl_json *json, sl_txn *txn) {
    char stamp[sl_stamp_bytes_max];
    sl_strbuf nanoseconds;
    sl_strbuf_init(&nanoseconds, &txn->arena, 24);
    sl_strbuf_add_format(&nanoseconds, "%lld000", (long long)txn->start_us);
    sl_json_key(json, "transaction");
    sl_json_open_object(json);
    sl_json_put_text(json, "timestamp", sl_slice_of(stamp, sl_stamp_slashes(stamp, txn->start_us)));
    sl_json_key(json, "unix_timestamp");
    sl_json_number(json, sl_strbuf_slice(&nanoseconds));
    sl_json_put_text(json, "id", txn->id);
    sl_json_put_text(json, "client_ip", txn->client_address);
    sl_json_put_integer(json, "client_port", txn->client_port);
    sl_json_put_text(json, "host_ip", txn->server_address);
    sl_json_put_integer(json, "host_port", txn->server_port);
    sl_audit_put_server_id(json);
    put_request(json, txn);
    put_response(json, txn);
    if (sl_parts_has(txn, 'H')) put_producer(json, txn);
    sl_json_put_text(json, "highest_severity", sl_slice_z(sl_message_severity_name(txn->highest_severity)));
    sl_json_put_boolean(json, "is_interrupted", txn->is_intervened);
    sl_json_close_object(json);
}

void sl_audit_put_data(sl_json *json, sl_txn *txn, const seclua_event *event) {
    const sl_rule *rule = event->rule;
    sl_json_open_object(json);
    sl_json_put_text(json, "file", event->file);
    sl_json_put_integer(json, "line", event->line);
    sl_json_put_integer(json, "id", (int64_t)event->rule_id);
    sl_json_put_text(json, "rev", event->rev);
    sl_json_put_text(json, "msg", sl_mask_message(txn, event, sl_audit_cut(event->message)));
    sl_json_put_text(json, "data", sl_mask_message(txn, event, sl_audit_cut(event->data)));
    sl_json_put_integer(json, "severity", event->severity);
    sl_json_put_text(json, "ver", event->ver);
    sl_json_put_integer(json, "maturity", event->maturity);
    sl_json_put_integer(json, "accuracy", event->accuracy);
    sl_audit_put_texts(json, "tags", event->tags, event->tag_count);
    sl_json_put_text(json, "raw", rule == NULL ? SL_EMPTY : rule->unparsed);
    sl_json_close_object(json);
}

static void put_messages(sl_json *json, sl_txn *txn) {
    sl_json_key(json, "messages");
    sl_json_open_array(json);
    for (size_t i = 0; i < txn->events.count; i++) {
        const seclua_event *event = txn->events.items[i];
        if (!event->audit) continue;
        sl_json_open_object(json);
        sl_json_put_text(json, "actionset", SL_EMPTY);
        sl_json_put_text(json, "message", sl_mask_message(txn, event, sl_audit_cut(event->message)));
        sl_json_put_text(json, "error_message", sl_message_coraza(txn, event));
        sl_json_key(json, "data");
        sl_audit_put_data(json, txn, event);
        sl_json_close_object(json);
    }
    sl_json_close_array(json);
}

sl_slice sl_audit_json_coraza(sl_txn *txn) {
    sl_json json;
    sl_audit_begin(&json, txn);
    sl_json_open_object(&json);
    put_transaction(&json, txn);
    if (sl_parts_has(txn, 'H') || sl_parts_has(txn, 'K')) put_messages(&json, txn);
    sl_json_close_object(&json);
    return sl_json_end(&json);
}
