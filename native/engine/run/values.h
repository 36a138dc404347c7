/* SPDX-License-Identifier: Apache-2.0 */
/* The values a rule looks at, and what pipelines make of them. */
#ifndef SL_VALUES_H
#define SL_VALUES_H

#include "base/classes.h"
#include "run/txn.h"
#include "run/value_cache.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Its kinds of bytes; looked at once. */
static inline uint64_t sl_values_classes(sl_text *text) {
    if (text->classes == 0) text->classes = sl_classes_of(text->slice);
    return text->classes;
}

sl_text *sl_values_apply_steps(sl_txn *txn, sl_text *text, const sl_pipeline *pipeline);

/* The text after a pipeline; memoised. */
static inline sl_text *sl_values_apply(sl_txn *txn, sl_text *text, const sl_pipeline *pipeline) {
    if ((sl_values_classes(text) & pipeline->triggers) == 0) return text;
    return sl_values_apply_steps(txn, text, pipeline);
}

/* What a step of the pipeline makes of what the steps before it made. */
sl_text *sl_values_step(sl_txn *txn, sl_text *text, const sl_pipeline *pipeline, size_t step);

/* Is it known, without a look at the text, that a step with this bit and these triggers leaves it as it is? */
static inline bool sl_text_is_passed_over(sl_text *text, uint64_t step_bit, uint64_t triggers) {
    return (text->unchanged_by & step_bit) != 0 || (sl_values_classes(text) & triggers) == 0;
}

/* Where what hangs on this text is allocated. */
static inline sl_arena *sl_text_arena(sl_txn *txn, const sl_text *text) {
    return text->known == NULL ? &txn->arena : sl_value_cache_arena(text->known);
}

/* Is it known that links with this question do not match the text? */
static inline bool sl_text_is_refused(const sl_text *text, int32_t question) {
    return question >= 0 && text->refused != NULL && (text->refused[question / 64] >> (question % 64) & 1) != 0;
}
void sl_text_refuse(sl_txn *txn, sl_text *text, const sl_rule *link);

void sl_values_add(sl_txn *txn, sl_values *values, const struct sl_variable *variable, sl_slice key, sl_text *text);
/* seen: as in sl_value. */
void sl_values_add_seen(sl_txn *txn, sl_values *values, const struct sl_variable *variable, sl_slice key, sl_text *text, sl_text *seen);
/* The key is the whole display name: MATCHED_VARS keeps the names under which values matched. */
void sl_values_add_named(sl_txn *txn, sl_values *values, const struct sl_variable *variable, sl_slice name, sl_text *text);
void sl_values_add_scalar(sl_txn *txn, sl_values *values, const struct sl_variable *variable, sl_text *text);
void sl_values_add_count(sl_txn *txn, sl_values *values, const sl_target *target, sl_text *text);

/* Does a selector (of an exclusion) take in this member name? Variables are not compared. */
bool sl_target_selects_key(sl_txn *txn, const sl_target *target, sl_slice key);
/* The generic expansion over a given list, for rows with an expand function of their own. */
void sl_variable_expand_members(sl_txn *txn, const sl_target *target, const sl_members *members, sl_values *values);
/* An XPath compiled for this transaction only; NULL: error says why. */
const struct sl_xpath *sl_txn_xpath(sl_txn *txn, sl_slice expression, char *error, size_t error_size);
void sl_txn_xpaths_free(sl_txn *txn);

#ifdef __cplusplus
}
#endif
#endif
