/* SPDX-License-Identifier: Apache-2.0 */
/* Time and performance (spec 02, section 10). The clock is read once per phase; fields are local time. */
#include <stdio.h>
#include <time.h>

#include "base/digits.h"
#include "base/strbuf.h"
#include "run/clock.h"
#include "run/trace.h"
#include "variables/families.h"

static bool field(sl_txn *txn, const char *format, sl_slice *value) {
    const time_t now = (time_t)txn->now_epoch;
    struct tm local;
    sl_clock_local(now, &local);
    char text[16];
    const size_t len = strftime(text, sizeof text, format, &local);
    *value = sl_arena_copy(&txn->arena, sl_slice_of(text, len));
    return true;
}

static bool time_text(sl_txn *txn, sl_slice *value) { return field(txn, "%H:%M:%S", value); }
static bool time_year(sl_txn *txn, sl_slice *value) { return field(txn, "%Y", value); }
static bool time_mon(sl_txn *txn, sl_slice *value) { return field(txn, "%m", value); }
static bool time_day(sl_txn *txn, sl_slice *value) { return field(txn, "%d", value); }
static bool time_hour(sl_txn *txn, sl_slice *value) { return field(txn, "%H", value); }
static bool time_min(sl_txn *txn, sl_slice *value) { return field(txn, "%M", value); }
static bool time_sec(sl_txn *txn, sl_slice *value) { return field(txn, "%S", value); }
static bool time_wday(sl_txn *txn, sl_slice *value) { return field(txn, "%w", value); }

static bool number(sl_txn *txn, int64_t n, sl_slice *value) {
    *value = sl_digits(&txn->arena, (int64_t)n);
    return true;
}
static bool time_epoch(sl_txn *txn, sl_slice *value) { return number(txn, txn->now_epoch, value); }
static bool duration(sl_txn *txn, sl_slice *value) {
    return number(txn, sl_clock_monotonic_us() - txn->start_clock_us, value);
}
/* Nobody measures unless SecRulePerfTime asks for it, as in ModSecurity 2: then these are 0. */
static bool is_measured(const sl_txn *txn) { return txn->rules->config.rule_perf_time_us != 0; }
static bool phase(sl_txn *txn, int number_of, sl_slice *value) {
    return number(txn, is_measured(txn) ? txn->phase_us[number_of] : 0, value);
}
static bool phase_1(sl_txn *txn, sl_slice *value) { return phase(txn, 1, value); }
static bool phase_2(sl_txn *txn, sl_slice *value) { return phase(txn, 2, value); }
static bool phase_3(sl_txn *txn, sl_slice *value) { return phase(txn, 3, value); }
static bool phase_4(sl_txn *txn, sl_slice *value) { return phase(txn, 4, value); }
static bool phase_5(sl_txn *txn, sl_slice *value) { return phase(txn, 5, value); }
static bool combined(sl_txn *txn, sl_slice *value) {
    int64_t sum = 0;
    for (int each = 1; each < SL_PHASES; each++) sum += txn->phase_us[each];
    return number(txn, is_measured(txn) ? sum : 0, value);
}
/* v2's one text of all. */
static bool all_counters(sl_txn *txn, sl_slice *value) {
    if (!is_measured(txn)) return number(txn, 0, value);
    sl_strbuf text;
    sl_strbuf_init(&text, &txn->arena, 128);
    sl_trace_add_stopwatch(&text, txn);
    *value = sl_strbuf_slice(&text);
    return true;
}
static bool store_reads(sl_txn *txn, sl_slice *value) {
    return number(txn, is_measured(txn) ? txn->store_read_us : 0, value);
}
static bool store_writes(sl_txn *txn, sl_slice *value) {
    return number(txn, is_measured(txn) ? txn->store_write_us : 0, value);
}
static const sl_members *slow_rules(sl_txn *txn) { return &txn->slow_rules; }
static bool zero(sl_txn *txn, sl_slice *value) {
    (void)txn;
    *value = SL_LIT("0");
    return true;
}

const sl_variable sl_variables_time[] = {
    SL_SCALAR_ROW("TIME", 0, SL_SLOT_NONE, time_text, "hh:mm:ss"),
    SL_SCALAR_ROW("TIME_EPOCH", 0, SL_SLOT_NONE, time_epoch, "seconds since 1970"),
    SL_SCALAR_ROW("TIME_YEAR", 0, SL_SLOT_NONE, time_year, "four digits"),
    SL_SCALAR_ROW("TIME_MON", 0, SL_SLOT_NONE, time_mon, "01 to 12"),
    SL_SCALAR_ROW("TIME_DAY", 0, SL_SLOT_NONE, time_day, "01 to 31"),
    SL_SCALAR_ROW("TIME_HOUR", 0, SL_SLOT_NONE, time_hour, "00 to 23"),
    SL_SCALAR_ROW("TIME_MIN", 0, SL_SLOT_NONE, time_min, "00 to 59"),
    SL_SCALAR_ROW("TIME_SEC", 0, SL_SLOT_NONE, time_sec, "00 to 59"),
    SL_SCALAR_ROW("TIME_WDAY", 0, SL_SLOT_NONE, time_wday, "0 to 6, Sunday is 0"),
    SL_SCALAR_ROW("DURATION", 0, SL_SLOT_NONE, duration, "microseconds since the transaction began"),
    SL_SCALAR_ROW("PERF_PHASE1", 0, SL_SLOT_NONE, phase_1, "microseconds spent in phase 1; 0 without SecRulePerfTime"),
    SL_SCALAR_ROW("PERF_PHASE2", 0, SL_SLOT_NONE, phase_2, "microseconds spent in phase 2; 0 without SecRulePerfTime"),
    SL_SCALAR_ROW("PERF_PHASE3", 0, SL_SLOT_NONE, phase_3, "microseconds spent in phase 3; 0 without SecRulePerfTime"),
    SL_SCALAR_ROW("PERF_PHASE4", 0, SL_SLOT_NONE, phase_4, "microseconds spent in phase 4; 0 without SecRulePerfTime"),
    SL_SCALAR_ROW("PERF_PHASE5", 0, SL_SLOT_NONE, phase_5, "microseconds spent in phase 5; 0 without SecRulePerfTime"),
    SL_SCALAR_ROW("PERF_COMBINED", 0, SL_SLOT_NONE, combined, "microseconds spent in all phases; 0 without SecRulePerfTime"),
    SL_SCALAR_ROW("PERF_ALL", 0, SL_SLOT_NONE, all_counters, "all of them as one text: combined=…, p1=…; 0 without SecRulePerfTime"),
    {.name = "PERF_RULES", .kind = SL_COLLECTION, .members = slow_rules, .is_volatile = true,
     .manual = "microseconds of rules that took longer than SecRulePerfTime, by id"},
    SL_SCALAR_ROW("PERF_GC", 0, SL_SLOT_NONE, zero, "always 0: expired records cost no request time"),
    SL_SCALAR_ROW("PERF_LOGGING", 0, SL_SLOT_NONE, zero, "always 0: logs are written by another thread"),
    SL_SCALAR_ROW("PERF_SREAD", 0, SL_SLOT_NONE, store_reads, "microseconds spent reading the store; 0 without SecRulePerfTime"),
    SL_SCALAR_ROW("PERF_SWRITE", 0, SL_SLOT_NONE, store_writes, "microseconds spent writing the store; 0 without SecRulePerfTime"),
    {0},
};
