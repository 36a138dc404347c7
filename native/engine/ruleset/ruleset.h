/* SPDX-License-Identifier: Apache-2.0 */
/* Layout of the frozen image: what the compiler leaves behind and every request reads.
 *
 * Everything hangs off one arena and never changes after freezing; threads share it. Names are rows, numbers are integers,
 * jumps are indexes: the request side has nothing left to look up. */
#ifndef SL_RULESET_H
#define SL_RULESET_H

#include "operators/operator.h"
#include "ruleset/config.h"
#include "transformations/transformation.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sl_variable;
struct sl_action_row;
struct sl_script;
struct sl_regex;
struct sl_xpath;

enum { SL_PHASES = 6 }; /* 0 = connection, 1‥5 as in SecLang */

/* ---- macros ---- */

typedef struct sl_macro_part {
    const struct sl_variable *variable; /* NULL: literal */
    sl_slice text;                      /* literal text, or the key of a collection member; empty = first member */
    uint32_t key_hash;
    bool has_key;
} sl_macro_part;

typedef struct sl_macro {
    const sl_macro_part *parts;
    size_t count;
    sl_slice source;  /* as written */
    bool is_literal;  /* no variable in it: source is the value */
    bool per_value;   /* mentions TX, MATCHED_* or RULE: may change from one value of a rule to the next */
} sl_macro;

/* ---- targets ---- */

typedef enum sl_selector_kind {
    SL_SELECT_ALL = 0, /* the scalar, or every member */
    SL_SELECT_KEY,
    SL_SELECT_REGEX,
    SL_SELECT_MACRO,   /* TX and persistent collections: key made at run time */
    SL_SELECT_XPATH
} sl_selector_kind;

typedef struct sl_target {
    const struct sl_variable *variable;
    uint8_t selector; /* sl_selector_kind */
    bool is_count;    /* & */
    bool view_has_all; /* the view holds each text that the operator will see, so its filters decide */
    uint8_t first_byte; /* with which names that the regex selects begin, in either case; 0 = no claim */
    int32_t view;     /* index among sl_ruleset.views; -1: none */
    sl_slice key;     /* as written, without slashes and quotes */
    const struct sl_regex *regex;
    const sl_macro *macro;
    const struct sl_xpath *xpath;
    uint32_t key_hash;
    sl_slice written; /* "ARGS:foo", "&TX:/^a/": for logs and explain */
} sl_target;

/* ---- pipelines ---- */

/* A distinct list of transformations; parent is the list without its last step (0 = empty list), so that lists form a trie. */
typedef struct sl_pipeline {
    uint16_t index; /* into sl_ruleset.pipelines; 0 is the empty list */
    uint16_t parent;
    uint16_t step_count;
    bool has_own; /* some step is the rule set's own: no short-cut may look through it */
    uint32_t triggers; /* union over the steps: a text without these kinds of bytes passes unchanged; all where no short-cut may be taken */
    const sl_transformation *const *steps;
    const uint64_t *step_bits; /* by step: the transformation's own bit among those of the rule set; 0 past the 64th */
} sl_pipeline;

/* ---- actions ---- */

typedef struct sl_action {
    const struct sl_action_row *row;
    const void *prepared; /* the row's own */
} sl_action;

typedef enum sl_disruptive {
    SL_ACT_PASS = 0,
    SL_ACT_DENY,
    SL_ACT_DROP,
    SL_ACT_REDIRECT,
    SL_ACT_PROXY,
    SL_ACT_ALLOW,
    SL_ACT_ALLOW_PHASE,
    SL_ACT_ALLOW_REQUEST,
    SL_ACT_PAUSE
} sl_disruptive;

/* ---- rules ---- */

typedef enum sl_rule_kind { SL_RULE_OPERATOR = 0, SL_RULE_UNCONDITIONAL, SL_RULE_SCRIPT } sl_rule_kind;

/* What nearly every evaluation reads comes first: two cache lines, and a third one once the operator is asked. */
typedef struct sl_rule {
    uint8_t kind;       /* sl_rule_kind */
    uint8_t phase;
    uint8_t link_index; /* 0 = starter */
    bool is_negated;
    bool has_capture;
    bool is_multi_match;
    bool operand_per_value; /* the macro has to be expanded for each value */
    bool is_question_shared; /* with other links */
    bool reads_captures; /* some macro of the link or of the chain's message reads TX:0‥9 */
    bool log, audit;
    int8_t severity;    /* -1 = none */
    uint8_t disruptive; /* starter only: sl_disruptive; block is resolved */
    bool has_jump;      /* starter only */
    uint16_t status;    /* starter only: 0 = none given */
    uint32_t ordinal;   /* of the starter among all starters: bit of the removal sets */
    int32_t question;   /* number of its operator with its operand and its negation; -1: an answer is good once only */
    const sl_target *targets;
    size_t target_count;
    const struct sl_rule *starter; /* itself for a starter */
    const sl_pipeline *pipeline;
    size_t exclusion_count;

    int32_t filters[3]; /* bits of the candidate index, all needed; the first one -1: none, every value is tried */
    uint32_t jump;      /* starter only: skip, skipAfter: index of the unit of its phase's whole program to go on with */
    sl_classes_pair classes; /* of the filters or of the operand: a value that matches suffices for them */
    uint64_t scanners;  /* bits of those that look for the literals of these filters */
    const struct sl_rule *next;    /* next link of the chain, NULL at its end */
    const sl_operator *op;
    size_t action_count;

    sl_operand operand;
    const sl_action *actions; /* non-disruptive, in written order */
    const sl_target *exclusions; /* whole list, order irrelevant */
    const struct sl_script *script;
    uint64_t id;        /* of the starter, for links, too; 0 = script rule without id */

    /* metadata; of links only where the starter has none */
    const sl_macro *message, *data;
    const sl_macro *const *tags;
    size_t tag_count;
    sl_slice rev, ver;
    uint8_t maturity, accuracy;

    const sl_macro *redirect; /* starter only: also proxy's URL and pause's milliseconds */
    sl_slice jump_label; /* starter only: of skipAfter; empty for skip */

    sl_slice file;
    uint32_t line, last_line;
    sl_slice unparsed; /* the directive as one line */
} sl_rule;

/* ---- the candidate index (run/candidates.c) ---- */

/* What a target selects, through one pipeline. Only of variables that do not change while a phase runs. */
typedef struct sl_target_view {
    const sl_target *target;
    const sl_pipeline *pipeline;
    int32_t raw;         /* the view of the same target before any transformation; itself for that one */
    int32_t parent;      /* the one without the last step; -1: there is no step */
    int32_t scanned;     /* the nearest of itself and those it is made of whose last step does not only change case */
    uint32_t place;      /* among the views of the same target; the raw one is the first */
    uint32_t selection;  /* number of the target among those that have views */
    bool is_whole_list;  /* of a list that only grows */
    sl_classes_pair scan_classes; /* a text that does not suffice for them holds nothing that a link looks for here */
    uint8_t scanner;   /* number of the one for what links look for here, and in what is made of it */
    uint64_t scanners; /* bits of all that look for that */
} sl_target_view;

/* What a starter needs of a view in order to match one of its texts. Hundreds are looked at for each request. */
typedef struct sl_gate {
    sl_classes_pair classes; /* as in sl_rule */
    uint16_t filters[3]; /* as in sl_rule, where there are fewer one of them again; the first one sl_no_filter: none */
    uint8_t unit;        /* of its block */
} sl_gate;

/* What is asked of a single text, besides. */
typedef struct sl_text_gate {
    uint64_t scanners; /* as in sl_rule */
    int32_t question;  /* of the starter, where its operator sees the texts of the view; -1: none */
} sl_text_gate;

typedef struct sl_view_gates {
    uint32_t view;
    uint32_t gate_count;
    const sl_gate *gates;
    const sl_text_gate *text_gates; /* by gate */
    bool is_staged; /* of multiMatch: the texts on the way to the view, too */
} sl_view_gates;

/* All views of one target: nothing selected, and none of them lets anything through. */
typedef struct sl_target_gates {
    uint32_t raw; /* view */
    const sl_view_gates *views;
    size_t view_count;
} sl_target_gates;

/* Up to 64 units in a row. A unit that jumps ends its block, one that is jumped to begins one: a block that is entered is
 * gone through to its end, but for verdicts. */
typedef struct sl_block {
    size_t first, count;
    uint64_t always;     /* units that no view speaks for */
    const sl_target_gates *targets;
    size_t target_count;
    const uint16_t *const *unit_targets; /* by unit, by target of its starter: its place in targets; NULL for those in always */
} sl_block;

/* ---- what is settled at load (compile/fold.cpp) ---- */

/* That a variable of TX has this value, or that there is none of this name. */
typedef struct sl_fact {
    sl_slice key;
    uint32_t key_hash;
    bool is_set;
    sl_slice name, value; /* name: as it was first written */
} sl_fact;

/* A unit of which it is known that it matches, and with what. */
typedef struct sl_certainty {
    bool is_certain;
    sl_slice key, value; /* of the rule's one target; without a target there is nothing to say */
} sl_certainty;

/* Units in a row that match for certain, say nothing in the log and only set variables of TX to what is known: what they
 * leave behind is made at load, and a request takes it over. */
typedef struct sl_batch {
    size_t unit_count;
    uint32_t next; /* unit to go on with */
    seclua_event *const *events; /* by unit; never written to */
    const struct sl_members *presets; /* of TX, each name once; never written to */
    int highest_severity; /* 255 = none */
    bool has_match;       /* some unit looked at a variable */
    sl_slice matched_name, matched_value; /* of the last one that did */
} sl_batch;

/* What a phase runs through: chains folded into their starters, markers gone. */
typedef struct sl_program {
    const sl_rule *const *units;
    size_t count;
    const uint32_t *jumps;    /* by unit: where it goes on after a match */
    const sl_block *blocks;   /* NULL: acceleration is off */
    const uint32_t *block_of; /* by unit */

    /* The same with less to do, as long as its facts hold where the phase begins; NULL: nothing can be settled. */
    const struct sl_program *folded;
    /* Of a folded one; NULL otherwise. */
    const uint32_t *origins;     /* by unit: its place in the whole program */
    const sl_certainty *certain; /* by unit */
    const sl_batch *const *batches; /* by unit: the one that begins here, or NULL */
    const sl_fact *facts;
    size_t fact_count;
} sl_program;

/* ---- run-time exclusions: ctl:ruleRemove*, decided at load as sets of starters ---- */

typedef struct sl_rule_set_bits {
    const uint64_t *words; /* one bit per starter ordinal */
    size_t word_count;
} sl_rule_set_bits;

/* A transformation that the options of the load brought along. */
typedef struct sl_own_transformation {
    sl_transformation row;
    size_t index;                   /* among those of the options */
    const struct sl_script *script; /* NULL: the engine's caller computes it */
} sl_own_transformation;

/* A persistent collection that initcol:NAME opens, beside those of the language. */
enum { sl_own_collections_max = 11 };
typedef struct sl_own_collection {
    sl_slice name; /* lower case, as in the store */
    const struct sl_variable *variable;
} sl_own_collection;

typedef struct sl_ruleset {
    sl_arena arena;
    sl_config config;
    seclua_options options;
    sl_program phases[SL_PHASES];
    const sl_rule *const *starters; /* by ordinal, load order */
    size_t starter_count;
    const sl_pipeline *const *pipelines;
    size_t pipeline_count;
    const struct sl_prefilter *prefilter; /* NULL: no filter, or acceleration is off */
    const sl_target_view *views;
    const uint32_t *selection_views; /* by target that has views: how many */
    size_t selection_count;
    size_t block_targets_max; /* of a block */
    uint32_t question_count;
    struct sl_script *const *scripts; /* distinct ones */
    size_t script_count;
    const sl_unicode_map *unicode_map;      /* NULL = none */
    const struct sl_regex *relevant_status; /* SecAuditLogRelevantStatus */
    const void *geo_database;
    bool can_wait;
    sl_own_collection own_collections[sl_own_collections_max];
    size_t own_collection_count;
    const sl_own_transformation *own_transformations;
    size_t own_transformation_count;
    bool has_persistent; /* some rule opens a persistent collection */
    struct sl_resource *resources;
    struct sl_references *references; /* atomic count */
    seclua_ruleset_info info;
} sl_ruleset;

/* An empty rule set with one reference; NULL when memory runs out. exhausted is called when its arena cannot grow. */
sl_ruleset *sl_ruleset_new(void (*exhausted)(void *context), void *context);
/* release(resource) is called when the rule set ends, newest first. */
void sl_ruleset_own(sl_ruleset *rules, void *resource, void (*release)(void *resource));

#ifdef __cplusplus
}
#endif
#endif
