/* SPDX-License-Identifier: Apache-2.0 */
/* Points in time as logs write them. Local time, like the logs of the servers around us; never through the
 * locale. */
#ifndef SL_LOG_STAMP_H
#define SL_LOG_STAMP_H

#include <stddef.h>
#include <stdint.h>

enum { sl_stamp_bytes_max = 64 };

/* Each takes epoch microseconds, writes a NUL-terminated text and returns its length. */
size_t sl_stamp_server(char out[sl_stamp_bytes_max], int64_t epoch_us); /* 23/Nov/2026:18:05:59.100721 +0000 */
size_t sl_stamp_iso(char out[sl_stamp_bytes_max], int64_t epoch_us);    /* 2026-11-23T18:05:59.100721+00:00 */
size_t sl_stamp_c(char out[sl_stamp_bytes_max], int64_t epoch_us);      /* Mon Nov 23 18:05:59 2026 */
size_t sl_stamp_path(char out[sl_stamp_bytes_max], int64_t epoch_us);   /* 20261123/20261123-1805/20261123-180559 */
size_t sl_stamp_slashes(char out[sl_stamp_bytes_max], int64_t epoch_us); /* 2026/11/23 18:05:59 */

#endif
