/* SPDX-License-Identifier: Apache-2.0 */
/* Values of a transaction after each step of a pipeline.
 *
 * A text remembers the result of every pipeline that was applied to it, and of every single transformation, until the
 * transaction ends: whatever the number of rules, a (text, transformation) pair is computed once. A transformation that
 * changes nothing yields the text it was given, so equal pointers mean equal text. Nothing here knows rules or operators. */
#include "run/values.h"

#include "base/check.h"
#include "run/host.h"

struct sl_step {
    struct sl_step *next;
    const sl_transformation *transformation;
    sl_text *result;
};

static sl_value *append(sl_txn *txn, sl_values *values) {
    if (values->count == values->capacity) {
        const size_t capacity = values->capacity == 0 ? 32 : values->capacity * 2;
        sl_value *items = sl_arena_alloc(&txn->arena, capacity * sizeof *items);
        if (values->count != 0) memcpy(items, values->items, values->count * sizeof *items);
        values->items = items;
        values->capacity = capacity;
    }
    sl_value *value = &values->items[values->count++];
    memset(value, 0, sizeof *value);
    return value;
}

void sl_values_add(sl_txn *txn, sl_values *values, const struct sl_variable *variable, sl_slice key, sl_text *text) {
    sl_value *value = append(txn, values);
    value->variable = variable;
    value->key = key;
    value->has_key = true;
    value->text = text;
}

void sl_values_add_seen(sl_txn *txn, sl_values *values, const struct sl_variable *variable, sl_slice key, sl_text *text, sl_text *seen) {
    sl_values_add(txn, values, variable, key, text);
    values->items[values->count - 1].seen = seen;
}

void sl_values_add_named(sl_txn *txn, sl_values *values, const struct sl_variable *variable, sl_slice name,
                         sl_text *text) {
    sl_values_add(txn, values, variable, name, text);
    values->items[values->count - 1].has_own_name = true;
}

void sl_values_add_scalar(sl_txn *txn, sl_values *values, const struct sl_variable *variable, sl_text *text) {
    sl_value *value = append(txn, values);
    value->variable = variable;
    value->text = text;
}

void sl_values_add_count(sl_txn *txn, sl_values *values, const sl_target *target, sl_text *text) {
    sl_value *value = append(txn, values);
    value->variable = target->variable;
    value->target = target;
    value->is_count = true;
    value->text = text;
}

/* The plain twin of memory and quick test: what the acceleration option compares with. */
static sl_text *transform_plainly(sl_txn *txn, sl_text *text, const sl_transformation *transformation) {
    if (transformation->own != NULL) { /* of this transaction, whoever keeps the text it comes from */
        const sl_slice own = sl_own_transform(txn, transformation->own, text->slice);
        return sl_slice_same(own, text->slice) ? text : sl_text_new(&txn->arena, own);
    }
    sl_arena *arena = sl_text_arena(txn, text);
    const sl_slice result = transformation->apply(arena, txn->rules->unicode_map, text->slice);
    if (sl_slice_same(result, text->slice)) return text;
    sl_text *made = sl_text_new(arena, result);
    made->known = text->known;
    return made;
}

sl_text *sl_values_transform(sl_txn *txn, sl_text *text, const sl_transformation *transformation) {
    if (txn->rules->options.no_acceleration || transformation->own != NULL) return transform_plainly(txn, text, transformation);
    if (transformation->changes != NULL && !transformation->changes(text->slice)) return text;
    for (struct sl_step *step = text->steps; step != NULL; step = step->next) {
        if (step->transformation == transformation) return step->result;
    }
    struct sl_step *step = sl_arena_alloc(sl_text_arena(txn, text), sizeof *step);
    step->transformation = transformation;
    step->result = transform_plainly(txn, text, transformation);
    if (step->result != text && sl_transformation_is_case_only(transformation)) {
        step->result->twin = text;
        step->result->classes = sl_transformation_classes(transformation, text->classes);
    }
    step->next = text->steps;
    text->steps = step;
    return step->result;
}

sl_text *sl_values_step(sl_txn *txn, sl_text *text, const sl_pipeline *pipeline, size_t i) {
    if (txn->rules->options.no_acceleration || pipeline->steps[i]->own != NULL) {
        return transform_plainly(txn, text, pipeline->steps[i]);
    }
    if (sl_text_is_passed_over(text, pipeline->step_bits[i], pipeline->steps[i]->triggers)) return text;
    sl_text *result = sl_values_transform(txn, text, pipeline->steps[i]);
    if (result == text) text->unchanged_by |= pipeline->step_bits[i];
    return result;
}

/* The plain twin of apply, and the way through pipelines with steps of the rule set's own. */
static sl_text *apply_plainly(sl_txn *txn, sl_text *text, const sl_pipeline *pipeline) {
    for (size_t i = 0; i < pipeline->step_count && !txn->transformation_failed; i++) {
        text = sl_values_step(txn, text, pipeline, i);
    }
    return text;
}

/* Of a pipeline without steps of the rule set's own, one of which the text triggers. What the pipeline without its last step
 * makes is asked for in the same way, so that pipelines that begin alike share it. */
static sl_text *apply(sl_txn *txn, sl_text *text, const sl_pipeline *pipeline) {
    if (text->by_pipeline == NULL) {
        text->by_pipeline = sl_arena_zalloc(sl_text_arena(txn, text), txn->rules->pipeline_count * sizeof *text->by_pipeline);
    }
    sl_text **known = &text->by_pipeline[pipeline->index];
    if (*known != NULL) return *known;
    const sl_pipeline *parent = txn->rules->pipelines[pipeline->parent];
    sl_text *result = (text->classes & parent->triggers) == 0 ? text : apply(txn, text, parent);
    result = sl_values_step(txn, result, pipeline, pipeline->step_count - 1u);
    return *known = result; /* now: a step may run out of memory, and the text may outlive it */
}

sl_text *sl_values_apply_steps(sl_txn *txn, sl_text *text, const sl_pipeline *pipeline) {
    if (pipeline->step_count == 0) return text;
    if (txn->rules->options.no_acceleration || pipeline->has_own) return apply_plainly(txn, text, pipeline);
    return apply(txn, text, pipeline);
}

void sl_text_refuse(sl_txn *txn, sl_text *text, const sl_rule *link) {
    if (link->question < 0 || (text->known == NULL && !link->is_question_shared)) return;
    if (text->refused == NULL) {
        text->refused = SL_NEW_ARRAY(sl_text_arena(txn, text), uint64_t, (txn->rules->question_count + 63) / 64);
    }
    text->refused[link->question / 64] |= UINT64_C(1) << (link->question % 64);
}
