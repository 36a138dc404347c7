/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments: six views over one list, told apart by the origin of each member (spec 02, section 4). */
#include "base/digits.h"
#include "variables/families.h"

static const sl_members *args(sl_txn *txn) { return &txn->args; }

static bool args_combined_size(sl_txn *txn, sl_slice *value) {
    *value = sl_digits(&txn->arena, (int64_t)txn->args_size);
    return true;
}

#define ARGS_ROW(row_name, phase, row_view, row_origins, text)                                                   \
    {                                                                                                            \
        .name = row_name, .kind = SL_COLLECTION, .first_phase = phase, .view = row_view, .origins = row_origins, \
        .members = args, .manual = text                                                                          \
    }

const sl_variable sl_variables_args[] = {
    ARGS_ROW("ARGS", 1, SL_VIEW_VALUE, SL_ORIGIN_ANY, "all arguments: query first, then body (phase 2)"),
    ARGS_ROW("ARGS_NAMES", 1, SL_VIEW_NAME, SL_ORIGIN_ANY, "the names of all arguments"),
    ARGS_ROW("ARGS_GET", 1, SL_VIEW_VALUE, SL_ORIGIN_GET, "arguments of the query"),
    ARGS_ROW("ARGS_GET_NAMES", 1, SL_VIEW_NAME, SL_ORIGIN_GET, "the names of the query's arguments"),
    ARGS_ROW("ARGS_POST", 2, SL_VIEW_VALUE, SL_ORIGIN_POST, "arguments of the body"),
    ARGS_ROW("ARGS_POST_NAMES", 2, SL_VIEW_NAME, SL_ORIGIN_POST, "the names of the body's arguments"),
    ARGS_ROW("ARGS_PATH", 1, SL_VIEW_VALUE, SL_ORIGIN_PATH, "path parameters given by the application"),
    SL_SCALAR_ROW("ARGS_COMBINED_SIZE", 1, SL_SLOT_NONE, args_combined_size, "bytes of all decoded names and values"),
    {0},
};
