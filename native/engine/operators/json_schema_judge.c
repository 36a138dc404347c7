/* SPDX-License-Identifier: Apache-2.0 */
/* A document against a compiled JSON schema.
 *
 * The document is a client's, so each thing that it can make large has a bound: steps are counted, and there are so
 * many of them for each of its values; nesting is counted, whatever the schema does; patterns have the limits of @rx.
 * When one of these bounds is reached there is no answer (SL_LIMIT), whatever was found until then.
 *
 * Of an object with two members of one name each is held against the schema: which of them the application takes is not
 * known. */
#include "operators/json_schema.h"

enum {
    steps_free = 1000000,
    steps_per_node = 64,
    steps_per_search = 32,
    bytes_per_step = 16, /* of a text that is searched or compared */
    nesting_max = 2048,  /* calls of holds() within each other */
};

typedef struct judge {
    sl_arena *arena;
    sl_scratch *scratch;
    uint64_t steps;
    unsigned nesting;
    bool has_given_up;
} judge;

static bool give_up(judge *self) {
    self->has_given_up = true;
    self->steps = 0;
    return false;
}

/* False: it is over. */
static bool spend(judge *self, uint64_t steps) {
    if (steps > self->steps) return give_up(self);
    self->steps -= steps;
    return true;
}

static bool holds(judge *self, const sl_json_schema *schema, const sl_json_node *node, uint64_t *marks);

static bool matches(judge *self, const sl_regex *pattern, sl_slice text) {
    if (!spend(self, steps_per_search + text.len / bytes_per_step)) return false;
    const sl_answer answer = sl_regex_match(pattern, self->scratch, text, 0, 0, NULL);
    return answer == SL_LIMIT || answer == SL_ERROR ? give_up(self) : answer == SL_YES;
}

/* ---- which members were looked at (unevaluated…) ---- */

static size_t mark_words(const sl_json_node *node) {
    return (node->count + 63) / 64;
}
static bool is_marked(const uint64_t *marks, size_t i) {
    return (marks[i / 64] >> (i % 64) & 1) != 0;
}

static void mark(uint64_t *marks, size_t i) {
    if (marks != NULL) marks[i / 64] |= UINT64_C(1) << (i % 64);
}

static void mark_from(uint64_t *marks, const sl_json_node *node, size_t first) {
    for (size_t i = first; marks != NULL && i < node->count; i++) mark(marks, i);
}

/* As holds, but what a schema that does not hold has looked at does not count. */
static bool holds_apart(judge *self, const sl_json_schema *schema, const sl_json_node *node, uint64_t *marks) {
    const size_t words = mark_words(node);
    if (marks == NULL || words == 0) return holds(self, schema, node, NULL);
    if (!spend(self, words)) return false;
    const sl_arena_mark before = sl_arena_save(self->arena);
    uint64_t *const own = SL_NEW_ARRAY(self->arena, uint64_t, words);
    const bool is_held = holds(self, schema, node, own);
    for (size_t i = 0; is_held && i < words; i++) marks[i] |= own[i];
    sl_arena_rollback(self->arena, before);
    return is_held;
}

/* ---- scalars ---- */

static uint8_t type_of(const sl_json_node *node) {
    switch (node->kind) {
        case SL_JSON_NULL:
            return SL_JSON_IS_NULL;
        case SL_JSON_FALSE:
        case SL_JSON_TRUE:
            return SL_JSON_IS_BOOLEAN;
        case SL_JSON_STRING:
            return SL_JSON_IS_STRING;
        case SL_JSON_ARRAY:
            return SL_JSON_IS_ARRAY;
        case SL_JSON_OBJECT:
            return SL_JSON_IS_OBJECT;
        default: {
            const sl_decimal number = sl_decimal_read(node->text);
            return sl_decimal_is_integer(&number) ? SL_JSON_IS_INTEGER : SL_JSON_IS_NUMBER;
        }
    }
}

/* Steps that comparing it with another value may cost. */
static uint64_t comparing(const sl_json_node *node) {
    return 1 + node->weight / bytes_per_step;
}

static bool is_choice(judge *self, const sl_json_schema *schema, const sl_json_node *node) {
    size_t low = 0, high = schema->choice_count;
    while (low < high) {
        if (!spend(self, comparing(node))) return false;
        const size_t middle = low + (high - low) / 2;
        const int order = sl_json_compare(schema->choices[middle].value, node);
        if (order == 0) return true;
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

static bool number_holds(const sl_json_schema *schema, const sl_json_node *node) {
    const sl_decimal number = sl_decimal_read(node->text);
    if (schema->at_least.is_set && sl_decimal_compare(&number, &schema->at_least.number) < 0) return false;
    if (schema->at_most.is_set && sl_decimal_compare(&number, &schema->at_most.number) > 0) return false;
    if (schema->more_than.is_set && sl_decimal_compare(&number, &schema->more_than.number) <= 0) return false;
    if (schema->less_than.is_set && sl_decimal_compare(&number, &schema->less_than.number) >= 0) return false;
    return schema->divisor_digits == 0 ||
           sl_decimal_is_multiple(&number, schema->divisor_digits, schema->divisor_exponent);
}

static bool is_within(const sl_json_sizes *sizes, uint64_t size) {
    return size >= sizes->min && size <= sizes->max;
}

static uint64_t code_points(sl_slice text) {
    uint64_t count = 0;
    for (size_t i = 0; i < text.len; i++) count += (text.ptr[i] & 0xC0) != 0x80;
    return count;
}

static bool string_holds(judge *self, const sl_json_schema *schema, const sl_json_node *node) {
    if (!is_within(&schema->length, code_points(node->text))) return false;
    return schema->pattern == NULL || matches(self, schema->pattern, node->text);
}

/* ---- arrays ---- */

static bool has_unique_items(judge *self, const sl_json_node *node) {
    if (node->count < 2) return true;
    unsigned rounds = 1; /* of the sort: each looks at everything once */
    while (node->count >> rounds != 0) rounds++;
    if (!spend(self, rounds * comparing(node))) return false;
    const sl_arena_mark before = sl_arena_save(self->arena);
    sl_json_member *const sorted = sl_arena_alloc(self->arena, node->count * sizeof *sorted);
    memcpy(sorted, node->members, node->count * sizeof *sorted);
    sl_json_sort(self->arena, sorted, node->count, false);
    bool is_unique = true;
    for (size_t i = 1; i < node->count && is_unique; i++) {
        is_unique = sl_json_compare(sorted[i - 1].value, sorted[i].value) != 0;
    }
    sl_arena_rollback(self->arena, before);
    return is_unique;
}

static bool contains_holds(judge *self, const sl_json_schema *schema, const sl_json_node *node, uint64_t *marks) {
    uint64_t found = 0;
    for (size_t i = 0; i < node->count; i++) {
        if (!holds(self, schema->contains, node->members[i].value, NULL)) continue;
        found++;
        mark(marks, i);
    }
    return is_within(&schema->contains_count, found);
}

static bool array_holds(judge *self, const sl_json_schema *schema, const sl_json_node *node, uint64_t *marks) {
    if (!is_within(&schema->items_count, node->count)) return false;
    if (schema->has_unique_items && !has_unique_items(self, node)) return false;
    const size_t prefix = schema->prefix.count < node->count ? schema->prefix.count : node->count;
    for (size_t i = 0; i < prefix; i++) {
        if (!holds(self, schema->prefix.items[i], node->members[i].value, NULL)) return false;
        mark(marks, i);
    }
    for (size_t i = prefix; schema->items != NULL && i < node->count; i++) {
        if (!holds(self, schema->items, node->members[i].value, NULL)) return false;
    }
    if (schema->items != NULL) mark_from(marks, node, prefix);
    return schema->contains == NULL || contains_holds(self, schema, node, marks);
}

/* ---- objects ---- */

static const sl_json_schema *property(const sl_json_table *table, sl_slice key) {
    size_t low = 0, high = table->count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const int order = sl_json_compare_texts(table->items[middle].key, key);
        if (order == 0) return table->items[middle].schema;
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

static bool member_holds(judge *self, const sl_json_schema *schema, const sl_json_node *node, size_t i,
                         uint64_t *marks) {
    const sl_json_member *const member = &node->members[i];
    const sl_json_schema *const named = property(&schema->properties, member->key);
    bool is_known = named != NULL;
    if (named != NULL && !holds(self, named, member->value, NULL)) return false;
    for (size_t p = 0; p < schema->patterns.count; p++) {
        const sl_json_keyed *const pattern = &schema->patterns.items[p];
        if (!matches(self, pattern->pattern, member->key)) continue;
        is_known = true;
        if (!holds(self, pattern->schema, member->value, NULL)) return false;
    }
    if (!is_known && schema->additional != NULL) {
        if (!holds(self, schema->additional, member->value, NULL)) return false;
        is_known = true;
    }
    if (is_known) mark(marks, i);
    if (schema->property_names == NULL) return true;
    const sl_json_node name = {.kind = SL_JSON_STRING, .text = member->key};
    return holds(self, schema->property_names, &name, NULL);
}

static bool has_names(judge *self, const sl_json_node *node, const sl_slice *names, size_t count) {
    if (!spend(self, count)) return false;
    for (size_t i = 0; i < count; i++) {
        if (sl_json_find(node, names[i]) == NULL) return false;
    }
    return true;
}

static bool dependent_holds(judge *self, const sl_json_keyed *item, const sl_json_node *node, uint64_t *marks) {
    if (!spend(self, 1)) return false;
    if (sl_json_find(node, item->key) == NULL) return true;
    return item->schema == NULL ? has_names(self, node, item->names, item->name_count)
                                : holds(self, item->schema, node, marks);
}

static bool object_holds(judge *self, const sl_json_schema *schema, const sl_json_node *node, uint64_t *marks) {
    if (!is_within(&schema->properties_count, node->count)) return false;
    if (!has_names(self, node, schema->required, schema->required_count)) return false;
    for (size_t i = 0; i < node->count; i++) {
        if (!spend(self, 1) || !member_holds(self, schema, node, i, marks)) return false;
    }
    for (size_t i = 0; i < schema->dependent.count; i++) {
        if (!dependent_holds(self, &schema->dependent.items[i], node, marks)) return false;
    }
    return true;
}

/* ---- subschemas for the same value ---- */

static bool choice_holds(judge *self, const sl_json_list *list, bool only_one, const sl_json_node *node,
                         uint64_t *marks) {
    size_t held = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (!holds_apart(self, list->items[i], node, marks)) continue;
        held++;
        if (only_one && held > 1) return false;
        if (!only_one && marks == NULL) return true; /* else what the others look at counts, too */
    }
    return held != 0;
}

static bool condition_holds(judge *self, const sl_json_schema *schema, const sl_json_node *node, uint64_t *marks) {
    const bool is_met = holds_apart(self, schema->condition, node, marks);
    const sl_json_schema *const then = is_met ? schema->consequence : schema->alternative;
    return then == NULL || holds(self, then, node, marks);
}

static bool combinations_hold(judge *self, const sl_json_schema *schema, const sl_json_node *node, uint64_t *marks) {
    if (schema->reference != NULL && !holds(self, schema->reference, node, marks)) return false;
    for (size_t i = 0; i < schema->all_of.count; i++) {
        if (!holds(self, schema->all_of.items[i], node, marks)) return false;
    }
    if (schema->any_of.count != 0 && !choice_holds(self, &schema->any_of, false, node, marks)) return false;
    if (schema->one_of.count != 0 && !choice_holds(self, &schema->one_of, true, node, marks)) return false;
    if (schema->refused != NULL && holds(self, schema->refused, node, NULL)) return false;
    return schema->condition == NULL || condition_holds(self, schema, node, marks);
}

static bool rest_holds(judge *self, const sl_json_schema *rest, const sl_json_node *node, uint64_t *marks) {
    for (size_t i = 0; i < node->count; i++) {
        if (is_marked(marks, i)) continue;
        if (!holds(self, rest, node->members[i].value, NULL)) return false;
        mark(marks, i);
    }
    return true;
}

static bool keywords_hold(judge *self, const sl_json_schema *schema, const sl_json_node *node, uint64_t *marks) {
    if (schema->is_false) return false;
    if (schema->types != 0 && (schema->types & type_of(node)) == 0) return false;
    if (schema->constant != NULL && (!spend(self, comparing(node)) || sl_json_compare(schema->constant, node) != 0))
        return false;
    if (schema->has_choices && !is_choice(self, schema, node)) return false;
    switch (node->kind) {
        case SL_JSON_NUMBER:
            if (!number_holds(schema, node)) return false;
            break;
        case SL_JSON_STRING:
            if (!string_holds(self, schema, node)) return false;
            break;
        case SL_JSON_ARRAY:
            if (!array_holds(self, schema, node, marks)) return false;
            break;
        case SL_JSON_OBJECT:
            if (!object_holds(self, schema, node, marks)) return false;
            break;
        default:
            break;
    }
    return combinations_hold(self, schema, node, marks);
}

/* marks, unless it is NULL, gets a bit for each member of node that a keyword looked at. */
static bool holds_all(judge *self, const sl_json_schema *schema, const sl_json_node *node, uint64_t *marks) {
    const sl_json_schema *const rest = node->kind == SL_JSON_ARRAY    ? schema->unevaluated_items
                                       : node->kind == SL_JSON_OBJECT ? schema->unevaluated_properties
                                                                      : NULL;
    const size_t words = mark_words(node);
    if (rest == NULL || words == 0) return keywords_hold(self, schema, node, marks);
    if (!spend(self, words)) return false;
    const sl_arena_mark before = sl_arena_save(self->arena);
    uint64_t *const own = SL_NEW_ARRAY(self->arena, uint64_t, words);
    const bool is_held = keywords_hold(self, schema, node, own) && rest_holds(self, rest, node, own);
    for (size_t i = 0; is_held && marks != NULL && i < words; i++) marks[i] |= own[i];
    sl_arena_rollback(self->arena, before);
    return is_held;
}

static bool holds(judge *self, const sl_json_schema *schema, const sl_json_node *node, uint64_t *marks) {
    if (!spend(self, 1 + node->text.len / bytes_per_step)) return false;
    if (self->nesting == nesting_max) return give_up(self);
    self->nesting++;
    const bool is_held = holds_all(self, schema, node, marks);
    self->nesting--;
    return is_held && !self->has_given_up;
}

sl_answer sl_json_schema_judge(const sl_json_schema *schema, sl_arena *arena, sl_scratch *scratch,
                               const sl_json_document *document) {
    judge self = {.arena = arena, .scratch = scratch};
    self.steps = steps_free + (uint64_t)document->node_count * steps_per_node;
    const bool is_held = holds(&self, schema, document->root, NULL);
    if (self.has_given_up) return SL_LIMIT;
    return is_held ? SL_YES : SL_NO;
}
