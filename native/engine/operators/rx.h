/* SPDX-License-Identifier: Apache-2.0 */
/* Regular expressions: compiled once, searched often, with bounds on every search. regex.c has it all.
 *
 * PCRE2 over bytes, not UTF: a value is what the client sent. Only the texts of JSON are checked for it. Besides @rx, selectors,
 * SecAuditLogRelevantStatus and the scripts' m.rx come here. An sl_regex is immutable and may be shared by
 * threads; an sl_scratch belongs to one thread. */
#ifndef SL_RX_H
#define SL_RX_H

#include "operators/operator.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sl_ruleset;
struct sl_starts;

typedef struct sl_regex sl_regex;
typedef struct sl_scratch sl_scratch;

enum {
    SL_REGEX_LINES = 1,    /* ^ and $ match at lines (v3); else $ only at the very end (v2) */
    SL_REGEX_CASELESS = 2, /* ASCII */
    SL_REGEX_JSON = 4,     /* of a JSON schema: JavaScript's dialect over code points; the text must be well-formed UTF-8 */
};

typedef struct sl_regex_error {
    size_t offset; /* into the pattern */
    char message[160];
} sl_regex_error;

/* The dot matches every byte, but for SL_REGEX_JSON. NULL: error, unless it is NULL, says why. */
sl_regex *sl_regex_compile(sl_slice pattern, unsigned flags, sl_regex_error *error);
/* The same; starts: where its matches may begin (prefilter/starts.h), which outlives it, or NULL. */
sl_regex *sl_regex_compile_with(sl_slice pattern, unsigned flags, const struct sl_starts *starts, sl_regex_error *error);
/* Takes void so that sl_prepare_own can have it. NULL is fine. */
void sl_regex_free(void *regex);
/* With which every match begins at the start of the text, in either case; 0 = no claim. */
uint8_t sl_regex_first_byte(const sl_regex *regex);
/* Highest group number of the pattern. */
uint32_t sl_regex_group_count(const sl_regex *regex);

/* Compiles the argument of an operator or selector, offset bytes into the argument at hand; the rule set owns
 * the result. NULL: an error with that code was reported. */
const sl_regex *sl_prepare_regex(sl_prepare *prepare, sl_slice pattern, unsigned flags, size_t offset,
                                 const char *code);

/* ---- request side ---- */

/* With the limits of the rule set. NULL: no memory. */
sl_scratch *sl_scratch_new(const struct sl_ruleset *rules);
void sl_scratch_free(sl_scratch *scratch);

enum { sl_groups_max = 32 };

/* A match: group 0 is the whole. A group that took no part has is_set false. Further groups of the pattern
 * are left out. */
typedef struct sl_groups {
    uint32_t count; /* 1 + highest group of the pattern, at most sl_groups_max */
    struct {
        size_t start, end;
        bool is_set;
    } at[sl_groups_max];
} sl_groups;

enum {
    SL_SEARCH_NOT_EMPTY = 1,    /* an empty match does not count */
    SL_SEARCH_NOT_EMPTY_HERE = 2, /* only a match at start counts, and not an empty one */
};

/* Searches from start on; what stands before is seen by look-behind. groups may be NULL. SL_LIMIT: gave
 * up. */
sl_answer sl_regex_match(const sl_regex *regex, sl_scratch *scratch, sl_slice text, size_t start,
                         unsigned options, sl_groups *groups);
/* Match after match: begin with {0}. The next one is looked for behind the one before, and where that was empty not again
 * in the same place. */
typedef struct sl_regex_walk {
    size_t at;
    bool was_empty;
} sl_regex_walk;
sl_answer sl_regex_next(const sl_regex *regex, sl_scratch *scratch, sl_slice text, sl_regex_walk *walk,
                        sl_groups *groups);
/* Does it occur? A search that gave up or failed says no. */
bool sl_regex_search(sl_scratch *scratch, const sl_regex *regex, sl_slice text);

/* A pattern that is known at run time only, from the thread's bounded cache; valid until the next call that
 * compiles. NULL: error, unless it is NULL, says why. */
const sl_regex *sl_scratch_compile(sl_scratch *scratch, sl_slice pattern, unsigned flags,
                                   sl_regex_error *error);
/* The same for a selector between slashes. */
const sl_regex *sl_scratch_regex(sl_scratch *scratch, sl_slice selector);
/* SL_REGEX_LINES if the rule set has its @rx see lines, else 0. */
unsigned sl_scratch_rx_flags(const sl_scratch *scratch);

#ifdef __cplusplus
}
#endif
#endif
