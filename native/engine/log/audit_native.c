/* SPDX-License-Identifier: Apache-2.0 */
/* The audit record in the Native format of ModSecurity 2: parts between boundary lines, in v2's order A B C I
 * F E H J K Z.
 *
 * The boundary's token is drawn for each record, so that nothing a client sent can look like one. Header
 * lines stay one line each; bodies are raw bytes. */
#include "base/random.h"
#include "base/strbuf.h"
#include "log/audit_shared.h"
#include "log/escape.h"
#include "log/log.h"
#include "log/mask.h"
#include "log/message.h"
#include "log/parts.h"
#include "log/stamp.h"
#include "run/clock.h"
#include "run/trace.h"

static size_t body_limit(const sl_txn *txn) {
    const uint64_t asked = txn->rules->options.audit_body_limit_bytes;
    return asked == 0 ? 1024 * 1024 : (size_t)asked;
}

typedef struct record {
    sl_strbuf out;
    sl_txn *txn;
    char token[9];
    bool is_body_cut, is_body_hidden; /* said in part H */
} record;

static void boundary(record *r, char part) {
    if (part != 'A') sl_strbuf_add_byte(&r->out, '\n');
    sl_strbuf_add_format(&r->out, "--%s-%c--\n", r->token, part);
}

static void add_line_text(record *r, sl_slice text) { sl_escape_add(&r->out, text, SL_ESCAPE_CONTROLS, 0); }
static void add_quoted(record *r, sl_slice text) {
    sl_strbuf_add_byte(&r->out, '"');
    sl_escape_add(&r->out, text, SL_ESCAPE_ALL, 0);
    sl_strbuf_add_byte(&r->out, '"');
}

/* Words between blanks: an empty one is a dash, a blank in it is escaped. */
static void add_word(record *r, sl_slice text) {
    if (text.len == 0) sl_strbuf_add_byte(&r->out, '-');
    for (size_t i = 0; i < text.len; i++) {
        uint8_t form[sl_escape_bytes_max];
        if (text.ptr[i] == ' ') {
            sl_strbuf_add_z(&r->out, "\\x20");
        } else {
            sl_strbuf_add(&r->out, sl_slice_of(form, sl_escape_byte(text.ptr[i], SL_ESCAPE_ALL, form)));
        }
    }
}

/* ---- A, B, F ---- */

static void add_head(record *r) {
    const sl_txn *txn = r->txn;
    char stamp[sl_stamp_bytes_max];
    boundary(r, 'A');
    sl_strbuf_add_byte(&r->out, '[');
    sl_strbuf_add(&r->out, sl_slice_of(stamp, sl_stamp_server(stamp, txn->start_us)));
    sl_strbuf_add_z(&r->out, "] ");
    add_word(r, txn->id);
    sl_strbuf_add_byte(&r->out, ' ');
    add_word(r, txn->client_address);
    sl_strbuf_add_format(&r->out, " %u ", txn->client_port);
    add_word(r, txn->server_address);
    sl_strbuf_add_format(&r->out, " %u\n", txn->server_port);
}

static void add_headers(record *r, const sl_members *headers, sl_mask_kind kind) {
    for (size_t i = 0; i < headers->count; i++) {
        add_line_text(r, headers->items[i]->name->slice);
        sl_strbuf_add_z(&r->out, ": ");
        add_line_text(r, sl_mask_header(r->txn, kind, headers->items[i]));
        sl_strbuf_add_byte(&r->out, '\n');
    }
}

static void add_request_headers(record *r) {
    boundary(r, 'B');
    add_line_text(r, sl_parts_request_line(r->txn));
    sl_strbuf_add_byte(&r->out, '\n');
    add_headers(r, &r->txn->request_headers, SL_MASK_REQUEST_HEADER);
}

static const char *reason_of(uint16_t status) {
    static const struct {
        uint16_t status;
        const char *reason;
    } reasons[] = {
        {100, "Continue"}, {101, "Switching Protocols"}, {103, "Early Hints"}, {200, "OK"}, {201, "Created"},
        {202, "Accepted"}, {203, "Non-Authoritative Information"}, {204, "No Content"}, {205, "Reset Content"},
        {206, "Partial Content"}, {207, "Multi-Status"}, {300, "Multiple Choices"}, {301, "Moved Permanently"},
        {302, "Found"}, {303, "See Other"}, {304, "Not Modified"}, {307, "Temporary Redirect"},
        {308, "Permanent Redirect"}, {400, "Bad Request"}, {401, "Unauthorized"}, {402, "Payment Required"},
        {403, "Forbidden"}, {404, "Not Found"}, {405, "Method Not Allowed"}, {406, "Not Acceptable"},
        {407, "Proxy Authentication Required"}, {408, "Request Timeout"}, {409, "Conflict"}, {410, "Gone"},
        {411, "Length Required"}, {412, "Precondition Failed"}, {413, "Content Too Large"}, {414, "URI Too Long"},
        {415, "Unsupported Media Type"}, {416, "Range Not Satisfiable"}, {417, "Expectation Failed"},
        {421, "Misdirected Request"}, {422, "Unprocessable Content"}, {423, "Locked"}, {425, "Too Early"},
        {426, "Upgrade Required"}, {428, "Precondition Required"}, {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"}, {451, "Unavailable For Legal Reasons"},
        {500, "Internal Server Error"}, {501, "Not Implemented"}, {502, "Bad Gateway"}, {503, "Service Unavailable"},
        {504, "Gateway Timeout"}, {505, "HTTP Version Not Supported"}, {507, "Insufficient Storage"},
        {511, "Network Authentication Required"},
    };
    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++) {
        if (reasons[i].status == status) return reasons[i].reason;
    }
    return "";
}

/* A response that nobody told us about has no part F, unless we know what it is: our own answer. */
static void add_response_headers(record *r) {
    const sl_txn *txn = r->txn;
    if (txn->response_status == 0 && !txn->is_intervened) return;
    const uint16_t status = sl_parts_status(txn);
    const char *reason = reason_of(status);
    boundary(r, 'F');
    add_line_text(r, txn->response_protocol.len != 0 ? txn->response_protocol : SL_LIT("HTTP/1.1"));
    sl_strbuf_add_format(&r->out, " %u%s%s\n", status, *reason == '\0' ? "" : " ", reason);
    add_headers(r, &txn->response_headers, SL_MASK_RESPONSE_HEADER);
}

/* ---- C, E, I, J ---- */

static void add_request_body(record *r) {
    if (r->txn->request_body.len == 0) return;
    sl_shown_body body;
    sl_parts_request_body(r->txn, body_limit(r->txn), &body);
    r->is_body_hidden = body.is_hidden;
    if (body.is_hidden) return;
    r->is_body_cut = body.is_cut;
    boundary(r, 'C');
    sl_strbuf_add(&r->out, body.text);
}

static void add_response_body(record *r) {
    if (r->txn->response_body.len == 0) return;
    sl_shown_body body;
    sl_parts_response_body(r->txn, body_limit(r->txn), &body);
    boundary(r, 'E');
    if (r->txn->rules->options.audit_escape_body) {
        sl_escape_add(&r->out, body.text, SL_ESCAPE_UNPRINTED, 0);
    } else {
        sl_strbuf_add(&r->out, body.text);
    }
}

static void add_fields(record *r) {
    if (r->txn->multipart == NULL) return;
    boundary(r, 'I');
    sl_audit_add_fields(&r->out, r->txn, body_limit(r->txn));
    sl_strbuf_add_byte(&r->out, '\n');
}

static void add_uploads(record *r) {
    const sl_multipart *multipart = r->txn->multipart;
    if (multipart == NULL) return;
    unsigned number = 0;
    uint64_t total = 0;
    boundary(r, 'J');
    for (size_t i = 0; i < multipart->part_count; i++) {
        const sl_part *part = multipart->parts[i];
        if (!part->is_file) continue;
        total += part->data.len;
        sl_strbuf_add_format(&r->out, "%u,%llu,", ++number, (unsigned long long)part->data.len);
        add_quoted(r, part->filename);
        sl_strbuf_add_byte(&r->out, ',');
        add_quoted(r, part->content_type.len != 0 ? part->content_type : SL_LIT("<Unknown ContentType>"));
        sl_strbuf_add_byte(&r->out, '\n');
    }
    sl_strbuf_add_format(&r->out, "Total,%llu\n", (unsigned long long)total);
}

/* ---- H ---- */

static void add_messages(record *r) {
    for (size_t i = 0; i < r->txn->events.count; i++) {
        const seclua_event *event = r->txn->events.items[i];
        if (!event->audit) continue;
        sl_strbuf_add_z(&r->out, "Message: ");
        sl_strbuf_add(&r->out, sl_message_of(r->txn, event));
        sl_strbuf_add_byte(&r->out, '\n');
    }
}

static void add_server_errors(record *r) {
    const sl_members *errors = &r->txn->server_errors;
    for (size_t i = 0; i < errors->count; i++) {
        sl_strbuf_add_z(&r->out, "Server-Error: ");
        add_line_text(r, errors->items[i]->value->slice);
        sl_strbuf_add_byte(&r->out, '\n');
    }
}

static void add_stopwatch(record *r) {
    const sl_txn *txn = r->txn;
    const long long start = (long long)txn->start_us;
    const long long duration = (long long)(sl_clock_monotonic_us() - txn->start_clock_us);
    sl_strbuf_add_format(&r->out, "Stopwatch: %lld %lld (- - -)\nStopwatch2: %lld %lld; ", start, duration, start,
                         duration);
    sl_trace_add_stopwatch(&r->out, txn);
    sl_strbuf_add_byte(&r->out, '\n');
    for (size_t i = 0; i < txn->slow_rules.count; i++) {
        sl_strbuf_add_z(&r->out, i == 0 ? "Rules-Performance-Info: \"" : ", \"");
        sl_strbuf_add(&r->out, txn->slow_rules.items[i]->name->slice);
        sl_strbuf_add_byte(&r->out, '=');
        sl_strbuf_add(&r->out, txn->slow_rules.items[i]->value->slice);
        sl_strbuf_add_byte(&r->out, '"');
    }
    if (txn->slow_rules.count != 0) sl_strbuf_add_byte(&r->out, '\n');
}

static void add_producer(record *r) {
    const sl_config *config = &r->txn->rules->config;
    sl_strbuf_add_format(&r->out, "Producer: seclua/%s", seclua_version());
    for (size_t i = 0; i < config->component_signature_count; i++) {
        sl_strbuf_add_z(&r->out, "; ");
        add_line_text(r, config->component_signatures[i]);
    }
    sl_strbuf_add_z(&r->out, ".\n");
    const sl_member *server = sl_members_find(&r->txn->response_headers, SL_LIT("Server"));
    if (server == NULL) return;
    sl_strbuf_add_z(&r->out, "Server: ");
    add_line_text(r, sl_mask_header(r->txn, SL_MASK_RESPONSE_HEADER, server));
    sl_strbuf_add_byte(&r->out, '\n');
}

static void add_sanitised(record *r) {
    static const char *const labels[SL_MASK_KINDS] = {"Sanitised-Args: ", "Sanitised-Request-Headers: ",
                                                      "Sanitised-Response-Headers: "};
    if (r->txn->sanitised == NULL) return;
    for (int kind = 0; kind < SL_MASK_KINDS; kind++) {
        const sl_slice *names;
        const size_t count = sl_mask_names(r->txn, (sl_mask_kind)kind, &names);
        if (count == 0) continue;
        sl_strbuf_add_z(&r->out, labels[kind]);
        for (size_t i = 0; i < count; i++) {
            if (i != 0) sl_strbuf_add_byte(&r->out, ',');
            add_quoted(r, names[i]);
        }
        sl_strbuf_add_z(&r->out, ".\n");
    }
}

static void add_web_app(record *r) {
    const sl_txn *txn = r->txn;
    const sl_config *config = &txn->rules->config;
    const bool is_named = config->web_app_id.len != 0 && !sl_slice_equal(config->web_app_id, SL_LIT("default"));
    if (is_named || txn->has_session_id || txn->has_user_id) {
        const sl_slice app = config->web_app_id.len != 0 ? config->web_app_id : SL_LIT("default");
        sl_strbuf_add_z(&r->out, "WebApp-Info: ");
        add_quoted(r, app);
        sl_strbuf_add_byte(&r->out, ' ');
        add_quoted(r, txn->has_session_id ? txn->session_id : SL_LIT("-"));
        sl_strbuf_add_byte(&r->out, ' ');
        add_quoted(r, txn->has_user_id ? txn->user_id : SL_LIT("-"));
        sl_strbuf_add_byte(&r->out, '\n');
    }
    if (config->sensor_id.len == 0 || sl_slice_equal(config->sensor_id, SL_LIT("default"))) return;
    sl_strbuf_add_z(&r->out, "Sensor-Id: ");
    add_quoted(r, config->sensor_id);
    sl_strbuf_add_byte(&r->out, '\n');
}

static void add_trailer(record *r) {
    const sl_txn *txn = r->txn;
    boundary(r, 'H');
    add_messages(r);
    add_server_errors(r);
    if (txn->is_intervened) sl_strbuf_add_format(&r->out, "Action: Intercepted (phase %u)\n", txn->verdict.phase);
    add_stopwatch(r);
    add_producer(r);
    add_sanitised(r);
    if (r->is_body_hidden) sl_strbuf_add_z(&r->out, "Sanitised-Request-Body: all of it.\n");
    if (r->is_body_cut) sl_strbuf_add_format(&r->out, "Request-Body-Truncated: %zu\n", txn->request_body.len);
    add_web_app(r);
    if (txn->engine_mode == SL_ON) sl_strbuf_add_z(&r->out, "Engine-Mode: \"ENABLED\"\n");
    if (txn->engine_mode == SL_DETECTION_ONLY) sl_strbuf_add_z(&r->out, "Engine-Mode: \"DETECTION_ONLY\"\n");
}

/* ---- K ---- */

static void add_chain(void *context, const sl_audit_chain *chain) {
    record *r = context;
    bool has_matched = true;
    for (const sl_rule *link = chain->starter; link != NULL; link = link->next) {
        if (link == chain->failed) has_matched = false;
        if (!has_matched) sl_strbuf_add_byte(&r->out, '#');
        add_line_text(r, link->unparsed);
        sl_strbuf_add_byte(&r->out, '\n');
    }
    sl_strbuf_add_byte(&r->out, '\n');
}

static void add_rules(record *r) {
    boundary(r, 'K');
    sl_audit_chains(r->txn, add_chain, r);
}

static void draw_token(char token[9]) {
    static const char hex[] = "0123456789abcdef";
    uint8_t random[4];
    sl_random_bytes(random, sizeof random);
    for (int i = 0; i < 8; i++) token[i] = hex[random[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15];
    token[8] = '\0';
}

sl_slice sl_audit_native(sl_txn *txn) {
    static const struct {
        char letter;
        void (*add)(record *r);
    } parts[] = {{'B', add_request_headers}, {'C', add_request_body},  {'I', add_fields}, {'F', add_response_headers},
                 {'E', add_response_body},   {'H', add_trailer},       {'J', add_uploads}, {'K', add_rules}};
    record r = {.txn = txn};
    draw_token(r.token);
    sl_strbuf_init(&r.out, &txn->arena, 4096);
    add_head(&r);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (sl_parts_has(txn, parts[i].letter)) parts[i].add(&r);
    }
    boundary(&r, 'Z');
    return sl_strbuf_slice(&r.out);
}
