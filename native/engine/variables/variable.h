/* SPDX-License-Identifier: Apache-2.0 */
/* What a variable is: a name, when it is final, and how its values are made (spec 02). */
#ifndef SL_VARIABLE_H
#define SL_VARIABLE_H

#include "run/txn.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum sl_variable_kind {
    SL_SCALAR = 0,
    SL_COLLECTION /* members; may be selected */
} sl_variable_kind;

/* Scalars whose value is final from first_phase on are made once and kept in txn->scalars; 0 = asked each time. */
typedef enum sl_slot {
    SL_SLOT_NONE = 0,
    SL_SLOT_REQUEST_URI,
    SL_SLOT_REQUEST_FILENAME,
    SL_SLOT_REQUEST_BASENAME,
    SL_SLOT_REQUEST_URI_RAW,
    SL_SLOT_REQUEST_LINE,
    SL_SLOT_REQUEST_METHOD,
    SL_SLOT_REQUEST_PROTOCOL,
    SL_SLOT_QUERY_STRING,
    SL_SLOT_REQUEST_BODY,
    SL_SLOT_FULL_REQUEST,
    SL_SLOT_REMOTE_ADDR,
    SL_SLOT_REMOTE_USER,
    SL_SLOT_SERVER_NAME,
    SL_SLOT_RESPONSE_BODY,
    SL_SLOT_RESPONSE_CONTENT_TYPE,
    SL_SLOT_XML_ALL, /* XML:/ * of spec 02, section 7 */
    SL_SLOTS
} sl_slot;

/* What of a member a view shows as its value. */
typedef enum sl_view { SL_VIEW_VALUE = 0, SL_VIEW_NAME } sl_view;

typedef struct sl_variable {
    const char *name;    /* canonical, upper case */
    uint8_t kind;        /* sl_variable_kind */
    uint8_t first_phase; /* first phase whose rules see the final value (0 = any) */
    uint8_t slot;        /* sl_slot; scalars */
    uint8_t view;        /* sl_view; collections */
    uint8_t origins;     /* SL_ORIGIN_* of ARGS views; 0 = all members */
    bool is_case_sensitive; /* selectors */
    /* Scalars: the value; false = unset. May return a slice of the transaction or of its arena. */
    bool (*scalar)(sl_txn *txn, sl_slice *value);
    /* Collections: the list to iterate; NULL = no members. */
    const sl_members *(*members)(sl_txn *txn);
    /* Collections that are more than a list: what target selects, appended to values. NULL = generic over members. */
    void (*expand)(sl_txn *txn, const struct sl_variable *self, const sl_target *target, sl_values *values);
    /* Collections with expand: the first value of a key, without a list; NULL = by expand. */
    sl_text *(*find)(sl_txn *txn, sl_slice key, uint32_t key_hash);
    const char *canonical; /* not NULL: an alias of this name, shown under its own */
    bool is_inert;       /* accepted, never set: the compiler warns */
    bool is_stream;      /* @rsub may rewrite it */
    bool has_macro_keys; /* TX and persistent collections: macros in selectors */
    bool is_volatile;    /* a list that rules may change while a phase runs */
    const char *manual;
} sl_variable;

/* In no table: REQUEST_BODY as an operator sees it that judges bodies, of JSON requests as well. */
extern const sl_variable sl_variable_judged_body;
/* By name, ASCII case ignored; NULL when unknown. */
const sl_variable *sl_variable_find(sl_slice name);
/* The same among the collections of a rule set's own, too. rules may be NULL. */
const sl_variable *sl_variable_of(const sl_ruleset *rules, sl_slice name);
/* A row for the rule set's own collection of that number; name as rules show it, upper case. */
const sl_variable *sl_variable_own(sl_arena *arena, const char *name, size_t index);
const sl_variable *sl_variable_at(size_t index);
size_t sl_variable_count(void);

/* Appends the values that target selects to values (a snapshot; texts are shared). Exclusions are not applied. */
void sl_variable_expand(sl_txn *txn, const sl_target *target, sl_values *values);
/* Of a member: its value, or its name for ARGS_NAMES and the like. */
sl_text *sl_variable_shown(const sl_variable *variable, const sl_member *member);
/* First value, for macros and m.getvar: key empty and has_key false = first member. NULL = unset. */
sl_text *sl_variable_first(sl_txn *txn, const sl_variable *variable, bool has_key, sl_slice key, uint32_t key_hash);
/* "ARGS:a", "&ARGS", "REQUEST_URI", "XML:/…": in the arena. */
sl_slice sl_value_name(sl_txn *txn, const sl_value *value);
/* A target made at run time from "NAME", "NAME:key", "NAME.key", "NAME:/regex/". False: unknown name, or selector on a scalar.
 * XPath and regex are compiled for this transaction only. Used by Lua and the API. */
bool sl_variable_parse(sl_txn *txn, sl_slice text, sl_target *target);

#ifdef __cplusplus
}
#endif
#endif
