/* SPDX-License-Identifier: Apache-2.0 */
/* What all stores agree on: which names belong to the engine, and how counters age. */
#include "collections/collection.h"

bool sl_collection_is_read_only(sl_slice name) {
    if (sl_slice_starts(name, SL_LIT("__"))) return true;
    static const char *const names[] = {"KEY",         "IS_NEW",         "UPDATE_RATE", "UPDATE_COUNTER",
                                        "CREATE_TIME", "LAST_UPDATE_TIME"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (sl_slice_equal_fold(name, sl_slice_z(names[i]))) return true;
    }
    return false;
}

int64_t sl_collection_deprecated(int64_t value, int64_t amount, int64_t period_seconds, int64_t last_update,
                                 int64_t now) {
    if (value <= 0 || amount <= 0 || period_seconds <= 0 || last_update <= 0 || now <= last_update) return value;
    const int64_t periods = (now - last_update) / period_seconds;
    if (periods == 0) return value;
    return periods > value / amount ? 0 : value - amount * periods;
}

int64_t sl_collection_aged(int64_t value, int64_t amount, int64_t period_seconds, int64_t *aged_epoch, int64_t now) {
    const int64_t since = *aged_epoch;
    if (amount <= 0 || period_seconds <= 0 || since <= 0 || now <= since) return value;
    *aged_epoch = now - (now - since) % period_seconds;
    return sl_collection_deprecated(value, amount, period_seconds, since, now);
}
