/* SPDX-License-Identifier: Apache-2.0 */
/* The fast code of the operators against plain models of it, and against texts made to hurt. */
#include "base/strbuf.h"
#include "operator_harness.h"
#include "operators/address.h"
#include "operators/rx.h"
#include "operators/sql_plain.h"
#include "prefilter/starts.h"
#include "operators/sql_words.h"

#include <libinjection.h>
#include <libinjection_sqli.h>

/* ---- models ---- */

/* The plain twin of the automaton. */
static bool find_phrase(const sl_slice *phrases, size_t count, sl_slice text, sl_slice *found) {
    for (size_t end = 1; end <= text.len; end++) {
        found->len = 0;
        for (size_t i = 0; i < count; i++) {
            const sl_slice phrase = phrases[i];
            if (phrase.len > end || phrase.len <= found->len) continue;
            if (sl_slice_equal_fold(sl_slice_of(text.ptr + end - phrase.len, phrase.len), phrase))
                *found = phrase;
        }
        if (found->len > 0) return true;
    }
    return false;
}

static uint32_t next_random(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return *state >> 16;
}

static sl_slice random_text(sl_arena *arena, uint32_t *state, size_t len) {
    uint8_t *const out = sl_arena_alloc(arena, len + 1);
    for (size_t i = 0; i < len; i++) out[i] = (uint8_t)"abcABC"[next_random(state) % 6];
    return sl_slice_of(out, len);
}

static void test_phrases_against_model(harness *h) {
    uint32_t seed = 20261124;
    for (int round = 0; round < 2000; round++) {
        const sl_arena_mark mark = sl_arena_save(&h->arena);
        sl_slice phrases[8];
        const size_t count = 1 + next_random(&seed) % 8;
        sl_strbuf argument;
        sl_strbuf_init(&argument, &h->arena, 64);
        for (size_t i = 0; i < count; i++) {
            phrases[i] = random_text(&h->arena, &seed, 1 + next_random(&seed) % 5);
            sl_strbuf_add(&argument, phrases[i]);
            sl_strbuf_add_byte(&argument, ' ');
        }
        const subject loaded = harness_load(h, SL_LIT("pm"), sl_strbuf_slice(&argument));
        for (int i = 0; i < 10; i++) {
            const sl_slice text = random_text(&h->arena, &seed, next_random(&seed) % 12);
            sl_slice expected = SL_EMPTY;
            const bool is_expected = find_phrase(phrases, count, text, &expected);
            sl_match match;
            const bool is_found = harness_ask(h, &loaded, text, &match) == SL_YES;
            h->checks++;
            if (is_found != is_expected || (is_found && !sl_slice_equal(match.captures[0], expected))) {
                harness_fail(h, SL_LIT("pm"), sl_strbuf_slice(&argument), text,
                             "the model answers otherwise");
            }
        }
        sl_arena_rollback(&h->arena, mark);
    }
}

/* Every prefix length, at both edges of the network and one beyond. */
static void test_networks_against_model(harness *h) {
    for (unsigned prefix = 1; prefix <= 32; prefix++) {
        const uint32_t mask = UINT32_MAX << (32 - prefix);
        const uint32_t base = 0xAC10A5C3u & mask;
        char argument[64], value[32];
        snprintf(argument, sizeof argument, "172.16.165.195/%u", prefix);
        const struct {
            uint32_t address;
            bool is_inside;
        } rows[] = {{base, true}, {base | ~mask, true}, {base - 1, false}, {(base | ~mask) + 1, false}};
        for (size_t i = 0; i < 4; i++) {
            const uint32_t a = rows[i].address;
            snprintf(value, sizeof value, "%u.%u.%u.%u", a >> 24, a >> 16 & 255, a >> 8 & 255, a & 255);
            sl_match match;
            h->checks++;
            const sl_answer answer = answer_to(h, "ipMatch", sl_slice_z(argument), sl_slice_z(value), &match);
            if ((answer == SL_YES) != rows[i].is_inside) {
                harness_fail(h, SL_LIT("ipMatch"), sl_slice_z(argument), sl_slice_z(value),
                             harness_word(answer));
            }
        }
    }
}

static void test_addresses(harness *h) {
    static const char *const good[] = {
        "0.0.0.0",         "255.255.255.255", "::",                  "::1",
        "1::",             "1:2:3:4:5:6:7:8", "1::8",                "1:2:3:4:5:6:7::",
        "::2:3:4:5:6:7:8", "::1.2.3.4",       "1:2:3:4:5:6:1.2.3.4", "FFFF::ffff",
    };
    static const char *const bad[] = {
        "",                  "1",                     "1.2.3",         "1.2.3.4.",
        ".1.2.3.4",          "1.2.3.04",              "1.2.3.256",     "1.2.3.+4",
        ":",                 ":::",                   "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
        "1::2::3",           "::12345",               "1:",            ":1",
        "1:2:3:4:5:6:7:8::", "1:2:3:4:5:6:7:1.2.3.4", "1.2.3.4::",     "::g",
        "1:2:3:4::5:6:7:8",
    };
    sl_address address;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        expect(h, sl_address_parse(sl_slice_z(good[i]), &address), good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        expect(h, !sl_address_parse(sl_slice_z(bad[i]), &address), bad[i]);
    }
}

/* ---- texts made to hurt ---- */

static sl_slice repeated(harness *h, uint8_t byte, size_t len) {
    uint8_t *const out = sl_arena_alloc(&h->arena, len);
    memset(out, byte, len);
    return sl_slice_of(out, len);
}

static void test_hostile(harness *h) {
    enum { size = 200000 };
    sl_match match;
    const sl_slice nines = repeated(h, '9', size);
    expect(h, answer_to(h, "verifySSN", SL_LIT("\\d+"), nines, &match) == SL_LIMIT,
           "candidates as long as the value end at a limit");
    expect(h, answer_to(h, "verifyCPF", SL_LIT("\\d{11}"), nines, &match) == SL_NO,
           "short candidates are all tried");
    const sl_slice letters = repeated(h, 'a', size);
    expect(h, answer_to(h, "containsWord", SL_LIT("aaaa"), letters, &match) == SL_NO,
           "a long word holds no short one");
    expect(h, answer_to(h, "rx", SL_LIT("^(?:a|ab)*+c"), letters, &match) != SL_YES, "a deep search ends");
    expect(h, answer_to(h, "pm", SL_LIT("aaaaaaaaab aaaab ab"), letters, &match) == SL_NO,
           "failure links end");
    expect(h, answer_to(h, "rxGlobal", SL_LIT("x*"), letters, &match) == SL_YES && match.capture_count == 10,
           "a global search stops when the captures are full");
}

/* ---- a text within another ---- */

static size_t find_plainly(sl_slice text, sl_slice needle) {
    for (size_t i = 0; i + needle.len <= text.len; i++) {
        if (memcmp(text.ptr + i, needle.ptr, needle.len) == 0) return i;
    }
    return SIZE_MAX;
}

/* Of two letters only, so that much of what is looked at looks right; each text ends where its memory does. */
static void test_find(harness *h) {
    uint32_t seed = 20261128;
    size_t found = 0;
    for (int round = 0; round < 20000; round++) {
        const size_t length = next_random(&seed) % (round % 50 == 0 ? 700 : 90), needle_length = next_random(&seed) % 24;
        uint8_t *const bytes = malloc(length + 1);
        for (size_t i = 0; i < length; i++) bytes[i] = (uint8_t)('a' + next_random(&seed) % 2);
        uint8_t *const text = length == 0 ? bytes : memmove(malloc(length), bytes, length);
        uint8_t needle[24];
        for (size_t i = 0; i < needle_length; i++) needle[i] = (uint8_t)('a' + next_random(&seed) % 2);
        const size_t from = next_random(&seed) % (length + 1);
        if (round % 2 == 0 && needle_length != 0 && from + needle_length <= length) memcpy(needle, bytes + from, needle_length);
        const sl_slice one = sl_slice_of(text, length), other = sl_slice_of(needle, needle_length);
        const size_t at = sl_slice_find(one, other);
        if (at != find_plainly(one, other)) expect(h, false, "a text is found where it first stands");
        found += at != SIZE_MAX;
        if (text != bytes) free(text);
        free(bytes);
    }
    expect(h, found > 2000 && found < 18000, "some are found, some are not");
}

/* ---- patterns that are decided without a search ---- */

/* A group around a pattern changes nothing but that it is searched. */
static void expect_same_as_search(harness *h, const char *pattern, unsigned flags, sl_slice text) {
    char grouped[64];
    snprintf(grouped, sizeof grouped, "(?:%s)", pattern);
    sl_regex *const looked = sl_regex_compile(sl_slice_z(pattern), flags, NULL);
    sl_regex *const searched = sl_regex_compile(sl_slice_z(grouped), flags, NULL);
    sl_groups a, b;
    const sl_answer first = sl_regex_match(looked, h->scratch, text, 0, 0, &a);
    const sl_answer second = sl_regex_match(searched, h->scratch, text, 0, 0, &b);
    expect(h, first == second, pattern);
    if (first == SL_YES && second == SL_YES) {
        expect(h, a.count == b.count && a.at[0].start == b.at[0].start && a.at[0].end == b.at[0].end, pattern);
    }
    sl_regex_free(looked);
    sl_regex_free(searched);
}

static void test_trivial_patterns(harness *h) {
    static const char *const patterns[] = {"^.*$",  "^.*",  ".*$",        ".*",       "^(?s).*$", ".",          "^a",       "^ab-C_1", "^A",     "^ab?c",
                                           "^a*b", "^ab+", "^ab{0,1}c", "^ab\\d", "^a|b",     "^ab(?:c|d)", "^ab(?=c)", "a{3}",    "^(?:ab)"};
    static const unsigned flags[] = {0, SL_REGEX_CASELESS, SL_REGEX_LINES, SL_REGEX_LINES | SL_REGEX_CASELESS};
    static const char letters[] = "aAbBcC-_1\n\r.";
    uint32_t seed = 20261127;
    for (int round = 0; round < 300; round++) {
        const sl_arena_mark mark = sl_arena_save(&h->arena);
        const size_t len = next_random(&seed) % 9;
        uint8_t *const bytes = sl_arena_alloc(&h->arena, len + 1);
        for (size_t i = 0; i < len; i++) bytes[i] = (uint8_t)letters[next_random(&seed) % (sizeof letters - 1)];
        const sl_slice texts[] = {sl_slice_of(bytes, len), SL_LIT("ab-C_1 more"), SL_LIT("AB-c_1"), SL_EMPTY};
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
            const size_t at = next_random(&seed);
            expect_same_as_search(h, patterns[at % (sizeof patterns / sizeof patterns[0])], flags[at / 16 % 4], texts[i]);
        }
        sl_arena_rollback(&h->arena, mark);
    }
}

/* ---- searches at the places where a match may begin ---- */

/* Every place: nothing is left out, so that the answers have to be those of the search itself. */
static void expect_same_at_places(harness *h, const char *pattern, unsigned flags, sl_slice text) {
    static sl_starts everywhere;
    memset(everywhere.next, 0xff, sizeof everywhere.next);
    sl_regex *const searched = sl_regex_compile(sl_slice_z(pattern), flags, NULL);
    sl_regex *const tried = sl_regex_compile_with(sl_slice_z(pattern), flags, &everywhere, NULL);
    for (size_t start = 0; start <= text.len; start += 1 + text.len / 3) {
        sl_groups a, b;
        const sl_answer first = sl_regex_match(searched, h->scratch, text, start, SL_SEARCH_NOT_EMPTY, &a);
        const sl_answer second = sl_regex_match(tried, h->scratch, text, start, SL_SEARCH_NOT_EMPTY, &b);
        expect(h, first == second, pattern);
        if (first != SL_YES || second != SL_YES) continue;
        expect(h, a.count == b.count && memcmp(&a.at[0].start, &b.at[0].start, sizeof a.at[0].start) == 0 && a.at[0].end == b.at[0].end, pattern);
    }
    sl_regex_free(searched);
    sl_regex_free(tried);
}

static void test_places(harness *h) {
    static const char *const patterns[] = {"(?:a+)+b", "(?:a|aa)+$", "\\bab|ba\\b", "(?<=a)b+", "^ab|b", "a.*b.*c", "(a)(b)?", "(?:(?:[ab]|aa)[^b]*?){9}c", "b$"};
    uint32_t seed = 5;
    for (int round = 0; round < 400; round++) {
        const sl_arena_mark mark = sl_arena_save(&h->arena);
        const size_t len = next_random(&seed) % (round % 10 == 0 ? 60 : 12);
        uint8_t *const bytes = sl_arena_alloc(&h->arena, len + 1);
        for (size_t i = 0; i < len; i++) bytes[i] = (uint8_t)"aaaabc\n"[next_random(&seed) % (round % 10 == 0 ? 4 : 7)];
        const size_t at = next_random(&seed);
        expect_same_at_places(h, patterns[at % (sizeof patterns / sizeof patterns[0])], at / 16 % 2 == 0 ? 0 : SL_REGEX_LINES, sl_slice_of(bytes, len));
        sl_arena_rollback(&h->arena, mark);
    }
}

/* ---- libinjection's words ---- */

static void test_sql_words(harness *h) {
    static const char *const words[] = {"select", "union", "union all", "information_schema", "or", "&&", "||", "not in", "0&1",
                                        "0UEOK", "0S&1", "sleep", "current_user", "x", "select ", "waitfor", "0", ""};
    const sl_sql_words *const table = sl_sql_words_new(&h->arena);
    uint32_t seed = 7;
    size_t known = 0;
    for (int round = 0; round < 20000; round++) {
        char word[32];
        size_t len = strlen(words[(size_t)round % (sizeof words / sizeof words[0])]);
        memcpy(word, words[(size_t)round % (sizeof words / sizeof words[0])], len);
        for (size_t i = 0; i < len; i++) {
            if (word[i] >= 'a' && word[i] <= 'z' && next_random(&seed) % 2 != 0) word[i] = (char)(word[i] - 32);
            if (next_random(&seed) % 40 == 0) word[i] = (char)(next_random(&seed) % 256);
        }
        if (len != 0 && next_random(&seed) % 8 == 0) len--;
        const char theirs = libinjection_sqli_lookup_word(NULL, LOOKUP_WORD, word, len);
        known += theirs != 0;
        expect(h, sl_sql_words_type(table, sl_slice_of(word, len)) == theirs, "a word has the type that libinjection gives it");
    }
    expect(h, known > 5000, "most of the words are known");
}

/* ---- texts that are plainly no SQL ---- */

/* What sl_sql_is_plain rests on: of these kinds of tokens no injection is made. */
static void test_plain_fingerprints(harness *h, const sl_sql_words *table) {
    static const char kinds[] = "NO1:.,;?";
    enum { kind_count = sizeof kinds - 1 };
    for (uint32_t length = 1, all = kind_count; length <= 5; length++, all *= kind_count) {
        for (uint32_t number = 0; number < all; number++) {
            char word[8] = "0";
            for (uint32_t i = 0, rest = number; i < length; i++, rest /= kind_count) word[1 + i] = kinds[rest % kind_count];
            expect(h, sl_sql_words_type(table, sl_slice_of(word, 1 + length)) == 0, "no fingerprint is of plain tokens only");
        }
    }
}

static size_t plain_text(uint32_t *seed, char *text, size_t size) {
    static const char *const parts[] = {
        "union", "all", "order", "group", "by", "select", "or", "and", "xor", "not", "in", "is", "null", "like", "between", "sys", "stragg",
        "user_lock", "sleep", "database_name", "having", "limit", "waitfor", "delay", "exec", "drop", "table", "if", "case", "when", "end",
        "collate", "binary", "current_user", "sounds", "natural", "join", "cross", "boolean", "mode", "user", "select.1", "1e", "1e5",
        "0x", "0x1f", "0b1", "1.e", ".5", "1d", "1f", "e", "d", "f", "x", "b", "u", "q", "n", "17", "0", "9", ".", ".", ",", ";", ":", "-", "+",
        "=", "<", ">", "!", "*", "/", "%", "^", "|", "&", "~", "?", "--", "/*", "*/", "&&", "||", ":=", "::", "<=>", "'", "\"", "`", "(", ")",
        "@", "$", "#", "\\", "{", "}", "[", "]", " ", " ", " ", " ", " ", "\t", "\xA0", "\xC3\xA9", "name", "a", "id", "Mozilla", "5", "2026"};
    /* Half of the texts leave out what most often makes a text none of the plain ones. */
    const bool is_tame = next_random(seed) % 2 != 0;
    size_t len = 0;
    for (size_t i = 1 + next_random(seed) % 7; i > 0; i--) {
        const char *part = parts[next_random(seed) % (sizeof parts / sizeof parts[0])];
        if (is_tame && strpbrk(part, "'\"`()@$#\\{}[]\t\xA0") != NULL) continue;
        for (; *part != '\0' && len < size; part++) {
            text[len++] = next_random(seed) % 4 == 0 && *part >= 'a' && *part <= 'z' ? (char)(*part - 32) : *part;
        }
        if (len < size && next_random(seed) % 16 == 0) text[len++] = (char)(1 + next_random(seed) % 255);
    }
    return len;
}

static void test_plain_texts(harness *h) {
    const sl_sql_words *const table = sl_sql_words_new(&h->arena);
    uint32_t seed = 11;
    size_t plain = 0, attacks = 0, words = 0;
    test_plain_fingerprints(h, table);
    for (int round = 0; round < 600000; round++) {
        char text[64], fingerprint[16];
        const size_t len = plain_text(&seed, text, sizeof text);
        const bool is_attack = libinjection_sqli(text, len, fingerprint) != 0;
        const bool is_plain = sl_sql_is_plain(table, sl_slice_of(text, len));
        bool is_word = true;
        for (size_t i = 0; i < len; i++) is_word = is_word && sl_ascii_is_alnum((uint8_t)text[i]);
        attacks += is_attack;
        plain += is_plain;
        words += is_word;
        expect(h, !is_attack || !is_plain, "a plain text is no injection");
        expect(h, !is_attack || !is_word, "letters and digits alone are no injection");
    }
    expect(h, plain > 60000 && attacks > 6000 && words > 6000, "there are texts of each sort");
}

int main(void) {
    harness h;
    harness_open(&h, false);
    test_phrases_against_model(&h);
    test_networks_against_model(&h);
    test_addresses(&h);
    test_find(&h);
    test_places(&h);
    test_hostile(&h);
    test_trivial_patterns(&h);
    test_sql_words(&h);
    test_plain_texts(&h);
    const int result = harness_result("operator models", &h);
    harness_close(&h);
    return result;
}
