/* SPDX-License-Identifier: Apache-2.0 */
/* The two clocks, and local time. */
#ifndef SL_CLOCK_H
#define SL_CLOCK_H

#include <stdint.h>
#include <time.h>

int64_t sl_clock_wall_us(void);      /* epoch microseconds */
int64_t sl_clock_monotonic_us(void);
int64_t sl_clock_monotonic_ns(void);
void sl_clock_local(time_t when, struct tm *out);

#endif
