/* SPDX-License-Identifier: Apache-2.0 */
/* XPath expressions that are known at run time only: m.getvars("XML:…") and the API. Each lives until the transaction ends. */
#include "run/values.h"

struct sl_xpath_local {
    struct sl_xpath_local *next;
    sl_slice expression;
    sl_xpath *xpath;
};

const sl_xpath *sl_txn_xpath(sl_txn *txn, sl_slice expression, char *error, size_t error_size) {
    for (const struct sl_xpath_local *known = txn->xpaths; known != NULL; known = known->next) {
        if (sl_slice_equal(known->expression, expression)) return known->xpath;
    }
    const char *text = sl_arena_z(&txn->arena, expression);
    struct sl_xpath_local *local = SL_NEW(&txn->arena, struct sl_xpath_local);
    local->xpath = sl_xpath_compile(text, NULL, error, error_size);
    if (local->xpath == NULL) return NULL;
    local->expression = sl_arena_copy(&txn->arena, expression);
    local->next = txn->xpaths;
    txn->xpaths = local;
    return local->xpath;
}

void sl_txn_xpaths_free(sl_txn *txn) {
    for (struct sl_xpath_local *local = txn->xpaths; local != NULL; local = local->next) sl_xpath_free(local->xpath);
    txn->xpaths = NULL;
}
