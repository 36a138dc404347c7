/* SPDX-License-Identifier: Apache-2.0 */
/* JSON schemas, compiled at load: drafts 4, 6, 7, 2019-09 and 2020-12.
 *
 * Written here since no library fits a request: those for C++ search with std::regex, recurse as deep as a body says,
 * throw, and know no draft after 7. json_schema_compile.c reads a schema and says everything that is wrong with it;
 * json_schema_judge.c holds a document against it; json_body.c says which. What is compiled is never written to again,
 * so threads share it.
 *
 * `format` and the content keywords say something about a value and refuse none, as in Coraza. */
#ifndef SL_JSON_SCHEMA_H
#define SL_JSON_SCHEMA_H

#include "base/decimal.h"
#include "bodies/json_tree.h"
#include "operators/rx.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sl_json_schema sl_json_schema;

enum {
    sl_json_depth_max = 512,   /* of containers: schemas, and bodies that are held against one */
    sl_json_in_place_max = 64, /* subschemas in a row that look at the same value */
};

/* Of sl_json_schema.types. */
enum {
    SL_JSON_IS_NULL = 1,
    SL_JSON_IS_BOOLEAN = 2,
    SL_JSON_IS_NUMBER = 4,
    SL_JSON_IS_INTEGER = 8,
    SL_JSON_IS_STRING = 16,
    SL_JSON_IS_ARRAY = 32,
    SL_JSON_IS_OBJECT = 64,
};

typedef struct sl_json_bound {
    bool is_set;
    sl_decimal number;
} sl_json_bound;

typedef struct sl_json_sizes {
    uint64_t min, max;
} sl_json_sizes;

typedef struct sl_json_list {
    const sl_json_schema **items;
    size_t count;
} sl_json_list;

/* Of `properties` and the like. */
typedef struct sl_json_keyed {
    sl_slice key;
    const sl_regex *pattern;      /* patternProperties: key matches it */
    const sl_json_schema *schema; /* NULL in dependentRequired */
    const sl_slice *names;        /* dependentRequired */
    size_t name_count;
} sl_json_keyed;

typedef struct sl_json_table {
    sl_json_keyed *items; /* by key */
    size_t count;
} sl_json_table;

/* Absent keywords are NULL, empty, or bounds that everything keeps. */
struct sl_json_schema {
    bool is_false; /* the schema `false` */
    uint8_t types; /* SL_JSON_IS_*; 0 = any */
    const sl_json_node *constant;
    const sl_json_member *choices; /* enum, in the order of sl_json_compare */
    size_t choice_count;
    bool has_choices;

    sl_json_bound at_least, at_most, more_than, less_than;
    uint32_t divisor_digits; /* multipleOf; 0 = none */
    int64_t divisor_exponent;

    sl_json_sizes length; /* of a string, in code points */
    const sl_regex *pattern;

    sl_json_sizes items_count;
    bool has_unique_items;
    sl_json_list prefix;         /* prefixItems, or items with a list */
    const sl_json_schema *items; /* of what comes after the prefix */
    const sl_json_schema *contains;
    sl_json_sizes contains_count;
    const sl_json_schema *unevaluated_items;

    sl_json_sizes properties_count;
    const sl_slice *required;
    size_t required_count;
    sl_json_table properties, patterns, dependent;
    const sl_json_schema *additional, *property_names, *unevaluated_properties;

    sl_json_list all_of, any_of, one_of;
    const sl_json_schema *refused; /* not */
    const sl_json_schema *condition, *consequence, *alternative;
    const sl_json_schema *reference;

    uint8_t in_place_height; /* while compiling: longest row of subschemas for the same value, this one included */
    bool is_on_the_way;      /* while compiling: its row is being walked */
};

/* argument is how the rule names the file. NULL: errors were reported, all that there are. */
const sl_json_schema *sl_json_schema_compile(sl_prepare *prepare, sl_slice argument, sl_slice path, sl_slice content);

/* SL_YES: the document follows the schema. SL_NO: it does not. SL_LIMIT: that took too many steps; so many that the
 * work is linear in the document. */
sl_answer sl_json_schema_judge(const sl_json_schema *schema, sl_arena *arena, sl_scratch *scratch,
                               const sl_json_document *document);

/* What @validateSchema answers for a value of a rule (json_body.c): SL_YES when the document does not follow the
 * schema. */
sl_answer sl_json_schema_ask(const sl_call *call, const sl_json_schema *schema, sl_slice value);

#ifdef __cplusplus
}
#endif
#endif
