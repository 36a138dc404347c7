/* SPDX-License-Identifier: Apache-2.0 */
/* The list of the transformation families and the lookup by name.
 *
 * The compiler and the Lua bridge look names up here, at load or when a script names one; pipelines hold
 * row pointers, so no name is compared while a rule runs. A new transformation is a row of its family;
 * only a new family changes this file. */
#include "transformations/transformation.h"

#include "transformations/families.h"

static const sl_transformation *const families[] = {
    sl_transformations_base64, sl_transformations_case, sl_transformations_command,
    sl_transformations_comments, sl_transformations_css, sl_transformations_digest,
    sl_transformations_hex, sl_transformations_html, sl_transformations_js,
    sl_transformations_length, sl_transformations_nulls, sl_transformations_parity,
    sl_transformations_path, sl_transformations_php, sl_transformations_unicode, sl_transformations_url,
    sl_transformations_whitespace,
};

enum { family_count = sizeof families / sizeof families[0] };

static bool is_called(const sl_transformation *row, sl_slice name) {
    return sl_slice_equal_fold(sl_slice_z(row->name), name) ||
           (row->alias != NULL && sl_slice_equal_fold(sl_slice_z(row->alias), name));
}

const sl_transformation *sl_transformation_find(sl_slice name) {
    for (size_t f = 0; f < family_count; f++) {
        for (const sl_transformation *row = families[f]; row->name != NULL; row++) {
            if (is_called(row, name)) return row;
        }
    }
    return NULL;
}

const sl_transformation *sl_transformation_at(size_t index) {
    for (size_t f = 0; f < family_count; f++) {
        for (const sl_transformation *row = families[f]; row->name != NULL; row++) {
            if (index-- == 0) return row;
        }
    }
    return NULL;
}
