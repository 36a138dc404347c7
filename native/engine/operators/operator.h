/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator is: prepare once (load side), match often (request side).
 *
 * prepare reads the argument, reports what is wrong with it through sl_prepare, and leaves in the operand whatever match
 * needs. match answers and never composes a message. An operand that holds a macro has prepared == NULL: the evaluator
 * expands the text into a copy of the operand for each evaluation, and match works from operand->text alone (only rows that
 * say SL_ARGUMENT_MACRO meet this). What each operator does is spec 04. */
#ifndef SL_OPERATOR_H
#define SL_OPERATOR_H

#include "base/arena.h"
#include "ruleset/prepare.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sl_txn;
struct sl_rule;
struct sl_macro;
struct sl_text;

typedef enum sl_answer {
    SL_NO = 0,
    SL_YES,
    SL_LIMIT, /* gave up at a match limit: no match, flags MSC_PCRE_LIMITS_EXCEEDED */
    SL_ERROR, /* could not answer: no match, never turned into one by negation */
    SL_WAIT   /* asked for something outside (operators/host.h) and is to be called again with the answer */
} sl_answer;

enum { sl_captures_max = 10, sl_ranges_max = 32 };

typedef struct sl_range {
    uint32_t offset, length; /* bytes in the value that was tested */
} sl_range;

/* Filled by match on SL_YES. The evaluator zeroes capture_count, range_count and text before each call. */
typedef struct sl_match {
    bool want_captures;   /* the rule has capture: fill captures; else the operator may leave them out */
    uint8_t capture_count;
    sl_slice captures[sl_captures_max]; /* for TX:0‥9; slices of the value, of the operand or of the arena */
    uint8_t range_count;
    sl_range ranges[sl_ranges_max]; /* for [ref "o…"]; fill only with want_ranges */
    bool want_ranges;
    sl_slice text; /* what to say in the log instead of the standard text; usually empty. On SL_ERROR: why */
} sl_match;

/* Literal texts of which a value must contain at least one in order to match, or NULL: "always evaluate". */
typedef struct sl_necessary {
    const sl_slice *literals;
    size_t count;
    bool fold; /* compare ASCII case folded */
} sl_necessary;

typedef struct sl_operand {
    sl_slice text;                /* the argument, expanded when it has macros */
    const struct sl_macro *macro; /* not NULL: text is made at run time */
    const void *prepared;         /* the operator's own, immutable; NULL when macro is set */
    int64_t number;               /* of the numeric operators */
    const sl_necessary *necessary;
    bool judges_body;             /* the target REQUEST_BODY is the body of a JSON request, too */
    uint64_t necessary_classes; /* SL_CLASS_*: a value that matches holds a byte of one of these kinds; 0 = no claim */
} sl_operand;

/* What match may use besides its operand and the value. */
typedef struct sl_call {
    struct sl_txn *txn;         /* never NULL on a request; unit tests of pure operators pass NULL */
    const struct sl_rule *rule; /* the link under evaluation, for messages; may be NULL */
    sl_arena *arena;            /* results that must outlive the call */
    struct sl_scratch *scratch; /* this thread's regex scratch (operators/rx.h) */
    const struct seclua_answer *given; /* to what it said SL_WAIT for; NULL on the first call */
    bool can_wait;              /* SL_WAIT is possible */
} sl_call;

typedef enum sl_argument_kind {
    SL_ARGUMENT_NONE,     /* ignored with a warning when given */
    SL_ARGUMENT_OPTIONAL, /* literal text, may be empty without a word */
    SL_ARGUMENT_TEXT,     /* literal text; empty is an error */
    SL_ARGUMENT_REWRITE,  /* text whose macros are the operator's own business; the rule looks at STREAM variables only */
    SL_ARGUMENT_MACRO     /* text with macros, expanded for each evaluation; empty warns and means the empty text */
} sl_argument_kind;

/* For whom an answer that was a "no" is good again, with the same value: such a "no" leaves nothing behind. */
typedef enum sl_repeats {
    SL_ASK_AGAIN = 0,        /* nobody: it may be another one next time */
    SL_SAME_FOR_THE_RULE,    /* the argument names what was read at load, and may name something else elsewhere */
    SL_SAME_FOR_THE_ARGUMENT /* whoever has the same argument */
} sl_repeats;

typedef struct sl_operator {
    const char *name;      /* SecLang name, without @ */
    const char *log_name;  /* "Rx" in v3's log lines */
    uint8_t argument;      /* sl_argument_kind */
    bool (*prepare)(sl_prepare *prepare, sl_slice argument, sl_operand *operand); /* false: an error was reported */
    sl_answer (*match)(const sl_call *call, const sl_operand *operand, sl_slice value, sl_match *match);
    /* Leaves operand->necessary or necessary_classes; called after prepare when there is no macro; NULL = always evaluate. */
    void (*necessary)(sl_prepare *prepare, sl_operand *operand);
    const char *manual;
    uint8_t repeats; /* sl_repeats */
} sl_operator;

/* By name, ASCII case ignored, without @, aliases included; NULL when unknown. */
const sl_operator *sl_operator_find(sl_slice name);
const sl_operator *sl_operator_at(size_t index);

#ifdef __cplusplus
}
#endif
#endif
