/* SPDX-License-Identifier: Apache-2.0 */
/* @pm, @pmFromFile (@pmf): does the value hold one of many phrases, ASCII case ignored?
 *
 * All phrases of a rule go into one automaton at load. What is captured is the phrase as the rule writes it,
 * not as the value has it: v2 and v3 do so, and CRS logs it. */
#include <errno.h>

#include "operators/aho_corasick.h"
#include "operators/dataset.h"
#include "operators/families.h"
#include "operators/host.h"
#include "operators/phrase.h"
#include "operators/result.h"

typedef struct phrases {
    const sl_slice *written;
    const sl_slice *folded;
    size_t count;
    const sl_aho_corasick *automaton;
} phrases;

/* ---- load side ---- */

typedef struct phrase_list {
    sl_arena *arena;
    sl_slice *items;
    size_t count, capacity;
    size_t byte_count;
} phrase_list;

static void add_phrase(phrase_list *list, sl_slice phrase) {
    if (list->count == list->capacity) {
        const size_t capacity = list->capacity == 0 ? 16 : list->capacity * 2;
        sl_slice *const items = sl_arena_alloc(list->arena, capacity * sizeof *items);
        if (list->count > 0) memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = phrase;
    list->byte_count += phrase.len;
}

static sl_slice fold(sl_arena *arena, sl_slice text) {
    uint8_t *const out = sl_arena_alloc(arena, text.len);
    for (size_t i = 0; i < text.len; i++) out[i] = sl_ascii_lower(text.ptr[i]);
    return sl_slice_of(out, text.len);
}

static bool finish(sl_prepare *prepare, sl_slice argument, const phrase_list *list, sl_operand *operand) {
    if (list->count == 0) {
        sl_prepare_report(prepare, "SECLUA_E_OPERATOR_PARAM", "a rule that cannot match is better removed", 0,
                          argument.len, "there is no phrase to look for");
        return false;
    }
    if (list->byte_count > sl_aho_corasick_max_bytes) {
        sl_prepare_report(prepare, "SECLUA_E_OPERATOR_PARAM", NULL, 0, argument.len,
                          "the phrases take %zu bytes, more than %d", list->byte_count,
                          sl_aho_corasick_max_bytes);
        return false;
    }
    sl_slice *const folded = sl_arena_alloc(prepare->arena, list->count * sizeof *folded);
    for (size_t i = 0; i < list->count; i++) folded[i] = fold(prepare->arena, list->items[i]);
    phrases *const prepared = SL_NEW(prepare->arena, phrases);
    prepared->written = list->items;
    prepared->folded = folded;
    prepared->count = list->count;
    prepared->automaton = sl_aho_corasick_build(prepare->arena, folded, list->count);
    operand->prepared = prepared;
    return true;
}

/* Cuts the next run of non-blanks off *rest. */
static bool next_word(sl_slice *rest, sl_slice *word) {
    size_t start = 0;
    while (start < rest->len && sl_ascii_is_space(rest->ptr[start])) start++;
    size_t end = start;
    while (end < rest->len && !sl_ascii_is_space(rest->ptr[end])) end++;
    *word = sl_slice_of(rest->ptr + start, end - start);
    *rest = sl_slice_from(*rest, end);
    return word->len > 0;
}

static bool prepare_pm(sl_prepare *prepare, sl_slice argument, sl_operand *operand) {
    phrase_list list = {.arena = prepare->arena};
    sl_slice rest = sl_phrase_decode(prepare->arena, argument), word;
    while (next_word(&rest, &word)) add_phrase(&list, word);
    return finish(prepare, argument, &list, operand);
}

static sl_slice trim(sl_slice text) {
    while (text.len > 0 && sl_ascii_is_space(text.ptr[0])) text = sl_slice_from(text, 1);
    while (text.len > 0 && sl_ascii_is_space(text.ptr[text.len - 1])) text.len--;
    return text;
}

/* One phrase a line, taken literally: the data files of CRS hold bars and backslashes. Both ends are trimmed,
 * since v3, which keeps them, makes a file with CR LF useless. */
static void add_lines(phrase_list *list, sl_slice content, bool is_decoded) {
    while (content.len > 0) {
        const size_t newline = sl_slice_find_byte(content, '\n');
        const size_t end = newline == SIZE_MAX ? content.len : newline;
        const sl_slice line = trim(sl_slice_of(content.ptr, end));
        if (line.len > 0 && line.ptr[0] != '#') add_phrase(list, is_decoded ? sl_phrase_decode(list->arena, line) : line);
        content = sl_slice_from(content, newline == SIZE_MAX ? end : end + 1);
    }
}

/* A file name: a word, or anything between quotes. */
static bool next_name(sl_slice *rest, sl_slice *name) {
    while (rest->len > 0 && sl_ascii_is_space(rest->ptr[0])) *rest = sl_slice_from(*rest, 1);
    if (rest->len > 0 && (rest->ptr[0] == '"' || rest->ptr[0] == '\'')) {
        const sl_slice inner = sl_slice_from(*rest, 1);
        const size_t end = sl_slice_find_byte(inner, rest->ptr[0]);
        if (end != SIZE_MAX) {
            *name = sl_slice_of(inner.ptr, end);
            *rest = sl_slice_from(inner, end + 1);
            return true;
        }
    }
    return next_word(rest, name);
}

static bool add_file(sl_prepare *prepare, sl_slice argument, sl_slice name, phrase_list *list) {
    const size_t offset = (size_t)(name.ptr - argument.ptr);
    sl_slice path, content;
    if (!prepare->read_file(prepare->context, name, &path, &content)) {
        if (sl_prepare_refuses_address(prepare, name, offset)) return false;
        sl_prepare_report(prepare, "SECLUA_E_FILE_OPEN",
                          "a name is looked for beside the file of the rule, then in the working directory",
                          offset, name.len, "cannot read the phrase file %.*s: %s", (int)name.len,
                          (const char *)name.ptr, strerror(errno));
        return false;
    }
    add_lines(list, content, sl_ruleset_phrase_syntax_v2(prepare->rules));
    return true;
}

static bool prepare_pm_from_file(sl_prepare *prepare, sl_slice argument, sl_operand *operand) {
    phrase_list list = {.arena = prepare->arena};
    sl_slice rest = argument, name;
    bool has_all = true;
    while (next_name(&rest, &name)) has_all = add_file(prepare, argument, name, &list) && has_all;
    return has_all && finish(prepare, argument, &list, operand);
}

static bool prepare_pm_from_dataset(sl_prepare *prepare, sl_slice argument, sl_operand *operand) {
    phrase_list list = {.arena = prepare->arena};
    sl_slice lines;
    if (!sl_dataset_find(prepare, argument, &lines)) return false;
    add_lines(&list, lines, false);
    return finish(prepare, argument, &list, operand);
}

static void need_phrase(sl_prepare *prepare, sl_operand *operand) {
    const phrases *const prepared = operand->prepared;
    sl_necessary *const necessary = SL_NEW(prepare->arena, sl_necessary);
    necessary->literals = prepared->folded;
    necessary->count = prepared->count;
    necessary->fold = true;
    operand->necessary = necessary;
}

/* ---- request side ---- */

static sl_answer pm(const sl_call *call, const sl_operand *operand, sl_slice value, sl_match *match) {
    (void)call;
    const phrases *const prepared = operand->prepared;
    sl_aho_corasick_hit hit;
    if (!sl_aho_corasick_search(prepared->automaton, value, &hit)) return SL_NO;
    const sl_slice phrase = prepared->written[hit.phrase];
    sl_match_capture(match, phrase);
    sl_match_range(match, hit.end - phrase.len, phrase.len);
    return SL_YES;
}

const sl_operator sl_operators_pm[] = {
    {"pm", "Pm", SL_ARGUMENT_TEXT, prepare_pm, pm, need_phrase, "the value holds one of the phrases", SL_SAME_FOR_THE_ARGUMENT},
    {"pmFromFile", "PmFromFile", SL_ARGUMENT_TEXT, prepare_pm_from_file, pm, need_phrase,
     "the value holds one of the phrases of a file, one a line", SL_SAME_FOR_THE_RULE},
    {"pmf", "PmF", SL_ARGUMENT_TEXT, prepare_pm_from_file, pm, need_phrase, "short for pmFromFile", SL_SAME_FOR_THE_RULE},
    {"pmFromDataset", "PmFromDataset", SL_ARGUMENT_TEXT, prepare_pm_from_dataset, pm, need_phrase,
     "the value holds one of the phrases of a SecDataset, one a line", SL_SAME_FOR_THE_RULE},
    {0},
};
