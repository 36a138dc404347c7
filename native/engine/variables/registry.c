/* SPDX-License-Identifier: Apache-2.0 */
/* The families of variables. Adding a variable touches its family file only. */
#include "variables/variable.h"

#include "variables/families.h"

static const sl_variable *const families[] = {
    sl_variables_request,  sl_variables_args,  sl_variables_body,  sl_variables_multipart, sl_variables_response,
    sl_variables_connection, sl_variables_time, sl_variables_state, sl_variables_tx,       sl_variables_inert,
};

const sl_variable *sl_variable_at(size_t index) {
    for (size_t f = 0; f < sizeof families / sizeof families[0]; f++) {
        for (const sl_variable *row = families[f]; row->name != NULL; row++) {
            if (index-- == 0) return row;
        }
    }
    return NULL;
}

size_t sl_variable_count(void) {
    size_t count = 0;
    while (sl_variable_at(count) != NULL) count++;
    return count;
}

const sl_variable *sl_variable_find(sl_slice name) {
    for (size_t f = 0; f < sizeof families / sizeof families[0]; f++) {
        for (const sl_variable *row = families[f]; row->name != NULL; row++) {
            if (sl_slice_equal_fold(sl_slice_z(row->name), name)) return row;
        }
    }
    return NULL;
}

const sl_variable *sl_variable_of(const sl_ruleset *rules, sl_slice name) {
    const sl_variable *known = sl_variable_find(name);
    for (size_t i = 0; known == NULL && rules != NULL && i < rules->own_collection_count; i++) {
        if (sl_slice_equal_fold(rules->own_collections[i].name, name)) known = rules->own_collections[i].variable;
    }
    return known;
}
