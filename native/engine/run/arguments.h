/* SPDX-License-Identifier: Apache-2.0 */
/* Where every parser's arguments end up: ARGS, within SecArgumentsLimit. */
#ifndef SL_ARGUMENTS_H
#define SL_ARGUMENTS_H

#include "run/txn.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sl_arguments {
    sl_txn *txn;
    uint8_t origin;
    bool hit_limit;
} sl_arguments;

/* For sl_argument_sink; context is sl_arguments. */
bool sl_arguments_add(void *context, sl_slice name, sl_slice value);

#ifdef __cplusplus
}
#endif
#endif
