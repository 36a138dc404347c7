/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the operator vectors and the libinjection corpus of the shared conformance data through the operator
 * table.
 *
 *     test_operator_vectors_test [conformance folder]       default: $SECLUA_SHARED/conformance
 *
 * The data is not part of the repository: without it the program says so and does nothing. A code point of a
 * JSON string stands for a byte. */

#include <libinjection_html5.h>
#include <libinjection_sqli.h>

#include "base/strbuf.h"
#include "operator_harness.h"

/* ---- a line of JSON: flat objects, as the data has them ---- */

enum { fields_max = 16, items_max = 16 };

typedef struct field {
    sl_slice name, text; /* text: of a string; of anything else its source */
    sl_slice items[items_max];
    size_t item_count;
} field;

typedef struct record {
    field fields[fields_max];
    size_t count;
} record;

typedef struct reader {
    const char *at, *end;
    sl_arena *arena;
} reader;

static void skip_space(reader *r) {
    while (r->at < r->end && (*r->at == ' ' || *r->at == ',' || *r->at == ':')) r->at++;
}

static unsigned read_hex(const char *at) {
    unsigned number = 0;
    for (int i = 0; i < 4; i++) number = number << 4 | sl_ascii_hex_value((uint8_t)at[i]);
    return number;
}

static uint8_t unescape(reader *r) {
    const char c = *r->at++;
    switch (c) {
        case 'n':
            return '\n';
        case 't':
            return '\t';
        case 'r':
            return '\r';
        case 'b':
            return '\b';
        case 'f':
            return '\f';
        case 'u':
            r->at += 4;
            return (uint8_t)read_hex(r->at - 4);
        default:
            return (uint8_t)c;
    }
}

static sl_slice read_string(reader *r) {
    const size_t room = (size_t)(r->end - r->at) + 1;
    uint8_t *const out = sl_arena_alloc(r->arena, room);
    size_t len = 0;
    for (r->at++; r->at < r->end && *r->at != '"';) {
        const char c = *r->at++;
        out[len++] = c == '\\' ? unescape(r) : (uint8_t)c;
    }
    r->at++;
    sl_arena_trim(r->arena, out, room, len);
    return sl_slice_of(out, len);
}

static void read_items(reader *r, field *into) {
    for (r->at++; r->at < r->end && *r->at != ']';) {
        const sl_slice item = read_string(r);
        if (into->item_count < items_max) into->items[into->item_count++] = item;
        skip_space(r);
    }
    r->at++;
}

static void read_value(reader *r, field *into) {
    const char *const start = r->at;
    if (*r->at == '"') {
        into->text = read_string(r);
        return;
    }
    if (*r->at == '[') {
        read_items(r, into);
        return;
    }
    const char last = *r->at == '{' ? '}' : '\0';
    while (r->at < r->end && *r->at != ',' && *r->at != '}' && *r->at != last) r->at++;
    if (last == '}') {
        while (r->at < r->end && *r->at != '}') r->at++;
        r->at++;
    }
    into->text = sl_slice_of(start, (size_t)(r->at - start));
}

static record read_record(sl_arena *arena, const char *line, size_t len) {
    record made;
    memset(&made, 0, sizeof made);
    reader r = {line, line + len, arena};
    while (r.at < r.end && *r.at != '{') r.at++;
    r.at++;
    while (r.at < r.end && *r.at != '}' && made.count < fields_max) {
        field *const next = &made.fields[made.count++];
        skip_space(&r);
        next->name = read_string(&r);
        skip_space(&r);
        read_value(&r, next);
        skip_space(&r);
    }
    return made;
}

static const field *find_field(const record *from, const char *name) {
    for (size_t i = 0; i < from->count; i++) {
        if (sl_slice_equal(from->fields[i].name, sl_slice_z(name))) return &from->fields[i];
    }
    return NULL;
}

static sl_slice text_of(const record *from, const char *name) {
    const field *const found = find_field(from, name);
    return found == NULL ? SL_EMPTY : found->text;
}

/* ---- the operator vectors ---- */

typedef struct tally {
    unsigned passed, failed, skipped;
} tally;

/* The data lists what rxGlobal finds without the empty matches between; @rx lists everything. */
static bool has_captures(const field *expected, const sl_match *match, bool in_order_only) {
    size_t at = 0;
    for (size_t i = 0; i < expected->item_count; i++) {
        if (in_order_only) {
            while (at < match->capture_count && !sl_slice_equal(match->captures[at], expected->items[i]))
                at++;
        }
        if (at >= match->capture_count || !sl_slice_equal(match->captures[at], expected->items[i]))
            return false;
        at++;
    }
    return true;
}

static bool passes(harness *h, const record *vector) {
    const sl_slice name = text_of(vector, "op"), argument = text_of(vector, "param"),
                   value = text_of(vector, "input");
    const subject loaded = harness_load(h, name, argument);
    if (loaded.row == NULL) {
        harness_fail(h, name, argument, value, "unknown operator");
        return false;
    }
    if (!loaded.is_loaded) {
        if (find_field(vector, "bad_param") != NULL) return true;
        harness_fail(h, name, argument, value, h->message);
        return false;
    }
    sl_match match;
    const sl_answer answer = harness_ask(h, &loaded, value, &match);
    const bool is_expected = sl_slice_equal(text_of(vector, "ret"), SL_LIT("1"));
    if ((answer == SL_YES) != is_expected) {
        harness_fail(h, name, argument, value, harness_word(answer));
        return false;
    }
    if (answer == SL_YES && !harness_allows(loaded.operand.necessary, value)) {
        harness_fail(h, name, argument, value, "matches without its necessary text");
        return false;
    }
    const field *const captures = find_field(vector, "captures");
    if (captures == NULL) return true;
    if (has_captures(captures, &match, sl_slice_equal_fold(name, SL_LIT("rxGlobal")))) return true;
    harness_fail(h, name, argument, value, "wrong captures");
    return false;
}

static void run_vector(harness *h, const record *vector, tally *count) {
    if (find_field(vector, "needs") != NULL) {
        count->skipped++;
    } else if (passes(h, vector)) {
        count->passed++;
    } else {
        count->failed++;
    }
}

/* ---- libinjection ---- */

static void run_sample(harness *h, const record *sample, tally *count) {
    const sl_slice value = text_of(sample, "input");
    const bool is_sqli = sl_slice_equal(text_of(sample, "sqli"), SL_LIT("1"));
    const bool is_xss = sl_slice_equal(text_of(sample, "xss"), SL_LIT("1"));
    const subject sqli = harness_load(h, SL_LIT("detectSQLi"), SL_EMPTY);
    const subject xss = harness_load(h, SL_LIT("detectXSS"), SL_EMPTY);
    sl_match match;
    bool is_right = (harness_ask(h, &sqli, value, &match) == SL_YES) == is_sqli;
    if (is_right && is_sqli) {
        is_right =
            match.capture_count == 1 && sl_slice_equal(match.captures[0], text_of(sample, "fingerprint"));
    }
    if (!is_right)
        harness_fail(h, SL_LIT("detectSQLi"), text_of(sample, "fingerprint"), value, "another answer");
    const bool is_xss_right = (harness_ask(h, &xss, value, &match) == SL_YES) == is_xss;
    if (!is_xss_right) harness_fail(h, SL_LIT("detectXSS"), SL_EMPTY, value, "another answer");
    if (is_right && is_xss_right) {
        count->passed++;
    } else {
        count->failed++;
    }
}

/* One line a token: type, blank, text; strings and variables with their quotes, variables with their one or two @. */
static void write_token(sl_strbuf *out, const stoken_t *token) {
    if (out->len != 0) sl_strbuf_add_byte(out, '\n');
    sl_strbuf_add_byte(out, (uint8_t)token->type);
    sl_strbuf_add_byte(out, ' ');
    const bool is_quoted = token->type == 's' || token->type == 'v';
    for (int i = 0; token->type == 'v' && i < token->count && i < 2; i++) sl_strbuf_add_byte(out, '@');
    if (is_quoted && token->str_open != '\0') sl_strbuf_add_byte(out, (uint8_t)token->str_open);
    sl_strbuf_add(out, sl_slice_of(token->val, token->len));
    if (is_quoted && token->str_close != '\0') sl_strbuf_add_byte(out, (uint8_t)token->str_close);
}

static sl_slice tokens_of(sl_arena *arena, sl_slice value, bool folds) {
    struct libinjection_sqli_state state;
    libinjection_sqli_init(&state, (const char *)value.ptr, value.len, FLAG_QUOTE_NONE | FLAG_SQL_ANSI);
    sl_strbuf out;
    sl_strbuf_init(&out, arena, 64);
    if (folds) {
        const int count = libinjection_sqli_fold(&state);
        for (int i = 0; i < count; i++) write_token(&out, libinjection_sqli_get_token(&state, i));
    } else {
        while (libinjection_sqli_tokenize(&state)) write_token(&out, state.current);
    }
    return sl_strbuf_slice(&out);
}

static sl_slice html5_of(sl_arena *arena, sl_slice value) {
    static const char *const names[] = {"DATA_TEXT", "TAG_NAME_OPEN", "TAG_NAME_CLOSE", "TAG_NAME_SELFCLOSE", "TAG_DATA",
                                        "TAG_CLOSE", "ATTR_NAME",     "ATTR_VALUE",     "TAG_COMMENT",        "DOCTYPE"};
    h5_state_t state;
    libinjection_h5_init(&state, (const char *)value.ptr, value.len, DATA_STATE);
    sl_strbuf out;
    sl_strbuf_init(&out, arena, 64);
    while (libinjection_h5_next(&state)) {
        if (out.len != 0) sl_strbuf_add_byte(&out, '\n');
        sl_strbuf_add_format(&out, "%s,%zu,", names[state.token_type], state.token_len);
        sl_strbuf_add(&out, sl_slice_of(state.token_start, state.token_len));
    }
    return sl_strbuf_slice(&out);
}

/* White space at the end is cut from the data. */
static sl_slice without_tail(sl_slice text) {
    while (text.len != 0 && sl_ascii_is_space(text.ptr[text.len - 1])) text.len--;
    return text;
}

static sl_slice fingerprint_of(harness *h, sl_slice value) {
    const subject sqli = harness_load(h, SL_LIT("detectSQLi"), SL_EMPTY);
    sl_match match;
    const bool is_found = harness_ask(h, &sqli, value, &match) == SL_YES;
    return is_found && match.capture_count == 1 ? match.captures[0] : SL_EMPTY;
}

static void run_case(harness *h, const record *sample, tally *count) {
    const sl_slice kind = text_of(sample, "kind"), value = text_of(sample, "input");
    sl_slice seen;
    if (sl_slice_equal(kind, SL_LIT("sqli"))) {
        seen = fingerprint_of(h, value);
    } else if (sl_slice_equal(kind, SL_LIT("html5"))) {
        seen = html5_of(&h->arena, value);
    } else {
        seen = tokens_of(&h->arena, value, sl_slice_equal(kind, SL_LIT("folding")));
    }
    if (sl_slice_equal(without_tail(seen), text_of(sample, "expected"))) {
        count->passed++;
        return;
    }
    count->failed++;
    harness_fail(h, kind, seen, value, "another reading");
}

/* ---- files ---- */

typedef void (*runner)(harness *h, const record *line, tally *count);

/* False when the file is not there. */
static bool run_file(const char *folder, const char *name, runner run, tally *count) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *const file = fopen(path, "rb");
    if (file == NULL) return false;
    char data[4096];
    snprintf(data, sizeof data, "%s/unit/data", folder);
    enum { line_max_bytes = 4 * 1024 * 1024 };
    char *const line = malloc(line_max_bytes);
    if (line == NULL) harness_out_of_memory(NULL);
    while (fgets(line, line_max_bytes, file) != NULL) {
        harness h;
        harness_open(&h, false);
        h.directory = data;
        const record read = read_record(&h.arena, line, strlen(line));
        run(&h, &read, count);
        harness_close(&h);
    }
    free(line);
    fclose(file);
    printf("%s: %u passed, %u failed, %u left out\n", name, count->passed, count->failed, count->skipped);
    return true;
}

int main(int argc, char **argv) {
    char folder[4096];
    const char *const shared = getenv("SECLUA_SHARED");
    if (argc > 1) {
        snprintf(folder, sizeof folder, "%s", argv[1]);
    } else if (shared != NULL) {
        snprintf(folder, sizeof folder, "%s/conformance", shared);
    } else {
        printf("no conformance data: name its folder or set SECLUA_SHARED\n");
        return 0;
    }
    tally vectors = {0, 0, 0}, cases = {0, 0, 0}, corpus = {0, 0, 0};
    if (!run_file(folder, "unit/operators.jsonl", run_vector, &vectors)) {
        printf("no conformance data in %s\n", folder);
        return 0;
    }
    (void)run_file(folder, "libinjection/cases.jsonl", run_case, &cases);
    (void)run_file(folder, "libinjection/corpus.jsonl", run_sample, &corpus);
    return vectors.failed + cases.failed + corpus.failed == 0 ? 0 : 1;
}
