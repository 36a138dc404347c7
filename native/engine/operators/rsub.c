/* SPDX-License-Identifier: Apache-2.0 */
/* @rsub s/regex/replacement/flags: another body in place of STREAM_INPUT_BODY or STREAM_OUTPUT_BODY (spec 04, 5.7).
 *
 * The replacement is cut into pieces at load: what a macro brings in is text, never a reference to a group. In the regex it
 * is a pattern, as in ModSecurity 2, unless the flag d is there. */
#include "base/strbuf.h"
#include "operators/families.h"
#include "operators/host.h"
#include "operators/phrase.h"
#include "operators/rx.h"
#include "ruleset/ruleset.h"

enum { growth_max = 16 * 1024 * 1024 }; /* bytes that the new body may be longer than the old one */

/* A stretch of the replacement: a group of the match, or text. */
typedef struct piece {
    int group; /* -1: text */
    const sl_macro *text;
} piece;

typedef struct substitution {
    const sl_regex *regex; /* NULL: it has macros */
    const sl_macro *pattern;
    const sl_macro *pattern_parts; /* one part each, as many as pattern has */
    bool escapes_macros; /* flag d */
    bool always_matches; /* as in ModSecurity 2 */
    unsigned regex_flags;
    const piece *pieces;
    size_t piece_count;
} substitution;

/* ---- load side ---- */

static bool refuse(sl_prepare *prepare, size_t offset, size_t length, const char *message) {
    sl_prepare_report(prepare, "SECLUA_E_OPERATOR_PARAM", "write s/regex/replacement/ with the flags i and d, or none",
                      offset, length, "%s", message);
    return false;
}

/* Up to the next delimiter that no backslash stands before; SIZE_MAX: there is none. */
static size_t find_end(sl_slice text, size_t from, uint8_t delimiter) {
    for (size_t i = from; i < text.len; i++) {
        if (text.ptr[i] == '\\') {
            i++;
        } else if (text.ptr[i] == delimiter) {
            return i;
        }
    }
    return SIZE_MAX;
}

static sl_slice drop_escapes(sl_arena *arena, sl_slice text, uint8_t delimiter) {
    sl_strbuf out;
    sl_strbuf_init(&out, arena, text.len);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\\' && i + 1 < text.len && text.ptr[i + 1] == delimiter) i++;
        sl_strbuf_add_byte(&out, text.ptr[i]);
    }
    return sl_strbuf_slice(&out);
}

static bool is_group(sl_slice text, size_t at) {
    return text.ptr[at] == '\\' && at + 1 < text.len && sl_ascii_is_digit(text.ptr[at + 1]);
}

static void cut_replacement(sl_prepare *prepare, sl_slice text, size_t offset, substitution *out) {
    piece *const pieces = SL_NEW_ARRAY(prepare->arena, piece, text.len + 1);
    size_t count = 0;
    for (size_t at = 0; at < text.len;) {
        if (is_group(text, at)) {
            pieces[count++] = (piece){text.ptr[at + 1] - '0', NULL};
            at += 2;
            continue;
        }
        size_t end = at + 1;
        while (end < text.len && !is_group(text, end)) end++;
        const sl_slice part = sl_slice_of(text.ptr + at, end - at);
        pieces[count++] = (piece){-1, prepare->macro(prepare->context, part, offset)};
        at = end;
    }
    out->pieces = pieces;
    out->piece_count = count;
}

static bool read_flags(sl_prepare *prepare, sl_slice argument, size_t at, substitution *out) {
    for (; at < argument.len; at++) {
        switch (argument.ptr[at]) {
        case 'i': out->regex_flags |= SL_REGEX_CASELESS; break;
        case 'd': out->escapes_macros = true; break;
        case ' ': break;
        default: return refuse(prepare, at, 1, "@rsub knows the flags i and d");
        }
    }
    return true;
}

static void keep_parts(sl_prepare *prepare, substitution *out) {
    sl_macro *const parts = SL_NEW_ARRAY(prepare->arena, sl_macro, out->pattern->count);
    for (size_t i = 0; i < out->pattern->count; i++) {
        parts[i] = (sl_macro){.parts = &out->pattern->parts[i], .count = 1, .source = out->pattern->parts[i].text};
    }
    out->pattern_parts = parts;
}

static bool prepare_rsub(sl_prepare *prepare, sl_slice argument, sl_operand *operand) {
    if (argument.len < 4 || argument.ptr[0] != 's') return refuse(prepare, 0, argument.len, "@rsub needs s/regex/replacement/");
    const uint8_t delimiter = argument.ptr[1];
    const size_t middle = find_end(argument, 2, delimiter);
    const size_t end = middle == SIZE_MAX ? SIZE_MAX : find_end(argument, middle + 1, delimiter);
    if (end == SIZE_MAX || middle == 2) return refuse(prepare, 0, argument.len, "@rsub needs s/regex/replacement/");
    substitution *const prepared = SL_NEW(prepare->arena, substitution);
    if (!read_flags(prepare, argument, end + 1, prepared)) return false;
    const sl_slice pattern = sl_slice_of(argument.ptr + 2, middle - 2);
    const sl_slice replacement =
        drop_escapes(prepare->arena, sl_slice_of(argument.ptr + middle + 1, end - middle - 1), delimiter);
    if (sl_ruleset_rx_multiline(prepare->rules)) prepared->regex_flags |= SL_REGEX_LINES;
    prepared->always_matches = sl_ruleset_rsub_always_matches(prepare->rules);
    cut_replacement(prepare, sl_phrase_decode(prepare->arena, replacement), middle + 1, prepared);
    prepared->pattern = prepare->macro(prepare->context, pattern, 2);
    operand->prepared = prepared;
    if (!prepared->pattern->is_literal) {
        keep_parts(prepare, prepared);
        return true;
    }
    prepared->regex = sl_prepare_regex(prepare, pattern, prepared->regex_flags, 2, "SECLUA_E_OPERATOR_PARAM");
    return prepared->regex != NULL;
}

/* ---- request side ---- */

static void add_quoted(sl_strbuf *pattern, sl_slice text) {
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t c = text.ptr[i];
        if (!sl_ascii_is_alnum(c) && c != '_' && c < 0x80) sl_strbuf_add_byte(pattern, '\\');
        sl_strbuf_add_byte(pattern, c);
    }
}

static const sl_regex *regex_of(const sl_call *call, const substitution *prepared) {
    if (prepared->regex != NULL) return prepared->regex;
    sl_slice pattern;
    if (prepared->escapes_macros) {
        sl_strbuf quoted;
        sl_strbuf_init(&quoted, call->arena, 64);
        for (size_t i = 0; i < prepared->pattern->count; i++) {
            if (prepared->pattern->parts[i].variable == NULL) {
                sl_strbuf_add(&quoted, prepared->pattern->parts[i].text);
            } else {
                add_quoted(&quoted, sl_txn_expand(call->txn, &prepared->pattern_parts[i]));
            }
        }
        pattern = sl_strbuf_slice(&quoted);
    } else {
        pattern = sl_txn_expand(call->txn, prepared->pattern);
    }
    return sl_scratch_compile(call->scratch, pattern, prepared->regex_flags, NULL);
}

static void add_replacement(sl_strbuf *out, const sl_call *call, const substitution *prepared, sl_slice value,
                            const sl_groups *groups) {
    for (size_t i = 0; i < prepared->piece_count; i++) {
        const piece *const each = &prepared->pieces[i];
        if (each->group < 0) {
            sl_strbuf_add(out, sl_txn_expand(call->txn, each->text));
        } else if ((uint32_t)each->group < groups->count && groups->at[each->group].is_set) {
            const size_t start = groups->at[each->group].start;
            sl_strbuf_add(out, sl_slice_of(value.ptr + start, groups->at[each->group].end - start));
        }
    }
}

/* Every occurrence, each looked for behind the one before. */
static sl_answer substitute(const sl_call *call, const substitution *prepared, const sl_regex *regex, sl_slice value,
                            sl_strbuf *out, size_t *count) {
    size_t copied = 0;
    sl_regex_walk walk = {0};
    sl_groups groups;
    sl_answer answer;
    while ((answer = sl_regex_next(regex, call->scratch, value, &walk, &groups)) == SL_YES) {
        sl_strbuf_add(out, sl_slice_of(value.ptr + copied, groups.at[0].start - copied));
        add_replacement(out, call, prepared, value, &groups);
        if (out->len > value.len + growth_max) return SL_ERROR;
        (*count)++;
        copied = groups.at[0].end;
    }
    if (answer != SL_NO) return answer;
    sl_strbuf_add(out, sl_slice_from(value, copied));
    return SL_YES;
}

static sl_answer rsub(const sl_call *call, const sl_operand *operand, sl_slice value, sl_match *match) {
    (void)match;
    const substitution *const prepared = operand->prepared;
    if (call->txn == NULL || call->rule == NULL) return SL_ERROR;
    const sl_regex *const regex = regex_of(call, prepared);
    if (regex == NULL) return SL_ERROR;
    sl_strbuf out;
    sl_strbuf_init(&out, call->arena, value.len + 64);
    size_t count = 0;
    const sl_answer answer = substitute(call, prepared, regex, value, &out, &count);
    if (answer != SL_YES) return answer;
    if (count != 0) sl_txn_rewrite(call->txn, call->rule, sl_strbuf_slice(&out));
    return count != 0 || prepared->always_matches ? SL_YES : SL_NO;
}

const sl_operator sl_operators_rsub[] = {
    {"rsub", "Rsub", SL_ARGUMENT_REWRITE, prepare_rsub, rsub, NULL,
     "the regular expression occurs in the body; each occurrence is replaced: s/regex/replacement/flags", SL_ASK_AGAIN},
    {0},
};
