/* SPDX-License-Identifier: Apache-2.0 */
/* The list of the operator families and the lookup by name.
 *
 * The compiler looks names up here, once per rule; a rule holds the row's address. A new operator is a row of
 * its family; only a new family changes this file. */
#include "operators/families.h"

static const sl_operator *const families[] = {
    sl_operators_rx,       sl_operators_pm,     sl_operators_string,    sl_operators_number, sl_operators_ip,
    sl_operators_validate, sl_operators_verify, sl_operators_injection, sl_operators_xml,    sl_operators_geo,
    sl_operators_script,   sl_operators_always, sl_operators_path,      sl_operators_rsub,      sl_operators_rbl,
    sl_operators_unsupported,
};

enum { family_count = sizeof families / sizeof families[0] };

const sl_operator *sl_operator_find(sl_slice name) {
    for (size_t f = 0; f < family_count; f++) {
        for (const sl_operator *row = families[f]; row->name != NULL; row++) {
            if (sl_slice_equal_fold(sl_slice_z(row->name), name)) return row;
        }
    }
    return NULL;
}

const sl_operator *sl_operator_at(size_t index) {
    for (size_t f = 0; f < family_count; f++) {
        for (const sl_operator *row = families[f]; row->name != NULL; row++) {
            if (index-- == 0) return row;
        }
    }
    return NULL;
}
