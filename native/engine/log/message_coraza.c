/* SPDX-License-Identifier: Apache-2.0 */
/* The error-log line in Coraza's format (spec 08, 1.4). */
#include "log/escape.h"
#include "log/log.h"
#include "log/mask.h"
#include "log/message.h"

enum { text_max = 280, field_max = 512 };

static void add_field(sl_strbuf *out, const char *name, sl_slice text, size_t limit) {
    sl_strbuf_add_format(out, " [%s \"", name);
    const sl_slice shown = text.len > limit ? sl_slice_of(text.ptr, limit) : text;
    sl_escape_add(out, shown, SL_ESCAPE_ALL, 0);
    sl_strbuf_add_z(out, "\"]");
}

static void add_number(sl_strbuf *out, const char *name, uint64_t number) {
    sl_strbuf_add_format(out, " [%s \"%llu\"]", name, (unsigned long long)number);
}

static sl_slice lower(sl_txn *txn, const char *text) {
    sl_strbuf out;
    sl_strbuf_init(&out, &txn->arena, 16);
    for (; *text != '\0'; text++) sl_strbuf_add_byte(&out, sl_ascii_lower((uint8_t)*text));
    return sl_strbuf_slice(&out);
}

sl_slice sl_message_coraza(sl_txn *txn, const seclua_event *event) {
    sl_strbuf out;
    sl_strbuf_init(&out, &txn->arena, 1024);
    sl_strbuf_add_z(&out, "[client \"");
    sl_escape_add(&out, txn->client_address, SL_ESCAPE_ALL, field_max);
    sl_strbuf_add_z(&out, "\"] Coraza: ");
    if (sl_message_is_intervention(txn, event)) {
        sl_strbuf_add_format(&out, "Access denied (phase %u).", event->phase);
    } else {
        sl_strbuf_add_z(&out, "Warning.");
    }
    add_field(&out, "file", event->file, field_max);
    add_number(&out, "line", event->line);
    add_number(&out, "id", event->rule_id);
    add_field(&out, "rev", event->rev, field_max);
    add_field(&out, "msg", sl_mask_message(txn, event, event->message), text_max);
    add_field(&out, "data", sl_mask_message(txn, event, event->data), text_max);
    add_field(&out, "severity", lower(txn, sl_message_severity_name(event->severity)), field_max);
    add_field(&out, "ver", event->ver, field_max);
    add_number(&out, "maturity", event->maturity);
    add_number(&out, "accuracy", event->accuracy);
    for (size_t i = 0; i < event->tag_count && out.len < sl_message_line_max(txn); i++) {
        add_field(&out, "tag", event->tags[i], field_max);
    }
    add_field(&out, "hostname", txn->server_address, field_max);
    add_field(&out, "uri", sl_mask_uri(txn), field_max);
    add_field(&out, "unique_id", txn->id, field_max);
    return sl_strbuf_slice(&out);
}
