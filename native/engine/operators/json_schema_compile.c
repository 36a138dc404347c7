/* SPDX-License-Identifier: Apache-2.0 */
/* From the text of a JSON schema to sl_json_schema.
 *
 * A keyword is a row of the table below. Keywords that are in no row are notes for people, as the specification has it.
 * References are settled when all subschemas are known; then a walk makes sure that no value is asked the same question
 * in a circle. */
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include "operators/json_schema.h"

enum { errors_max = 20 };

typedef struct known_schema {
    const sl_json_node *node;
    sl_json_schema *schema;
} known_schema;

typedef struct open_reference {
    sl_json_schema *schema;
    const sl_json_node *to;
} open_reference;

typedef struct compiler {
    sl_prepare *prepare;
    sl_slice argument, path, content;
    const sl_json_node *root;
    sl_slice id;                   /* of the whole, without its fragment */
    bool ignores_beside_reference; /* up to draft 7 */
    const char *id_keyword;
    known_schema *known;
    size_t known_count, known_capacity;
    open_reference *references;
    size_t reference_count, reference_capacity;
    unsigned error_count;
} compiler;

/* ---- errors ---- */

static uint32_t line_of(const compiler *self, size_t at) {
    uint32_t line = 1;
    for (size_t i = 0; i < at && i < self->content.len; i++) line += self->content.ptr[i] == '\n';
    return line;
}

#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
static void
complain(compiler *self, size_t at, const char *hint, const char *format, ...) {
    if (++self->error_count > errors_max) return;
    char reason[256], message[400];
    va_list values;
    va_start(values, format);
    (void)vsnprintf(reason, sizeof reason, format, values);
    va_end(values);
    const uint32_t line = line_of(self, at);
    sl_prepare *const prepare = self->prepare;
    static const char code[] = "SECLUA_E_OPERATOR_PARAM";
    if (prepare->report_file != NULL) {
        (void)snprintf(message, sizeof message, "the JSON schema is wrong: %s", reason);
        prepare->report_file(prepare->context, code, message, hint, self->path, self->content, line);
        return;
    }
    sl_prepare_report(prepare, code, hint, 0, self->argument.len, "the JSON schema %.*s is wrong at line %u: %s",
                      (int)self->argument.len, (const char *)self->argument.ptr, (unsigned)line, reason);
}

static int shown(sl_slice text) {
    return text.len < 80 ? (int)text.len : 80;
}

static void expects(compiler *self, const sl_json_node *value, sl_slice key, const char *what) {
    complain(self, value->at, NULL, "\"%.*s\" wants %s", shown(key), (const char *)key.ptr, what);
}

/* ---- subschemas ---- */

static void *grow(compiler *self, const void *items, size_t count, size_t *capacity, size_t item_size) {
    *capacity = *capacity == 0 ? 32 : *capacity * 2;
    void *const more = sl_arena_alloc(self->prepare->arena, *capacity * item_size);
    if (count != 0) memcpy(more, items, count * item_size);
    return more;
}

static void read_keywords(compiler *self, sl_json_schema *schema, const sl_json_node *node);

static const sl_json_schema *compile_schema(compiler *self, const sl_json_node *node) {
    sl_json_schema *const schema = SL_NEW(self->prepare->arena, sl_json_schema);
    const sl_json_sizes any = {0, UINT64_MAX};
    schema->length = schema->items_count = schema->properties_count = any;
    schema->contains_count = (sl_json_sizes){1, UINT64_MAX};
    if (self->known_count == self->known_capacity) {
        self->known = grow(self, self->known, self->known_count, &self->known_capacity, sizeof *self->known);
    }
    self->known[self->known_count++] = (known_schema){node, schema};
    if (node->kind == SL_JSON_OBJECT) {
        read_keywords(self, schema, node);
    } else if (node->kind == SL_JSON_FALSE) {
        schema->is_false = true;
    } else if (node->kind != SL_JSON_TRUE) {
        complain(self, node->at, NULL, "a schema is an object, true or false");
    }
    return schema;
}

static sl_json_list compile_list(compiler *self, const sl_json_node *value, sl_slice key) {
    sl_json_list list = {NULL, 0};
    if (value->kind != SL_JSON_ARRAY) {
        expects(self, value, key, "a list of schemas");
        return list;
    }
    if (value->count == 0) return list;
    list.items = sl_arena_alloc(self->prepare->arena, value->count * sizeof *list.items);
    for (; list.count < value->count; list.count++)
        list.items[list.count] = compile_schema(self, value->members[list.count].value);
    return list;
}

static bool wants_object(compiler *self, const sl_json_node *value, sl_slice key) {
    if (value->kind == SL_JSON_OBJECT) return true;
    expects(self, value, key, "an object");
    return false;
}

static sl_json_table new_table(compiler *self, size_t count) {
    return (sl_json_table){count == 0 ? NULL : SL_NEW_ARRAY(self->prepare->arena, sl_json_keyed, count), count};
}

static const sl_slice *read_names(compiler *self, const sl_json_node *value, sl_slice key, size_t *count) {
    *count = 0;
    if (value->kind != SL_JSON_ARRAY) {
        expects(self, value, key, "a list of names");
        return NULL;
    }
    sl_slice *const names = SL_NEW_ARRAY(self->prepare->arena, sl_slice, value->count + 1);
    for (size_t i = 0; i < value->count; i++) {
        const sl_json_node *const name = value->members[i].value;
        if (name->kind == SL_JSON_STRING) {
            names[(*count)++] = name->text;
        } else {
            expects(self, name, key, "a list of names");
        }
    }
    return names;
}

static const sl_regex *compile_pattern(compiler *self, sl_slice pattern, size_t at) {
    sl_regex_error error;
    sl_regex *const regex = sl_regex_compile(pattern, SL_REGEX_JSON, &error);
    if (regex == NULL) {
        complain(self, at, NULL, "the pattern %.*s cannot be compiled: %s at byte %zu", shown(pattern),
                 (const char *)pattern.ptr, error.message, error.offset);
        return NULL;
    }
    sl_prepare_own(self->prepare, regex, sl_regex_free);
    return regex;
}

/* ---- keywords ---- */

typedef struct place {
    compiler *self;
    sl_json_schema *schema;
    const sl_json_node *object, *value;
    sl_slice key;
    size_t offset; /* of the keyword's member in the schema */
} place;

#define MEMBER(at, type) ((type *)(void *)((char *)(at)->schema + (at)->offset))

static void read_schema(const place *at) {
    *MEMBER(at, const sl_json_schema *) = compile_schema(at->self, at->value);
}
static void read_list(const place *at) {
    *MEMBER(at, sl_json_list) = compile_list(at->self, at->value, at->key);
}

/* Both need no more than to be known: references lead to them. */
static void read_definitions(const place *at) {
    if (!wants_object(at->self, at->value, at->key)) return;
    for (size_t i = 0; i < at->value->count; i++) (void)compile_schema(at->self, at->value->members[i].value);
}

static uint8_t type_bit(const sl_json_node *name) {
    static const struct {
        const char *name;
        uint8_t bit;
    } types[] = {
        {"null", SL_JSON_IS_NULL},
        {"boolean", SL_JSON_IS_BOOLEAN},
        {"number", SL_JSON_IS_NUMBER | SL_JSON_IS_INTEGER},
        {"integer", SL_JSON_IS_INTEGER},
        {"string", SL_JSON_IS_STRING},
        {"array", SL_JSON_IS_ARRAY},
        {"object", SL_JSON_IS_OBJECT},
    };
    if (name->kind != SL_JSON_STRING) return 0;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (sl_slice_equal(name->text, sl_slice_z(types[i].name))) return types[i].bit;
    }
    return 0;
}

static void add_type(const place *at, const sl_json_node *name) {
    const uint8_t bit = type_bit(name);
    if (bit == 0) expects(at->self, name, at->key, "null, boolean, number, integer, string, array or object");
    at->schema->types |= bit;
}

static void read_type(const place *at) {
    if (at->value->kind != SL_JSON_ARRAY) {
        add_type(at, at->value);
        return;
    }
    if (at->value->count == 0) expects(at->self, at->value, at->key, "a type");
    for (size_t i = 0; i < at->value->count; i++) add_type(at, at->value->members[i].value);
}

static void read_const(const place *at) {
    at->schema->constant = at->value;
}

static void read_enum(const place *at) {
    if (at->value->kind != SL_JSON_ARRAY) {
        expects(at->self, at->value, at->key, "a list of values");
        return;
    }
    sl_arena *const arena = at->self->prepare->arena;
    const size_t count = at->value->count;
    sl_json_member *const choices = SL_NEW_ARRAY(arena, sl_json_member, count + 1);
    if (count != 0) memcpy(choices, at->value->members, count * sizeof *choices);
    sl_json_sort(arena, choices, count, false);
    at->schema->choices = choices;
    at->schema->choice_count = count;
    at->schema->has_choices = true;
}

static void read_bound(const place *at) {
    if (at->value->kind != SL_JSON_NUMBER) {
        expects(at->self, at->value, at->key, "a number");
        return;
    }
    *MEMBER(at, sl_json_bound) = (sl_json_bound){true, sl_decimal_read(at->value->text)};
}

/* Draft 4 has a flag beside the bound. */
static void read_exclusive(const place *at, const char *beside) {
    if (at->value->kind == SL_JSON_NUMBER) {
        read_bound(at);
        return;
    }
    if (at->value->kind == SL_JSON_FALSE) return;
    const sl_json_node *const bound = sl_json_find(at->object, sl_slice_z(beside));
    if (at->value->kind != SL_JSON_TRUE || bound == NULL || bound->kind != SL_JSON_NUMBER) {
        expects(at->self, at->value, at->key, "a number");
        return;
    }
    *MEMBER(at, sl_json_bound) = (sl_json_bound){true, sl_decimal_read(bound->text)};
}

static void read_exclusive_minimum(const place *at) {
    read_exclusive(at, "minimum");
}
static void read_exclusive_maximum(const place *at) {
    read_exclusive(at, "maximum");
}

static void read_multiple(const place *at) {
    const sl_decimal divisor = sl_decimal_read(at->value->kind == SL_JSON_NUMBER ? at->value->text : SL_EMPTY);
    if (divisor.count == 0 || divisor.is_negative || divisor.count > 9) {
        expects(at->self, at->value, at->key, "a number above 0 of at most 9 digits");
        return;
    }
    uint32_t digits = 0;
    for (size_t i = 0; i < divisor.digits.len; i++) {
        if (divisor.digits.ptr[i] != '.') digits = digits * 10 + (uint32_t)(divisor.digits.ptr[i] - '0');
    }
    at->schema->divisor_digits = digits;
    at->schema->divisor_exponent = divisor.exponent;
}

/* What is beyond 64 bits is as good as their largest number. */
static bool read_size(const place *at, uint64_t *size) {
    const sl_decimal number = sl_decimal_read(at->value->kind == SL_JSON_NUMBER ? at->value->text : SL_LIT("-1"));
    if (number.is_negative || !sl_decimal_is_integer(&number)) {
        expects(at->self, at->value, at->key, "a number of things: 0, 1, 2 …");
        return false;
    }
    *size = 0;
    if (number.count == 0) return true;
    if ((int64_t)number.count + number.exponent > 18) {
        *size = UINT64_MAX;
        return true;
    }
    for (size_t i = 0; i < number.digits.len; i++) {
        if (number.digits.ptr[i] != '.') *size = *size * 10 + (uint64_t)(number.digits.ptr[i] - '0');
    }
    for (int64_t i = 0; i < number.exponent; i++) *size *= 10;
    return true;
}

static void read_min(const place *at) {
    (void)read_size(at, &MEMBER(at, sl_json_sizes)->min);
}
static void read_max(const place *at) {
    (void)read_size(at, &MEMBER(at, sl_json_sizes)->max);
}

static void read_unique(const place *at) {
    if (at->value->kind != SL_JSON_TRUE && at->value->kind != SL_JSON_FALSE) {
        expects(at->self, at->value, at->key, "true or false");
    }
    at->schema->has_unique_items = at->value->kind == SL_JSON_TRUE;
}

static void read_pattern(const place *at) {
    if (at->value->kind != SL_JSON_STRING) {
        expects(at->self, at->value, at->key, "a regular expression");
        return;
    }
    at->schema->pattern = compile_pattern(at->self, at->value->text, at->value->at);
}

/* Up to 2019-09 a list is what prefixItems is now, and additionalItems is what items is. */
static void read_items(const place *at) {
    if (at->value->kind != SL_JSON_ARRAY) {
        at->schema->items = compile_schema(at->self, at->value);
        return;
    }
    at->schema->prefix = compile_list(at->self, at->value, at->key);
    const sl_json_node *const rest = sl_json_find(at->object, SL_LIT("additionalItems"));
    if (rest != NULL) at->schema->items = compile_schema(at->self, rest);
}

static void read_required(const place *at) {
    at->schema->required = read_names(at->self, at->value, at->key, &at->schema->required_count);
}

static void read_properties(const place *at) {
    if (!wants_object(at->self, at->value, at->key)) return;
    const sl_json_table table = new_table(at->self, at->value->count);
    for (size_t i = 0; i < table.count; i++) {
        table.items[i].key = at->value->members[i].key;
        table.items[i].schema = compile_schema(at->self, at->value->members[i].value);
    }
    *MEMBER(at, sl_json_table) = table;
}

static void read_pattern_properties(const place *at) {
    read_properties(at);
    sl_json_table *const table = MEMBER(at, sl_json_table);
    for (size_t i = 0; i < table->count; i++) {
        table->items[i].pattern = compile_pattern(at->self, table->items[i].key, at->value->members[i].value->at);
    }
}

/* dependencies is both dependentRequired and dependentSchemas; a schema may have all three. */
static void read_dependent(const place *at) {
    if (!wants_object(at->self, at->value, at->key)) return;
    const sl_json_table before = at->schema->dependent;
    sl_json_table table = new_table(at->self, before.count + at->value->count);
    if (before.count != 0) memcpy(table.items, before.items, before.count * sizeof *table.items);
    for (size_t i = 0; i < at->value->count; i++) {
        sl_json_keyed *const item = &table.items[before.count + i];
        const sl_json_node *const value = at->value->members[i].value;
        item->key = at->value->members[i].key;
        if (value->kind == SL_JSON_ARRAY) {
            item->names = read_names(at->self, value, at->key, &item->name_count);
        } else {
            item->schema = compile_schema(at->self, value);
        }
    }
    at->schema->dependent = table;
}

static void read_reference(const place *at) {
    compiler *const self = at->self;
    if (at->value->kind != SL_JSON_STRING) {
        expects(self, at->value, at->key, "a reference");
        return;
    }
    if (self->reference_count == self->reference_capacity) {
        self->references =
            grow(self, self->references, self->reference_count, &self->reference_capacity, sizeof *self->references);
    }
    self->references[self->reference_count++] = (open_reference){at->schema, at->value};
}

static void read_part_id(const place *at) {
    compiler *const self = at->self;
    if (at->object == self->root || !sl_slice_equal(at->key, sl_slice_z(self->id_keyword))) return;
    if (at->value->kind == SL_JSON_STRING && sl_slice_starts(at->value->text, SL_LIT("#"))) return; /* an anchor */
    complain(self, at->value->at,
             "put the part into $defs of the one schema, without an $id, and refer to #/$defs/NAME",
             "\"%s\" of a part: a file is one schema", self->id_keyword);
}

#define AT(member) offsetof(sl_json_schema, member)

static const struct keyword {
    const char *name;
    void (*read)(const place *at);
    size_t offset;
} keywords[] = {
    {"$defs", read_definitions, 0},
    {"$dynamicRef", read_reference, 0},
    {"$id", read_part_id, 0},
    {"$recursiveRef", read_reference, 0},
    {"$ref", read_reference, 0},
    {"additionalProperties", read_schema, AT(additional)},
    {"allOf", read_list, AT(all_of)},
    {"anyOf", read_list, AT(any_of)},
    {"const", read_const, 0},
    {"contains", read_schema, AT(contains)},
    {"definitions", read_definitions, 0},
    {"dependencies", read_dependent, 0},
    {"dependentRequired", read_dependent, 0},
    {"dependentSchemas", read_dependent, 0},
    {"else", read_schema, AT(alternative)},
    {"enum", read_enum, 0},
    {"exclusiveMaximum", read_exclusive_maximum, AT(less_than)},
    {"exclusiveMinimum", read_exclusive_minimum, AT(more_than)},
    {"id", read_part_id, 0},
    {"if", read_schema, AT(condition)},
    {"items", read_items, 0},
    {"maxContains", read_max, AT(contains_count)},
    {"maxItems", read_max, AT(items_count)},
    {"maxLength", read_max, AT(length)},
    {"maxProperties", read_max, AT(properties_count)},
    {"maximum", read_bound, AT(at_most)},
    {"minContains", read_min, AT(contains_count)},
    {"minItems", read_min, AT(items_count)},
    {"minLength", read_min, AT(length)},
    {"minProperties", read_min, AT(properties_count)},
    {"minimum", read_bound, AT(at_least)},
    {"multipleOf", read_multiple, 0},
    {"not", read_schema, AT(refused)},
    {"oneOf", read_list, AT(one_of)},
    {"pattern", read_pattern, 0},
    {"patternProperties", read_pattern_properties, AT(patterns)},
    {"prefixItems", read_list, AT(prefix)},
    {"properties", read_properties, AT(properties)},
    {"propertyNames", read_schema, AT(property_names)},
    {"required", read_required, 0},
    {"then", read_schema, AT(consequence)},
    {"type", read_type, 0},
    {"unevaluatedItems", read_schema, AT(unevaluated_items)},
    {"unevaluatedProperties", read_schema, AT(unevaluated_properties)},
    {"uniqueItems", read_unique, 0},
};

static void read_keyword(compiler *self, sl_json_schema *schema, const sl_json_node *object,
                         const sl_json_member *member) {
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++) {
        if (!sl_slice_equal(member->key, sl_slice_z(keywords[i].name))) continue;
        const place at = {self, schema, object, member->value, member->key, keywords[i].offset};
        keywords[i].read(&at);
        return;
    }
}

static void read_keywords(compiler *self, sl_json_schema *schema, const sl_json_node *object) {
    const bool is_reference_only = self->ignores_beside_reference && sl_json_find(object, SL_LIT("$ref")) != NULL;
    for (size_t i = 0; i < object->count; i++) {
        const sl_json_member *const member = &object->members[i];
        if (i != 0 && sl_slice_equal(member->key, object->members[i - 1].key)) {
            complain(self, member->value->at, NULL, "\"%.*s\" stands there twice", shown(member->key),
                     (const char *)member->key.ptr);
        }
        const bool is_reference = sl_slice_equal(member->key, SL_LIT("$ref"));
        if (!is_reference_only || is_reference) read_keyword(self, schema, object, member);
    }
}

/* ---- references ---- */

static sl_json_schema *schema_at(compiler *self, const sl_json_node *node) {
    for (size_t i = 0; i < self->known_count; i++) {
        if (self->known[i].node == node) return self->known[i].schema;
    }
    (void)compile_schema(self, node); /* a place that is no keyword's; its own references come after those at hand */
    return schema_at(self, node);
}

static int hex_digit(uint8_t byte) {
    if (sl_ascii_is_digit(byte)) return byte - '0';
    const uint8_t low = sl_ascii_lower(byte);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

static sl_slice percent_decoded(compiler *self, sl_slice text) {
    uint8_t *const out = sl_arena_alloc(self->prepare->arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        const bool is_escape = text.ptr[i] == '%' && i + 2 < text.len && hex_digit(text.ptr[i + 1]) >= 0 &&
                               hex_digit(text.ptr[i + 2]) >= 0;
        out[len++] = is_escape ? (uint8_t)(hex_digit(text.ptr[i + 1]) * 16 + hex_digit(text.ptr[i + 2])) : text.ptr[i];
        if (is_escape) i += 2;
    }
    return sl_slice_of(out, len);
}

/* One step of a JSON pointer: ~1 is a slash, ~0 a tilde. */
static sl_slice pointer_step(compiler *self, sl_slice step) {
    uint8_t *const out = sl_arena_alloc(self->prepare->arena, step.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < step.len; i++) {
        const bool is_escape =
            step.ptr[i] == '~' && i + 1 < step.len && (step.ptr[i + 1] == '0' || step.ptr[i + 1] == '1');
        out[len++] = !is_escape ? step.ptr[i] : step.ptr[i + 1] == '1' ? '/' : '~';
        if (is_escape) i++;
    }
    return sl_slice_of(out, len);
}

static const sl_json_node *element(const sl_json_node *array, sl_slice index) {
    size_t number = 0;
    if (index.len == 0 || index.len > 9) return NULL;
    for (size_t i = 0; i < index.len; i++) {
        if (!sl_ascii_is_digit(index.ptr[i])) return NULL;
        number = number * 10 + (size_t)(index.ptr[i] - '0');
    }
    return number < array->count ? array->members[number].value : NULL;
}

/* text begins with a slash, or is empty. */
static const sl_json_node *follow_pointer(compiler *self, sl_slice text) {
    const sl_json_node *node = self->root;
    while (text.len != 0 && node != NULL) {
        text = sl_slice_from(text, 1);
        const size_t slash = sl_slice_find_byte(text, '/');
        const size_t len = slash == SIZE_MAX ? text.len : slash;
        const sl_slice step = pointer_step(self, sl_slice_of(text.ptr, len));
        text = sl_slice_from(text, len);
        node = node->kind == SL_JSON_OBJECT  ? sl_json_find(node, step)
               : node->kind == SL_JSON_ARRAY ? element(node, step)
                                             : NULL;
    }
    return node;
}

static bool is_anchor(const compiler *self, const sl_json_node *node, sl_slice name) {
    if (node->kind != SL_JSON_OBJECT) return false;
    static const char *const keys[] = {"$anchor", "$dynamicAnchor"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const sl_json_node *const anchor = sl_json_find(node, sl_slice_z(keys[i]));
        if (anchor != NULL && anchor->kind == SL_JSON_STRING && sl_slice_equal(anchor->text, name)) return true;
    }
    const sl_json_node *const id = sl_json_find(node, sl_slice_z(self->id_keyword));
    return id != NULL && id->kind == SL_JSON_STRING && id->text.len == name.len + 1 && id->text.ptr[0] == '#' &&
           sl_slice_ends(id->text, name);
}

static const sl_json_node *find_anchor(const compiler *self, sl_slice name) {
    for (size_t i = 0; i < self->known_count; i++) {
        if (is_anchor(self, self->known[i].node, name)) return self->known[i].node;
    }
    return NULL;
}

static void settle_reference(compiler *self, const open_reference *open) {
    sl_slice text = open->to->text;
    if (self->id.len != 0 && sl_slice_starts(text, self->id)) text = sl_slice_from(text, self->id.len);
    if (text.len != 0 && text.ptr[0] != '#') {
        complain(self, open->to->at,
                 "nothing is fetched: put that schema into $defs of this one, and refer to #/$defs/NAME",
                 "the reference %.*s leads out of the file", shown(open->to->text), (const char *)open->to->text.ptr);
        return;
    }
    const sl_slice fragment = percent_decoded(self, text.len == 0 ? text : sl_slice_from(text, 1));
    const bool is_pointer = fragment.len == 0 || fragment.ptr[0] == '/';
    const sl_json_node *const node = is_pointer ? follow_pointer(self, fragment) : find_anchor(self, fragment);
    if (node == NULL) {
        complain(self, open->to->at, NULL, "the reference %.*s leads nowhere", shown(open->to->text),
                 (const char *)open->to->text.ptr);
        return;
    }
    if (open->schema->reference != NULL) {
        complain(self, open->to->at, "write them as a list in allOf", "two references in one place");
        return;
    }
    open->schema->reference = schema_at(self, node);
}

/* ---- no circles ---- */

/* Subschemas that look at the same value, one by one; NULL at the end. */
static const sl_json_schema *in_place(const sl_json_schema *schema, size_t index) {
    const sl_json_schema *const single[] = {schema->reference, schema->refused, schema->condition, schema->consequence,
                                            schema->alternative};
    for (size_t i = 0; i < sizeof single / sizeof single[0]; i++) {
        if (single[i] != NULL && index-- == 0) return single[i];
    }
    const sl_json_list *const lists[] = {&schema->all_of, &schema->any_of, &schema->one_of};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        if (index < lists[i]->count) return lists[i]->items[index];
        index -= lists[i]->count;
    }
    for (size_t i = 0; i < schema->dependent.count; i++) {
        if (schema->dependent.items[i].schema != NULL && index-- == 0) return schema->dependent.items[i].schema;
    }
    return NULL;
}

/* depth: how many of the row are already above. */
static unsigned measure(compiler *self, sl_json_schema *schema, const sl_json_node *node, unsigned depth) {
    if (schema->is_on_the_way) {
        complain(self, node->at, NULL, "a schema refers to itself for the same value");
        return 0;
    }
    if (depth + schema->in_place_height > sl_json_in_place_max || depth >= sl_json_in_place_max) {
        complain(self, node->at, NULL, "more than %d schemas in a row for the same value", sl_json_in_place_max);
        return 0;
    }
    if (schema->in_place_height != 0) return schema->in_place_height;
    schema->is_on_the_way = true;
    unsigned height = 0;
    const sl_json_schema *next;
    for (size_t i = 0; self->error_count == 0 && (next = in_place(schema, i)) != NULL; i++) {
        const unsigned below = measure(self, (sl_json_schema *)next, node, depth + 1);
        if (below > height) height = below;
    }
    schema->is_on_the_way = false;
    schema->in_place_height = (uint8_t)(height + 1);
    return height + 1;
}

/* ---- the whole ---- */

static void read_dialect(compiler *self) {
    self->id_keyword = "$id";
    if (self->root->kind != SL_JSON_OBJECT) return;
    const sl_json_node *const named = sl_json_find(self->root, SL_LIT("$schema"));
    if (named != NULL) {
        static const char *const new_ones[] = {"/2019-09/schema", "/2020-12/schema"};
        static const char *const old_ones[] = {"/draft-04/schema", "/draft-06/schema", "/draft-07/schema"};
        bool is_known = false;
        for (size_t i = 0; i < sizeof new_ones / sizeof new_ones[0]; i++) {
            is_known = is_known || sl_slice_find(named->text, sl_slice_z(new_ones[i])) != SIZE_MAX;
        }
        for (size_t i = 0; i < sizeof old_ones / sizeof old_ones[0]; i++) {
            if (sl_slice_find(named->text, sl_slice_z(old_ones[i])) == SIZE_MAX) continue;
            is_known = self->ignores_beside_reference = true;
            if (i == 0) self->id_keyword = "id";
        }
        if (!is_known) {
            complain(self, named->at, "known are drafts 4, 6, 7, 2019-09 and 2020-12",
                     "\"$schema\" names a language that is unknown");
        }
    }
    const sl_json_node *const id = sl_json_find(self->root, sl_slice_z(self->id_keyword));
    if (id == NULL || id->kind != SL_JSON_STRING) return;
    const size_t fragment = sl_slice_find_byte(id->text, '#');
    self->id = sl_slice_of(id->text.ptr, fragment == SIZE_MAX ? id->text.len : fragment);
}

const sl_json_schema *sl_json_schema_compile(sl_prepare *prepare, sl_slice argument, sl_slice path, sl_slice content) {
    compiler self = {.prepare = prepare, .argument = argument, .path = path, .content = content, .id = SL_EMPTY};
    sl_json_document document;
    sl_json_error error;
    if (!sl_json_tree(prepare->arena, content, sl_json_depth_max, &document, &error)) {
        complain(&self, error.at, NULL, "%.*s", (int)error.text.len, (const char *)error.text.ptr);
        return NULL;
    }
    self.root = document.root;
    read_dialect(&self);
    const sl_json_schema *const root = compile_schema(&self, self.root);
    for (size_t i = 0; i < self.reference_count; i++) {
        const open_reference open = self.references[i];
        settle_reference(&self, &open);
    }
    for (size_t i = 0; self.error_count == 0 && i < self.known_count; i++) {
        (void)measure(&self, self.known[i].schema, self.known[i].node, 0);
    }
    return self.error_count == 0 ? root : NULL;
}
