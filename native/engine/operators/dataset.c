/* SPDX-License-Identifier: Apache-2.0 */
/* Looks the set up for @pmFromDataset and @ipMatchFromDataset; what they make of its lines is their own business. */
#include "operators/dataset.h"

#include "operators/host.h"

bool sl_dataset_find(sl_prepare *prepare, sl_slice argument, sl_slice *lines) {
    sl_slice name = argument;
    while (name.len > 0 && sl_ascii_is_space(name.ptr[name.len - 1])) name.len--;
    if (sl_ruleset_dataset(prepare->rules, name, lines)) return true;
    sl_prepare_report(prepare, "SECLUA_E_OPERATOR_PARAM", "define it with SecDataset", 0, argument.len,
                      "there is no data set \"%.*s\"", (int)(name.len > 60 ? 60 : name.len), (const char *)name.ptr);
    return false;
}
