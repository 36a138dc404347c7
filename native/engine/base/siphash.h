/* SPDX-License-Identifier: Apache-2.0 */
/* SipHash-1-3 (Aumasson, Bernstein: SipHash: a fast short-input PRF, 2012), for tables whose keys clients choose. */
#ifndef SL_SIPHASH_H
#define SL_SIPHASH_H

#include "base/slice.h"

#ifdef __cplusplus
extern "C" {
#endif

uint64_t sl_siphash(const uint64_t key[2], sl_slice text);

#ifdef __cplusplus
}
#endif
#endif
