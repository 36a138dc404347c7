/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's only door to PCRE2: compiling, searching, and the scratch that a thread searches with.
 *
 * Nothing here knows rules or operators; rx.c has @rx. A search takes no memory of the request: match data,
 * JIT stack and cache belong to the thread, and their sizes are bounded. */
#ifndef PCRE2_CODE_UNIT_WIDTH
#define PCRE2_CODE_UNIT_WIDTH 8
#endif
#include <pcre2.h>
#include <stdlib.h>

#include "base/hash.h"
#include "operators/host.h"
#include "operators/rx.h"
#include "prefilter/starts.h"

enum {
    default_match_limit = 100000,
    default_depth_limit = 10000,
    heap_limit_kib = 20 * 1024,
    jit_stack_start_bytes = 32 * 1024,
    jit_stack_max_bytes = 1024 * 1024,
    cache_slots = 64,
    /* Of patterns made at run time, part of which a client may have written. */
    run_time_pattern_max_bytes = 8 * 1024,
    run_time_compiled_max_bytes = 256 * 1024,
};

/* Patterns that are decided without a search; the search is their twin (test/native/operator_models_test.c). */
typedef enum shape {
    SHAPE_OTHER = 0,
    SHAPE_ALL,    /* ^.*$ and the like: the whole text */
    SHAPE_BYTE,   /* . */
    SHAPE_PREFIX, /* ^ and letters, digits, _ and -; either case of letters with SL_REGEX_CASELESS */
} shape;

struct sl_regex {
    pcre2_code *code;
    uint32_t group_count;
    bool is_fast; /* the JIT compiler took it */
    uint8_t shape;
    uint32_t length_min;
    bool folds;   /* SHAPE_PREFIX */
    const struct sl_starts *starts; /* the places to search at; NULL: all of them */
    sl_slice prefix; /* stands behind the regex */
};

typedef struct cached {
    sl_regex *regex; /* NULL: free slot, unless the pattern is known to be bad */
    uint8_t *pattern; /* malloc'd; NULL: free slot */
    size_t pattern_len;
    uint32_t hash;
    unsigned flags;
    uint64_t last_use;
    bool is_fast; /* the JIT compiler has seen it */
    sl_regex_error error;
} cached;

struct sl_scratch {
    pcre2_match_context *limits;
    pcre2_jit_stack *jit_stack;
    pcre2_match_data *answer_only; /* one pair: enough to say yes */
    pcre2_match_data *groups;
    pcre2_compile_context *run_time; /* bounds for patterns made at run time */
    unsigned rx_flags;
    uint64_t clock; /* of cache uses */
    cached cache[cache_slots];
};

/* ---- compiling ---- */

static uint32_t compile_options(unsigned flags) {
    if ((flags & SL_REGEX_JSON) != 0) {
        return PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_BSUX | PCRE2_ALLOW_EMPTY_CLASS | PCRE2_MATCH_UNSET_BACKREF |
               PCRE2_NEVER_BACKSLASH_C;
    }
    uint32_t options = PCRE2_DOTALL | PCRE2_NEVER_UTF | PCRE2_NEVER_UCP;
    options |= (flags & SL_REGEX_LINES) != 0 ? PCRE2_MULTILINE : PCRE2_DOLLAR_ENDONLY;
    if ((flags & SL_REGEX_CASELESS) != 0) options |= PCRE2_CASELESS;
    return options;
}

static bool is_plain(uint8_t byte) {
    return sl_ascii_is_digit(byte) || (sl_ascii_lower(byte) >= 'a' && sl_ascii_lower(byte) <= 'z') || byte == '_' || byte == '-';
}

/* "^text" at the front of a pattern without alternatives: what each text that matches begins with. */
static sl_slice prefix_of(sl_slice pattern, unsigned flags) {
    if ((flags & SL_REGEX_LINES) != 0 || pattern.len == 0 || pattern.ptr[0] != '^') return SL_EMPTY;
    if (sl_slice_find_byte(pattern, '|') != SIZE_MAX) return SL_EMPTY;
    size_t end = 1;
    while (end < pattern.len && is_plain(pattern.ptr[end])) end++;
    const bool may_be_optional = end < pattern.len && strchr("?*{", pattern.ptr[end]) != NULL;
    if (may_be_optional && end > 1) end--; /* the last one is repeated, or not there */
    return sl_slice_of(pattern.ptr + 1, end - 1);
}

static shape shape_of(sl_slice pattern, unsigned flags) {
    if ((flags & SL_REGEX_JSON) != 0) return SHAPE_OTHER;
    static const char *const whole[] = {"^.*$", "^.*", ".*$", ".*", "^(?s).*$"};
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        if (sl_slice_equal(pattern, sl_slice_z(whole[i]))) return SHAPE_ALL;
    }
    if (sl_slice_equal(pattern, SL_LIT("."))) return SHAPE_BYTE;
    return pattern.len > 1 && prefix_of(pattern, flags).len == pattern.len - 1 ? SHAPE_PREFIX : SHAPE_OTHER;
}

/* Where there is no JIT compiler, or it declines a pattern, the interpreter gives the same answers. */
static void make_fast(sl_regex *regex) {
    (void)pcre2_jit_compile(regex->code, PCRE2_JIT_COMPLETE);
    size_t size = 0;
    regex->is_fast = pcre2_pattern_info(regex->code, PCRE2_INFO_JITSIZE, &size) == 0 && size != 0;
}

static sl_regex *compile(sl_slice pattern, unsigned flags, const sl_starts *starts, pcre2_compile_context *bounds,
                         sl_regex_error *error) {
    int code = 0;
    PCRE2_SIZE offset = 0;
    const uint32_t options = compile_options(flags) | (starts == NULL ? 0 : PCRE2_USE_OFFSET_LIMIT);
    pcre2_code *const compiled = pcre2_compile(pattern.ptr, pattern.len, options, &code, &offset, bounds);
    sl_regex *const regex = compiled == NULL ? NULL : calloc(1, sizeof *regex + pattern.len);
    if (regex == NULL) {
        pcre2_code_free(compiled);
        error->offset = compiled == NULL ? offset : 0;
        if (compiled != NULL) code = PCRE2_ERROR_NOMEMORY;
        (void)pcre2_get_error_message(code, (PCRE2_UCHAR *)error->message, sizeof error->message);
        return NULL;
    }
    regex->code = compiled;
    regex->starts = starts;
    regex->shape = (uint8_t)shape_of(pattern, flags);
    const sl_slice prefix = prefix_of(pattern, flags);
    if (prefix.len != 0) {
        uint8_t *const kept = (uint8_t *)(regex + 1);
        memcpy(kept, prefix.ptr, prefix.len);
        regex->prefix = sl_slice_of(kept, prefix.len);
        regex->folds = (flags & SL_REGEX_CASELESS) != 0;
    }
    (void)pcre2_pattern_info(compiled, PCRE2_INFO_MINLENGTH, &regex->length_min);
    (void)pcre2_pattern_info(compiled, PCRE2_INFO_CAPTURECOUNT, &regex->group_count);
    return regex;
}

sl_regex *sl_regex_compile(sl_slice pattern, unsigned flags, sl_regex_error *error) {
    return sl_regex_compile_with(pattern, flags, NULL, error);
}

sl_regex *sl_regex_compile_with(sl_slice pattern, unsigned flags, const sl_starts *starts, sl_regex_error *error) {
    sl_regex_error unread;
    sl_regex *const regex = compile(pattern, flags, starts, NULL, error == NULL ? &unread : error);
    if (regex != NULL) make_fast(regex);
    return regex;
}

void sl_regex_free(void *regex) {
    if (regex == NULL) return;
    pcre2_code_free(((sl_regex *)regex)->code);
    free(regex);
}

uint8_t sl_regex_first_byte(const sl_regex *regex) { return regex->prefix.len == 0 ? 0 : regex->prefix.ptr[0]; }

uint32_t sl_regex_group_count(const sl_regex *regex) { return regex->group_count; }

const sl_regex *sl_prepare_regex(sl_prepare *prepare, sl_slice pattern, unsigned flags, size_t offset,
                                 const char *code) {
    sl_regex_error error;
    const bool has_starts = prepare->starts != NULL && (flags & SL_REGEX_JSON) == 0;
    const sl_starts *const starts = has_starts ? prepare->starts(prepare->context, pattern, (flags & SL_REGEX_LINES) != 0) : NULL;
    sl_regex *const regex = sl_regex_compile_with(pattern, flags, starts, &error);
    if (regex == NULL) {
        const size_t at = error.offset < pattern.len ? error.offset : pattern.len;
        sl_prepare_report(prepare, code, NULL, offset + at, pattern.len - at,
                          "the regular expression cannot be compiled: %s at byte %zu", error.message,
                          error.offset);
        return NULL;
    }
    sl_prepare_own(prepare, regex, sl_regex_free);
    return regex;
}

/* ---- a thread's scratch ---- */

sl_scratch *sl_scratch_new(const struct sl_ruleset *rules) {
    sl_scratch *const scratch = calloc(1, sizeof *scratch);
    if (scratch == NULL) return NULL;
    scratch->limits = pcre2_match_context_create(NULL);
    scratch->jit_stack = pcre2_jit_stack_create(jit_stack_start_bytes, jit_stack_max_bytes, NULL);
    scratch->answer_only = pcre2_match_data_create(1, NULL);
    scratch->groups = pcre2_match_data_create(sl_groups_max, NULL);
    scratch->run_time = pcre2_compile_context_create(NULL);
    if (scratch->limits == NULL || scratch->answer_only == NULL || scratch->groups == NULL ||
        scratch->run_time == NULL) {
        sl_scratch_free(scratch);
        return NULL;
    }
    const uint32_t match_limit = sl_ruleset_pcre_match_limit(rules);
    const uint32_t depth_limit = sl_ruleset_pcre_depth_limit(rules);
    (void)pcre2_set_match_limit(scratch->limits, match_limit == 0 ? default_match_limit : match_limit);
    (void)pcre2_set_depth_limit(scratch->limits, depth_limit == 0 ? default_depth_limit : depth_limit);
    (void)pcre2_set_heap_limit(scratch->limits, heap_limit_kib);
    if (scratch->jit_stack != NULL) pcre2_jit_stack_assign(scratch->limits, NULL, scratch->jit_stack);
    (void)pcre2_set_max_pattern_length(scratch->run_time, run_time_pattern_max_bytes);
    (void)pcre2_set_max_pattern_compiled_length(scratch->run_time, run_time_compiled_max_bytes);
    scratch->rx_flags = sl_ruleset_rx_multiline(rules) ? SL_REGEX_LINES : 0;
    return scratch;
}

static void empty_slot(cached *slot) {
    sl_regex_free(slot->regex);
    free(slot->pattern);
    memset(slot, 0, sizeof *slot);
}

void sl_scratch_free(sl_scratch *scratch) {
    if (scratch == NULL) return;
    for (size_t i = 0; i < cache_slots; i++) empty_slot(&scratch->cache[i]);
    pcre2_match_data_free(scratch->answer_only);
    pcre2_match_data_free(scratch->groups);
    pcre2_match_context_free(scratch->limits);
    pcre2_compile_context_free(scratch->run_time);
    pcre2_jit_stack_free(scratch->jit_stack);
    free(scratch);
}

unsigned sl_scratch_rx_flags(const sl_scratch *scratch) { return scratch->rx_flags; }

/* ---- searching ---- */

static uint32_t match_options(unsigned options) {
    uint32_t bits = 0;
    if ((options & SL_SEARCH_NOT_EMPTY) != 0) bits |= PCRE2_NOTEMPTY;
    if ((options & SL_SEARCH_NOT_EMPTY_HERE) != 0) bits |= PCRE2_NOTEMPTY_ATSTART | PCRE2_ANCHORED;
    return bits;
}

static sl_answer answer_of(int code) {
    if (code >= 0) return SL_YES; /* 0: more groups than there is room for */
    switch (code) {
        case PCRE2_ERROR_NOMATCH:
            return SL_NO;
        case PCRE2_ERROR_MATCHLIMIT:
        case PCRE2_ERROR_DEPTHLIMIT:
        case PCRE2_ERROR_HEAPLIMIT:
        case PCRE2_ERROR_JIT_STACKLIMIT:
            return SL_LIMIT;
        default:
            return SL_ERROR;
    }
}

static void read_groups(const sl_regex *regex, pcre2_match_data *data, sl_groups *groups) {
    const PCRE2_SIZE *const pairs = pcre2_get_ovector_pointer(data);
    const uint32_t count = regex->group_count + 1;
    groups->count = count < sl_groups_max ? count : sl_groups_max;
    for (uint32_t i = 0; i < groups->count; i++) {
        groups->at[i].is_set = pairs[2 * i] != PCRE2_UNSET;
        groups->at[i].start = pairs[2 * i];
        groups->at[i].end = pairs[2 * i + 1];
        /* \K within a look-ahead can put the start behind the end; PCRE2 refuses such patterns unless told
         * otherwise. */
        if (groups->at[i].is_set && pairs[2 * i] > pairs[2 * i + 1]) groups->at[i].start = groups->at[i].end;
    }
}

static sl_answer first_bytes(sl_groups *groups, size_t length) {
    if (groups == NULL) return SL_YES;
    groups->count = 1;
    groups->at[0].start = 0;
    groups->at[0].end = length;
    groups->at[0].is_set = true;
    return SL_YES;
}

static bool has_prefix(const sl_regex *regex, sl_slice text) {
    if (text.len < regex->prefix.len) return false;
    if (((text.ptr[0] ^ regex->prefix.ptr[0]) & ~('a' ^ 'A')) != 0) return false; /* most end here; else both cases may */
    return regex->folds ? sl_slice_starts_fold(text, regex->prefix) : sl_slice_starts(text, regex->prefix);
}

static sl_answer match_shape(const sl_regex *regex, sl_slice text, sl_groups *groups) {
    switch (regex->shape) {
        case SHAPE_ALL: return first_bytes(groups, text.len);
        case SHAPE_BYTE: return text.len == 0 ? SL_NO : first_bytes(groups, 1);
        default: return has_prefix(regex, text) ? first_bytes(groups, regex->prefix.len) : SL_NO;
    }
}

/* Without a search: too short, or it begins with something else. */
static bool is_ruled_out(const sl_regex *regex, sl_slice text) {
    return text.len < regex->length_min || (regex->prefix.len != 0 && !has_prefix(regex, text));
}

/* The JIT's door takes no NULL. */
static inline const uint8_t *subject_of(sl_slice text) { return text.len == 0 ? (const uint8_t *)"" : text.ptr; }

/* As far as the JIT compiler's stack goes. */
static int try_from(const sl_regex *regex, sl_scratch *scratch, sl_slice text, size_t start, uint32_t bits, pcre2_match_data *data) {
    /* The JIT's door does not look at PCRE2_ANCHORED, and says nothing of it. */
    const bool is_fast = regex->is_fast && (bits & PCRE2_ANCHORED) == 0;
    return is_fast ? pcre2_jit_match(regex->code, subject_of(text), text.len, start, bits, data, scratch->limits)
                   : pcre2_match(regex->code, subject_of(text), text.len, start, bits, data, scratch->limits);
}

static int match_from(const sl_regex *regex, sl_scratch *scratch, sl_slice text, size_t start, uint32_t bits, pcre2_match_data *data) {
    const int code = try_from(regex, scratch, text, start, bits, data);
    if (code != PCRE2_ERROR_JIT_STACKLIMIT) return code;
    return pcre2_match(regex->code, subject_of(text), text.len, start, bits | PCRE2_NO_JIT, data, scratch->limits);
}

/* One after the other, each a search that may begin there only. So what PCRE2 itself would see of a place it sees here, too,
 * and comes no nearer to a limit; still, it is the whole search that says of a limit. */
static int match_at_starts(const sl_regex *regex, sl_scratch *scratch, sl_slice text, size_t start, uint32_t bits, pcre2_match_data *data) {
    if (!sl_starts_suffice(regex->starts, text, start)) return PCRE2_ERROR_NOMATCH;
    int code = PCRE2_ERROR_NOMATCH;
    size_t from = start;
    if (start == 0 && regex->starts->tries_first) {
        (void)pcre2_set_offset_limit(scratch->limits, 0);
        code = try_from(regex, scratch, text, 0, bits, data);
        from = 1;
    }
    while (code == PCRE2_ERROR_NOMATCH) {
        const size_t at = sl_starts_next(regex->starts, text, from);
        if (at >= text.len) break;
        (void)pcre2_set_offset_limit(scratch->limits, at);
        code = try_from(regex, scratch, text, at, bits, data);
        from = at + 1;
    }
    (void)pcre2_set_offset_limit(scratch->limits, PCRE2_UNSET);
    const bool has_answer = code >= 0 || code == PCRE2_ERROR_NOMATCH;
    return has_answer ? code : match_from(regex, scratch, text, start, bits, data);
}

sl_answer sl_regex_match(const sl_regex *regex, sl_scratch *scratch, sl_slice text, size_t start,
                         unsigned options, sl_groups *groups) {
    if (regex->shape != SHAPE_OTHER && start == 0 && options == 0) return match_shape(regex, text, groups);
    if (start == 0 && options == 0 && is_ruled_out(regex, text)) return SL_NO;
    pcre2_match_data *const data = groups == NULL ? scratch->answer_only : scratch->groups;
    const uint32_t bits = match_options(options);
    const bool tries_starts = regex->starts != NULL && (bits & PCRE2_ANCHORED) == 0;
    const sl_answer answer = answer_of((tries_starts ? match_at_starts : match_from)(regex, scratch, text, start, bits, data));
    if (answer == SL_YES && groups != NULL) read_groups(regex, data, groups);
    return answer;
}

/* Over a byte that began no match; CR LF counts as one. */
static size_t after_byte(sl_slice value, size_t at) {
    const bool is_line_end = at + 1 < value.len && value.ptr[at] == '\r' && value.ptr[at + 1] == '\n';
    return at + (is_line_end ? 2 : 1);
}

sl_answer sl_regex_next(const sl_regex *regex, sl_scratch *scratch, sl_slice text, sl_regex_walk *walk,
                        sl_groups *groups) {
    while (walk->at <= text.len) {
        const unsigned options = walk->was_empty ? SL_SEARCH_NOT_EMPTY_HERE : 0;
        const sl_answer answer = sl_regex_match(regex, scratch, text, walk->at, options, groups);
        if (answer == SL_YES) {
            walk->was_empty = groups->at[0].start == groups->at[0].end;
            walk->at = groups->at[0].end;
            return SL_YES;
        }
        if (answer != SL_NO || !walk->was_empty) return answer;
        walk->at = after_byte(text, walk->at);
        walk->was_empty = false;
    }
    return SL_NO;
}

bool sl_regex_search(sl_scratch *scratch, const sl_regex *regex, sl_slice text) {
    return sl_regex_match(regex, scratch, text, 0, 0, NULL) == SL_YES;
}

/* ---- patterns known at run time ---- */

static cached *find_cached(sl_scratch *scratch, sl_slice pattern, unsigned flags, uint32_t hash) {
    for (size_t i = 0; i < cache_slots; i++) {
        cached *const slot = &scratch->cache[i];
        if (slot->pattern == NULL || slot->hash != hash || slot->flags != flags) continue;
        if (sl_slice_equal(sl_slice_of(slot->pattern, slot->pattern_len), pattern)) return slot;
    }
    return NULL;
}

static cached *least_recent(sl_scratch *scratch) {
    cached *oldest = &scratch->cache[0];
    for (size_t i = 1; i < cache_slots; i++) {
        if (scratch->cache[i].last_use < oldest->last_use) oldest = &scratch->cache[i];
    }
    return oldest;
}

/* Bad patterns are kept, too: to find out again that one is bad costs as much as compiling it. */
static cached *add_cached(sl_scratch *scratch, sl_slice pattern, unsigned flags, uint32_t hash) {
    cached *const slot = least_recent(scratch);
    empty_slot(slot);
    slot->pattern = malloc(pattern.len + 1);
    if (slot->pattern == NULL) return NULL;
    if (pattern.len > 0) memcpy(slot->pattern, pattern.ptr, pattern.len);
    slot->pattern_len = pattern.len;
    slot->hash = hash;
    slot->flags = flags;
    slot->regex = compile(pattern, flags, NULL, scratch->run_time, &slot->error);
    return slot;
}

static void set_error(sl_regex_error *error, size_t offset, const char *message) {
    if (error == NULL) return;
    error->offset = offset;
    memset(error->message, 0, sizeof error->message);
    strncpy(error->message, message, sizeof error->message - 1);
}

const sl_regex *sl_scratch_compile(sl_scratch *scratch, sl_slice pattern, unsigned flags,
                                   sl_regex_error *error) {
    if (pattern.len > run_time_pattern_max_bytes) {
        set_error(error, 0, "pattern string is longer than the limit set by the application");
        return NULL;
    }
    const uint32_t hash = sl_hash_fold(pattern);
    cached *slot = find_cached(scratch, pattern, flags, hash);
    const bool is_known = slot != NULL;
    if (!is_known) slot = add_cached(scratch, pattern, flags, hash);
    if (slot == NULL) {
        set_error(error, 0, "no memory");
        return NULL;
    }
    slot->last_use = ++scratch->clock;
    if (slot->regex == NULL) {
        set_error(error, slot->error.offset, slot->error.message);
        return NULL;
    }
    /* The JIT compiler takes longer than most searches: it is worth it for a pattern that comes back. */
    if (is_known && !slot->is_fast) {
        make_fast(slot->regex);
        slot->is_fast = true;
    }
    return slot->regex;
}

const sl_regex *sl_scratch_regex(sl_scratch *scratch, sl_slice selector) {
    return sl_scratch_compile(scratch, selector, SL_REGEX_CASELESS, NULL);
}
