/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the transformations: tables of single texts, properties that hold for all texts, plain twins,
 * and the Unicode map. Given a file of vectors (JSON lines with tfn, input, output), it runs those too
 * and prints the count. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "transformations/transformation.h"
#include "transformations/unicode.h"
#include "transformations_cases.h"
#include "transformations_twins.h"

static int failures;

static void print_text(sl_slice text) {
    const size_t shown = text.len < 200 ? text.len : 200;
    printf("\"");
    for (size_t i = 0; i < shown; i++) {
        const uint8_t c = text.ptr[i];
        printf(c >= 0x20 && c < 0x7F && c != '"' && c != '\\' ? "%c" : "\\%03o", c);
    }
    printf("\"%s", shown < text.len ? "…" : "");
}

static void fail(const char *sentence, const char *name, sl_slice input, sl_slice output) {
    failures++;
    printf("does not hold: %s: %s of ", sentence, name);
    print_text(input);
    printf(" gave ");
    print_text(output);
    printf("\n");
}

static void complain(const char *sentence) {
    failures++;
    printf("%s\n", sentence);
}

static void out_of_memory(void *context) {
    (void)context;
    printf("the arena asked for more memory than there is\n");
    abort();
}

static sl_arena arena;
static sl_unicode_map map_20127;

static sl_slice apply(const sl_transformation *t, sl_slice value) { return t->apply(&arena, NULL, value); }

static const sl_transformation *find(const char *name) {
    const sl_transformation *t = sl_transformation_find(sl_slice_z(name));
    if (t == NULL) {
        printf("there is no transformation %s\n", name);
        exit(1);
    }
    return t;
}

static sl_slice apply_named(const char *name, sl_slice value) { return apply(find(name), value); }

static void a_name_is_found_in_any_case_and_by_its_alias(void) {
    static const char *const spellings[][2] = {
        {"LOWERCASE", "lowercase"},           {"normalisePath", "normalizePath"},
        {"NormalisePathWin", "normalizePathWin"}, {"cmd_line", "cmdLine"},
        {"Utf8toUnicode", "utf8toUnicode"},   {"urldecodeuni", "urlDecodeUni"},
    };
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        const sl_slice spelling = sl_slice_z(spellings[i][0]);
        const sl_transformation *found = sl_transformation_find(spelling);
        if (found != find(spellings[i][1])) fail("the name is known", spellings[i][1], spelling, SL_EMPTY);
    }
    static const char *const unknown[] = {"none", "", "lower", "lowercases"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        if (sl_transformation_find(sl_slice_z(unknown[i])) != NULL) {
            fail("the name is unknown", unknown[i], SL_EMPTY, SL_EMPTY);
        }
    }
}

static void every_row_is_listed_once_and_says_what_it_does(void) {
    enum { rows_of_the_inventory = 36 };
    size_t count = 0;
    for (; sl_transformation_at(count) != NULL; count++) {
        const sl_transformation *row = sl_transformation_at(count);
        if (sl_transformation_find(sl_slice_z(row->name)) != row) {
            fail("unique name", row->name, SL_EMPTY, SL_EMPTY);
        }
        if (row->manual == NULL || row->manual[0] == '\0') {
            fail("has a manual", row->name, SL_EMPTY, SL_EMPTY);
        }
    }
    if (count != rows_of_the_inventory) {
        failures++;
        printf("the registry lists %zu transformations, expected %d\n", count, rows_of_the_inventory);
    }
}

static void each_text_of_the_tables_gives_its_result(void) {
    for (size_t i = 0; i < case_count; i++) {
        const sl_slice output = apply_named(cases[i].name, cases[i].input);
        if (!sl_slice_equal(output, cases[i].output)) {
            fail("result of the table", cases[i].name, cases[i].input, output);
        }
    }
}

/* ---- properties
 * ---------------------------------------------------------------------------------------------------- */

static size_t len_max_of(const char *name, size_t len) {
    static const char *const lengthening[] = {"base64Encode", "hexEncode", "urlEncode", "utf8toUnicode",
                                              "length",       "md5",       "sha1"};
    const size_t bounds[] = {(len + 2) / 3 * 4, 2 * len, 3 * len, 4 * len, 20, 16, 20};
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
        if (strcmp(name, lengthening[i]) == 0) return bounds[i];
    }
    return len;
}

static void twin_agrees(const sl_transformation *t, sl_slice value, sl_slice output) {
    for (size_t i = 0; i < twin_count; i++) {
        if (strcmp(twins[i].name, t->name) != 0) continue;
        twin_text expected;
        expected.len = 0;
        twins[i].apply(value, &expected);
        if (!sl_slice_equal(output, sl_slice_of(expected.bytes, expected.len))) {
            fail("equals its plain twin", t->name, value, output);
        }
    }
}

/* What holds for every transformation and text. The text stands in memory of its exact size, so that a
 * sanitizer sees a look beyond either end. */
static void the_contract_holds(const sl_transformation *t, const sl_unicode_map *map, sl_slice text) {
    uint8_t *const exact = malloc(text.len == 0 ? 1 : text.len);
    uint8_t *const before = malloc(text.len == 0 ? 1 : text.len);
    if (exact == NULL || before == NULL) out_of_memory(NULL);
    if (text.len != 0) {
        memcpy(exact, text.ptr, text.len);
        memcpy(before, text.ptr, text.len);
    }
    const sl_slice value = sl_slice_of(exact, text.len);
    const sl_arena_mark mark = sl_arena_save(&arena);
    const bool may_change = t->changes == NULL || t->changes(value);
    const sl_slice output = t->apply(&arena, map, value);
    const bool is_equal = sl_slice_equal(output, value);
    if (!sl_slice_equal(value, sl_slice_of(before, text.len))) {
        fail("input is not written to", t->name, text, output);
    }
    if (is_equal != sl_slice_same(output, value)) {
        fail("equal bytes are the same slice", t->name, text, output);
    }
    if (!may_change && !is_equal) fail("changes() foresees every change", t->name, text, output);
    if (!is_equal && (sl_classes_of(value) & t->triggers) == 0) fail("triggers foresee every change", t->name, text, output);
    if (output.len > len_max_of(t->name, value.len)) fail("length is in bounds", t->name, text, output);
    const size_t kept = (size_t)(arena.cursor - mark.cursor);
    if (arena.current == mark.block && kept > (is_equal ? 0 : output.len + 15)) {
        fail("only the result stays in the arena", t->name, text, output);
    }
    if (value.len < 1024) twin_agrees(t, value, output);
    const uint64_t classes = sl_transformation_classes(t, sl_classes_of(value));
    if (classes != 0 && classes != sl_classes_of(output)) fail("has the kinds of bytes that are foretold", t->name, value, output);
    sl_arena_rollback(&arena, mark);
    free(exact);
    free(before);
}

static void all_contracts_hold(sl_slice text) {
    const sl_transformation *t;
    for (size_t i = 0; (t = sl_transformation_at(i)) != NULL; i++) the_contract_holds(t, NULL, text);
    the_contract_holds(find("urlDecodeUni"), &map_20127, text);
}

static void the_contract_holds_for_all_texts_of_up_to_two_bytes(void) {
    all_contracts_hold(SL_EMPTY);
    all_contracts_hold(sl_slice_of(NULL, 0));
    for (unsigned first = 0; first < 256; first++) {
        uint8_t text[2] = {(uint8_t)first, 0};
        all_contracts_hold(sl_slice_of(text, 1));
        for (unsigned second = 0; second < 256; second++) {
            text[1] = (uint8_t)second;
            all_contracts_hold(sl_slice_of(text, 2));
        }
    }
}

static uint64_t random_state = 0x9E3779B97F4A7C15u; /* fixed: a failure comes again */

static uint32_t next_random(uint32_t below) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (uint32_t)(random_state >> 33) % below;
}

/* Rich in what starts, continues and almost completes something. */
static const sl_slice alphabets[] = {
    TEXT("/.\\a"),
    TEXT("/*-<!># a"),
    TEXT("\\xXu0148fF9an\n \"'?"),
    TEXT("%+uU0fF1cg"),
    TEXT("&#xX;0129afltgmpnbsquoLT"),
    TEXT(" \t\n\v\f\r\240\302ab\000"),
    TEXT("\"'\\^ ,;\t\r\n/(AbZ"),
    TEXT("0xX4f1gG"),
    TEXT("Vz9+/=-_ \n"),
    TEXT("\302\240\300\257\340\200\355\360\215\220\364\365\367\370\377a\000"),
    TEXT("aAzZ@[`{\301"),
    TEXT("1"),
};

enum { alphabet_count = sizeof alphabets / sizeof alphabets[0] };

static void fill(uint8_t *out, size_t len, size_t alphabet) {
    for (size_t i = 0; i < len; i++) {
        if (alphabet == alphabet_count) {
            out[i] = (uint8_t)next_random(256);
        } else {
            out[i] = alphabets[alphabet].ptr[next_random((uint32_t)alphabets[alphabet].len)];
        }
    }
}

static void the_contract_holds_for_random_texts(void) {
    enum { texts_of_each_alphabet = 2500, text_len_max = 96 };
    uint8_t text[text_len_max];
    for (size_t alphabet = 0; alphabet <= alphabet_count; alphabet++) {
        for (size_t i = 0; i < texts_of_each_alphabet; i++) {
            const size_t len = next_random(text_len_max + 1);
            fill(text, len, alphabet);
            all_contracts_hold(sl_slice_of(text, len));
        }
    }
}

/* With quadratic time anywhere, this alone would outlast the runner's patience. */
static void the_contract_holds_for_long_texts_of_one_pattern(void) {
    static const sl_slice patterns[] = {
        TEXT("../"), TEXT("a/../"), TEXT("/"),     TEXT("."),   TEXT("/*"), TEXT("*/"),  TEXT("<!--"),
        TEXT("--"),  TEXT("&#"),    TEXT("&#x0"),  TEXT("&lt"), TEXT("0"),  TEXT("\\"),  TEXT("%u"),
        TEXT("0x4"), TEXT("="),     TEXT("\\u00"), TEXT(" "),   TEXT("A"),  TEXT("\360\200\200"),
    };
    enum { long_len = 256 * 1024 };
    uint8_t *const text = malloc(long_len);
    if (text == NULL) out_of_memory(NULL);
    for (size_t p = 0; p < sizeof patterns / sizeof patterns[0]; p++) {
        for (size_t i = 0; i < long_len; i++) text[i] = patterns[p].ptr[i % patterns[p].len];
        text[0] = '&';
        all_contracts_hold(sl_slice_of(text, long_len));
        sl_arena_reset(&arena);
    }
    free(text);
}

/* compat.base64url: the variant reads - and _ as base64DecodeExt reads + and /, and keeps its bound. */
static void the_variant_for_addresses_reads_two_letters_more(void) {
    enum { text_len_max = 64 };
    uint8_t bytes[text_len_max], plain[text_len_max];
    for (size_t round = 0; round < 20000; round++) {
        const sl_slice text = sl_slice_of(bytes, next_random(text_len_max + 1));
        fill(bytes, text.len, round % (alphabet_count + 1));
        for (size_t i = 0; i < text.len; i++) plain[i] = bytes[i] == '-' ? '+' : bytes[i] == '_' ? '/' : bytes[i];
        const sl_slice output = sl_transformation_base64_url.apply(&arena, NULL, text);
        if (!sl_slice_equal(output, apply_named("base64DecodeExt", sl_slice_of(plain, text.len)))) {
            fail("reads - and _ as + and /", "base64DecodeExt for addresses", text, output);
        }
        if (output.len > text.len) fail("length is in bounds", "base64DecodeExt for addresses", text, output);
        if (sl_slice_equal(output, text) != sl_slice_same(output, text)) {
            fail("equal bytes are the same slice", "base64DecodeExt for addresses", text, output);
        }
        if (round % 1000 == 0) sl_arena_reset(&arena);
    }
}

/* Its plain twin: from the back, byte by byte, with what a segment keeps decided before it is written. */
static size_t open_names_plainly(uint8_t *path, size_t len) {
    uint8_t out[256];
    size_t at = sizeof out, end = len;
    const bool has_drive = len >= 2 && path[1] == ':' && ((path[0] | 32) >= 'a' && (path[0] | 32) <= 'z');
    const size_t first = has_drive ? 2 : 0;
    bool is_last = true;
    for (;;) {
        size_t start = end;
        while (start > first && path[start - 1] != '/') start--;
        size_t name_end = end, dots = 0;
        if (is_last && end > start) {
            is_last = false;
            for (size_t i = end; i-- > start;) name_end = path[i] == ':' ? i : name_end;
        }
        for (size_t i = start; i < name_end; i++) dots += path[i] == '.';
        const bool is_all_dots = dots == name_end - start;
        while (!is_all_dots && name_end != start && (path[name_end - 1] == '.' || path[name_end - 1] == ' ')) name_end--;
        const bool is_kept = name_end != start || end == start;
        for (size_t i = name_end; is_kept && i-- > start;) out[--at] = path[i];
        if (start == first) break;
        if (is_kept) out[--at] = '/';
        end = start - 1;
    }
    memcpy(path + first, out + at, sizeof out - at);
    return first + sizeof out - at;
}

/* compat.windowsNames: the variant is normalizePathWin and what Windows makes of each name, and keeps the contract of all. */
static void the_variant_for_names_of_windows_leaves_what_is_opened(void) {
    static const sl_slice letters = TEXT("/.\\a: Cc.. //\t");
    enum { text_len_max = 40 };
    const sl_transformation *const variant = &sl_transformation_windows_names;
    uint8_t bytes[text_len_max], wanted[text_len_max];
    for (size_t round = 0; round < 200000; round++) {
        const sl_slice text = sl_slice_of(bytes, next_random(text_len_max + 1));
        for (size_t i = 0; i < text.len; i++) bytes[i] = letters.ptr[next_random((uint32_t)letters.len)];
        const sl_arena_mark mark = sl_arena_save(&arena);
        const sl_slice plain = apply_named("normalizePathWin", text);
        if (plain.len != 0) memcpy(wanted, plain.ptr, plain.len);
        const size_t wanted_len = plain.len == 0 ? 0 : open_names_plainly(wanted, plain.len);
        sl_arena_rollback(&arena, mark);
        const sl_slice output = variant->apply(&arena, NULL, text);
        const char *const name = "normalizePathWin for names of Windows";
        if (!sl_slice_equal(output, sl_slice_of(wanted, wanted_len))) fail("agrees with its twin", name, text, output);
        if (output.len > text.len) fail("length is in bounds", name, text, output);
        const bool is_equal = sl_slice_equal(output, text);
        if (is_equal != sl_slice_same(output, text)) fail("equal bytes are the same slice", name, text, output);
        if (!is_equal && !variant->changes(text)) fail("changes() foresees every change", name, text, output);
        if (!is_equal && (sl_classes_of(text) & variant->triggers) == 0) fail("triggers foresee every change", name, text, output);
        const size_t kept = (size_t)(arena.cursor - mark.cursor);
        if (arena.current == mark.block && kept > (is_equal ? 0 : output.len + 15)) {
            fail("only the result stays in the arena", name, text, output);
        }
        sl_arena_rollback(&arena, mark);
    }
}

static void some_transformations_do_nothing_the_second_time_and_some_undo_others(void) {
    static const char *const idempotent[] = {"trim",      "trimLeft",    "trimRight",    "lowercase",
                                             "uppercase", "removeNulls", "replaceNulls", "compressWhitespace"};
    enum { text_len_max = 64 };
    uint8_t bytes[text_len_max];
    for (size_t round = 0; round < 2000; round++) {
        const sl_slice text = sl_slice_of(bytes, next_random(text_len_max + 1));
        fill(bytes, text.len, round % (alphabet_count + 1));
        for (size_t i = 0; i < sizeof idempotent / sizeof idempotent[0]; i++) {
            const sl_slice once = apply_named(idempotent[i], text);
            if (!sl_slice_same(apply_named(idempotent[i], once), once)) {
                fail("idempotent", idempotent[i], text, once);
            }
        }
        static const char *const pairs[][2] = {
            {"hexEncode", "hexDecode"}, {"base64Encode", "base64Decode"}, {"urlEncode", "urlDecode"}};
        for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
            const sl_slice back = apply_named(pairs[i][1], apply_named(pairs[i][0], text));
            if (!sl_slice_equal(back, text)) fail("undone", pairs[i][1], text, back);
        }
        sl_arena_reset(&arena);
    }
}

/* ---- Unicode map
 * --------------------------------------------------------------------------------------------------- */

static const char map_file[] =
    "(a word)\r\n\r\n1250  (ANSI)\r\n2018:41 20127:42 0437:43\r\n\r\n"
    "20127 (US-ASCII)\r\n00a0:20 2018:27 2019:27\r\n201c:22 201D:22 2014:2d ff0e:2f zz:11 12345:11 0001:\r\n"
    "20261 (T.61)\r\n2019:58\r\n437 (OEM)\r\n2019:59";

static void expect_code(const sl_unicode_map *map, unsigned code, int byte) {
    if (map->byte_of[code] == byte) return;
    failures++;
    printf("the Unicode map gives %d for %04X, expected %d\n", map->byte_of[code], code, byte);
}

static void a_unicode_map_has_the_entries_of_its_code_page_alone(void) {
    if (!sl_unicode_map_read(sl_slice_z(map_file), 20127, &map_20127)) complain("20127 is not found");
    expect_code(&map_20127, 0x2018, 0x27);
    expect_code(&map_20127, 0x201D, 0x22);
    expect_code(&map_20127, 0x00A0, 0x20);
    expect_code(&map_20127, 0xFF0E, 0x2F);
    expect_code(&map_20127, 0x3002, 0x2E);
    expect_code(&map_20127, 0x0041, -1);
    expect_code(&map_20127, 0x0001, -1);
    sl_unicode_map other;
    if (!sl_unicode_map_read(sl_slice_z(map_file), 437, &other)) complain("437 is not found");
    expect_code(&other, 0x2019, 0x59);
    expect_code(&other, 0x2018, -1);
}

static void a_unicode_map_without_its_code_page_has_the_full_stops_only(void) {
    sl_unicode_map map;
    if (sl_unicode_map_read(sl_slice_z(map_file), 12345, &map)) complain("12345 is found");
    size_t entries = 0;
    for (size_t code = 0; code < 65536; code++) entries += map.byte_of[code] >= 0;
    if (entries != 4) complain("there are other presets than the four");
    expect_code(&map, 0xFF61, 0x2E);
    if (sl_unicode_map_read(SL_EMPTY, 0, &map)) complain("an empty file has a code page");
}

static void the_map_speaks_before_the_fold_and_leaves_plain_escapes_alone(void) {
    const sl_slice text = SL_LIT("%u2018%u201Cx%uff0e%uff1c%u20ac%a0+");
    const sl_slice output = find("urlDecodeUni")->apply(&arena, &map_20127, text);
    if (!sl_slice_equal(output, SL_LIT("'\"x/<\254\240 "))) {
        fail("through the map", "urlDecodeUni", text, output);
    }
}

/* ---- vectors from a file
 * ------------------------------------------------------------------------------------------- */

/* The string member of a JSON line; code points stand for bytes. Within a string every quote is escaped,
 * so the key with its quotes is found nowhere else. The bytes are written over the line. */
static bool read_member(char *line, const char *key, uint8_t *bytes, size_t *len) {
    char pattern[32];
    snprintf(pattern, sizeof pattern, "\"%s\": \"", key);
    const char *at = strstr(line, pattern);
    *len = 0;
    if (at == NULL) return false;
    for (at += strlen(pattern); *at != '"' && *at != '\0'; at++) {
        if (*at != '\\') {
            bytes[(*len)++] = (uint8_t)*at;
            continue;
        }
        at++;
        if (*at == 'u') {
            const char hex[5] = {at[1], at[2], at[3], at[4], '\0'};
            bytes[(*len)++] = (uint8_t)strtoul(hex, NULL, 16);
            at += 4;
            continue;
        }
        static const char letters[] = "bfnrt";
        static const char controls[] = "\b\f\n\r\t";
        const char *const letter = strchr(letters, *at);
        bytes[(*len)++] = (uint8_t)(letter == NULL ? *at : controls[letter - letters]);
    }
    return *at == '"';
}

/* Vectors that the specification overrules. */
typedef struct overruled_vector {
    const char *name;
    sl_slice expected; /* what the vector wants; NULL pointer = all vectors of this name */
} overruled_vector;

static const overruled_vector overruled[] = {
    /* One blank less than the function gives: the suite's own runner compares up to the first NUL only. */
    {"cssDecode", TEXT("test\n\013\017nrtv?'\"\000\022#4EV!~\000 string")},
};

static bool is_overruled(sl_slice name, sl_slice expected) {
    for (size_t i = 0; i < sizeof overruled / sizeof overruled[0]; i++) {
        if (!sl_slice_equal(name, sl_slice_z(overruled[i].name))) continue;
        if (overruled[i].expected.ptr == NULL || sl_slice_equal(expected, overruled[i].expected)) return true;
    }
    return false;
}

static void run_vectors(const char *path) {
    enum { line_bytes_max = 64 * 1024 };
    static char line[line_bytes_max];
    static uint8_t name[line_bytes_max], input[line_bytes_max], output[line_bytes_max], needs[line_bytes_max];
    FILE *const file = fopen(path, "rb");
    if (file == NULL) {
        failures++;
        printf("cannot open %s\n", path);
        return;
    }
    size_t count = 0, passed = 0, excepted = 0, needs_len;
    while (fgets(line, sizeof line, file) != NULL) {
        sl_slice tfn = sl_slice_of(name, 0), in = sl_slice_of(input, 0), expected = sl_slice_of(output, 0);
        count++;
        if (!read_member(line, "tfn", name, &tfn.len) || !read_member(line, "input", input, &in.len) ||
            !read_member(line, "output", output, &expected.len)) {
            failures++;
            printf("line %zu cannot be read\n", count);
            continue;
        }
        const sl_transformation *const t = sl_transformation_find(tfn);
        const bool is_mapped = read_member(line, "needs", needs, &needs_len);
        const sl_slice result = t == NULL ? SL_EMPTY : t->apply(&arena, is_mapped ? &map_20127 : NULL, in);
        if (t != NULL && sl_slice_equal(result, expected)) {
            passed++;
        } else if (is_overruled(tfn, expected)) {
            excepted++;
        } else {
            printf("line %zu: ", count);
            fail("result of the vector", t == NULL ? "an unknown name" : t->name, in, result);
        }
    }
    fclose(file);
    printf("%zu of %zu vectors passed, %zu are overruled\n", passed, count, excepted);
}

int main(int argc, char **argv) {
    sl_arena_init(&arena, 0, out_of_memory, NULL);
    a_name_is_found_in_any_case_and_by_its_alias();
    every_row_is_listed_once_and_says_what_it_does();
    each_text_of_the_tables_gives_its_result();
    a_unicode_map_has_the_entries_of_its_code_page_alone();
    a_unicode_map_without_its_code_page_has_the_full_stops_only();
    the_map_speaks_before_the_fold_and_leaves_plain_escapes_alone();
    the_contract_holds_for_all_texts_of_up_to_two_bytes();
    the_contract_holds_for_random_texts();
    the_contract_holds_for_long_texts_of_one_pattern();
    some_transformations_do_nothing_the_second_time_and_some_undo_others();
    the_variant_for_addresses_reads_two_letters_more();
    the_variant_for_names_of_windows_leaves_what_is_opened();
    if (argc > 1) run_vectors(argv[1]);
    sl_arena_free(&arena);
    if (failures != 0) printf("%d failures\n", failures);
    return failures == 0 ? 0 : 1;
}
