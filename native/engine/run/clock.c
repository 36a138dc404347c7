/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks of the platform. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "run/clock.h"

int64_t sl_clock_wall_us(void) {
    struct timespec now;
    timespec_get(&now, TIME_UTC);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t sl_clock_monotonic_us(void) { return sl_clock_monotonic_ns() / 1000; }

int64_t sl_clock_monotonic_ns(void) {
#if defined(CLOCK_MONOTONIC)
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
#else
    return sl_clock_wall_us() * 1000;
#endif
}

void sl_clock_local(time_t when, struct tm *out) {
#if defined(_WIN32)
    localtime_s(out, &when);
#else
    localtime_r(&when, out);
#endif
}
