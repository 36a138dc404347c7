/* SPDX-License-Identifier: Apache-2.0 */
/* What the JSON layouts of the audit record have in common: pieces of ModSecurity 2's layout, and how long texts may be. */
#include "log/audit_shared.h"

#include "log/log.h"
#include "log/parts.h"
#include "log/platform.h"
#include "transformations/digest.h"

enum { text_bytes_max = 8192 /* of msg, data and tags */ };

void sl_audit_begin(sl_json *json, sl_txn *txn) {
    sl_json_begin(json, &txn->arena);
    json->keeps_bytes = txn->rules->options.audit_binary_base64;
}

size_t sl_audit_body_limit(const sl_txn *txn) {
    const uint64_t asked = txn->rules->options.audit_body_limit_bytes;
    return asked == 0 ? 64 * 1024 : (size_t)asked;
}

sl_slice sl_audit_cut(sl_slice text) {
    return sl_slice_of(text.ptr, text.len < text_bytes_max ? text.len : text_bytes_max);
}

sl_slice sl_audit_digits(sl_txn *txn, uint64_t number) {
    sl_strbuf text;
    sl_strbuf_init(&text, &txn->arena, 24);
    sl_strbuf_add_format(&text, "%llu", (unsigned long long)number);
    return sl_strbuf_slice(&text);
}

void sl_audit_put_server_id(sl_json *json) {
    static const char hex[] = "0123456789abcdef";
    char name[256];
    uint8_t digest[SL_SHA1_BYTES];
    char text[2 * SL_SHA1_BYTES];
    sl_sha1(sl_slice_of(name, sl_platform_host_name(name, sizeof name)), digest);
    for (size_t i = 0; i < sizeof digest; i++) {
        text[2 * i] = hex[digest[i] >> 4];
        text[2 * i + 1] = hex[digest[i] & 15];
    }
    sl_json_put_text(json, "server_id", sl_slice_of(text, sizeof text));
}

/* ---- headers ---- */

bool sl_audit_is_first_of_name(const sl_members *headers, size_t index) {
    const sl_member *header = headers->items[index];
    for (size_t i = 0; i < index; i++) {
        const sl_member *earlier = headers->items[i];
        if (earlier->hash != header->hash) continue;
        if (sl_slice_equal_fold(earlier->name->slice, header->name->slice)) return false;
    }
    return true;
}

void sl_audit_put_texts(sl_json *json, const char *key, const sl_slice *texts, size_t count) {
    sl_json_key(json, key);
    sl_json_open_array(json);
    for (size_t i = 0; i < count; i++) sl_json_text(json, sl_audit_cut(texts[i]));
    sl_json_close_array(json);
}

void sl_audit_put_sanitised(sl_json *json, sl_txn *txn) {
    static const char *const keys[SL_MASK_KINDS] = {"args", "request_headers", "response_headers"};
    if (txn->sanitised == NULL) return;
    sl_json_key(json, "sanitized");
    sl_json_open_object(json);
    for (int kind = 0; kind < SL_MASK_KINDS; kind++) {
        const sl_slice *names;
        const size_t count = sl_mask_names(txn, (sl_mask_kind)kind, &names);
        sl_audit_put_texts(json, keys[kind], names, count);
    }
    sl_json_close_object(json);
}

/* ---- uploads and rules, as v2 shows them ---- */

static void add_url_encoded(sl_strbuf *out, sl_slice text) {
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t c = text.ptr[i];
        if (sl_ascii_is_alnum(c) || c == '-' || c == '_' || c == '.' || c == '*') {
            sl_strbuf_add_byte(out, c);
        } else if (c == ' ') {
            sl_strbuf_add_byte(out, '+');
        } else {
            sl_strbuf_add_format(out, "%%%02X", c);
        }
    }
}

void sl_audit_add_fields(sl_strbuf *out, sl_txn *txn, size_t limit) {
    if (txn->multipart == NULL) return;
    const size_t end = out->len + limit;
    bool is_first = true;
    for (size_t i = 0; i < txn->multipart->part_count && out->len < end; i++) {
        const sl_part *part = txn->multipart->parts[i];
        if (part->is_file) continue;
        if (!is_first) sl_strbuf_add_byte(out, '&');
        is_first = false;
        const size_t room = end - out->len;
        const sl_slice value = sl_mask_arg(txn, part->name, part->data);
        add_url_encoded(out, part->name);
        sl_strbuf_add_byte(out, '=');
        add_url_encoded(out, sl_slice_of(value.ptr, value.len < room ? value.len : room));
    }
}

void sl_audit_put_uploads(sl_json *json, const sl_txn *txn) {
    uint64_t total = 0;
    sl_json_key(json, "uploads");
    sl_json_open_object(json);
    sl_json_key(json, "info");
    sl_json_open_array(json);
    for (size_t i = 0; i < txn->multipart->part_count; i++) {
        const sl_part *part = txn->multipart->parts[i];
        if (!part->is_file) continue;
        total += part->data.len;
        sl_json_open_object(json);
        sl_json_put_integer(json, "file_size", (int64_t)part->data.len);
        sl_json_put_text(json, "file_name", sl_audit_cut(part->filename));
        sl_json_put_text(json, "content_type", sl_audit_cut(part->content_type));
        sl_json_close_object(json);
    }
    sl_json_close_array(json);
    sl_json_put_integer(json, "total", (int64_t)total);
    sl_json_close_object(json);
}

/* As they were expanded for the match; as they are written when there was none. */
static void put_tags(sl_json *json, sl_txn *txn, const sl_audit_chain *chain) {
    if (chain->event != NULL) {
        sl_audit_put_texts(json, "tags", chain->event->tags, chain->event->tag_count);
        return;
    }
    const size_t count = chain->starter->tag_count;
    sl_slice *tags = SL_NEW_ARRAY(&txn->arena, sl_slice, count);
    for (size_t i = 0; i < count; i++) tags[i] = chain->starter->tags[i]->source;
    sl_audit_put_texts(json, "tags", tags, count);
}

static void put_actionset(sl_json *json, sl_txn *txn, const sl_rule *rule, const sl_audit_chain *chain) {
    sl_json_key(json, "actionset");
    sl_json_open_object(json);
    if (rule->link_index == 0) {
        sl_json_put_text(json, "id", sl_audit_digits(txn, rule->id));
        sl_json_put_text(json, "rev", rule->rev);
        sl_json_put_text(json, "version", rule->ver);
        if (rule->severity >= 0) sl_json_put_integer(json, "severity", rule->severity);
        sl_json_put_integer(json, "accuracy", rule->accuracy);
        sl_json_put_integer(json, "maturity", rule->maturity);
    }
    sl_json_put_integer(json, "phase", rule->phase);
    sl_json_put_boolean(json, "is_chained", rule->next != NULL);
    if (rule->link_index == 0) {
        if (rule->next != NULL) sl_json_put_boolean(json, "chain_starter", true);
        put_tags(json, txn, chain);
    }
    sl_json_close_object(json);
}

static void put_operator(sl_json *json, sl_txn *txn, const sl_rule *rule) {
    if (rule->kind != SL_RULE_OPERATOR || rule->op == NULL) return;
    sl_strbuf targets;
    sl_strbuf_init(&targets, &txn->arena, 64);
    for (size_t i = 0; i < rule->target_count; i++) {
        if (i != 0) sl_strbuf_add_byte(&targets, '|');
        sl_strbuf_add(&targets, rule->targets[i].written);
    }
    sl_json_key(json, "operator");
    sl_json_open_object(json);
    sl_json_put_text(json, "operator", sl_slice_z(rule->op->name));
    const sl_macro *macro = rule->operand.macro;
    sl_json_put_text(json, "operator_param", macro != NULL ? macro->source : rule->operand.text);
    sl_json_put_text(json, "target", sl_strbuf_slice(&targets));
    sl_json_put_boolean(json, "negated", rule->is_negated);
    sl_json_close_object(json);
}

static void put_rule(sl_json *json, sl_txn *txn, const sl_rule *rule, const sl_audit_chain *chain, bool has_matched) {
    sl_json_open_object(json);
    put_actionset(json, txn, rule, chain);
    put_operator(json, txn, rule);
    sl_json_key(json, "config");
    sl_json_open_object(json);
    sl_json_put_text(json, "filename", rule->file);
    sl_json_put_integer(json, "line_num", rule->line);
    sl_json_close_object(json);
    sl_json_put_text(json, "unparsed", rule->unparsed);
    sl_json_put_boolean(json, "is_matched", has_matched);
    sl_json_close_object(json);
}

typedef struct chain_writer {
    sl_json *json;
    sl_txn *txn;
} chain_writer;

static void put_chain(void *context, const sl_audit_chain *chain) {
    const chain_writer *to = context;
    const bool is_chain = chain->starter->next != NULL;
    bool has_matched = true;
    sl_json_open_object(to->json);
    sl_json_put_boolean(to->json, "chain", is_chain);
    sl_json_key(to->json, "rules");
    sl_json_open_array(to->json);
    for (const sl_rule *link = chain->starter; link != NULL; link = link->next) {
        if (link == chain->failed) has_matched = false;
        put_rule(to->json, to->txn, link, chain, has_matched);
    }
    sl_json_close_array(to->json);
    if (is_chain) sl_json_put_boolean(to->json, "full_chain_match", has_matched);
    sl_json_close_object(to->json);
}

void sl_audit_chains(const sl_txn *txn, void (*each)(void *context, const sl_audit_chain *chain), void *context) {
    const sl_half_chain *half = txn->half_chains;
    for (size_t i = 0; i <= txn->events.count; i++) {
        for (; half != NULL && half->event_count == i; half = half->next) {
            each(context, &(sl_audit_chain){.starter = half->starter, .failed = half->failed});
        }
        const seclua_event *event = i < txn->events.count ? txn->events.items[i] : NULL;
        if (event != NULL && event->rule != NULL) each(context, &(sl_audit_chain){event->rule, NULL, event});
    }
}

void sl_audit_put_matched_rules(sl_json *json, sl_txn *txn) {
    sl_json_key(json, "matched_rules");
    sl_json_open_array(json);
    sl_audit_chains(txn, put_chain, &(chain_writer){json, txn});
    sl_json_close_array(json);
}
