/* SPDX-License-Identifier: Apache-2.0 */
/* Comparing the value with a text, byte by byte and case-sensitive.
 *
 * The argument may hold macros; then operand->text is what they gave and nothing was prepared. None of these
 * captures. */
#include "operators/families.h"
#include "operators/phrase.h"
#include "operators/result.h"
#include "ruleset/ruleset.h"

/* ---- load side ---- */

static bool prepare_text(sl_prepare *prepare, sl_slice argument, sl_operand *operand) {
    (void)prepare;
    (void)argument;
    (void)operand;
    return true;
}

static bool uses_content_syntax(sl_slice text) { return sl_slice_find_byte(text, '|') != SIZE_MAX; }

static bool prepare_strmatch(sl_prepare *prepare, sl_slice argument, sl_operand *operand) {
    sl_slice *const needle = SL_NEW(prepare->arena, sl_slice);
    *needle = uses_content_syntax(argument) ? sl_phrase_decode(prepare->arena, argument) : argument;
    operand->prepared = needle;
    return true;
}

static void need_literal(sl_prepare *prepare, sl_operand *operand, sl_slice literal) {
    if (literal.len == 0) return; /* every value holds the empty text: nothing can be ruled out */
    sl_slice *const kept = SL_NEW(prepare->arena, sl_slice);
    *kept = literal;
    sl_necessary *const necessary = SL_NEW(prepare->arena, sl_necessary);
    necessary->literals = kept;
    necessary->count = 1;
    operand->necessary = necessary;
}

static void need_text(sl_prepare *prepare, sl_operand *operand) {
    need_literal(prepare, operand, operand->text);
}

static void need_needle(sl_prepare *prepare, sl_operand *operand) {
    need_literal(prepare, operand, *(const sl_slice *)operand->prepared);
}

/* ---- request side ---- */

static sl_answer find(sl_slice needle, sl_slice value, sl_match *match) {
    const size_t at = sl_slice_find(value, needle);
    if (at == SIZE_MAX) return SL_NO;
    sl_match_range(match, at, needle.len);
    return SL_YES;
}

static sl_answer contains(const sl_call *call, const sl_operand *operand, sl_slice value, sl_match *match) {
    (void)call;
    return find(operand->text, value, match);
}

static sl_answer streq(const sl_call *call, const sl_operand *operand, sl_slice value, sl_match *match) {
    (void)call;
    (void)match;
    return sl_slice_equal(value, operand->text) ? SL_YES : SL_NO;
}

static sl_answer begins_with(const sl_call *call, const sl_operand *operand, sl_slice value,
                             sl_match *match) {
    (void)call;
    (void)match;
    return sl_slice_starts(value, operand->text) ? SL_YES : SL_NO;
}

static sl_answer ends_with(const sl_call *call, const sl_operand *operand, sl_slice value, sl_match *match) {
    (void)call;
    (void)match;
    return sl_slice_ends(value, operand->text) ? SL_YES : SL_NO;
}

/* The value stands in the argument, anywhere: GET POST has "ET P", too. Rule writers put separators around
 * both. */
static sl_answer within(const sl_call *call, const sl_operand *operand, sl_slice value, sl_match *match) {
    (void)call;
    (void)match;
    return sl_slice_find(operand->text, value) == SIZE_MAX ? SL_NO : SL_YES;
}

/* Whether the author wrote bars decides, not what the macros gave: a client must not switch the syntax on. */
static sl_answer strmatch(const sl_call *call, const sl_operand *operand, sl_slice value, sl_match *match) {
    if (operand->prepared != NULL) return find(*(const sl_slice *)operand->prepared, value, match);
    const bool decodes = operand->macro != NULL && uses_content_syntax(operand->macro->source);
    return find(decodes ? sl_phrase_decode(call->arena, operand->text) : operand->text, value, match);
}

/* Letters are words, digits and underscores are not: v3's reading, which the language suite's vectors
 * want. */
static bool is_word_at(sl_slice value, size_t at, size_t len) {
    const bool is_cut_before = at > 0 && sl_ascii_is_alpha(value.ptr[at - 1]);
    const bool is_cut_after = at + len < value.len && sl_ascii_is_alpha(value.ptr[at + len]);
    return !is_cut_before && !is_cut_after;
}

static sl_answer contains_word(const sl_call *call, const sl_operand *operand, sl_slice value,
                               sl_match *match) {
    (void)call;
    const sl_slice word = operand->text;
    if (word.len == 0) return SL_YES;
    for (size_t from = 0; from + word.len <= value.len;) {
        const size_t found = sl_slice_find(sl_slice_from(value, from), word);
        if (found == SIZE_MAX) return SL_NO;
        const size_t at = from + found;
        if (is_word_at(value, at, word.len)) {
            sl_match_range(match, at, word.len);
            return SL_YES;
        }
        from = at + 1;
    }
    return SL_NO;
}

const sl_operator sl_operators_string[] = {
    {"beginsWith", "BeginsWith", SL_ARGUMENT_MACRO, prepare_text, begins_with, need_text,
     "the value starts with the text", SL_SAME_FOR_THE_ARGUMENT},
    {"contains", "Contains", SL_ARGUMENT_MACRO, prepare_text, contains, need_text,
     "the value holds the text", SL_SAME_FOR_THE_ARGUMENT},
    {"containsWord", "ContainsWord", SL_ARGUMENT_MACRO, prepare_text, contains_word, need_text,
     "the value holds the text as a word", SL_SAME_FOR_THE_ARGUMENT},
    {"endsWith", "EndsWith", SL_ARGUMENT_MACRO, prepare_text, ends_with, need_text,
     "the value ends with the text", SL_SAME_FOR_THE_ARGUMENT},
    {"streq", "StrEq", SL_ARGUMENT_MACRO, prepare_text, streq, need_text, "the value is the text", SL_SAME_FOR_THE_ARGUMENT},
    {"strmatch", "StrMatch", SL_ARGUMENT_MACRO, prepare_strmatch, strmatch, need_needle,
     "the value holds the text, which may have bytes as |0d 0a|", SL_SAME_FOR_THE_ARGUMENT},
    {"within", "Within", SL_ARGUMENT_MACRO, prepare_text, within, NULL, "the text holds the value", SL_SAME_FOR_THE_ARGUMENT},
    {0},
};
