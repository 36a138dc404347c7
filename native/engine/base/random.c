/* SPDX-License-Identifier: Apache-2.0 */
/* getrandom and its sisters; where none answers, the clock and an address, which still differ from run to run. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "base/random.h"

#include <time.h>
#if defined(_WIN32)
#include <windows.h>
#include <bcrypt.h>
#else
#include <unistd.h>
#include <sys/random.h>
#endif

void sl_random_bytes(uint8_t *out, size_t count) {
#if defined(_WIN32)
    if (BCryptGenRandom(NULL, out, (ULONG)count, BCRYPT_USE_SYSTEM_PREFERRED_RNG) == 0) return;
#else
    if (count <= 256 && getentropy(out, count) == 0) return;
#endif
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    uint64_t state = (uint64_t)now.tv_nsec ^ ((uint64_t)now.tv_sec << 20) ^ (uint64_t)(uintptr_t)out;
    for (size_t i = 0; i < count; i++) { /* splitmix64 */
        state += 0x9e3779b97f4a7c15u;
        uint64_t z = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9u;
        out[i] = (uint8_t)((z ^ (z >> 27)) >> 56);
    }
}
