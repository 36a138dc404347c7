/* SPDX-License-Identifier: Apache-2.0 */
/* Random bytes from the operating system: ids and hash seeds, never per value. */
#ifndef SL_RANDOM_H
#define SL_RANDOM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

void sl_random_bytes(uint8_t *out, size_t count);

#ifdef __cplusplus
}
#endif
#endif
