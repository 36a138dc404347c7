/* SPDX-License-Identifier: Apache-2.0 */
/* The head of a debug-log line. */
#ifndef SL_LOG_DEBUG_H
#define SL_LOG_DEBUG_H

#include "run/txn.h"

enum { sl_debug_head_bytes_max = 1024 };

/* "[time] [unique_id] [uri] [level] "; returns its length. */
size_t sl_debug_head(uint8_t out[sl_debug_head_bytes_max], const sl_txn *txn, unsigned level);

#endif
