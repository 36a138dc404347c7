/* SPDX-License-Identifier: Apache-2.0 */
/* The audit record as JSON: the layout of ModSecurity 3 with what it lacks (spec 08, 5.2 and 5.4).
 *
 * v3 repeats keys when a header repeats, emits invalid UTF-8, and says nothing of the intervention. Here
 * every key occurs once, every text is UTF-8, and bodies are cut with a flag. Types are v3's: what is a text
 * there is a text here. */
#include "base/strbuf.h"
#include "log/audit_shared.h"
#include "log/log.h"

#include <stdio.h>
#include "log/mask.h"
#include "log/message.h"
#include "log/parts.h"
#include "log/stamp.h"
#include "run/clock.h"

/* ---- header of the record ---- */

static void put_head(sl_json *json, const sl_txn *txn) {
    char stamp[sl_stamp_bytes_max];
    sl_json_put_text(json, "client_ip", txn->client_address);
    sl_json_put_text(json, "time_stamp", sl_slice_of(stamp, sl_stamp_c(stamp, txn->start_us)));
    sl_json_put_text(json, "time", sl_slice_of(stamp, sl_stamp_iso(stamp, txn->start_us)));
    sl_audit_put_server_id(json);
    sl_json_put_integer(json, "client_port", txn->client_port);
    sl_json_put_text(json, "host_ip", txn->server_address);
    sl_json_put_integer(json, "host_port", txn->server_port);
    sl_json_put_text(json, "unique_id", txn->id);
}

/* ---- headers ---- */

static void put_every_header(sl_json *json, sl_txn *txn, const sl_members *headers, sl_mask_kind kind) {
    sl_json_key(json, "headers_all");
    sl_json_open_array(json);
    for (size_t i = 0; i < headers->count; i++) {
        sl_json_open_array(json);
        sl_json_text(json, headers->items[i]->name->slice);
        sl_json_text(json, sl_mask_header(txn, kind, headers->items[i]));
        sl_json_close_array(json);
    }
    sl_json_close_array(json);
}

/* An object can show each name once: the first one. Only when that leaves something out, all follow as
 * pairs. */
static void put_headers(sl_json *json, sl_txn *txn, const sl_members *headers, sl_mask_kind kind) {
    bool repeats = false;
    sl_json_key(json, "headers");
    sl_json_open_object(json);
    for (size_t i = 0; i < headers->count; i++) {
        if (!sl_audit_is_first_of_name(headers, i)) {
            repeats = true;
            continue;
        }
        sl_json_foreign_key(json, headers->items[i]->name->slice);
        sl_json_text(json, sl_mask_header(txn, kind, headers->items[i]));
    }
    sl_json_close_object(json);
    if (repeats) put_every_header(json, txn, headers, kind);
}

/* ---- request and response ---- */

static void put_body(sl_json *json, const sl_shown_body *body) {
    if (body->is_hidden) {
        sl_json_put_boolean(json, "body_sanitised", true);
        return;
    }
    sl_json_put_text(json, "body", body->text);
    if (body->is_cut) sl_json_put_boolean(json, "body_truncated", true);
}

/* "1.1" may stand as a number; "1.", "01" and whatever else a client sends may not. */
static bool is_version_number(sl_slice text) {
    const size_t dot = sl_slice_find_byte(text, '.');
    const size_t whole_len = dot == SIZE_MAX ? text.len : dot;
    if (whole_len == 0 || text.len > 8 || whole_len + 1 == text.len) return false;
    if (text.ptr[0] == '0' && whole_len > 1) return false;
    for (size_t i = 0; i < text.len; i++) {
        if (i != whole_len && !sl_ascii_is_digit(text.ptr[i])) return false;
    }
    return true;
}

static void put_http_version(sl_json *json, const sl_txn *txn) {
    const sl_slice version = sl_parts_http_version(txn);
    sl_json_key(json, "http_version");
    if (is_version_number(version)) {
        sl_json_number(json, version);
    } else {
        sl_json_text(json, version);
    }
}

static void put_request(sl_json *json, sl_txn *txn) {
    sl_json_key(json, "request");
    sl_json_open_object(json);
    sl_json_put_text(json, "method", txn->method);
    put_http_version(json, txn);
    sl_json_put_text(json, "uri", sl_mask_uri(txn));
    if (sl_parts_has(txn, 'C')) {
        sl_shown_body body;
        sl_parts_request_body(txn, sl_audit_body_limit(txn), &body);
        put_body(json, &body);
    }
    if (sl_parts_has(txn, 'B')) put_headers(json, txn, &txn->request_headers, SL_MASK_REQUEST_HEADER);
    sl_json_close_object(json);
}

static void put_response(sl_json *json, sl_txn *txn) {
    sl_json_key(json, "response");
    sl_json_open_object(json);
    sl_json_put_integer(json, "http_code", sl_parts_status(txn));
    if (sl_parts_has(txn, 'E') && txn->response_body.len != 0) {
        sl_shown_body body;
        sl_parts_response_body(txn, sl_audit_body_limit(txn), &body);
        put_body(json, &body);
    }
    if (sl_parts_has(txn, 'F')) put_headers(json, txn, &txn->response_headers, SL_MASK_RESPONSE_HEADER);
    sl_json_close_object(json);
}

/* ---- what the engine did ---- */

/* By seclua_action. */
static const char *const actions[] = {"pass", "deny", "drop", "redirect", "proxy"};

static void put_intervention(sl_json *json, const sl_txn *txn) {
    if (!txn->is_intervened) return;
    sl_json_key(json, "intervention");
    sl_json_open_object(json);
    sl_json_put_text(json, "action", sl_slice_z(actions[txn->verdict.action]));
    sl_json_put_integer(json, "status", txn->verdict.status);
    sl_json_put_text(json, "url", txn->verdict.url);
    sl_json_put_integer(json, "phase", txn->verdict.phase);
    sl_json_put_integer(json, "ruleId", (int64_t)txn->verdict.rule_id);
    sl_json_close_object(json);
}

static void put_stopwatch(sl_json *json, const sl_txn *txn) {
    static const char *const names[SL_PHASES] = {"p0", "p1", "p2", "p3", "p4", "p5"};
    sl_json_key(json, "stopwatch");
    sl_json_open_object(json);
    sl_json_put_integer(json, "duration", sl_clock_monotonic_us() - txn->start_clock_us);
    for (int phase = 1; phase < SL_PHASES; phase++) sl_json_put_integer(json, names[phase], txn->phase_us[phase]);
    sl_json_put_integer(json, "sr", txn->store_read_us);
    sl_json_put_integer(json, "sw", txn->store_write_us);
    sl_json_close_object(json);
}

static void put_producer(sl_json *json, const sl_txn *txn) {
    const sl_config *config = &txn->rules->config;
    sl_strbuf name;
    sl_strbuf_init(&name, json->out.arena, 32);
    sl_strbuf_add_format(&name, "seclua/%s", seclua_version());
    sl_json_key(json, "producer");
    sl_json_open_object(json);
    sl_json_put_text(json, "modsecurity", sl_strbuf_slice(&name));
    sl_json_put_text(json, "connector", SL_LIT("seclua"));
    sl_json_put_text(json, "secrules_engine", sl_slice_z(sl_parts_engine_mode(txn)));
    sl_json_key(json, "components");
    sl_json_open_array(json);
    for (size_t i = 0; i < config->component_signature_count; i++) sl_json_text(json, config->component_signatures[i]);
    sl_json_close_array(json);
    sl_json_close_object(json);
}

static void put_message(sl_json *json, sl_txn *txn, const seclua_event *event) {
    sl_strbuf match;
    sl_strbuf_init(&match, &txn->arena, 256);
    sl_message_add_match(&match, txn, event);
    sl_json_open_object(json);
    sl_json_put_text(json, "message", sl_mask_message(txn, event, sl_audit_cut(event->message)));
    sl_json_key(json, "details");
    sl_json_open_object(json);
    sl_json_put_text(json, "match", sl_strbuf_slice(&match));
    sl_json_put_text(json, "reference", event->reference);
    sl_json_put_text(json, "ruleId", sl_audit_digits(txn, event->rule_id));
    sl_json_put_text(json, "file", event->file);
    sl_json_put_text(json, "lineNumber", sl_audit_digits(txn, event->line));
    sl_json_put_text(json, "data", sl_mask_message(txn, event, sl_audit_cut(event->data)));
    sl_json_put_text(json, "severity", sl_message_severity(txn, event));
    sl_json_put_text(json, "ver", event->ver);
    sl_json_put_text(json, "rev", event->rev);
    sl_audit_put_texts(json, "tags", event->tags, event->tag_count);
    sl_json_put_text(json, "maturity", sl_audit_digits(txn, event->maturity));
    sl_json_put_text(json, "accuracy", sl_audit_digits(txn, event->accuracy));
    sl_json_put_integer(json, "phase", event->phase);
    sl_json_put_boolean(json, "disruptive", event->disruptive);
    sl_json_close_object(json);
    sl_json_close_object(json);
}

static void put_messages(sl_json *json, sl_txn *txn) {
    sl_json_key(json, "messages");
    sl_json_open_array(json);
    for (size_t i = 0; i < txn->events.count; i++) {
        if (txn->events.items[i]->audit) put_message(json, txn, txn->events.items[i]);
    }
    sl_json_close_array(json);
}

/* What collectors of lines look for at the top: pino's names and numbers, milliseconds. No text of the client. */
static void put_line_fields(sl_json *json, const sl_txn *txn) {
    enum { level_info = 30, level_warn = 40, level_error = 50 };
    char message[96];
    int len;
    if (txn->is_intervened) {
        len = snprintf(message, sizeof message, "%s %u in phase %u by rule %llu", actions[txn->verdict.action],
                       txn->verdict.status, txn->verdict.phase, (unsigned long long)txn->verdict.rule_id);
    } else {
        len = snprintf(message, sizeof message, "passed, %zu rules matched", txn->events.count);
    }
    const int level = txn->is_intervened ? level_error : txn->events.count != 0 ? level_warn : level_info;
    sl_json_put_integer(json, "level", level);
    sl_json_put_integer(json, "time", txn->start_us / 1000);
    sl_json_put_text(json, "msg", sl_slice_of(message, (size_t)len));
}

sl_slice sl_audit_json(sl_txn *txn) {
    sl_json json;
    sl_audit_begin(&json, txn);
    sl_json_open_object(&json);
    sl_json_key(&json, "transaction");
    sl_json_open_object(&json);
    put_head(&json, txn);
    put_request(&json, txn);
    put_response(&json, txn);
    put_intervention(&json, txn);
    put_stopwatch(&json, txn);
    sl_json_key(&json, "highest_severity");
    if (txn->highest_severity > 7) {
        sl_json_null(&json);
    } else {
        sl_json_integer(&json, txn->highest_severity);
    }
    if (sl_parts_has(txn, 'H')) {
        put_producer(&json, txn);
        put_messages(&json, txn);
        sl_audit_put_sanitised(&json, txn);
    }
    sl_json_close_object(&json);
    if (sl_parts_has(txn, 'J') && txn->multipart != NULL) sl_audit_put_uploads(&json, txn);
    if (sl_parts_has(txn, 'K')) sl_audit_put_matched_rules(&json, txn);
    put_line_fields(&json, txn);
    sl_json_close_object(&json);
    return sl_json_end(&json);
}
