/* SPDX-License-Identifier: Apache-2.0 */
/* Lua scripts: compiled once per rule set, run natively inside a transaction (spec 09). */
#ifndef SL_SCRIPT_H
#define SL_SCRIPT_H

#include "ruleset/prepare.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sl_txn;
struct sl_rule;
struct sl_lua;

/* An immutable bytecode image, shared by all rules that name the same content and by all threads. */
typedef struct sl_script sl_script;

/* Reads and compiles the file that a directive names. Reports E_SCRIPT (place: the script's own file and
 * line) and warnings of 9.1; NULL after an error. Images of equal content are shared within the rule set. */
const sl_script *sl_script_load(sl_prepare *prepare, sl_slice name);
/* Is this the name of a script? Anything else that a rule is to run is a program. */
bool sl_script_is_named(sl_slice name);
sl_slice sl_script_name(const sl_script *script);

typedef enum sl_run_kind { SL_RUN_RULE = 0, SL_RUN_EXEC, SL_RUN_INSPECT, SL_RUN_TRANSFORM } sl_run_kind;

/* The longest text that a transformation may make of another. */
static inline size_t sl_transformed_bytes_max(sl_slice value) { return value.len + 1024 * 1024; }

/* What m.match adds to the alert of the rule; in the transaction's arena. */
typedef struct sl_script_match {
    sl_slice text;
    sl_slice variable, value; /* for MATCHED_VAR_NAME and MATCHED_VAR */
    sl_slice data;            /* in place of the rule's logdata */
    bool has_variable, has_data;
    int8_t severity; /* -1 = the rule's own */
    const sl_slice *tags; /* beside the rule's own */
    size_t tag_count;
} sl_script_match;

typedef struct sl_run_result {
    bool matched;
    bool failed;     /* error or limit; already logged */
    sl_slice text;   /* match text, in the transaction's arena */
    const sl_script_match *match; /* main returned a result of m.match; NULL = plain text */
} sl_run_result;

/* argument: only for SL_RUN_INSPECT and SL_RUN_TRANSFORM, exactly one string. A transformation has to return a text, and fails whatever
 * lua.onError says; what that means is its rule's. Never raises, never leaves anything behind in the
 * thread's state. */
void sl_script_run(struct sl_txn *txn, const struct sl_rule *rule, const sl_script *script, sl_run_kind kind,
                   const seclua_slice *argument, sl_run_result *result);

/* End of the thread's Lua state. */
void sl_lua_free(struct sl_lua *lua);

#ifdef __cplusplus
}
#endif
#endif
