/* SPDX-License-Identifier: Apache-2.0 */
/* The stores of persistent collections that the engine has itself: life of records and variables, arithmetic, limits,
 * threads; first what all of them must do alike, then what is the memory store's own. Time is a number handed in, so
 * nothing here sleeps. */
#include "collections_world.h"

#include "collections/memory.h"

/* The store under test. */
static seclua_store *(*open_store)(void);
static seclua_store *open_file(void) { return open_in(fresh_folder(), small_map, 1024 * small_map); }

static void a_record_is_new_until_it_is_stored(void) {
    world w = world_of(open_store());
    load(&w, "ip", "a", start);
    CHECK(w.info.is_new && w.info.update_counter == 0 && w.info.update_epoch == 0 && w.info.create_epoch == start);
    CHECK(w.members.count == 0);
    apply(&w, "ip", "a", start, hour, add("n", 1));
    load(&w, "ip", "a", start + 7);
    CHECK(!w.info.is_new && w.info.update_counter == 1 && w.info.update_epoch == start && w.info.create_epoch == start);
    CHECK(w.info.timeout_seconds == hour);
    CHECK(reads(&w, "n", "1"));
    apply(&w, "ip", "a", start + 7, hour, add("n", 1));
    load(&w, "ip", "a", start + 8);
    CHECK(reads(&w, "n", "2") && w.info.update_counter == 2 && w.info.update_epoch == start + 7);
    world_end(&w);
}

static void a_variable_expires_and_its_record_lives_on(void) {
    world w = world_of(open_store());
    apply(&w, "ip", "a", start, hour, set("x", "1"));
    apply(&w, "ip", "a", start, hour, set("y", "2"));
    apply(&w, "ip", "a", start, hour, expire("x", start + 1));
    load(&w, "ip", "a", start);
    CHECK(reads(&w, "x", "1"));
    load(&w, "ip", "a", start + 1);
    CHECK(reads(&w, "x", NULL) && reads(&w, "y", "2") && !w.info.is_new);
    apply(&w, "ip", "a", start + 2, hour, add("x", 5));
    load(&w, "ip", "a", start + 100);
    CHECK(reads(&w, "x", "5"));
    world_end(&w);
}

static void a_later_set_does_not_move_an_expiry(void) {
    world w = world_of(open_store());
    apply(&w, "ip", "a", start, hour, set("x", "1"));
    apply(&w, "ip", "a", start, hour, expire("x", start + 10));
    apply(&w, "ip", "a", start + 5, hour, set("x", "2"));
    apply(&w, "ip", "a", start + 5, hour, add("x", 1));
    load(&w, "ip", "a", start + 9);
    CHECK(reads(&w, "x", "3"));
    CHECK(sl_members_find(&w.members, SL_LIT("x"))->expires_epoch == start + 10);
    load(&w, "ip", "a", start + 10);
    CHECK(reads(&w, "x", NULL));
    world_end(&w);
}

static void an_expiry_may_come_before_its_value(void) {
    world w = world_of(open_store());
    apply(&w, "ip", "a", start, hour, expire("x", start + 10));
    load(&w, "ip", "a", start);
    CHECK(reads(&w, "x", NULL));
    apply(&w, "ip", "a", start, hour, set("x", "1"));
    load(&w, "ip", "a", start + 9);
    CHECK(reads(&w, "x", "1"));
    load(&w, "ip", "a", start + 10);
    CHECK(reads(&w, "x", NULL));
    world_end(&w);
}

static void a_record_ends_after_its_timeout_and_is_new_again(void) {
    world w = world_of(open_store());
    apply(&w, "ip", "a", start, 1, set("x", "1"));
    load(&w, "ip", "a", start);
    CHECK(!w.info.is_new);
    load(&w, "ip", "a", start + 2);
    CHECK(w.info.is_new && w.members.count == 0);
    /* Reading does not lengthen a life, storing does. */
    apply(&w, "ip", "b", start, 10, set("x", "1"));
    load(&w, "ip", "b", start + 9);
    apply(&w, "ip", "b", start + 9, 10, set("x", "2"));
    load(&w, "ip", "b", start + 18);
    CHECK(reads(&w, "x", "2"));
    load(&w, "ip", "b", start + 19);
    CHECK(w.info.is_new);
    world_end(&w);
}

static void timeout_is_the_life_of_the_record_and_no_variable(void) {
    world w = world_of(open_store());
    apply(&w, "ip", "a", start, hour, set("timeout", "5"));
    load(&w, "ip", "a", start + 4);
    CHECK(!w.info.is_new && w.info.timeout_seconds == 5 && reads(&w, "timeout", NULL));
    load(&w, "ip", "a", start + 5);
    CHECK(w.info.is_new);
    world_end(&w);
}

static void deprecation_lowers_by_full_periods_only(void) {
    static const struct {
        int64_t value, amount, period, age, result;
    } vectors[] = {{10, 1, 60, 59, 10}, {10, 1, 60, 60, 9}, {10, 1, 60, 125, 8}, {10, 3, 10, 35, 1}, {2, 5, 10, 10, 0},
                   {INT64_MAX, INT64_MAX, 1, hour, 0}, {10, 1, 60, -60, 10}};
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        CHECK(sl_collection_deprecated(vectors[i].value, vectors[i].amount, vectors[i].period, start,
                                       start + vectors[i].age) == vectors[i].result);
        world w = world_of(open_store());
        char value[24], expected[24];
        snprintf(value, sizeof value, "%lld", (long long)vectors[i].value);
        snprintf(expected, sizeof expected, "%lld", (long long)vectors[i].result);
        apply(&w, "ip", "a", start, 2 * hour, set("n", value));
        apply(&w, "ip", "a", start + vectors[i].age, 2 * hour,
              (sl_change){.kind = SL_CHANGE_DEPRECATE, .name = SL_LIT("n"), .amount = vectors[i].amount,
                          .period_seconds = vectors[i].period});
        load(&w, "ip", "a", start + vectors[i].age);
        CHECK(reads(&w, "n", expected));
        world_end(&w);
    }
    CHECK(sl_collection_deprecated(10, 1, 60, 0, start) == 10); /* never stored */
}

static sl_change age(const char *name, int64_t amount, int64_t period) {
    return (sl_change){.kind = SL_CHANGE_DEPRECATE, .name = sl_slice_z(name), .amount = amount, .period_seconds = period,
                       .is_own_age = true};
}

/* Stores of other variables between do not hold it up, and what is left of a period is not lost. */
static void a_variable_may_age_by_itself(void) {
    world w = world_of(open_store());
    apply(&w, "ip", "a", start, hour, add("n", 10));
    for (int64_t second = 30; second <= 300; second += 30) {
        apply(&w, "ip", "a", start + second, hour, set("other", "x"));
        apply(&w, "ip", "a", start + second, hour, age("n", 1, 50));
    }
    load(&w, "ip", "a", start + 300);
    CHECK(reads(&w, "n", "4")); /* by the record's last update it would be 10 */
    apply(&w, "ip", "a", start + 310, hour, add("n", 1)); /* adding keeps the age */
    apply(&w, "ip", "a", start + 350, hour, age("n", 1, 50));
    load(&w, "ip", "a", start + 350);
    CHECK(reads(&w, "n", "4"));
    apply(&w, "ip", "a", start + 380, hour, set("n", "9")); /* a new value is new */
    apply(&w, "ip", "a", start + 420, hour, age("n", 1, 50));
    load(&w, "ip", "a", start + 420);
    CHECK(reads(&w, "n", "9"));
    CHECK(sl_members_find(&w.members, SL_LIT("n"))->aged_epoch == start + 380);
    apply(&w, "ip", "a", start + 430, hour, set("n", "0"));
    apply(&w, "ip", "a", start + 490, hour, age("n", 1, 50)); /* nothing left to lower, but the time is spent */
    apply(&w, "ip", "a", start + 491, hour, add("n", 3));
    apply(&w, "ip", "a", start + 520, hour, age("n", 1, 50));
    load(&w, "ip", "a", start + 520);
    CHECK(reads(&w, "n", "3"));
    world_end(&w);
}

static void a_counter_never_falls_below_zero_and_never_wraps(void) {
    world w = world_of(open_store());
    int64_t result = -1;
    sl_change change = add("n", -5);
    change.result = &result;
    apply(&w, "ip", "a", start, hour, change);
    CHECK(result == 0);
    apply(&w, "ip", "a", start, hour, add("n", INT64_MAX));
    change = add("n", 1);
    change.result = &result;
    apply(&w, "ip", "a", start, hour, change);
    CHECK(result == INT64_MAX);
    change = add("n", INT64_MIN);
    change.result = &result;
    apply(&w, "ip", "a", start, hour, change);
    CHECK(result == 0);
    apply(&w, "ip", "a", start, hour, set("n", "text"));
    apply(&w, "ip", "a", start, hour, add("n", 3));
    load(&w, "ip", "a", start);
    CHECK(reads(&w, "n", "3"));
    world_end(&w);
}

static void names_ignore_case_and_unset_forgets_the_expiry(void) {
    world w = world_of(open_store());
    apply(&w, "ip", "a", start, hour, set("n", "1"));
    apply(&w, "ip", "a", start, hour, add("N", 1));
    apply(&w, "IP", "a", start, hour, expire("n", start + 5));
    load(&w, "ip", "a", start);
    CHECK(w.members.count == 1 && reads(&w, "n", "2"));
    apply(&w, "ip", "a", start, hour, unset("n"));
    load(&w, "ip", "a", start);
    CHECK(w.members.count == 0 && !w.info.is_new);
    apply(&w, "ip", "a", start, hour, set("n", "7"));
    load(&w, "ip", "a", start + 6);
    CHECK(reads(&w, "n", "7"));
    world_end(&w);
}

static void space_collection_and_key_tell_records_apart(void) {
    world w = world_of(open_store());
    const sl_change change = set("x", "1");
    const sl_record_key first = {SL_LIT("app1"), SL_LIT("session"), SL_LIT("abc")};
    const sl_record_key others[] = {{SL_LIT("app2"), SL_LIT("session"), SL_LIT("abc")},
                                    {SL_LIT("app1"), SL_LIT("user"), SL_LIT("abc")},
                                    {SL_LIT("app1a"), SL_LIT("session"), SL_LIT("bc")},
                                    {SL_LIT("app1"), SL_LIT("session"), SL_LIT("ABC")}};
    CHECK(w.store->methods->apply(w.store->self, &first, start, &for_an_hour, &change, 1));
    CHECK(load_key(&w, &first, start) && !w.info.is_new);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        CHECK(load_key(&w, &others[i], start) && w.info.is_new);
    }
    world_end(&w);
}

static void keys_of_any_length_and_any_bytes_work(void) {
    world w = world_of(open_store());
    static char long_key[4096];
    memset(long_key, 'k', sizeof long_key);
    const sl_change change = set("x", "1");
    sl_record_key key = {SL_EMPTY, SL_LIT("ip"), sl_slice_of(long_key, sizeof long_key)};
    CHECK(w.store->methods->apply(w.store->self, &key, start, &for_an_hour, &change, 1));
    CHECK(load_key(&w, &key, start) && reads(&w, "x", "1"));
    long_key[4095] = 'l';
    CHECK(load_key(&w, &key, start) && w.info.is_new);
    key.key.len = sl_collection_key_max + 1;
    CHECK(load_key(&w, &key, start) && w.info.is_new);
    key.key = SL_LIT("a\0b");
    CHECK(w.store->methods->apply(w.store->self, &key, start, &for_an_hour, &change, 1));
    CHECK(load_key(&w, &key, start) && !w.info.is_new);
    key.key = SL_LIT("a\0c");
    CHECK(load_key(&w, &key, start) && w.info.is_new);
    world_end(&w);
}

static void a_record_is_bounded_in_variables_names_and_values(void) {
    world w = world_of(open_store());
    char name[80];
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "v%d", i);
        apply(&w, "ip", "a", start, hour, set(name, "1"));
    }
    load(&w, "ip", "a", start);
    CHECK(w.members.count == variables_max && reads(&w, "v63", "1") && reads(&w, "v64", NULL));
    apply(&w, "ip", "a", start, hour, unset("v0"));
    apply(&w, "ip", "a", start, hour, set("late", "1"));
    load(&w, "ip", "a", start);
    CHECK(w.members.count == variables_max && reads(&w, "late", "1"));

    memset(name, 'n', name_max + 1);
    name[name_max + 1] = '\0';
    apply(&w, "ip", "b", start, hour, set(name, "1"));
    load(&w, "ip", "b", start);
    CHECK(w.members.count == 0);

    static char big[3 * value_max + 1];
    memset(big, 'v', sizeof big - 1);
    for (int i = 0; i < variables_max; i++) {
        snprintf(name, sizeof name, "v%d", i);
        apply(&w, "ip", "c", start, hour, set(name, big));
    }
    load(&w, "ip", "c", start);
    CHECK(w.members.count == variables_max);
    CHECK(sl_members_find(&w.members, SL_LIT("v63"))->value->slice.len == value_max);
    world_end(&w);
}

static void a_batch_is_applied_in_order(void) {
    world w = world_of(open_store());
    int64_t result = 0;
    const sl_record_key key = key_of("ip", "a");
    const sl_change batch[] = {
        set("n", "5"),
        {.kind = SL_CHANGE_ADD, .name = SL_LIT("n"), .delta = 2, .result = &result},
        unset("n"),
        add("n", 1),
        expire("n", start + 3),
    };
    CHECK(w.store->methods->apply(w.store->self, &key, start, &for_an_hour, batch, sizeof batch / sizeof *batch));
    CHECK(result == 7);
    load(&w, "ip", "a", start);
    CHECK(reads(&w, "n", "1") && w.info.update_counter == 1);
    load(&w, "ip", "a", start + 3);
    CHECK(reads(&w, "n", NULL));
    world_end(&w);
}

static void a_flood_of_keys_evicts_the_oldest_and_stays_bounded(void) {
    enum { cap = 100000, keys = 200000 };
    world w = world_of(sl_store_memory_new(&(sl_store_memory_limits){.records_max = cap, .bytes_max = 64 * 1024 * 1024}));
    char key[24];
    apply(&w, "global", "global", start, hour, add("n", 1));
    for (int i = 0; i < keys; i++) {
        snprintf(key, sizeof key, "k%d", i);
        apply(&w, "ip", key, start + i / 1000, hour, add("n", 1));
    }
    seclua_store_stats stats;
    seclua_store_stats_of((seclua_store *)w.store, &stats);
    CHECK(stats.records <= cap + 1 && stats.records > cap * 9 / 10);
    CHECK(stats.evictions == (uint64_t)keys + 1 - stats.records && stats.expiries == 0);
    CHECK(stats.bytes < (uint64_t)cap * 400);
    for (int i = 0; i < 1000; i++) { /* shards fill unevenly: far from the middle, all is as in one queue */
        snprintf(key, sizeof key, "k%d", i);
        load(&w, "ip", key, start + keys / 1000);
        CHECK(w.info.is_new);
        snprintf(key, sizeof key, "k%d", keys - 1 - i);
        load(&w, "ip", key, start + keys / 1000);
        CHECK(!w.info.is_new);
    }
    load(&w, "global", "global", start);
    CHECK(!w.info.is_new); /* another collection's flood is not its own */
    world_end(&w);
}

static void large_values_are_bounded_in_bytes(void) {
    enum { bytes_max = 4 * 1024 * 1024 };
    world w = world_of(sl_store_memory_new(&(sl_store_memory_limits){.records_max = 100000, .bytes_max = bytes_max}));
    static char value[value_max + 1];
    memset(value, 'v', sizeof value - 1);
    char key[24];
    for (int i = 0; i < 5000; i++) {
        snprintf(key, sizeof key, "k%d", i);
        apply(&w, "ip", key, start, hour, set("x", value));
    }
    seclua_store_stats stats;
    seclua_store_stats_of((seclua_store *)w.store, &stats);
    CHECK(stats.bytes <= bytes_max && stats.evictions != 0);
    world_end(&w);
}

static void ended_records_leave_without_being_asked_for(void) {
    world w = world_of(open_store());
    char key[24];
    for (int i = 0; i < 10000; i++) {
        snprintf(key, sizeof key, "k%d", i);
        apply(&w, "ip", key, start, 10, add("n", 1));
    }
    for (int i = 0; i < 5000; i++) {
        snprintf(key, sizeof key, "later%d", i);
        apply(&w, "ip", key, start + 20, hour, add("n", 1));
    }
    seclua_store_stats stats;
    seclua_store_stats_of((seclua_store *)w.store, &stats);
    CHECK(stats.records == 5000 && stats.expiries == 10000 && stats.evictions == 0);
    world_end(&w);
}

/* The table against a plain array: every operation in random order on a small set of keys, so that probes
 * meet. */
static void records_are_found_however_they_came_and_went(void) {
    enum { keys = 600, steps = 60000 };
    static int64_t counts[keys], ends[keys];
    memset(counts, 0, sizeof counts);
    memset(ends, 0, sizeof ends);
    world w = world_of(open_store());
    uint32_t state = 12345;
    char key[24], expected[24];
    int64_t now = start;
    for (int i = 0; i < steps; i++) {
        state = state * 1664525u + 1013904223u;
        const int k = (int)((state >> 8) % keys);
        const int64_t life = 1 + (state >> 20) % 50;
        if (i % 40 == 0) now++;
        snprintf(key, sizeof key, "k%d", k);
        apply(&w, "ip", key, now, life, add("n", 1));
        counts[k] = ends[k] <= now ? 1 : counts[k] + 1;
        ends[k] = now + life;
        const int other = (int)((state >> 4) % keys);
        snprintf(key, sizeof key, "k%d", other);
        snprintf(expected, sizeof expected, "%lld", (long long)counts[other]);
        load(&w, "ip", key, now);
        CHECK(w.info.is_new == (ends[other] <= now));
        CHECK(reads(&w, "n", ends[other] <= now ? NULL : expected));
        sl_arena_reset(&w.arena);
    }
    world_end(&w);
}

enum { threads = 8, adds_per_thread = 10000 };

static void count_up(void *context) {
    const world *shared = context;
    sl_arena arena;
    sl_arena_init(&arena, 0, exhausted, NULL);
    const sl_record_key key = key_of("ip", "hot");
    const sl_change change = add("n", 1);
    for (int i = 0; i < adds_per_thread; i++) {
        if (!shared->store->methods->apply(shared->store->self, &key, start, &for_an_hour, &change, 1)) abort();
        if (i % 16 == 0) {
            sl_members members = {0};
            sl_record_info info;
            shared->store->methods->load(shared->store->self, &key, start, &arena, &members, &info);
            sl_arena_reset(&arena);
        }
    }
    sl_arena_free(&arena);
}

static void eight_threads_lose_no_add(void) {
    world w = world_of(open_store());
    sl_thread started[threads];
    for (int i = 0; i < threads; i++) CHECK(sl_thread_start(&started[i], count_up, &w));
    for (int i = 0; i < threads; i++) sl_thread_join(started[i]);
    load(&w, "ip", "hot", start);
    CHECK(reads(&w, "n", "80000") && w.info.update_counter == 80000);
    world_end(&w);
}

static void a_store_lives_until_its_last_reference(void) {
    world w = world_of(open_store());
    apply(&w, "ip", "a", start, hour, set("x", "1"));
    CHECK(sl_store_acquire(w.store) == w.store);
    seclua_store_release((seclua_store *)w.store);
    load(&w, "ip", "a", start);
    CHECK(reads(&w, "x", "1"));
    world_end(&w);
    seclua_store_release(NULL);
}

static void bookkeeping_names_are_read_only(void) {
    CHECK(sl_collection_is_read_only(SL_LIT("KEY")) && sl_collection_is_read_only(SL_LIT("is_new")));
    CHECK(sl_collection_is_read_only(SL_LIT("Update_Rate")) && sl_collection_is_read_only(SL_LIT("UPDATE_COUNTER")));
    CHECK(sl_collection_is_read_only(SL_LIT("create_time")) && sl_collection_is_read_only(SL_LIT("LAST_UPDATE_TIME")));
    CHECK(sl_collection_is_read_only(SL_LIT("__expire_x")));
    CHECK(!sl_collection_is_read_only(SL_LIT("TIMEOUT")) && !sl_collection_is_read_only(SL_LIT("keys")));
    CHECK(!sl_collection_is_read_only(SL_LIT("_x")) && !sl_collection_is_read_only(SL_EMPTY));
}

#define TEST(name) {#name, name}

static seclua_store *open_memory(void) { return seclua_store_memory_new(0); }

int main(void) {
    static const test of_all[] = {
        TEST(a_record_is_new_until_it_is_stored),
        TEST(a_variable_expires_and_its_record_lives_on),
        TEST(a_later_set_does_not_move_an_expiry),
        TEST(an_expiry_may_come_before_its_value),
        TEST(a_record_ends_after_its_timeout_and_is_new_again),
        TEST(timeout_is_the_life_of_the_record_and_no_variable),
        TEST(deprecation_lowers_by_full_periods_only),
        TEST(a_variable_may_age_by_itself),
        TEST(a_counter_never_falls_below_zero_and_never_wraps),
        TEST(names_ignore_case_and_unset_forgets_the_expiry),
        TEST(space_collection_and_key_tell_records_apart),
        TEST(keys_of_any_length_and_any_bytes_work),
        TEST(a_record_is_bounded_in_variables_names_and_values),
        TEST(a_batch_is_applied_in_order),
        TEST(ended_records_leave_without_being_asked_for),
        TEST(records_are_found_however_they_came_and_went),
        TEST(eight_threads_lose_no_add),
        TEST(a_store_lives_until_its_last_reference),
    };
    static const test of_memory[] = {
        TEST(a_flood_of_keys_evicts_the_oldest_and_stays_bounded),
        TEST(large_values_are_bounded_in_bytes),
        TEST(bookkeeping_names_are_read_only),
    };
    open_store = open_file;
    run_tests("file", of_all, sizeof of_all / sizeof *of_all);
    open_store = open_memory;
    run_tests("memory", of_all, sizeof of_all / sizeof *of_all);
    run_tests("memory", of_memory, sizeof of_memory / sizeof *of_memory);
    return end_tests();
}
