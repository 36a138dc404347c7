/* SPDX-License-Identifier: Apache-2.0 */
/* The error-log line of a rule, in the format of ModSecurity 3, byte for byte, for the tools that read it.
 *
 * The quote after `Matched "` is never closed: that is v3's format, and readers depend on it. Unlike v3, no
 * value can leave its quotes (escape.c), and a long one costs itself only: tags give way before the fields
 * that identify the request. */
#include "log/message.h"

#include "log/audit_shared.h"
#include "log/escape.h"
#include "log/log.h"
#include "log/mask.h"
#include "variables/variable.h"

enum {
    parameter_max = 200,
    value_max = 100,
    name_max = 200,
    own_text_max = 200,
    message_max = 1024,
    data_max = 200,
    tag_max = 200,
    field_max = 200,
    path_max = 1024 /* of the rule's file */
};

bool sl_message_is_intervention(const sl_txn *txn, const seclua_event *event) {
    return event->disruptive && txn->is_intervened && txn->verdict.rule_id == event->rule_id &&
           txn->verdict.phase == event->phase && txn->verdict.action == event->action;
}

/* ---- match text ---- */

/* Patterns are full of quotes and backslashes, and v3 prints them as they are. A parameter made at run time
 * is another matter: a macro may bring in what the client sent. */
static sl_escape_set parameter_set(const seclua_event *event) {
    const sl_rule *link = event->rule;
    if (link == NULL) return SL_ESCAPE_ALL;
    while (link->next != NULL) link = link->next;
    const bool is_made = link->operand.macro != NULL && !link->operand.macro->is_literal;
    return is_made ? SL_ESCAPE_ALL : SL_ESCAPE_UNPRINTED;
}

static void add_operator_match(sl_strbuf *out, sl_txn *txn, const seclua_event *event) {
    const sl_operator *op = sl_operator_find(sl_slice_z(event->operator_name));
    sl_strbuf_add_z(out, "Matched \"Operator `");
    sl_strbuf_add_z(out, op == NULL ? event->operator_name : op->log_name);
    sl_strbuf_add_z(out, "' with parameter `");
    sl_escape_add(out, sl_mask_message(txn, event, event->parameter), parameter_set(event), parameter_max);
    sl_strbuf_add_z(out, "' against variable `");
    sl_escape_add(out, event->variable_name, SL_ESCAPE_ALL, name_max);
    sl_strbuf_add_z(out, "' (Value: `");
    sl_escape_add(out, sl_mask_message(txn, event, event->value), SL_ESCAPE_ALL, value_max);
    sl_strbuf_add_z(out, "' )");
}

/* Libinjection's operators and scripts have words of their own; what a script says stands where v2 puts
 * it. */
void sl_message_add_match(sl_strbuf *out, sl_txn *txn, const seclua_event *event) {
    if (event->match_text.len != 0) {
        sl_escape_add(out, sl_mask_message(txn, event, event->match_text), SL_ESCAPE_ALL, own_text_max);
    } else if (event->operator_name != NULL) {
        add_operator_match(out, txn, event);
    } else {
        sl_strbuf_add_z(out, "Unconditional match in SecAction.");
    }
}

/* ---- fields ---- */

static void add_field(sl_strbuf *out, const char *name, sl_slice text, size_t limit) {
    sl_strbuf_add_z(out, " [");
    sl_strbuf_add_z(out, name);
    sl_strbuf_add_z(out, " \"");
    sl_escape_add(out, text, SL_ESCAPE_ALL, limit);
    sl_strbuf_add_z(out, "\"]");
}

static void add_number(sl_strbuf *out, const char *name, uint64_t number) {
    sl_strbuf_add_format(out, " [%s \"%llu\"]", name, (unsigned long long)number);
}

static void add_verdict(sl_strbuf *out, const sl_txn *txn, const seclua_event *event) {
    if (sl_message_is_intervention(txn, event)) {
        sl_strbuf_add_format(out, "Access denied with code %u (phase %u). ", event->status, event->phase);
    } else {
        sl_strbuf_add_z(out, "Warning. ");
    }
}

size_t sl_message_line_max(const sl_txn *txn) {
    enum { standard = 8192 };
    const uint32_t asked = txn->rules->options.log_line_bytes_max;
    return asked == 0 ? standard : asked;
}

sl_slice sl_message_severity(sl_txn *txn, const seclua_event *event) {
    if (event->severity >= 0) return sl_audit_digits(txn, (uint64_t)event->severity);
    return txn->rules->options.strict ? SL_LIT("0") : SL_EMPTY;
}

static void add_rule_fields(sl_strbuf *out, sl_txn *txn, const seclua_event *event) {
    add_field(out, "file", event->file, path_max);
    add_number(out, "line", event->line);
    add_number(out, "id", event->rule_id);
    add_field(out, "rev", event->rev, field_max);
    add_field(out, "msg", sl_mask_message(txn, event, event->message), message_max);
    add_field(out, "data", sl_mask_message(txn, event, event->data), data_max);
    add_field(out, "severity", sl_message_severity(txn, event), field_max);
    add_field(out, "ver", event->ver, field_max);
    add_number(out, "maturity", event->maturity);
    add_number(out, "accuracy", event->accuracy);
}

static sl_slice request_fields(sl_txn *txn, const seclua_event *event) {
    sl_strbuf out;
    sl_strbuf_init(&out, &txn->arena, 256);
    add_field(&out, "hostname", txn->server_address, field_max);
    add_field(&out, "uri", txn->path_raw, field_max);
    add_field(&out, "unique_id", txn->id, field_max);
    add_field(&out, "ref", event->reference, field_max);
    return sl_strbuf_slice(&out);
}

static void add_details(sl_strbuf *out, sl_txn *txn, const seclua_event *event) {
    add_rule_fields(out, txn, event);
    const sl_slice request = request_fields(txn, event);
    for (size_t i = 0; i < event->tag_count; i++) {
        const size_t before = out->len;
        add_field(out, "tag", event->tags[i], tag_max);
        if (out->len + request.len > sl_message_line_max(txn)) {
            out->len = before;
            break;
        }
    }
    sl_strbuf_add(out, request);
}

/* ---- lines ---- */

sl_slice sl_message_of(sl_txn *txn, const seclua_event *event) {
    sl_strbuf out;
    sl_strbuf_init(&out, &txn->arena, 1024);
    add_verdict(&out, txn, event);
    sl_message_add_match(&out, txn, event);
    add_details(&out, txn, event);
    return sl_strbuf_slice(&out);
}

sl_slice sl_message_host(sl_txn *txn) {
    const sl_text *name = sl_variable_first(txn, sl_variable_find(SL_LIT("SERVER_NAME")), false, SL_EMPTY, 0);
    return name == NULL ? txn->server_address : name->slice;
}

sl_slice sl_log_line(sl_txn *txn, const seclua_event *event) {
    if (txn->rules->options.log_format == SECLUA_LOG_V2) return sl_message_v2(txn, event, true);
    if (txn->rules->options.log_format == SECLUA_LOG_CORAZA) return sl_message_coraza(txn, event);
    sl_strbuf out;
    sl_strbuf_init(&out, &txn->arena, 1024);
    if (sl_message_is_intervention(txn, event)) {
        sl_strbuf_add_z(&out, "[client ");
        sl_escape_add(&out, txn->client_address, SL_ESCAPE_ALL, field_max);
        sl_strbuf_add_z(&out, "] ");
    }
    sl_strbuf_add_z(&out, "ModSecurity: ");
    add_verdict(&out, txn, event);
    sl_message_add_match(&out, txn, event);
    add_details(&out, txn, event);
    return sl_strbuf_slice(&out);
}
