/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of the families, each ended by a row without a name. */
#ifndef SL_VARIABLE_FAMILIES_H
#define SL_VARIABLE_FAMILIES_H

#include "variables/variable.h"

extern const sl_variable sl_variables_request[];
extern const sl_variable sl_variables_args[];
extern const sl_variable sl_variables_body[];
extern const sl_variable sl_variables_multipart[];
extern const sl_variable sl_variables_response[];
extern const sl_variable sl_variables_connection[];
extern const sl_variable sl_variables_time[];
extern const sl_variable sl_variables_state[];
extern const sl_variable sl_variables_tx[];
extern const sl_variable sl_variables_inert[];

/* Rows are written with these; fields left out are zero. */
#define SL_SCALAR_ROW(row_name, phase, row_slot, function, text) \
    { .name = row_name, .kind = SL_SCALAR, .first_phase = phase, .slot = row_slot, .scalar = function, .manual = text }
#define SL_MEMBERS_ROW(row_name, phase, row_view, function, text) \
    { .name = row_name, .kind = SL_COLLECTION, .first_phase = phase, .view = row_view, .members = function, .manual = text }
#define SL_INERT_ROW(row_name, row_kind, text) \
    { .name = row_name, .kind = row_kind, .is_inert = true, .manual = text }

#endif
