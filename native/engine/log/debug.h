/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of the debug log: their head, and those that wait until it is known whether anybody wants to read them. */
#ifndef SL_LOG_DEBUG_H
#define SL_LOG_DEBUG_H

#include "run/txn.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { sl_debug_head_bytes_max = 1024 };

/* "[time] [unique_id] [uri] [level] "; returns its length. */
size_t sl_debug_head(uint8_t out[sl_debug_head_bytes_max], const sl_txn *txn, unsigned level);

/* Keeps a line; the oldest ones make room. */
void sl_debug_keep(sl_debug_lines *lines, sl_slice head, sl_slice text);
/* Hands out what was kept, in whole lines, in order, and forgets it. put may be NULL. */
void sl_debug_take(sl_debug_lines *lines, void (*put)(void *context, sl_slice some), void *context);

#ifdef __cplusplus
}
#endif
#endif
