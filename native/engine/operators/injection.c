/* SPDX-License-Identifier: Apache-2.0 */
/* @detectSQLi, @detectXSS: libinjection's judgement of the value.
 *
 * libinjection 4 knows a third answer, that its own parser failed. Such a text is taken for an attack, as
 * ModSecurity does since 2026: who can break the parser must not pass by it. */
#include <libinjection.h>
#include <libinjection_sqli.h>

#include "base/classes.h"
#include "operators/families.h"
#include "operators/host.h"
#include "operators/result.h"
#include "operators/sql_plain.h"
#include "operators/sql_words.h"

enum { fingerprint_bytes = 16 /* at most 5 tokens and a NUL; libinjection asks for 8 */ };

static bool prepare_nothing(sl_prepare *prepare, sl_slice argument, sl_operand *operand) {
    (void)prepare;
    (void)argument;
    (void)operand;
    return true;
}

static sl_answer parser_failed(const sl_call *call, sl_slice value, sl_match *match) {
    match->text = SL_LIT("libinjection parser error");
    if (call->txn != NULL) sl_host_log(call->txn, 2, false, match->text, SL_EMPTY);
    sl_match_part(match, value, 0, value.len);
    return SL_YES;
}

/* An attack needs a tag or comment, which begin with "<", or an attribute's value, which follows "=". */
static bool has_no_markup(sl_slice value) {
    return sl_slice_find_byte(value, '<') == SIZE_MAX && sl_slice_find_byte(value, '=') == SIZE_MAX;
}

static bool prepare_words(sl_prepare *prepare, sl_slice argument, sl_operand *operand) {
    (void)argument;
    operand->prepared = sl_sql_words_new(prepare->arena);
    return true;
}

/* Stored under "0" and the fingerprint. Most texts have one that no injection has: only the others get the full answer. */
static bool is_known_fingerprint(const sl_sql_words *words, const char *fingerprint) {
    char text[1 + fingerprint_bytes] = "0";
    strncat(text, fingerprint, fingerprint_bytes - 1);
    return sl_sql_words_type(words, sl_slice_z(text)) != 0;
}

static char look_up(struct libinjection_sqli_state *state, int type, const char *word, size_t length) {
    const sl_sql_words *const words = state->userdata;
    if (type != LOOKUP_FINGERPRINT) return sl_sql_words_type(words, sl_slice_of(word, length));
    if (!is_known_fingerprint(words, state->fingerprint)) return 0;
    return libinjection_sqli_lookup_word(state, type, word, length);
}

/* As libinjection_sqli, with our look-up. */
static int judge_sqli(const sl_sql_words *words, sl_slice value, char *fingerprint) {
    struct libinjection_sqli_state state;
    libinjection_sqli_init(&state, (const char *)value.ptr, value.len, 0);
    libinjection_sqli_callback(&state, look_up, (void *)(uintptr_t)words);
    const int answer = libinjection_is_sqli(&state);
    if (answer != 0) memcpy(fingerprint, state.fingerprint, sizeof state.fingerprint);
    return answer;
}

static sl_answer detect_sqli(const sl_call *call, const sl_operand *operand, sl_slice value,
                             sl_match *match) {
    if (sl_sql_is_plain(operand->prepared, value)) return SL_NO;
    char fingerprint[fingerprint_bytes] = {0};
    const int answer = judge_sqli(operand->prepared, value, fingerprint);
    if (answer == 0) return SL_NO;
    if (answer != 1) return parser_failed(call, value, match);
    match->text = SL_LIT("detected SQLi using libinjection.");
    if (match->want_captures) sl_match_capture(match, sl_arena_copy(call->arena, sl_slice_z(fingerprint)));
    return SL_YES;
}

static sl_answer detect_xss(const sl_call *call, const sl_operand *operand, sl_slice value, sl_match *match) {
    (void)operand;
    if (has_no_markup(value)) return SL_NO;
    const int answer = libinjection_xss((const char *)value.ptr, value.len);
    if (answer == 0) return SL_NO;
    if (answer != 1) return parser_failed(call, value, match);
    match->text = SL_LIT("detected XSS using libinjection.");
    sl_match_capture(match, value);
    return SL_YES;
}

static void need_more_than_words(sl_prepare *prepare, sl_operand *operand) {
    (void)prepare;
    enum { words = SL_CLASS_UPPER | SL_CLASS_LOWER | SL_CLASS_DIGIT };
    operand->necessary_classes = (SL_CLASS_ANY - 1) & ~words;
}

static void need_markup(sl_prepare *prepare, sl_operand *operand) {
    sl_slice *const literals = SL_NEW_ARRAY(prepare->arena, sl_slice, 2);
    literals[0] = SL_LIT("<");
    literals[1] = SL_LIT("=");
    sl_necessary *const necessary = SL_NEW(prepare->arena, sl_necessary);
    necessary->literals = literals;
    necessary->count = 2;
    operand->necessary = necessary;
}

const sl_operator sl_operators_injection[] = {
    {"detectSQLi", "DetectSQLi", SL_ARGUMENT_NONE, prepare_words, detect_sqli, need_more_than_words,
     "libinjection takes the value for an SQL injection", SL_SAME_FOR_THE_ARGUMENT},
    {"detectXSS", "DetectXSS", SL_ARGUMENT_NONE, prepare_nothing, detect_xss, need_markup,
     "libinjection takes the value for cross-site scripting", SL_SAME_FOR_THE_ARGUMENT},
    {0},
};
