/* SPDX-License-Identifier: Apache-2.0 */
/* The operators, each asked alone: the tables of spec 04 that were observed on real engines, and
 * arguments that must be refused. The shared vectors, models and operators that read files have
 * programs of their own. */
#include "operator_harness.h"

/* ---- answers ---- */

typedef struct example {
    const char *name, *argument;
    sl_slice value;
    sl_answer answer;
    const char *captures[sl_captures_max + 1]; /* checked when the first is given; ends with NULL */
} example;

#define TEXT(literal) {(const uint8_t *)(literal), sizeof(literal) - 1}

static const example examples[] = {
    /* regular expressions see one text, not lines */
    {"rx", "^b$", TEXT("a\nb"), SL_NO, {0}},
    {"rx", "a$", TEXT("a\nb"), SL_NO, {0}},
    {"rx", "b$", TEXT("b\n"), SL_NO, {0}},
    {"rx", "a.b", TEXT("a\nb"), SL_YES, {0}},
    {"rx", "\\Aa\\z", TEXT("a\n"), SL_NO, {0}},
    {"rx", "a\\x00b", TEXT("a\0b"), SL_YES, {0}},
    {"rx", "\\xe9", TEXT("\xE9"), SL_YES, {0}},
    {"rx", "^$", TEXT(""), SL_YES, {""}},
    {"rx", "", TEXT("anything"), SL_YES, {""}},
    {"rx", "B", TEXT("b"), SL_NO, {0}},
    {"rx", "(?i)B", TEXT("b"), SL_YES, {"b"}},
    {"rx", "(b)|x", TEXT("x"), SL_YES, {"x", ""}},
    {"rx", "(a)(b)?(c)(d)?", TEXT("ac"), SL_YES, {"ac", "a", "", "c", ""}},
    {"rx", "(1)(2)(3)(4)(5)(6)(7)(8)(9)(a)(b)", TEXT("123456789ab"), SL_YES,
     {"123456789ab", "1", "2", "3", "4", "5", "6", "7", "8", "9"}},
    {"rx", "a(?=b)", TEXT("ab"), SL_YES, {"a"}},
    {"rx", "(a)\\1", TEXT("aa"), SL_YES, {"aa", "a"}},
    {"rx", "a++b", TEXT("aab"), SL_YES, {"aab"}},
    {"rx", "(a+)+$", TEXT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"), SL_LIMIT, {0}},
    {"rxGlobal", "\\d", TEXT("1a2b3"), SL_YES, {"1", "2", "3"}},
    {"rxGlobal", "(a)(b)?", TEXT("aab"), SL_YES, {"a", "a", "ab", "a", "b"}},
    {"rxGlobal", "(a)|(b)", TEXT("ba"), SL_YES, {"b", "", "b", "a", "a"}},
    {"rxGlobal", "x*", TEXT("ab"), SL_YES, {"", "", ""}},
    {"rxGlobal", "x*", TEXT("\r\n"), SL_YES, {"", ""}},
    {"rxGlobal", ".", TEXT("0123456789abc"), SL_YES, {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}},
    {"rxGlobal", "z", TEXT("ab"), SL_NO, {0}},
    {"rxGlobal", "(a+)+$", TEXT("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"), SL_LIMIT, {0}},

    /* phrases: the one that ends first, of those the longest; as written */
    {"pm", "a b c", TEXT("xxC"), SL_YES, {"c"}},
    {"pm", "abc ab bcd", TEXT("xabcd"), SL_YES, {"ab"}},
    {"pm", "ab abc", TEXT("abcd"), SL_YES, {"ab"}},
    {"pm", "abcd bc", TEXT("abcx"), SL_YES, {"bc"}},
    {"pm", "bc abc", TEXT("xabc"), SL_YES, {"abc"}},
    {"pm", "Foo", TEXT("xfOOx"), SL_YES, {"Foo"}},
    {"pm", "a  b", TEXT("zzz"), SL_NO, {0}},
    {"pm", "|61 62|x", TEXT("abx"), SL_YES, {"abx"}},
    {"pm", "x|61|y z", TEXT("xay"), SL_YES, {"xay"}},
    {"pm", "a\\:b", TEXT("a:b"), SL_YES, {"a:b"}},
    {"pm", "x\\y", TEXT("x\\y"), SL_YES, {"x\\y"}},
    {"pm", "a|b", TEXT("a|b"), SL_YES, {"a|b"}},
    {"pm", "|6|", TEXT("|6|"), SL_YES, {"|6|"}},
    {"pm", "|7C|", TEXT("a|b"), SL_YES, {"|"}},
    {"pm", "\"a b\"", TEXT("xb"), SL_YES, {"b"}},
    {"pm", "|00|", TEXT("a\0b"), SL_YES, {0}},
    {"pm", "abc", TEXT(""), SL_NO, {0}},
    {"pm", "\xC3\x89", TEXT("\xC3\xA9"), SL_NO, {0}},

    /* texts */
    {"contains", "", TEXT(""), SL_YES, {0}},
    {"contains", "a", TEXT(""), SL_NO, {0}},
    {"contains", "A", TEXT("a"), SL_NO, {0}},
    {"streq", "", TEXT(""), SL_YES, {0}},
    {"streq", "a", TEXT("a\0"), SL_NO, {0}},
    {"beginsWith", "", TEXT("a"), SL_YES, {0}},
    {"beginsWith", "a", TEXT(""), SL_NO, {0}},
    {"endsWith", "", TEXT("a"), SL_YES, {0}},
    {"endsWith", "b", TEXT("a\0b"), SL_YES, {0}},
    {"within", "GET POST", TEXT("GET"), SL_YES, {0}},
    {"within", "GET POST", TEXT("ET P"), SL_YES, {0}},
    {"within", "GET POST", TEXT("GETX"), SL_NO, {0}},
    {"within", "GET POST", TEXT(""), SL_YES, {0}},
    {"within", "", TEXT("a"), SL_NO, {0}},
    {"strmatch", "", TEXT("a"), SL_YES, {0}},
    {"strmatch", "|61|b", TEXT("xab"), SL_YES, {0}},
    {"strmatch", "a\\:b", TEXT("a\\:b"), SL_YES, {0}},
    {"containsWord", "ab", TEXT("x ab y"), SL_YES, {0}},
    {"containsWord", "ab", TEXT("ab"), SL_YES, {0}},
    {"containsWord", "ab", TEXT("-ab-"), SL_YES, {0}},
    {"containsWord", "ab", TEXT("xab ab"), SL_YES, {0}},
    {"containsWord", "ab", TEXT("xab"), SL_NO, {0}},
    {"containsWord", "ab", TEXT("1ab"), SL_YES, {0}},
    {"containsWord", "ab", TEXT("_ab"), SL_YES, {0}},
    {"containsWord", "ab", TEXT("ab1"), SL_YES, {0}},
    {"containsWord", "a b", TEXT("z a b z"), SL_YES, {0}},
    {"containsWord", "aa", TEXT("aaa"), SL_NO, {0}},

    /* addresses */
    {"ipMatch", "10.0.0.0/8", TEXT("10.255.1.2"), SL_YES, {0}},
    {"ipMatch", "10.1.2.3/8", TEXT("10.9.9.9"), SL_YES, {0}},
    {"ipMatch", "10.0.0.0/8", TEXT("11.0.0.0"), SL_NO, {0}},
    {"ipMatch", "10.0.0.0/8, 192.0.2.1", TEXT("192.0.2.1"), SL_YES, {0}},
    {"ipMatch", "10.0.0.0/8", TEXT("::ffff:10.0.0.1"), SL_YES, {0}},
    {"ipMatch", "::ffff:10.0.0.0/104", TEXT("10.0.0.1"), SL_YES, {0}},
    {"ipMatch", "0.0.0.0/0", TEXT("203.0.113.9"), SL_YES, {0}},
    {"ipMatch", "0.0.0.0/0", TEXT("2001:db8::1"), SL_NO, {0}},
    {"ipMatch", "::/0", TEXT("2001:db8::1"), SL_YES, {0}},
    {"ipMatch", "::/0", TEXT("203.0.113.9"), SL_NO, {0}},
    {"ipMatch", "2001:db8::/32", TEXT("2001:DB8:ffff::1"), SL_YES, {0}},
    {"ipMatch", "2001:db8::/65", TEXT("2001:db8::8000:0:0:0"), SL_NO, {0}},
    {"ipMatch", "2001:db8::1", TEXT("2001:db8:0:0:0:0:0:1"), SL_YES, {0}},
    {"ipMatch", "10.0.0.0/8", TEXT("junk"), SL_ERROR, {0}},
    {"ipMatch", "10.0.0.0/8", TEXT(""), SL_ERROR, {0}},
    {"ipMatch", "10.0.0.0/8", TEXT("010.0.0.1"), SL_ERROR, {0}},
    {"ipMatch", "10.0.0.0/8", TEXT("10.0.0.1 "), SL_ERROR, {0}},
    {"ipMatch", "10.0.0.0/8", TEXT("10.0.0.1:80"), SL_ERROR, {0}},
    {"ipMatch", "::/0", TEXT("[::1]"), SL_ERROR, {0}},
    {"ipMatch", "::/0", TEXT("fe80::1%eth0"), SL_ERROR, {0}},

    /* what is not valid */
    {"validateByteRange", "32-126", TEXT("ab"), SL_NO, {0}},
    {"validateByteRange", "32-126", TEXT("a\x01"), SL_YES, {0}},
    {"validateByteRange", "32-126", TEXT(""), SL_NO, {0}},
    {"validateByteRange", "10,13,32-126", TEXT("a\nb"), SL_NO, {0}},
    {"validateByteRange", " 10 , 32 - 126 ", TEXT("a\nb"), SL_NO, {0}},
    {"validateByteRange", "0-255", TEXT("\0\xFF"), SL_NO, {0}},
    {"validateUrlEncoding", "", TEXT("a%41+"), SL_NO, {0}},
    {"validateUrlEncoding", "", TEXT("a%4"), SL_YES, {0}},
    {"validateUrlEncoding", "", TEXT("%zz"), SL_YES, {0}},
    {"validateUrlEncoding", "", TEXT("%"), SL_YES, {0}},
    {"validateUrlEncoding", "", TEXT("%41%"), SL_YES, {0}},
    {"validateUrlEncoding", "", TEXT(""), SL_NO, {0}},
    {"validateUtf8Encoding", "", TEXT("a\0\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"), SL_NO, {0}},
    {"validateUtf8Encoding", "", TEXT("\xC3"), SL_YES, {0}},
    {"validateUtf8Encoding", "", TEXT("\x80"), SL_YES, {0}},
    {"validateUtf8Encoding", "", TEXT("\xC3\x28"), SL_YES, {0}},
    {"validateUtf8Encoding", "", TEXT("\xC0\xAF"), SL_YES, {0}},
    {"validateUtf8Encoding", "", TEXT("\xE0\x80\xAF"), SL_YES, {0}},
    {"validateUtf8Encoding", "", TEXT("\xED\xA0\x80"), SL_YES, {0}},
    {"validateUtf8Encoding", "", TEXT("\xF4\x90\x80\x80"), SL_YES, {0}},
    {"validateUtf8Encoding", "", TEXT("\xF4\x8F\xBF\xBF"), SL_NO, {0}},
    {"validateUtf8Encoding", "", TEXT("\xF5\x80\x80\x80"), SL_YES, {0}},
    {"validateUtf8Encoding", "", TEXT(""), SL_NO, {0}},

    /* numbers with a check */
    {"verifyCC", "\\d{13,16}", TEXT("4111111111111111"), SL_YES, {"4111111111111111"}},
    {"verifyCC", "\\d{13,16}", TEXT("4111111111111112"), SL_YES, {"1111111111112"}},
    {"verifyCC", "(\\d{4}[ -]?){4}", TEXT("card 4111-1111 11111111."), SL_YES, {"4111-1111 11111111"}},
    {"verifyCC", "\\d{13,16}", TEXT(""), SL_NO, {0}},
    {"verifySSN", "\\d{3}-?\\d{2}-?\\d{4}", TEXT("078-05-1121"), SL_YES, {"078-05-1121"}},
    {"verifySSN", "\\d{3}-?\\d{2}-?\\d{4}", TEXT("666-05-1121"), SL_NO, {0}},
    {"verifySSN", "\\d{3}-?\\d{2}-?\\d{4}", TEXT("740-05-1121"), SL_NO, {0}},
    {"verifySSN", "\\d{3}-?\\d{2}-?\\d{4}", TEXT("078-00-1121"), SL_NO, {0}},
    {"verifySSN", "\\d{3}-?\\d{2}-?\\d{4}", TEXT("078-05-0000"), SL_NO, {0}},
    {"verifySSN", "\\d{3}-?\\d{2}-?\\d{4}", TEXT("111-11-1111"), SL_NO, {0}},
    {"verifyCPF", "([0-9]{3}\\.){2}[0-9]{3}-[0-9]{2}", TEXT("529.982.247-25"), SL_YES, {"529.982.247-25"}},
    {"verifyCPF", "([0-9]{3}\\.){2}[0-9]{3}-[0-9]{2}", TEXT("529.982.247-26"), SL_NO, {0}},
    {"verifyCPF", "\\d{11}", TEXT("11111111111"), SL_NO, {0}},
    {"verifySVNR", "\\d{4} ?\\d{6}", TEXT("1237 010180"), SL_YES, {"1237 010180"}},
    {"verifySVNR", "\\d{4} ?\\d{6}", TEXT("1238 010180"), SL_NO, {0}},
    {"verifySVNR", "\\d{10}", TEXT("1234567890"), SL_NO, {0}},
    {"validateNid", "cl [0-9.]+-[0-9kK]", TEXT("11.111.111-1 and 11.111.111-2"), SL_YES, {"11.111.111-1"}},
    {"validateNid", "us \\d{3}-\\d{2}-\\d{4}", TEXT("078-05-1121"), SL_YES, {"078-05-1121"}},
    {"validateNid", "us \\d{3}-\\d{2}-\\d{4}", TEXT("078-05-0000"), SL_NO, {0}},

    /* libinjection */
    {"detectSQLi", "", TEXT("1' or '1'='1"), SL_YES, {"s&sos"}},
    {"detectSQLi", "", TEXT("hello"), SL_NO, {0}},
    {"detectSQLi", "", TEXT(""), SL_NO, {0}},
    {"detectXSS", "", TEXT("<script>alert(1)</script>"), SL_YES, {"<script>alert(1)</script>"}},
    {"detectXSS", "", TEXT("hello"), SL_NO, {0}},

    {"unconditionalMatch", "", TEXT(""), SL_YES, {0}},
    {"noMatch", "", TEXT("a"), SL_NO, {0}},
    {"BEGINSWITH", "a", TEXT("ab"), SL_YES, {0}},
};

static void check_captures(harness *h, const example *e, const sl_match *match) {
    size_t expected = 0;
    while (expected < sl_captures_max && e->captures[expected] != NULL) expected++;
    bool is_right = match->capture_count == expected;
    for (size_t i = 0; is_right && i < expected; i++) {
        is_right = sl_slice_equal(match->captures[i], sl_slice_z(e->captures[i]));
    }
    if (!is_right) harness_fail(h, sl_slice_z(e->name), sl_slice_z(e->argument), e->value, "wrong captures");
}

/* Each example answers as ModSecurity does or as spec 04 decides; what the index would be told holds of each
 * match. */
static void test_examples(harness *h) {
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        const example *const e = &examples[i];
        const sl_slice name = sl_slice_z(e->name), argument = sl_slice_z(e->argument);
        const subject loaded = harness_load(h, name, argument);
        h->checks++;
        if (!loaded.is_loaded) {
            harness_fail(h, name, argument, e->value, h->message);
            continue;
        }
        sl_match match;
        const sl_answer answer = harness_ask(h, &loaded, e->value, &match);
        if (answer != e->answer) {
            harness_fail(h, name, argument, e->value, harness_word(answer));
        } else if (answer == SL_YES && !harness_allows(loaded.operand.necessary, e->value)) {
            harness_fail(h, name, argument, e->value, "matches without its necessary text");
        } else if (e->captures[0] != NULL) {
            check_captures(h, e, &match);
        }
    }
}

/* Leading digits count, the rest does not, and numbers that do not fit saturate instead of wrapping. */
static void test_numbers(harness *h) {
    static const struct {
        const char *value;
        bool eq5, eq0, ge5, lt0;
    } rows[] = {
        {"5", 1, 0, 1, 0},     {" 5", 1, 0, 1, 0},
        {"+5", 1, 0, 1, 0},    {"\t5", 1, 0, 1, 0},
        {"5abc", 1, 0, 1, 0},  {"5.9", 1, 0, 1, 0},
        {"abc", 0, 1, 0, 0},   {"", 0, 1, 0, 0},
        {"--5", 0, 1, 0, 0},   {"0x10", 0, 1, 0, 0},
        {"-1", 0, 0, 0, 1},    {"99999999999", 0, 0, 1, 0},
        {"2147483648", 0, 0, 1, 0},
        {"4294967301", 0, 0, 1, 0},
        {"9223372036854775808", 0, 0, 1, 0},
        {"-2147483649", 0, 0, 0, 1},
        {"-99999999999999999999", 0, 0, 0, 1},
    };
    static const char *const names[] = {"eq", "eq", "ge", "lt"};
    static const char *const arguments[] = {"5", "0", "5", "0"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const bool expected[] = {rows[i].eq5, rows[i].eq0, rows[i].ge5, rows[i].lt0};
        for (size_t j = 0; j < 4; j++) {
            sl_match match;
            const sl_slice value = sl_slice_z(rows[i].value);
            h->checks++;
            const sl_answer answer = answer_to(h, names[j], sl_slice_z(arguments[j]), value, &match);
            if ((answer == SL_YES) != expected[j]) {
                harness_fail(h, sl_slice_z(names[j]), sl_slice_z(arguments[j]), value,
                             harness_word(answer));
            }
        }
    }
    sl_match match;
    expect(h, answer_to(h, "gt", SL_LIT("4"), SL_LIT("5"), &match) == SL_YES, "5 is greater than 4");
    expect(h, answer_to(h, "gt", SL_LIT("5"), SL_LIT("5"), &match) == SL_NO, "5 is not greater than 5");
    expect(h, answer_to(h, "le", SL_LIT("5"), SL_LIT("5"), &match) == SL_YES, "5 is at most 5");
    expect(h, answer_to(h, "le", SL_LIT("5"), SL_LIT("6"), &match) == SL_NO, "6 is not at most 5");
}

/* ---- refusals ---- */

static void test_refusals(harness *h) {
    static const char param[] = "SECLUA_E_OPERATOR_PARAM";
    static const struct {
        const char *name, *argument, *code;
    } rows[] = {
        {"rx", "(", param},
        {"rx", "(*UTF)a", param},
        {"rxGlobal", "[", param},
        {"pm", "", param},
        {"pm", "   ", param},
        {"pmFromFile", "no-such-file.data", "SECLUA_E_FILE_OPEN"},
        {"pmFromFile", "https://example.org/a.data", "SECLUA_E_UNSUPPORTED"},
        {"ipMatch", "10.0.0.0/33", "SECLUA_E_IP_PREFIX"},
        {"ipMatch", "::/129", "SECLUA_E_IP_PREFIX"},
        {"ipMatch", "10.0.0.0/255.0.0.0", param},
        {"ipMatch", "10.0.0.0/", param},
        {"ipMatch", "10.0.0.0/08", param},
        {"ipMatch", "10.0.0", param},
        {"ipMatch", "10.0.0.0.1", param},
        {"ipMatch", "10.0.0.256", param},
        {"ipMatch", "010.0.0.1", param},
        {"ipMatch", "10.0.0.1,", param},
        {"ipMatch", "localhost", param},
        {"ipMatch", "fe80::1%eth0", param},
        {"ipMatchFromFile", "no-such-file.data", "SECLUA_E_FILE_OPEN"},
        {"validateByteRange", "", param},
        {"validateByteRange", "xxx", param},
        {"validateByteRange", "256", param},
        {"validateByteRange", "0-256", param},
        {"validateByteRange", "9-1", param},
        {"validateByteRange", "1,", param},
        {"validateByteRange", "1-2-3", param},
        {"verifyCC", "[", param},
        {"validateNid", "xx a", param},
        {"validateNid", "cl", param},
        {"validateNid", "cl [", param},
        {"geoLookup", "", param},
        {"validateDTD", "no-such-file.dtd", "SECLUA_E_FILE_OPEN"},
        {"validateSchema", "no-such-file.xsd", "SECLUA_E_FILE_OPEN"},
        {"validateSchema", "no-such-file.json", "SECLUA_E_FILE_OPEN"},
        {"rbl", "", param},
        {"rbl", "not a zone", param},
        {"fuzzyHash", "file 50", "SECLUA_E_UNSUPPORTED"},
        {"validateHash", "a", "SECLUA_E_UNSUPPORTED"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const sl_slice name = sl_slice_z(rows[i].name), argument = sl_slice_z(rows[i].argument);
        const subject loaded = harness_load(h, name, argument);
        h->checks++;
        if (loaded.row == NULL || loaded.is_loaded || strcmp(h->code, rows[i].code) != 0 ||
            h->message[0] == '\0') {
            harness_fail(h, name, argument, SL_EMPTY, loaded.is_loaded ? "was accepted" : h->code);
        }
    }
}

/* ---- the table ---- */

static void test_table(harness *h) {
    for (size_t i = 0; sl_operator_at(i) != NULL; i++) {
        const sl_operator *const row = sl_operator_at(i);
        h->checks++;
        const bool is_whole =
            row->log_name != NULL && row->prepare != NULL && row->match != NULL && row->manual != NULL;
        if (!is_whole || sl_operator_find(sl_slice_z(row->name)) != row) {
            harness_fail(h, sl_slice_z(row->name), SL_EMPTY, SL_EMPTY,
                         "a row is incomplete or hidden by another");
        }
    }
    expect(h, sl_operator_find(SL_LIT("rx ")) == NULL, "names are compared whole");
    expect(h, sl_operator_find(SL_EMPTY) == NULL, "no operator has an empty name");
}

/* ---- macros ---- */

/* Asks as the evaluator does: the text was expanded just now, nothing is prepared. */
static sl_answer expanded(harness *h, const char *name, const char *source, sl_slice text, sl_slice value) {
    sl_macro macro;
    memset(&macro, 0, sizeof macro);
    macro.source = sl_slice_z(source);
    const sl_operand operand = {.text = text, .macro = &macro};
    const subject asked = {sl_operator_find(sl_slice_z(name)), operand, true};
    sl_match match;
    return harness_ask(h, &asked, value, &match);
}

static void test_macros(harness *h) {
    expect(h, expanded(h, "rx", "^%{tx.a}$", SL_LIT("^b+$"), SL_LIT("bbb")) == SL_YES,
           "a pattern with a macro is compiled when it is met");
    expect(h, expanded(h, "rx", "%{tx.a}", SL_LIT("("), SL_LIT("(")) == SL_ERROR,
           "a bad pattern that a macro gave is an error");
    expect(h, expanded(h, "eq", "%{tx.a}", SL_LIT("7"), SL_LIT("7")) == SL_YES,
           "a number may come from a macro");
    expect(h, expanded(h, "within", "%{tx.a}", SL_LIT(" GET POST "), SL_LIT("POST")) == SL_YES,
           "within looks into the expanded text");
    expect(h, expanded(h, "strmatch", "%{tx.a}", SL_LIT("|61|"), SL_LIT("|61|")) == SL_YES,
           "what a macro gave is not decoded");
    expect(h, expanded(h, "strmatch", "|61|%{tx.a}", SL_LIT("|61|b"), SL_LIT("ab")) == SL_YES,
           "what the author wrote between bars is decoded");
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 200; i++) {
            char pattern[32], value[32];
            snprintf(pattern, sizeof pattern, i % 7 == 0 ? "(%d" : "^%d$", i);
            snprintf(value, sizeof value, "%d", i);
            const sl_answer answer = expanded(h, "rx", "%{tx.a}", sl_slice_z(pattern), sl_slice_z(value));
            expect(h, answer == (i % 7 == 0 ? SL_ERROR : SL_YES), "the cache of patterns keeps them apart");
        }
    }
    sl_regex_error error;
    uint8_t *const huge = sl_arena_zalloc(&h->arena, 100000);
    memset(huge, 'a', 100000);
    expect(h,
           sl_scratch_compile(h->scratch, sl_slice_of(huge, 100000), 0, &error) == NULL &&
               error.message[0] != '\0',
           "a run-time pattern has a largest size");
    expect(h, sl_scratch_compile(h->scratch, SL_LIT("a)"), 0, &error) == NULL && error.offset == 1,
           "an error of a pattern has its place");
    expect(h, sl_regex_compile(SL_LIT("("), 0, NULL) == NULL, "nobody has to ask why a pattern is bad");
    const sl_regex *const selector = sl_scratch_regex(h->scratch, SL_LIT("^A$"));
    expect(h, selector != NULL && sl_regex_search(h->scratch, selector, SL_LIT("a")),
           "selectors ignore case");
}

/* rx_multiline gives patterns the reading of v3. */
static void test_lines(harness *h) {
    harness lines;
    harness_open(&lines, true);
    static const struct {
        const char *pattern;
        sl_slice value;
    } rows[] = {{"^b$", TEXT("a\nb")}, {"a$", TEXT("a\nb")}, {"b$", TEXT("b\n")}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        sl_match match;
        const sl_slice pattern = sl_slice_z(rows[i].pattern);
        expect(h, answer_to(&lines, "rx", pattern, rows[i].value, &match) == SL_YES, rows[i].pattern);
        expect(h, expanded(&lines, "rx", "%{tx.a}", pattern, rows[i].value) == SL_YES, rows[i].pattern);
    }
    harness_close(&lines);
}

/* ---- places for the log ---- */

static bool has_range(const sl_match *match, size_t index, uint32_t offset, uint32_t length) {
    return index < match->range_count && match->ranges[index].offset == offset &&
           match->ranges[index].length == length;
}

static void test_ranges(harness *h) {
    sl_match match;
    (void)answer_to(h, "rx", SL_LIT("(x)|b(c)"), SL_LIT("abc"), &match);
    expect(h, match.range_count == 2 && has_range(&match, 0, 1, 2) && has_range(&match, 1, 2, 1),
           "groups that took no part have no place");
    (void)answer_to(h, "pm", SL_LIT("foo"), SL_LIT("xFOOx"), &match);
    expect(h, has_range(&match, 0, 1, 3), "a phrase has its place");
    (void)answer_to(h, "contains", SL_LIT("b"), SL_LIT("abb"), &match);
    expect(h, match.range_count == 1 && has_range(&match, 0, 1, 1), "a contained text has its place");
    (void)answer_to(h, "validateByteRange", SL_LIT("97"), SL_LIT("abab"), &match);
    expect(h, match.range_count == 2 && has_range(&match, 1, 3, 1), "each bad byte has its place");
    uint8_t bad[100];
    memset(bad, 1, sizeof bad);
    (void)answer_to(h, "validateByteRange", SL_LIT("97"), sl_slice_of(bad, sizeof bad), &match);
    expect(h, match.range_count == sl_ranges_max, "no more places are kept than there is room for");
}

int main(void) {
    harness h;
    harness_open(&h, false);
    test_table(&h);
    test_examples(&h);
    test_numbers(&h);
    test_refusals(&h);
    test_macros(&h);
    test_ranges(&h);
    test_lines(&h);
    const int result = harness_result("operators", &h);
    harness_close(&h);
    return result;
}
