/* SPDX-License-Identifier: Apache-2.0 */
/* Forms of time. Month and day names are part of formats, so they stand here and not in the locale. */
#include "log/stamp.h"

#include <stdio.h>

#include "run/clock.h"

static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};

typedef struct parts {
    struct tm local;
    int year;
    int microseconds;
    char zone[6]; /* +0000 */
} parts;

static void split(int64_t epoch_us, parts *out) {
    int64_t seconds = epoch_us / 1000000;
    int64_t rest = epoch_us % 1000000;
    if (rest < 0) {
        rest += 1000000;
        seconds--;
    }
    sl_clock_local((time_t)seconds, &out->local);
    out->year = out->local.tm_year + 1900;
    out->microseconds = (int)rest;
    if (strftime(out->zone, sizeof out->zone, "%z", &out->local) != 5) {
        snprintf(out->zone, sizeof out->zone, "+0000");
    }
}

static size_t written(int len) { return len < 0 ? 0 : len < sl_stamp_bytes_max ? (size_t)len : sl_stamp_bytes_max - 1; }

size_t sl_stamp_server(char out[sl_stamp_bytes_max], int64_t epoch_us) {
    parts p;
    split(epoch_us, &p);
    return written(snprintf(out, sl_stamp_bytes_max, "%02d/%s/%04d:%02d:%02d:%02d.%06d %s", p.local.tm_mday,
                            months[p.local.tm_mon], p.year, p.local.tm_hour, p.local.tm_min, p.local.tm_sec,
                            p.microseconds, p.zone));
}

size_t sl_stamp_iso(char out[sl_stamp_bytes_max], int64_t epoch_us) {
    parts p;
    split(epoch_us, &p);
    return written(snprintf(out, sl_stamp_bytes_max, "%04d-%02d-%02dT%02d:%02d:%02d.%06d%.3s:%s", p.year,
                            p.local.tm_mon + 1, p.local.tm_mday, p.local.tm_hour, p.local.tm_min, p.local.tm_sec,
                            p.microseconds, p.zone, p.zone + 3));
}

size_t sl_stamp_c(char out[sl_stamp_bytes_max], int64_t epoch_us) {
    parts p;
    split(epoch_us, &p);
    return written(snprintf(out, sl_stamp_bytes_max, "%s %s %2d %02d:%02d:%02d %04d", days[p.local.tm_wday],
                            months[p.local.tm_mon], p.local.tm_mday, p.local.tm_hour, p.local.tm_min, p.local.tm_sec,
                            p.year));
}

size_t sl_stamp_path(char out[sl_stamp_bytes_max], int64_t epoch_us) {
    parts p;
    split(epoch_us, &p);
    const int date = p.year * 10000 + (p.local.tm_mon + 1) * 100 + p.local.tm_mday;
    const struct tm *t = &p.local;
    return written(snprintf(out, sl_stamp_bytes_max, "%08d/%08d-%02d%02d/%08d-%02d%02d%02d", date, date, t->tm_hour,
                            t->tm_min, date, t->tm_hour, t->tm_min, t->tm_sec));
}

size_t sl_stamp_slashes(char out[sl_stamp_bytes_max], int64_t epoch_us) {
    parts p;
    split(epoch_us, &p);
    return written(snprintf(out, sl_stamp_bytes_max, "%04d/%02d/%02d %02d:%02d:%02d", p.year, p.local.tm_mon + 1,
                            p.local.tm_mday, p.local.tm_hour, p.local.tm_min, p.local.tm_sec));
}
