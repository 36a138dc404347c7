/* SPDX-License-Identifier: Apache-2.0 */
/* The store in a folder: several processes, killed and stopped ones, a map that grows and fills, a machine that went
 * down. */
#include "collections_world.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "collections/file_records.h"
#include "run/clock.h"

enum { big_map = 256 * 1024 * 1024 };

static world open_world(const char *folder) {
    return world_of(open_in(folder, small_map, big_map));
}

/* Memory that a child shares with us. */
static void *shared_bytes(size_t size) {
    void *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (bytes == MAP_FAILED) abort();
    return bytes;
}

static int end_of(pid_t child) {
    int status = -1;
    waitpid(child, &status, 0);
    return status;
}

/* ---- several processes ---- */

enum { processes = 4, adds_per_process = 2000 };

static void count_in_child(const char *folder, uint8_t *seen) {
    world w = open_world(folder);
    const sl_record_key key = key_of("ip", "hot");
    for (int i = 0; i < adds_per_process; i++) {
        int64_t result = 0;
        sl_change change = add("n", 1);
        change.result = &result;
        if (!w.store->methods->apply(w.store->self, &key, start, &for_an_hour, &change, 1)) _exit(1);
        if (result < 1 || result > processes * adds_per_process) _exit(2);
        seen[result - 1]++; /* each sum is given to one process only, or the sums below are wrong */
    }
    world_end(&w);
    _exit(0);
}

static void four_processes_lose_no_add_and_each_sum_is_given_once(void) {
    const char *folder = fresh_folder();
    uint8_t *seen = shared_bytes(processes * adds_per_process);
    pid_t children[processes];
    for (int i = 0; i < processes; i++) {
        children[i] = fork();
        if (children[i] == 0) count_in_child(folder, seen);
    }
    for (int i = 0; i < processes; i++) CHECK(end_of(children[i]) == 0);
    world w = open_world(folder);
    load(&w, "ip", "hot", start);
    CHECK(reads(&w, "n", "8000") && w.info.update_counter == 8000);
    int once = 0;
    for (int i = 0; i < processes * adds_per_process; i++) once += seen[i] == 1;
    CHECK(once == processes * adds_per_process);
    world_end(&w);
    munmap(seen, processes * adds_per_process);
}

static void a_folder_is_opened_once_in_a_process_however_it_is_written(void) {
    const char *folder = fresh_folder();
    char other[80];
    snprintf(other, sizeof other, "%s/../%s", folder, strrchr(folder, '/') + 1);
    world first = open_world(folder);
    world second = open_world(other);
    CHECK(first.store != second.store && first.store->self == second.store->self);
    apply(&first, "ip", "a", start, hour, add("n", 1));
    world_end(&first);
    apply(&second, "ip", "a", start, hour, add("n", 1));
    load(&second, "ip", "a", start);
    CHECK(reads(&second, "n", "2"));
    world_end(&second);
    world third = open_world(folder);
    load(&third, "ip", "a", start);
    CHECK(reads(&third, "n", "2"));
    world_end(&third);
}

static void files_are_their_owners_only(void) {
    const char *folder = fresh_folder();
    char path[96];
    snprintf(path, sizeof path, "%s/inner", folder);
    world w = open_world(path);
    static const char *const files[] = {"data.mdb", "lock.mdb", "run"};
    struct stat found;
    CHECK(stat(path, &found) == 0 && (found.st_mode & 0777) == 0700);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/inner/%s", folder, files[i]);
        CHECK(stat(path, &found) == 0 && (found.st_mode & 0777) == 0600);
    }
    world_end(&w);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "%s/inner/%s", folder, files[i]);
        CHECK(unlink(path) == 0);
    }
    snprintf(path, sizeof path, "%s/inner", folder);
    CHECK(rmdir(path) == 0);
}

static void a_folder_that_cannot_be_opened_says_why(void) {
    char error[256] = "";
    const sl_store_file_options options = {small_map, small_map, false};
    CHECK(sl_store_file_open(SL_LIT("/proc/nowhere/store"), &options, error, sizeof error) == NULL);
    CHECK(strstr(error, "/proc/nowhere/store: ") == error);
    CHECK(sl_store_file_open(SL_EMPTY, &options, error, sizeof error) == NULL);
    CHECK(sl_store_file_open(SL_LIT("a\0b"), &options, error, sizeof error) == NULL);
}

/* ---- killed, stopped ---- */

typedef struct progress {
    volatile int64_t acknowledged;
} progress;

/* Two counters in one batch, and a third in a record of its own that follows. */
static void write_until_killed(const char *folder, progress *done) {
    world w = open_world(folder);
    const sl_record_key pair = key_of("ip", "pair"), single = key_of("global", "single");
    const sl_change both[] = {add("a", 1), add("b", 1)};
    const sl_change one = add("n", 1);
    char key[24], value[200];
    memset(value, 'v', sizeof value);
    for (int64_t i = 1;; i++) {
        if (!w.store->methods->apply(w.store->self, &pair, start, &for_an_hour, both, 2)) _exit(1);
        if (!w.store->methods->apply(w.store->self, &single, start, &for_an_hour, &one, 1)) _exit(1);
        done->acknowledged++;
        /* Others, so that pages split and are used again. */
        snprintf(key, sizeof key, "k%lld", (long long)(i % 500));
        const sl_record_key other = key_of("ip", key);
        const sl_change filling = {
            .kind = SL_CHANGE_SET, .name = SL_LIT("x"), .value = sl_slice_of(value, (size_t)(i % 200))};
        if (!w.store->methods->apply(w.store->self, &other, start, &for_an_hour, &filling, 1)) _exit(1);
    }
}

static int64_t number(const world *w, const char *name) {
    const sl_member *member = sl_members_find(&w->members, sl_slice_z(name));
    return member == NULL ? 0 : sl_number_of(member->value->slice);
}

static void killed_processes_lose_and_tear_nothing(void) {
    enum { rounds = 150, writers = 2 };
    const char *folder = fresh_folder();
    progress *done = shared_bytes(writers * sizeof *done);
    uint32_t state = 4711;
    int64_t slowest_us = 0;
    for (int round = 0; round < rounds; round++) {
        pid_t children[writers];
        for (int i = 0; i < writers; i++) {
            children[i] = fork();
            if (children[i] == 0) write_until_killed(folder, &done[i]);
        }
        state = state * 1664525u + 1013904223u;
        /* Every fourth round while they open, else while they write. */
        for (int i = 0; i < writers && round % 4 != 0; i++) {
            for (int64_t before = done[i].acknowledged; done[i].acknowledged == before;) usleep(100);
        }
        usleep((state >> 8) % 4000);
        for (int i = 0; i < writers; i++) kill(children[i], SIGKILL);
        for (int i = 0; i < writers; i++) CHECK(WIFSIGNALED(end_of(children[i])));
        int64_t acknowledged = 0;
        for (int i = 0; i < writers; i++) acknowledged += done[i].acknowledged;
        world w = open_world(folder);
        const int64_t began = sl_clock_monotonic_us();
        apply(&w, "global", "alive", start, hour, add("n", 1)); /* no lock is stuck */
        const int64_t took = sl_clock_monotonic_us() - began;
        if (took > slowest_us) slowest_us = took;
        load(&w, "ip", "pair", start);
        const int64_t a = number(&w, "a"), b = number(&w, "b");
        load(&w, "global", "single", start);
        const int64_t n = number(&w, "n");
        CHECK(a == b); /* not torn */
        /* What was acknowledged is there; a kill may fall between a commit and its acknowledgement. */
        CHECK(n >= acknowledged && n <= acknowledged + (int64_t)(round + 1) * writers);
        CHECK(a >= n && a <= n + (int64_t)(round + 1) * writers);
        load(&w, "global", "alive", start);
        CHECK(number(&w, "n") == round + 1);
        world_end(&w);
    }
    int64_t acknowledged = 0;
    for (int i = 0; i < writers; i++) acknowledged += done[i].acknowledged;
    printf("%d kills, %lld acknowledged adds, none lost; the first write after a kill took %lld us at most\n",
           rounds * writers, (long long)acknowledged, (long long)slowest_us);
    CHECK(acknowledged > rounds);
    munmap(done, writers * sizeof *done);
}

/* Begins to write and stops there, holding the lock between processes. */
static void hold_the_lock(const char *folder, int ready) {
    sl_file_map map;
    MDB_txn *txn;
    if (sl_file_map_open(&map, folder, small_map, big_map) != 0 || mdb_txn_begin(map.env, NULL, 0, &txn) != 0) _exit(1);
    (void)!write(ready, "x", 1);
    for (;;) pause();
}

static void a_stopped_process_is_not_waited_for_and_a_dead_one_is_replaced(void) {
    const char *folder = fresh_folder();
    int ends[2];
    CHECK(pipe(ends) == 0);
    const pid_t child = fork();
    if (child == 0) hold_the_lock(folder, ends[1]);
    char byte;
    CHECK(read(ends[0], &byte, 1) == 1);
    world w = open_world(folder);
    const sl_record_key key = key_of("ip", "a");
    const sl_change change = add("n", 1);
    int64_t longest_us = 0, total_us = 0;
    for (int i = 0; i < 100; i++) {
        const int64_t began = sl_clock_monotonic_us();
        CHECK(!w.store->methods->apply(w.store->self, &key, start, &for_an_hour, &change, 1));
        const int64_t took = sl_clock_monotonic_us() - began;
        total_us += took;
        if (took > longest_us) longest_us = took;
    }
    printf("lock held by another process: 100 applies failed in %lld us, the longest in %lld us\n", (long long)total_us,
           (long long)longest_us);
    CHECK(longest_us < 1500000 &&
          total_us - longest_us < 2000000); /* one waits half a second, the others a millisecond */
    load(&w, "ip", "a", start);             /* readers need no lock */
    CHECK(w.info.is_new);
    kill(child, SIGKILL);
    end_of(child);
    CHECK(w.store->methods->apply(w.store->self, &key, start, &for_an_hour, &change, 1));
    load(&w, "ip", "a", start);
    CHECK(reads(&w, "n", "1"));
    seclua_store_stats stats;
    seclua_store_stats_of((seclua_store *)w.store, &stats);
    CHECK(stats.failures == 100 && stats.commits == 1);
    world_end(&w);
    close(ends[0]);
    close(ends[1]);
}

/* ---- size ---- */

static void the_map_grows_when_it_is_full(void) {
    enum { keys = 30000 };
    world w = open_world(fresh_folder());
    char key[24];
    for (int i = 0; i < keys; i++) {
        snprintf(key, sizeof key, "k%d", i);
        apply(&w, "ip", key, start, hour, set("x", "some text that takes room"));
        sl_arena_reset(&w.arena);
    }
    seclua_store_stats stats;
    seclua_store_stats_of((seclua_store *)w.store, &stats);
    CHECK(stats.records == keys && stats.bytes > 3 * small_map && stats.evictions == 0);
    for (int i = 0; i < keys; i += 97) {
        snprintf(key, sizeof key, "k%d", i);
        load(&w, "ip", key, start);
        CHECK(!w.info.is_new);
        sl_arena_reset(&w.arena);
    }
    world_end(&w);
}

static void a_process_follows_when_another_lets_the_map_grow(void) {
    const char *folder = fresh_folder();
    world w = open_world(folder);
    apply(&w, "ip", "first", start, hour, add("n", 1));
    int ends[2];
    CHECK(pipe(ends) == 0);
    world_end(&w); /* an environment is not carried through fork */
    const pid_t child = fork();
    if (child == 0) {
        char byte;
        if (read(ends[0], &byte, 1) != 1) _exit(1);
        world inner = open_world(folder);
        char key[24];
        for (int i = 0; i < 20000; i++) {
            snprintf(key, sizeof key, "k%d", i);
            apply(&inner, "ip", key, start, hour, set("x", "some text that takes room"));
            sl_arena_reset(&inner.arena);
        }
        world_end(&inner);
        _exit(failures == 0 ? 0 : 1);
    }
    w = open_world(folder);
    load(&w, "ip", "first", start);
    CHECK(write(ends[1], "x", 1) == 1);
    CHECK(end_of(child) == 0);
    load(&w, "ip", "k19999", start);
    CHECK(!w.info.is_new);
    apply(&w, "ip", "last", start, hour, add("n", 1));
    load(&w, "ip", "last", start);
    CHECK(reads(&w, "n", "1"));
    world_end(&w);
    close(ends[0]);
    close(ends[1]);
}

static void a_full_file_evicts_what_would_end_first(void) {
    enum { keys = 40000, limit = 4 * small_map };
    const char *folder = fresh_folder();
    world w = world_of(open_in(folder, small_map, limit));
    char key[24];
    int64_t slowest_us = 0;
    for (int i = 0; i < keys; i++) {
        snprintf(key, sizeof key, "k%d", i);
        const int64_t began = sl_clock_monotonic_us();
        apply(&w, "ip", key, start + i / 100, hour, set("x", "some text that takes room"));
        const int64_t took = sl_clock_monotonic_us() - began;
        if (took > slowest_us) slowest_us = took;
        if (i % 100 == 0) apply(&w, "ip", "k0", start + i / 100, hour, add("uses", 1)); /* in use: it ends late */
        sl_arena_reset(&w.arena);
    }
    seclua_store_stats stats;
    seclua_store_stats_of((seclua_store *)w.store, &stats);
    CHECK(stats.evictions != 0 && stats.records + stats.evictions == keys && stats.bytes <= limit);
    struct stat found;
    char path[96];
    snprintf(path, sizeof path, "%s/data.mdb", folder);
    CHECK(stat(path, &found) == 0 && found.st_size <= limit);
    const int64_t now = start + keys / 100;
    load(&w, "ip", "k1", now);
    CHECK(w.info.is_new);
    load(&w, "ip", "k39999", now);
    CHECK(!w.info.is_new);
    load(&w, "ip", "k0", now);
    CHECK(!w.info.is_new);
    printf("a full file of %d bytes: %llu of %d records evicted, the slowest write took %lld us\n", limit,
           (unsigned long long)stats.evictions, keys, (long long)slowest_us);
    world_end(&w);
}

static void housekeeping_takes_a_bounded_number_and_spares_the_living(void) {
    world w = open_world(fresh_folder());
    char key[24];
    for (int i = 0; i < 3000; i++) {
        snprintf(key, sizeof key, "k%d", i);
        apply(&w, "ip", key, start, 100, add("n", 1));
        sl_arena_reset(&w.arena);
    }
    apply(&w, "ip", "k7", start + 50, 100, add("n", 1)); /* lives on: the index has its former end */
    seclua_store_stats stats;
    sl_store_file_sweep((seclua_store *)w.store, start + 99);
    seclua_store_stats_of((seclua_store *)w.store, &stats);
    CHECK(stats.records == 3000);
    sl_store_file_sweep((seclua_store *)w.store, start + 100);
    seclua_store_stats_of((seclua_store *)w.store, &stats);
    CHECK(stats.records >= 2000 && stats.records <= 2001); /* 1,000 a second */
    for (int i = 0; i < 3; i++) sl_store_file_sweep((seclua_store *)w.store, start + 100);
    seclua_store_stats_of((seclua_store *)w.store, &stats);
    CHECK(stats.records == 1 && stats.expiries == 2999);
    load(&w, "ip", "k7", start + 149);
    CHECK(reads(&w, "n", "2"));
    sl_store_file_sweep((seclua_store *)w.store, start + 150);
    seclua_store_stats_of((seclua_store *)w.store, &stats);
    CHECK(stats.records == 0);
    /* A life made shorter is noticed, too. */
    apply(&w, "ip", "short", start, hour, add("n", 1));
    apply(&w, "ip", "short", start, hour, set("timeout", "5"));
    sl_store_file_sweep((seclua_store *)w.store, start + 5);
    seclua_store_stats_of((seclua_store *)w.store, &stats);
    CHECK(stats.records == 0);
    world_end(&w);
}

/* ---- what is found on opening ---- */

static void write_marker(const char *folder, const char *text) {
    char path[96];
    snprintf(path, sizeof path, "%s/run", folder);
    FILE *file = fopen(path, "w");
    CHECK(file != NULL && fputs(text, file) >= 0);
    if (file != NULL) fclose(file);
}

static void read_marker(const char *folder, char *out, size_t size) {
    char path[96];
    snprintf(path, sizeof path, "%s/run", folder);
    FILE *file = fopen(path, "r");
    out[0] = '\0';
    CHECK(file != NULL);
    if (file == NULL) return;
    out[fread(out, 1, size - 1, file)] = '\0';
    fclose(file);
}

static void files_of_a_machine_that_went_down_are_not_read(void) {
    const char *folder = fresh_folder();
    char marker[80];
    world w = open_world(folder);
    apply(&w, "ip", "a", start, hour, add("n", 1));
    read_marker(folder, marker, sizeof marker);
    CHECK(strlen(marker) == 36);
    world_end(&w);
    read_marker(folder, marker, sizeof marker);
    CHECK(strcmp(marker, "clean") == 0);

    w = open_world(folder); /* after an orderly end all is there */
    load(&w, "ip", "a", start);
    CHECK(reads(&w, "n", "1"));
    world_end(&w);

    write_marker(folder, "0f0f0f0f-0f0f-0f0f-0f0f-0f0f0f0f0f0f"); /* another run of the machine, not ended */
    w = open_world(folder);
    load(&w, "ip", "a", start);
    CHECK(w.info.is_new);
    apply(&w, "ip", "b", start, hour, add("n", 1));
    load(&w, "ip", "b", start);
    CHECK(reads(&w, "n", "1"));
    world_end(&w);
}

static int put_garbage(MDB_txn *txn, void *context) {
    sl_file_map *map = context;
    sl_file_key key;
    const sl_record_key record = key_of("ip", "a");
    sl_file_key_of(&record, &key);
    MDB_val key_value = {key.len, key.bytes}, value;
    int error = mdb_get(txn, map->records, &key_value, &value);
    if (error != 0) return error;
    static uint8_t bytes[1024];
    const size_t len = value.mv_size - 3; /* a variable without its end */
    memcpy(bytes, value.mv_data, len);
    MDB_val cut = {len, bytes};
    return mdb_put(txn, map->records, &key_value, &cut, 0);
}

static void a_damaged_record_is_a_new_one(void) {
    const char *folder = fresh_folder();
    world w = open_world(folder);
    apply(&w, "ip", "a", start, hour, set("x", "a longer text"));
    world_end(&w);
    sl_file_map map;
    CHECK(sl_file_map_open(&map, folder, small_map, big_map) == 0);
    CHECK(sl_file_map_write(&map, put_garbage, &map) == 0);
    sl_file_map_close(&map);
    w = open_world(folder);
    load(&w, "ip", "a", start);
    CHECK(w.members.count == 0);
    apply(&w, "ip", "a", start, hour, add("n", 1));
    load(&w, "ip", "a", start);
    CHECK(reads(&w, "n", "1") && w.info.update_counter == 1);
    world_end(&w);
}

#define TEST(name) \
    { #name, name }

int main(void) {
    static const test tests[] = {
        TEST(four_processes_lose_no_add_and_each_sum_is_given_once),
        TEST(a_folder_is_opened_once_in_a_process_however_it_is_written),
        TEST(files_are_their_owners_only),
        TEST(a_folder_that_cannot_be_opened_says_why),
        TEST(killed_processes_lose_and_tear_nothing),
        TEST(a_stopped_process_is_not_waited_for_and_a_dead_one_is_replaced),
        TEST(the_map_grows_when_it_is_full),
        TEST(a_process_follows_when_another_lets_the_map_grow),
        TEST(a_full_file_evicts_what_would_end_first),
        TEST(housekeeping_takes_a_bounded_number_and_spares_the_living),
        TEST(files_of_a_machine_that_went_down_are_not_read),
        TEST(a_damaged_record_is_a_new_one),
    };
    run_tests("file", tests, sizeof tests / sizeof *tests);
    return end_tests();
}
