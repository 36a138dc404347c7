/* SPDX-License-Identifier: Apache-2.0 */
/* Urlencoded bodies, cookies, and the buffer that bodies are collected in: one case for each row of the
 * specification of bodies, 9.1 and 9.2, and both sides of the memory limit. */
#include "bodies/cookies.h"
#include "bodies/stream.h"
#include "bodies/temporary_file.h"
#include "bodies/urlencoded.h"
#include "bodies_check.h"

#include <dirent.h>
#include <unistd.h>

static sl_arena arena;

/* ---- urlencoded ---------------------------------------------------------------------------------------- */

typedef struct urlencoded_case {
    const char *text, *members;
    bool invalid_escape;
    uint8_t separator;
} urlencoded_case;

static const urlencoded_case urlencoded_cases[] = {
    {"", "", false, '&'},
    {"a", "a=", false, '&'},
    {"a=", "a=", false, '&'},
    {"=b", "=b", false, '&'},
    {"a=b=c", "a=b=c", false, '&'},
    {"a=1&&b=2", "a=1|=|b=2", false, '&'},
    {"&", "=", false, '&'},
    {"a=1&", "a=1", false, '&'},
    {"a=%zz%4", "a=%zz%4", true, '&'},
    {"a=%00b", "a=\\x00b", false, '&'},
    {"a=%u0041", "a=%u0041", true, '&'},
    {"a+b=c", "a b=c", false, '&'},
    {"%61%3d=%3D%26%2b", "a==" "=&+", false, '&'},
    {"%=1", "%=1", true, '&'},
    {"a%4=1", "a%4=1", true, '&'},
    {"a=%25", "a=%", false, '&'},
    {"a=1;b=2", "a=1;b=2", false, '&'},
    {"a=1;b=2&c", "a=1|b=2&c", false, ';'},
};

static void test_urlencoded(void) {
    for (size_t i = 0; i < sizeof urlencoded_cases / sizeof urlencoded_cases[0]; i++) {
        const urlencoded_case *const row = &urlencoded_cases[i];
        collector into = collector_new(&arena, 0);
        const sl_argument_sink sink = {&into, collect};
        bool invalid_escape = false;
        sl_urlencoded_parse(&arena, sl_slice_z(row->text), row->separator, &sink, &invalid_escape);
        expect_text(row->text, sl_strbuf_slice(&into.text), row->members);
        expect(invalid_escape == row->invalid_escape, "the flag says whether an escape is invalid", row->text);
    }
}

static bool take_value(void *context, sl_slice name, sl_slice value) {
    (void)name;
    *(sl_slice *)context = value;
    return true;
}

/* The plain twin of what goes by words: each byte of a value without escapes on its own, in every place. */
static void test_plus_in_every_place(void) {
    for (unsigned byte = 0; byte < 256; byte++) {
        if (byte == '&' || byte == '%') continue;
        for (size_t place = 0; place < 19; place++) {
            uint8_t text[21] = "a=+++++++++++++++++++", expected[19];
            memset(expected, ' ', sizeof expected);
            text[2 + place] = (uint8_t)byte;
            if (byte != '+') expected[place] = (uint8_t)byte;
            sl_slice value = SL_EMPTY;
            const sl_argument_sink sink = {&value, take_value};
            bool invalid_escape = false;
            sl_urlencoded_parse(&arena, sl_slice_of(text, sizeof text), '&', &sink, &invalid_escape);
            expect(sl_slice_equal(value, sl_slice_of(expected, sizeof expected)), "only + becomes a blank", NULL);
        }
    }
}

static void test_urlencoded_limit(void) {
    collector into = collector_new(&arena, 2);
    const sl_argument_sink sink = {&into, collect};
    bool invalid_escape = false;
    sl_urlencoded_parse(&arena, SL_LIT("a=1&b=2&c=3&d=%zz"), '&', &sink, &invalid_escape);
    expect_text("arguments past the limit are dropped", sl_strbuf_slice(&into.text), "a=1|b=2");
    expect(invalid_escape, "an invalid escape in a dropped argument is still seen", NULL);
}

static void test_percent_decode(void) {
    expect_text("a path is decoded once", sl_percent_decode(&arena, SL_LIT("/a%2fb%252f+%zz%")), "/a/b%2f+%zz%");
    const sl_slice plain = SL_LIT("/plain+path%");
    expect(sl_slice_same(sl_percent_decode(&arena, plain), plain), "what does not change stays where it is", NULL);
}

static void test_urlencoded_in_linear_time(void) {
    static const char *const hostile[] = {"&", "=", "a&", "%", "+", "%41", "a=b&", "%zz="};
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        const sl_slice body = repeated(hostile[i], 10 * 1000 * 1000);
        size_t count = 0;
        const sl_argument_sink sink = {&count, count_only};
        bool invalid_escape = false;
        const double start = seconds_now();
        sl_urlencoded_parse(&arena, body, '&', &sink, &invalid_escape);
        expect(seconds_now() - start < 5, "10 MB of a hostile form take seconds at most", hostile[i]);
        sl_arena_reset(&arena);
        free((void *)body.ptr);
    }
}

/* ---- cookies ------------------------------------------------------------------------------------------- */

typedef struct cookie_case {
    uint8_t format, separator;
    const char *line, *members;
} cookie_case;

static const cookie_case cookie_cases[] = {
    {0, ';', "a=1; b=2", "a=1|b=2"},
    {0, ';', "a; ;=x; c==d", "a=|c==d"},
    {0, ';', "a = 1", "a = 1"},
    {0, ';', "a=\"x;y\"", "a=\"x|y\"="},
    {0, ';', "", ""},
    {0, ';', "   ", ""},
    {0, ';', "a=1 \t", "a=1"},
    {0, ';', "a=%41+b", "a=%41+b"},
    {0, ';', "a=1;a=2", "a=1|a=2"},
    {0, ',', "a=1, b=2; c", "a=1|b=2; c"},
    {0, ';', "$Version=1; a=\"b\"", "$Version=1|a=\"b\""},
    {1, ';', "a=1; b=2", "a=1|b=2"},
    {1, ';', "a=1, b = 2 ;c", "a=1|b=2|c="},
    {1, ';', "a=\"x;y\"; b=2", "a=x;y|b=2"},
    {1, ';', "a=\"x", "a=x"},
    {1, ';', "a=\"x\"y; b=2", "a=x|y=|b=2"},
    {1, ';', "$Version=\"1\"; a=\"b\"; $Path=\"/p\"", "$Version=1|a=b|$a_Path=/p"},
    {1, ';', "a; $Path=/; b; $Path=/q", "a=|$a_Path=/|b=|$b_Path=/q"},
    {1, ';', "=x;; , a=", "a="},
    {1, ';', "a ;b", "a=|b="},
};

static void test_cookies(void) {
    for (size_t i = 0; i < sizeof cookie_cases / sizeof cookie_cases[0]; i++) {
        const cookie_case *const row = &cookie_cases[i];
        collector into = collector_new(&arena, 0);
        const sl_argument_sink sink = {&into, collect};
        sl_cookies_parse(&arena, sl_slice_z(row->line), row->format, row->separator, &sink);
        expect_text(row->line, sl_strbuf_slice(&into.text), row->members);
    }
}

/* ---- stream -------------------------------------------------------------------------------------------- */

static size_t files_in(const char *directory) {
    DIR *const open = opendir(directory);
    if (open == NULL) return SIZE_MAX;
    size_t count = 0;
    for (const struct dirent *entry = readdir(open); entry != NULL; entry = readdir(open)) {
        count += entry->d_name[0] != '.';
    }
    closedir(open);
    return count;
}

static void test_stream(const char *directory) {
    static const uint64_t limits[] = {0, 1, 99, 100, 101, 1000000};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        sl_stream stream;
        sl_stream_init(&stream, limits[i], sl_slice_z(directory));
        sl_stream_expect(&stream, 50);
        expect_text("a stream begins empty", sl_stream_view(&stream), "");
        char whole[101] = "";
        for (size_t n = 0; n < 100; n++) {
            whole[n] = (char)('a' + n % 26);
            expect(sl_stream_append(&stream, sl_slice_of(whole + n, 1)) == SL_STREAM_OK, "a byte is taken", NULL);
            if (n == 50) expect_text("a view may be taken in between", sl_stream_view(&stream), whole);
        }
        expect_text("a stream gives back what it was given", sl_stream_view(&stream), whole);
        expect((stream.file >= 0) == (limits[i] < 100), "only what passes the limit goes to a file", NULL);
        expect(files_in(directory) == 0, "a body's file has no name", directory);
        sl_stream_reset(&stream);
        expect(sl_stream_append(&stream, SL_LIT("again")) == SL_STREAM_OK, "a reset stream takes a body", NULL);
        expect_text("a reset stream forgets the body before", sl_stream_view(&stream), "again");
        sl_stream_close(&stream);
        sl_stream_close(&stream);
    }
}

static void test_stream_without_directory(void) {
    sl_stream stream;
    sl_stream_init(&stream, 4, SL_LIT("/nonexistent/directory"));
    expect(sl_stream_append(&stream, SL_LIT("1234")) == SL_STREAM_OK, "memory needs no directory", NULL);
    expect(sl_stream_append(&stream, SL_LIT("5")) == SL_STREAM_NO_FILE, "a missing directory is a status", NULL);
    expect(sl_stream_append(&stream, SL_EMPTY) == SL_STREAM_NO_FILE, "the status stays", NULL);
    expect_text("what was taken before is kept", sl_stream_view(&stream), "1234");
    sl_stream_close(&stream);
}

static void test_large_stream(const char *directory) {
    const sl_slice body = repeated("0123456789abcdef", 10 * 1000 * 1000);
    sl_stream stream;
    sl_stream_init(&stream, 128 * 1024, sl_slice_z(directory));
    for (size_t at = 0; at < body.len; at += 65521) {
        const size_t left = body.len - at;
        (void)sl_stream_append(&stream, sl_slice_of(body.ptr + at, left < 65521 ? left : 65521));
    }
    expect(sl_slice_equal(sl_stream_view(&stream), body), "10 MB come back from the file as they were", NULL);
    sl_stream_close(&stream);
    free((void *)body.ptr);
}

int main(void) {
    sl_arena_init(&arena, 0, fail_on_exhausted, NULL);
    test_urlencoded();
    test_plus_in_every_place();
    test_urlencoded_limit();
    test_percent_decode();
    test_urlencoded_in_linear_time();
    test_cookies();

    char directory[] = "/tmp/seclua-bodies-XXXXXX";
    if (mkdtemp(directory) == NULL) return 1;
    test_stream(directory);
    test_stream_without_directory();
    test_large_stream(directory);
    (void)rmdir(directory);
    sl_arena_free(&arena);
    return failures == 0 ? 0 : 1;
}
