/* SPDX-License-Identifier: Apache-2.0 */
/* JSON bodies: the names of members, the edges of the grammar, and documents made to cost much. */
#include "bodies/json.h"
#include "bodies_check.h"

static sl_arena arena;

typedef struct json_case {
    const char *body, *members;
    const char *error; /* "" = sound; else the beginning of the text */
} json_case;

static const json_case cases[] = {
    /* names */
    {"{\"a\":{\"b\":[1,{\"c\":null}]},\"\":true}", "json.a.b.array_0=1|json.a.b.array_1.c=|json.empty-key=true", ""},
    {"{\"a\":[{\"b\":1},2]}", "json.a.array_0.b=1|json.a.array_1=2", ""},
    {"[[true]]", "json.array_0.array_0=true", ""},
    {"[]", "", ""},
    {"{}", "", ""},
    {"[[],{},1]", "json.array_2=1", ""},
    {"{\"a\":{},\"b\":[],\"c\":1}", "json.c=1", ""},
    {"[1,[2,3],4]", "json.array_0=1|json.array_1.array_0=2|json.array_1.array_1=3|json.array_2=4", ""},
    {"{\"a.b\":1}", "json.a.b=1", ""},
    {"{\"a\":1,\"a\":2}", "json.a=1|json.a=2", ""},
    {"{\"\\u0061\\n\":1}", "json.a\\x0a=1", ""},
    {"{\"a\":{\"\":{\"b\":1}},\"c\":2}", "json.a.empty-key.b=1|json.c=2", ""},
    /* values */
    {"\"x\"", "json=x", ""},
    {"12", "json=12", ""},
    {" 12 ", "json=12", ""},
    {"null", "json=", ""},
    {"true", "json=true", ""},
    {"false", "json=false", ""},
    {"-0.50e+10", "json=-0.50e+10", ""},
    {"[1e999,123456789012345678901234567890]", "json.array_0=1e999|json.array_1=123456789012345678901234567890", ""},
    {"\"\"", "json=", ""},
    {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "json=\"\\/\\x08\\x0c\\x0a\\x0d\\x09", ""},
    {"\"\\u0000\"", "json=\\x00", ""},
    {"\"\\uD83D\\uDE00\"", "json=\\xf0\\x9f\\x98\\x80", ""},
    {"\"\\ud800<b>\"", "json=?<b>", ""},
    {"\"\\udc00<b>\"", "json=?<b>", ""},
    {"\"\\ud800\\u0041\"", "json=?A", ""},
    {"\"\\ud800\\ud83d\\ude00\"", "json=?\\xf0\\x9f\\x98\\x80", ""},
    {"\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"", "json=\\xc3\\xa9\\xe2\\x82\\xac\\xf0\\x9f\\x98\\x80", ""},
    /* what is no document */
    {"", "", ""},
    {" ", "", "parse error: premature EOF"},
    {"\n\t ", "", "parse error: premature EOF"},
    {"{\"a\":1", "json.a=1", "parse error: premature EOF"},
    {"[1,2", "json.array_0=1|json.array_1=2", "parse error: premature EOF"},
    {"[1,]", "json.array_0=1", "parse error: "},
    {"[1 2]", "json.array_0=1", "parse error: "},
    {"{\"a\":1,}", "json.a=1", "parse error: "},
    {"{a:1}", "", "lexical error: "},
    {"{'a':1}", "", "lexical error: "},
    {"{1:2}", "", "parse error: "},
    {"{\"a\" 1}", "", "parse error: "},
    {"1 2", "json=1", "parse error: trailing garbage"},
    {"{} x", "", "parse error: "},
    {"[1]]", "json.array_0=1", "parse error: "},
    {"[1}", "json.array_0=1", "parse error: "},
    {"01", "json=0", "parse error: "},
    {"1.", "", "lexical error: "},
    {"-", "", "lexical error: "},
    {"+1", "", "lexical error: "},
    {"NaN", "", "lexical error: "},
    {"tru", "", "lexical error: "},
    {"[1,/* x */2]", "json.array_0=1", "lexical error: "},
    {"\"\\x\"", "", "lexical error: "},
    {"\"\\u12g4\"", "", "lexical error: "},
    {"\"a\nb\"", "", "lexical error: "},
    {"\"abc", "", "parse error: premature EOF"},
    {"[1,\v2]", "json.array_0=1", "parse error: "},
    {"1\f", "json=1", "lexical error: "},
    {"\xef\xbb\xbf[1]", "", "lexical error: "},
    {"[1,\"\xff\"]", "json.array_0=1", "lexical error: invalid bytes in UTF8 string."},
    {"[\"\xc0\xbc\"]", "", "lexical error: invalid bytes in UTF8 string."},
    {"[\"\xed\xa0\x80\"]", "", "lexical error: invalid bytes in UTF8 string."},
    {"[\"\xf4\x90\x80\x80\"]", "", "lexical error: invalid bytes in UTF8 string."},
    {"[\"\\n\xe0\x80\xbc\"]", "", "lexical error: invalid bytes in UTF8 string."},
    {"{\"\xc3\":1}", "", "lexical error: invalid bytes in UTF8 string."},
};

static void test_cases(void) {
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const json_case *const row = &cases[i];
        collector into = collector_new(&arena, 0);
        const sl_argument_sink sink = {&into, collect};
        /* A copy of its own size: reading one byte too far shows itself. */
        const size_t len = strlen(row->body);
        char *const body = malloc(len == 0 ? 1 : len);
        if (body == NULL) exit(1);
        memcpy(body, row->body, len);
        sl_slice error;
        const bool is_sound = sl_json_parse(&arena, sl_slice_of(body, len), 16, &sink, &error);
        expect_text(row->body, sl_strbuf_slice(&into.text), row->members);
        expect(is_sound == (row->error[0] == '\0') && sl_slice_starts(error, sl_slice_z(row->error)), row->body,
               sl_arena_z(&arena, error));
        expect(!is_sound || error.len == 0, "a sound document has no error text", row->body);
        free(body);
    }
}

static void test_depth(void) {
    static const struct {
        const char *body;
        bool is_sound;
    } rows[] = {{"[[[1]]]", true}, {"[[[[1]]]]", false}, {"{\"a\":{\"b\":[1]}}", true}, {"[[[{}]]]", false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t count = 0;
        const sl_argument_sink sink = {&count, count_only};
        sl_slice error;
        const bool is_sound = sl_json_parse(&arena, sl_slice_z(rows[i].body), 3, &sink, &error);
        expect(is_sound == rows[i].is_sound, "as many containers as the limit may be open", rows[i].body);
        expect(is_sound || sl_slice_ends(error, SL_LIT(" Parsing depth limit exceeded")),
               "the error names the depth limit", sl_arena_z(&arena, error));
    }
}

static void test_limit(void) {
    collector into = collector_new(&arena, 2);
    const sl_argument_sink sink = {&into, collect};
    sl_slice error;
    expect(!sl_json_parse(&arena, SL_LIT("[1,2,3,4]"), 16, &sink, &error), "a refused member is an error", NULL);
    expect_text("members before the limit are delivered", sl_strbuf_slice(&into.text),
                "json.array_0=1|json.array_1=2");
    expect_text("the error names the directive", error, "SecArgumentsLimit exceeded");
}

static bool keep_value(void *context, sl_slice name, sl_slice value) {
    (void)name;
    *(sl_slice *)context = value;
    return true;
}

static void test_slices(void) {
    const sl_slice body = SL_LIT("{\"key\":\"plain value\"}");
    sl_slice value = SL_EMPTY, error;
    const sl_argument_sink sink = {&value, keep_value};
    (void)sl_json_parse(&arena, body, 16, &sink, &error);
    expect(value.ptr == body.ptr + 8, "a string without escapes is a slice of the body", NULL);
}

/* Documents of 10 MB; the arena may take a few times as much and the parse ends within seconds. */
static void test_hostile(void) {
    static const char *const openings[] = {"", "[", "[\"", "{\"a\":\"", "{\"", "[1,"};
    static const char *const repeats[] = {"[",  "{\"a\":", "\\u0041", "\\\"", "\\\\",      "1,",
                                          "\"\",", "[],",    " ",       "a",    "\xc3\xa9", "1"};
    sl_arena bounded;
    sl_arena_init(&bounded, 64 * 1000 * 1000, fail_on_exhausted, NULL);
    for (size_t i = 0; i < sizeof repeats / sizeof repeats[0]; i++) {
        const sl_slice tail = repeated(repeats[i], 10 * 1000 * 1000);
        for (size_t k = 0; k < sizeof openings / sizeof openings[0]; k++) {
            const size_t opening = strlen(openings[k]);
            uint8_t *const body = malloc(opening + tail.len);
            if (body == NULL) exit(1);
            memcpy(body, openings[k], opening);
            memcpy(body + opening, tail.ptr, tail.len);
            collector into = collector_new(&bounded, 1000);
            const sl_argument_sink sink = {&into, collect};
            sl_slice error;
            const double start = seconds_now();
            expect(!sl_json_parse(&bounded, sl_slice_of(body, opening + tail.len), 512, &sink, &error) ||
                       tail.ptr[0] == ' ' || tail.ptr[0] == '1',
                   "10 MB without an end are not a document", repeats[i]);
            expect(seconds_now() - start < 5, "10 MB of a hostile document take seconds at most", repeats[i]);
            free(body);
            sl_arena_reset(&bounded);
        }
        free((void *)tail.ptr);
    }
    sl_arena_free(&bounded);
}

/* One key of 1 MB above many small values: each name would repeat it. */
static void test_long_names(void) {
    sl_arena bounded;
    sl_arena_init(&bounded, 64 * 1000 * 1000, fail_on_exhausted, NULL);
    const sl_slice key = repeated("k", 1000 * 1000), values = repeated("1,", 2000);
    uint8_t *const body = malloc(key.len + values.len + 8);
    if (body == NULL) exit(1);
    memcpy(body, "{\"", 2);
    memcpy(body + 2, key.ptr, key.len);
    memcpy(body + 2 + key.len, "\":[", 3);
    memcpy(body + 2 + key.len + 3, values.ptr, values.len);
    size_t count = 0;
    const sl_argument_sink sink = {&count, count_only};
    sl_slice error;
    const bool is_sound = sl_json_parse(&bounded, sl_slice_of(body, 2 + key.len + 3 + values.len), 16, &sink, &error);
    expect(!is_sound && count > 0 && count < 1000, "names that would fill the memory are an error", NULL);
    free(body);
    free((void *)key.ptr);
    free((void *)values.ptr);
    sl_arena_free(&bounded);
}

int main(void) {
    sl_arena_init(&arena, 0, fail_on_exhausted, NULL);
    test_cases();
    test_depth();
    test_limit();
    test_slices();
    test_hostile();
    test_long_names();
    sl_arena_free(&arena);
    return failures == 0 ? 0 : 1;
}
