/* SPDX-License-Identifier: Apache-2.0 */
/* The error-log line in the format of ModSecurity 2 (spec 08, 1.3): what matched in words of each operator's own, names of
 * severities, and only the fields that there are.
 *
 * Some of those words need what the event does not keep (the phrase, the fingerprint, the bad byte): the operator is asked
 * again, for it answers by the value alone. Unlike v2, a long value costs itself and not the fields behind it. */
#include "log/escape.h"
#include "log/log.h"
#include "log/mask.h"
#include "log/message.h"

enum {
    parameter_max = 252,
    text_max = 1024,
    data_max = 512,
    field_max = 512,
};

/* ---- escapes ---- */

/* v2 writes letters for the usual control bytes of msg, and backslashes before what would end its quotes. */
static void add_message(sl_strbuf *out, sl_slice text, size_t limit) {
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < text.len && i < limit; i++) {
        const uint8_t c = text.ptr[i];
        const char *letter = NULL;
        switch (c) {
        case '"': letter = "\\\""; break;
        case '\\': letter = "\\\\"; break;
        case '\b': letter = "\\b"; break;
        case '\n': letter = "\\n"; break;
        case '\r': letter = "\\r"; break;
        case '\t': letter = "\\t"; break;
        case '\v': letter = "\\v"; break;
        default: break;
        }
        if (letter != NULL) {
            sl_strbuf_add_z(out, letter);
        } else if (c < 0x20 || c >= 0x7f) {
            const uint8_t escape[4] = {'\\', 'x', (uint8_t)hex[c >> 4], (uint8_t)hex[c & 15]};
            sl_strbuf_add(out, sl_slice_of(escape, sizeof escape));
        } else {
            sl_strbuf_add_byte(out, c);
        }
    }
}

static void add_cut(sl_strbuf *out, sl_slice text, size_t limit, const char *note) {
    const bool is_cut = text.len > limit;
    sl_escape_add(out, is_cut ? sl_slice_of(text.ptr, limit) : text, SL_ESCAPE_ALL, 0);
    if (is_cut) sl_strbuf_add_z(out, note);
}

/* ---- what matched ---- */

typedef struct match_words {
    sl_strbuf *out;
    sl_txn *txn;
    const seclua_event *event;
    const sl_rule *link;
    const char *op;
} match_words;

static void add_at(match_words *w) {
    sl_strbuf_add_z(w->out, " at ");
    sl_escape_add(w->out, w->event->variable_name, SL_ESCAPE_ALL, field_max);
    sl_strbuf_add_byte(w->out, '.');
}

static void add_parameter(match_words *w) {
    sl_strbuf_add_byte(w->out, '"');
    add_cut(w->out, sl_mask_message(w->txn, w->event, w->event->parameter), parameter_max, " ...");
    sl_strbuf_add_byte(w->out, '"');
}

static void add_with_parameter(match_words *w, const char *start) {
    sl_strbuf_add_z(w->out, start);
    add_parameter(w);
    add_at(w);
}

/* The value that matched, after its transformations; the last one of the event. */
static sl_slice tested(const seclua_event *event) {
    return event->variable_count == 0 ? event->value : event->variables[event->variable_count - 1].value;
}

static bool ask_again(const match_words *w, sl_slice value, sl_match *match) {
    const sl_call call = {.txn = w->txn, .rule = w->link, .arena = &w->txn->arena, .scratch = w->txn->engine->scratch};
    sl_operand operand = w->link->operand;
    operand.text = w->event->parameter;
    *match = (sl_match){.want_captures = true, .want_ranges = true};
    return w->link->op->match(&call, &operand, value, match) == SL_YES;
}

static void add_phrase(match_words *w) {
    sl_match match;
    const bool has_phrase = ask_again(w, tested(w->event), &match) && match.capture_count != 0;
    sl_strbuf_add_z(w->out, "Matched phrase \"");
    if (has_phrase) add_cut(w->out, sl_mask_message(w->txn, w->event, match.captures[0]), parameter_max, " ...");
    sl_strbuf_add_byte(w->out, '"');
    add_at(w);
}

static void add_comparison(match_words *w) {
    sl_strbuf_add_z(w->out, "Operator ");
    for (const char *letter = w->op; *letter != '\0'; letter++) {
        sl_strbuf_add_byte(w->out, (uint8_t)(*letter >= 'a' ? *letter - 32 : *letter));
    }
    sl_strbuf_add_z(w->out, " matched ");
    add_cut(w->out, sl_mask_message(w->txn, w->event, w->event->parameter), parameter_max, " ...");
    add_at(w);
}

static void add_address(match_words *w) {
    sl_strbuf_add_z(w->out, "IPmatch: \"");
    add_cut(w->out, sl_mask_message(w->txn, w->event, w->event->value), parameter_max, " ...");
    sl_strbuf_add_z(w->out, "\" matched");
    add_at(w);
}

static void add_injection(match_words *w) {
    sl_match match;
    const bool is_sqli = w->op[6] == 'S';
    sl_strbuf_add_z(w->out, is_sqli ? "detected SQLi using libinjection" : "detected XSS using libinjection.");
    if (!is_sqli) return;
    const bool has_fingerprint = ask_again(w, tested(w->event), &match) && match.capture_count != 0;
    sl_strbuf_add_z(w->out, " with fingerprint '");
    if (has_fingerprint) sl_escape_add(w->out, match.captures[0], SL_ESCAPE_ALL, field_max);
    sl_strbuf_add_byte(w->out, '\'');
}

/* Asked byte by byte: a match keeps a few places only. */
static void add_byte_range(match_words *w) {
    const sl_slice value = tested(w->event);
    size_t count = 0;
    sl_match match;
    for (size_t i = 0; i < value.len; i++) count += ask_again(w, sl_slice_of(value.ptr + i, 1), &match);
    sl_strbuf_add_format(w->out, "Found %zu byte(s) in ", count);
    sl_escape_add(w->out, w->event->variable_name, SL_ESCAPE_ALL, field_max);
    sl_strbuf_add_z(w->out, " outside range: ");
    add_cut(w->out, w->event->parameter, parameter_max, " ...");
    sl_strbuf_add_byte(w->out, '.');
}

static void add_url_encoding(match_words *w) {
    sl_match match;
    const bool is_short =
        ask_again(w, tested(w->event), &match) && match.range_count != 0 && match.ranges[0].length < 3;
    sl_strbuf_add_z(w->out, "Invalid URL Encoding: ");
    sl_strbuf_add_z(w->out, is_short ? "Not enough characters at the end of input" : "Non-hexadecimal digits used");
    add_at(w);
}

static const char *utf8_reason(sl_slice value, size_t at) {
    const uint8_t lead = value.ptr[at];
    if (lead < 0xc0 || lead >= 0xf8) return "invalid byte value in character";
    const size_t len = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (value.len - at < len) return "not enough bytes in character";
    for (size_t i = 1; i < len; i++) {
        if ((value.ptr[at + i] & 0xc0) != 0x80) return "invalid byte value in character";
    }
    const bool is_overlong = lead < 0xc2 || (lead == 0xe0 && value.ptr[at + 1] < 0xa0) ||
                             (lead == 0xf0 && value.ptr[at + 1] < 0x90);
    return is_overlong ? "overlong character detected" : "use of restricted character";
}

static void add_utf8(match_words *w) {
    const sl_slice value = tested(w->event);
    sl_match match;
    const bool has_place = ask_again(w, value, &match) && match.range_count != 0;
    const size_t at = has_place ? match.ranges[0].offset : 0;
    sl_strbuf_add_z(w->out, "Invalid UTF-8 encoding: ");
    if (has_place) sl_strbuf_add_z(w->out, utf8_reason(value, at));
    add_at(w);
    sl_strbuf_add_format(w->out, " [offset \"%zu\"]", at);
}

static void add_number_check(match_words *w) {
    sl_match match;
    const bool has_place = ask_again(w, tested(w->event), &match) && match.range_count != 0;
    sl_strbuf_add_z(w->out, w->op + 6); /* behind "verify" */
    add_with_parameter(w, "# match ");
    sl_strbuf_add_format(w->out, " [offset \"%u\"]", has_place ? match.ranges[0].offset : 0);
}

static void add_unconditional(match_words *w) { sl_strbuf_add_z(w->out, "Unconditional match in SecAction."); }
static void add_pattern(match_words *w) { add_with_parameter(w, "Pattern match "); }
static void add_string(match_words *w) { add_with_parameter(w, "String match "); }
static void add_within(match_words *w) { add_with_parameter(w, "String match within "); }

/* "ipMatch" stands for ipMatchFromFile, too: the first row whose name begins an operator's counts. */
static const struct {
    const char *start;
    void (*add)(match_words *w);
} words[] = {
    {"rx", add_pattern},
    {"strmatch", add_pattern},
    {"pm", add_phrase},
    {"contains", add_string},
    {"streq", add_string},
    {"beginsWith", add_string},
    {"endsWith", add_string},
    {"within", add_within},
    {"eq", add_comparison},
    {"ge", add_comparison}, /* not geoLookup: see below */
    {"gt", add_comparison},
    {"le", add_comparison},
    {"lt", add_comparison},
    {"ipMatch", add_address},
    {"detect", add_injection},
    {"validateByteRange", add_byte_range},
    {"validateUrlEncoding", add_url_encoding},
    {"validateUtf8Encoding", add_utf8},
    {"verify", add_number_check},
    {"unconditionalMatch", add_unconditional},
};

static void add_positive(match_words *w) {
    const bool is_geo = sl_slice_starts(sl_slice_z(w->op), SL_LIT("geo"));
    for (size_t i = 0; !is_geo && i < sizeof words / sizeof words[0]; i++) {
        if (!sl_slice_starts(sl_slice_z(w->op), sl_slice_z(words[i].start))) continue;
        words[i].add(w);
        return;
    }
    sl_strbuf_add_z(w->out, "Operator ");
    sl_strbuf_add_z(w->out, w->op);
    add_with_parameter(w, " matched ");
}

static void add_match(sl_strbuf *out, sl_txn *txn, const seclua_event *event) {
    const sl_rule *link = event->rule;
    while (link != NULL && link->next != NULL) link = link->next;
    const bool has_operator = event->operator_name != NULL && link != NULL && link->op != NULL;
    if (!has_operator) {
        if (event->match_text.len != 0) {
            add_message(out, sl_mask_message(txn, event, event->match_text), text_max);
        } else {
            sl_strbuf_add_z(out, "Unconditional match in SecAction.");
        }
        return;
    }
    match_words w = {out, txn, event, link, event->operator_name};
    if (!event->negated) {
        add_positive(&w);
        return;
    }
    sl_strbuf_add_z(out, "Match of \"");
    sl_strbuf_add_z(out, w.op);
    sl_strbuf_add_byte(out, ' ');
    add_cut(out, sl_mask_message(txn, event, event->parameter), parameter_max, " ...");
    sl_strbuf_add_z(out, "\" against \"");
    sl_escape_add(out, event->variable_name, SL_ESCAPE_ALL, field_max);
    sl_strbuf_add_z(out, "\" required.");
}

/* ---- the verdict ---- */

static void add_intervention(sl_strbuf *out, const seclua_event *event) {
    switch (event->action) {
    case SECLUA_DROP:
        sl_strbuf_add_format(out, "Access denied with connection close (phase %u). ", event->phase);
        break;
    case SECLUA_REDIRECT:
        sl_strbuf_add_z(out, "Access denied with redirection to ");
        sl_escape_add(out, event->redirect_url, SL_ESCAPE_ALL, field_max);
        sl_strbuf_add_format(out, " using status %u (phase %u). ", event->status, event->phase);
        break;
    case SECLUA_PROXY:
        sl_strbuf_add_format(out, "Access denied using proxy to (phase %u) ", event->phase);
        sl_escape_add(out, event->redirect_url, SL_ESCAPE_ALL, field_max);
        sl_strbuf_add_z(out, ". ");
        break;
    default: sl_strbuf_add_format(out, "Access denied with code %u (phase %u). ", event->status, event->phase);
    }
}

static void add_verdict(sl_strbuf *out, const sl_txn *txn, const seclua_event *event) {
    const sl_rule *rule = event->rule;
    const bool may_allow = txn->engine_mode == SL_ON && rule != NULL;
    const char *allowed = NULL;
    if (sl_message_is_intervention(txn, event)) {
        add_intervention(out, event);
        return;
    }
    switch (may_allow ? rule->disruptive : SL_ACT_PASS) {
    case SL_ACT_ALLOW: allowed = "Access allowed"; break;
    case SL_ACT_ALLOW_PHASE: allowed = "Access to phase allowed"; break;
    case SL_ACT_ALLOW_REQUEST: allowed = "Access to request allowed"; break;
    case SL_ACT_PAUSE: allowed = "Paused Access"; break;
    default: break;
    }
    if (allowed == NULL) {
        sl_strbuf_add_z(out, "Warning. ");
    } else {
        sl_strbuf_add_format(out, "%s (phase %u). ", allowed, event->phase);
    }
}

/* ---- fields ---- */

static void add_field(sl_strbuf *out, const char *name, sl_slice text) {
    if (text.len == 0) return;
    sl_strbuf_add_format(out, " [%s \"", name);
    add_cut(out, text, field_max, "...");
    sl_strbuf_add_z(out, "\"]");
}

static void add_number(sl_strbuf *out, const char *name, uint64_t number) {
    if (number != 0) sl_strbuf_add_format(out, " [%s \"%llu\"]", name, (unsigned long long)number);
}

static void add_fields(sl_strbuf *out, sl_txn *txn, const seclua_event *event) {
    add_field(out, "file", event->file);
    add_number(out, "line", event->line);
    add_number(out, "id", event->rule_id);
    add_field(out, "rev", event->rev);
    if (event->message.len != 0) {
        sl_strbuf_add_z(out, " [msg \"");
        add_message(out, sl_mask_message(txn, event, event->message), text_max);
        sl_strbuf_add_z(out, "\"]");
    }
    if (event->data.len != 0) {
        sl_strbuf_add_z(out, " [data \"");
        add_cut(out, sl_mask_message(txn, event, event->data), data_max, "...");
        sl_strbuf_add_z(out, "\"]");
    }
    if (event->severity >= 0) add_field(out, "severity", sl_slice_z(sl_message_severity_name(event->severity)));
    add_field(out, "ver", event->ver);
    add_number(out, "maturity", event->maturity);
    add_number(out, "accuracy", event->accuracy);
    for (size_t i = 0; i < event->tag_count && out->len < sl_message_line_max(txn); i++) add_field(out, "tag", event->tags[i]);
}

const char *sl_message_severity_name(int severity) {
    static const char *const names[] = {"EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG"};
    return severity >= 0 && severity <= 7 ? names[severity] : "";
}

sl_slice sl_message_v2(sl_txn *txn, const seclua_event *event, bool is_for_server) {
    sl_strbuf out;
    sl_strbuf_init(&out, &txn->arena, 1024);
    if (is_for_server) {
        sl_strbuf_add_z(&out, "[client ");
        sl_escape_add(&out, txn->client_address, SL_ESCAPE_ALL, field_max);
        sl_strbuf_add_z(&out, "] ModSecurity: ");
    }
    add_verdict(&out, txn, event);
    add_match(&out, txn, event);
    add_fields(&out, txn, event);
    if (is_for_server) {
        add_field(&out, "hostname", sl_message_host(txn));
        add_field(&out, "uri", txn->path_raw);
        add_field(&out, "unique_id", txn->id);
    }
    return sl_strbuf_slice(&out);
}
