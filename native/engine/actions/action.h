/* SPDX-License-Identifier: Apache-2.0 */
/* What an action is (spec 06): how its value is read at load, what it leaves in the rule, what it does on a match. */
#ifndef SL_ACTION_H
#define SL_ACTION_H

#include "ruleset/ruleset.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sl_txn;

typedef enum sl_action_class {
    SL_METADATA,
    SL_DISRUPTIVE,
    SL_FLOW,
    SL_NON_DISRUPTIVE,
    SL_RULE_SETTING /* configuration of the rule itself: phase, t, capture, … */
} sl_action_class;

typedef enum sl_action_value { SL_VALUE_NONE, SL_VALUE_OPTIONAL, SL_VALUE_REQUIRED } sl_action_value;

/* Where an action may stand, beside SecRule, SecAction and SecRuleScript starters. */
enum {
    SL_IN_LINK = 1,     /* later rules of a chain */
    SL_IN_DEFAULT = 2,  /* SecDefaultAction */
    SL_IN_UPDATE = 4,   /* SecRuleUpdateActionById */
    SL_WARN_IN_DEFAULT = 8,
    SL_WARN_IN_LINK = 16
};

/* A rule under construction. Action lists are applied in order: SecDefaultAction's, the rule's own, updates; later ones
 * win where only one can stand, so inheritance needs no rules of its own. */
typedef struct sl_draft {
    sl_rule *rule;
    bool is_default; /* the list at hand is SecDefaultAction's */
    bool has_phase, has_chain, is_block, has_disruptive;
    bool has_explicit_noauditlog;
    uint8_t default_disruptive; /* what block means */
    uint16_t default_status;
    const sl_macro *default_redirect;
    uint32_t skip;
    sl_slice skip_after;
    const sl_transformation **steps;
    size_t step_count, step_capacity;
    const sl_macro **tags;
    size_t tag_count, tag_capacity;
    sl_action *actions;
    size_t action_count, action_capacity;
    const char **namespaces; /* xmlns: prefix, URI, …, NULL */
    size_t namespace_count;
} sl_draft;

typedef struct sl_action_row {
    const char *name;
    uint8_t action_class; /* sl_action_class */
    uint8_t value;        /* sl_action_value */
    bool is_many;         /* repeats accumulate; else the last one counts */
    uint8_t places;       /* SL_IN_* */
    bool runs_once;       /* at most once per link and evaluation, on its first match */
    bool is_sanitising;
    /* Load side. value is empty when none was given. False: an error was reported. */
    bool (*prepare)(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared);
    /* Request side; NULL: nothing to do on a match. */
    void (*run)(struct sl_txn *txn, const sl_rule *rule, const void *prepared);
    const char *manual;
} sl_action_row;

/* By name, ASCII case ignored; NULL when unknown. */
const sl_action_row *sl_action_find(sl_slice name);
const sl_action_row *sl_action_at(size_t index);
/* Names of the options of ctl, in the order of its table; NULL past the end. */
const char *sl_ctl_option_at(size_t index);
/* Accepted with a warning, without effect. */
bool sl_ctl_option_is_inert(size_t index);

/* Appends to one of the draft's growing lists. */
void *sl_draft_grow(sl_arena *arena, void *items, size_t count, size_t *capacity, size_t item_size);

extern const sl_action_row sl_actions_metadata[];
extern const sl_action_row sl_actions_disruptive[];
extern const sl_action_row sl_actions_flow[];
extern const sl_action_row sl_actions_setting[];
extern const sl_action_row sl_actions_logging[];
extern const sl_action_row sl_actions_setvar[];
extern const sl_action_row sl_actions_persistent[];
extern const sl_action_row sl_actions_ctl[];
extern const sl_action_row sl_actions_exec[];
extern const sl_action_row sl_actions_sanitise[];
extern const sl_action_row sl_actions_injection[];

#ifdef __cplusplus
}
#endif
#endif
