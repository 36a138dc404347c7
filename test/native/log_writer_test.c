/* SPDX-License-Identifier: Apache-2.0 */
/* Log files: whole entries in order, whoever writes; full queues, files that cannot be opened, rotation,
 * Concurrent storage. */
#if !defined(_XOPEN_SOURCE)
#define _XOPEN_SOURCE 700 /* nftw */
#endif
#include <sys/stat.h>
#if defined(_WIN32)
#include <direct.h>
#include <process.h>
#define make_folder(path) _mkdir(path)
#define process_id() _getpid()
#else
#include <ftw.h>
#include <sys/wait.h>
#include <unistd.h>
#define make_folder(path) mkdir((path), 0700)
#define process_id() getpid()
#endif

#include "base/thread.h"
#include "log/writer.h"
#include "log_harness.h"

enum { path_size = 512 };

/* A folder of this run; each test takes a new one below it. */
static char root[path_size / 2];
static int folders;

static void enter_root(void) {
    const char *tmp = getenv("TMPDIR");
    if (tmp == NULL) tmp = getenv("TEMP");
    snprintf(root, sizeof root, "%s/seclua-log-%d", tmp == NULL ? "/tmp" : tmp, (int)process_id());
    if (make_folder(root) != 0) {
        perror(root);
        exit(2);
    }
}

static void new_folder(char out[path_size]) {
    snprintf(out, path_size, "%s/%d", root, folders++);
    CHECK(make_folder(out) == 0);
}

static sl_slice path_in(char out[2 * path_size], const char *folder, const char *name) {
    const int len = snprintf(out, 2 * path_size, "%s/%s", folder, name);
    return sl_slice_of(out, (size_t)len);
}

/* Contents, or an empty slice when there is no file; the caller frees ptr. */
static sl_slice read_all(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL) return sl_slice_of(NULL, 0);
    fseek(file, 0, SEEK_END);
    const long len = ftell(file);
    rewind(file);
    char *text = malloc((size_t)len + 1);
    if (text == NULL) exhausted(NULL);
    const size_t taken = fread(text, 1, (size_t)len, file);
    fclose(file);
    return sl_slice_of(text, taken);
}

static void drop(sl_slice text) { free((void *)text.ptr); }

static sl_writer *acquire(sl_slice path) {
    const sl_writer_place place = {.path = path, .mode = 0640, .folder_mode = 0750};
    return sl_writer_acquire(&place);
}

static bool put(sl_writer *writer, const char *text, bool matters) {
    const sl_writer_entry entry = {.pieces = {sl_slice_z(text), SL_LIT("\n")}, .matters = matters};
    return sl_writer_put(writer, &entry);
}

static void closing_writes_everything_in_order(void) {
    char folder[path_size], path[2 * path_size], line[32];
    new_folder(folder);
    sl_writer *writer = acquire(path_in(path, folder, "log"));
    for (int i = 0; i < 5000; i++) {
        snprintf(line, sizeof line, "entry %d", i);
        CHECK(put(writer, line, false));
    }
    sl_writer_release(writer);
    const sl_slice found = read_all(path);
    sl_slice rest = found;
    for (int i = 0; i < 5000; i++) {
        const int len = snprintf(line, sizeof line, "entry %d\n", i);
        if (!sl_slice_starts(rest, sl_slice_z(line))) break;
        rest = sl_slice_from(rest, (size_t)len);
    }
    CHECK(found.len != 0 && rest.len == 0);
    drop(found);
}

static void flushing_writes_what_was_put_before(void) {
    char folder[path_size], path[2 * path_size];
    new_folder(folder);
    sl_writer *writer = acquire(path_in(path, folder, "log"));
    sl_slice found = read_all(path);
    CHECK(found.ptr != NULL && found.len == 0); /* there from the start */
    drop(found);
    for (int i = 0; i < 3; i++) {
        CHECK(put(writer, "x", false));
        sl_writer_flush(writer);
        found = read_all(path);
        CHECK(found.len == 2u * (size_t)(i + 1));
        drop(found);
    }
    sl_writer_release(writer);
}

enum { threads = 4, lines_per_thread = 500, line_bytes = 10000 };

static void put_lines(void *context) {
    sl_writer *writer = acquire(sl_slice_z(context));
    static _Thread_local char line[line_bytes + 1];
    static sl_mutex mutex = SL_MUTEX_INITIALIZER;
    static char next = 'a';
    sl_mutex_lock(&mutex);
    memset(line, next++, line_bytes);
    sl_mutex_unlock(&mutex);
    for (int i = 0; i < lines_per_thread; i++) {
        if (!put(writer, line, false)) abort();
    }
    sl_writer_release(writer);
}

static void entries_of_many_threads_stay_whole(void) {
    char folder[path_size], path[2 * path_size];
    new_folder(folder);
    path_in(path, folder, "log");
    sl_thread started[threads];
    for (int i = 0; i < threads; i++) CHECK(sl_thread_start(&started[i], put_lines, path));
    for (int i = 0; i < threads; i++) sl_thread_join(started[i]);
    const sl_slice found = read_all(path);
    CHECK(found.len == (size_t)threads * lines_per_thread * (line_bytes + 1));
    size_t broken = 0;
    for (size_t at = 0; at < found.len; at += line_bytes + 1) {
        const uint8_t *line = found.ptr + at;
        broken += line[line_bytes] != '\n' || memcmp(line, line + 1, line_bytes - 1) != 0;
    }
    CHECK(broken == 0);
    drop(found);
}

static void lines_that_may_join_lose_nothing(void) {
    char folder[path_size], path[2 * path_size], number[16];
    new_folder(folder);
    sl_writer *writer = acquire(path_in(path, folder, "debug"));
    size_t expected = 0;
    for (int i = 0; i < 50000; i++) {
        const int len = snprintf(number, sizeof number, "%d", i);
        const sl_writer_entry entry = {.pieces = {sl_slice_of(number, (size_t)len), SL_LIT(" line"), SL_LIT("\n")}, .may_join = true};
        CHECK(sl_writer_put(writer, &entry));
        expected += (size_t)len + 6;
    }
    char *big = malloc(100000);
    if (big == NULL) exhausted(NULL);
    memset(big, 'b', 100000);
    const sl_writer_entry entry = {.pieces = {sl_slice_of(big, 100000)}, .may_join = true};
    CHECK(sl_writer_put(writer, &entry));
    free(big);
    sl_writer_release(writer);
    const sl_slice found = read_all(path);
    CHECK(found.len == expected + 100000);
    CHECK(sl_slice_starts(found, SL_LIT("0 line\n1 line\n2 line\n")) && has(found, "\n49998 line\n49999 line\nbbbb"));
    drop(found);
}

/* The file's folder is missing at first: nothing can be written, so the queue fills. */
static void a_full_queue_drops_the_oldest_entry_that_does_not_matter(void) {
    enum { queue_max = 10000, important = 10, more = 500 };
    char folder[path_size], later[2 * path_size], path[2 * path_size], line[32];
    new_folder(folder);
    path_in(later, folder, "later");
    snprintf(path, sizeof path, "%.*s/log", path_size, later);
    sl_writer *writer = acquire(sl_slice_z(path));
    for (int i = 0; i < important; i++) {
        snprintf(line, sizeof line, "important %d", i);
        CHECK(put(writer, line, true));
    }
    int lost = 0;
    for (int i = 0; i < queue_max + more; i++) {
        snprintf(line, sizeof line, "usual %d", i);
        lost += !put(writer, line, false);
    }
    sl_writer_flush(writer); /* does not hang while nothing can be written */
    CHECK(lost == important + more);
    CHECK(make_folder(later) == 0);
    sl_writer_reopen(writer);
    sl_writer_flush(writer);
    sl_writer_release(writer);
    const sl_slice found = read_all(path);
    CHECK(count_of(found, "important ") == important);
    CHECK(count_of(found, "usual ") == (size_t)(queue_max + more - lost));
    CHECK(!has(found, "usual 0\n") && has(found, "usual 10499\n"));
    drop(found);
}

static void a_queue_is_bounded_in_bytes_and_keeps_what_matters(void) {
    char folder[path_size], path[2 * path_size];
    new_folder(folder);
    path_in(path, folder, "missing/log");
    sl_writer *writer = acquire(sl_slice_z(path));
    const size_t mebibyte = 1024 * 1024;
    char *big = calloc(1, 65 * mebibyte);
    if (big == NULL) exhausted(NULL);
    const sl_writer_entry important = {.pieces = {sl_slice_of(big, mebibyte)}, .matters = true};
    const sl_writer_entry usual = {.pieces = {sl_slice_of(big, mebibyte)}};
    const sl_writer_entry too_big = {.pieces = {sl_slice_of(big, 65 * mebibyte)}, .matters = true};
    CHECK(!sl_writer_put(writer, &too_big));
    for (int i = 0; i < 63; i++) CHECK(sl_writer_put(writer, &important));
    CHECK(sl_writer_put(writer, &usual));
    CHECK(!sl_writer_put(writer, &important)); /* the usual one gave way */
    CHECK(!sl_writer_put(writer, &important)); /* nothing gives way any more */
    CHECK(!sl_writer_put(writer, &usual));
    free(big);
    sl_writer_release(writer); /* ends, though it cannot write */
    CHECK(read_all(path).ptr == NULL);
}

static void after_reopening_entries_go_to_a_new_file(void) {
    char folder[path_size], path[2 * path_size], moved[2 * path_size];
    new_folder(folder);
    path_in(moved, folder, "log.1");
    sl_writer *writer = acquire(path_in(path, folder, "log"));
    sl_writer *same = acquire(sl_slice_z(path));
    CHECK(writer == same);
    CHECK(put(writer, "before", false));
    sl_writer_flush(writer);
    CHECK(rename(path, moved) == 0);
    sl_writer_reopen(same);
    CHECK(put(writer, "after", false));
    sl_writer_release(writer);
    sl_writer_release(same);
    sl_slice found = read_all(moved);
    CHECK_TEXT(found, SL_LIT("before\n"));
    drop(found);
    found = read_all(path);
    CHECK_TEXT(found, SL_LIT("after\n"));
    drop(found);
}

/* ---- by directives ---- */

static void json_records_are_lines_after_the_prefix(void) {
    char folder[path_size], path[2 * path_size];
    new_folder(folder);
    world *w = world_new();
    w->rules.config.audit_log = path_in(path, folder, "audit.log");
    w->rules.config.audit_format = SL_AUDIT_JSON;
    w->rules.config.audit_prefix = SL_LIT("@cee: ");
    struct sl_writers *writers = sl_writers_open(&w->rules);
    CHECK(sl_writers_audit(writers, &w->txn) && sl_writers_audit(writers, &w->txn));
    sl_writers_close(writers);
    const sl_slice found = read_all(path);
    CHECK(count_of(found, "@cee: {\"transaction\":{") == 2 && count_of(found, "}\n") == 2);
    CHECK(sl_slice_ends(found, SL_LIT("matched\"}\n")));
    drop(found);
    world_free(w);
}

static void native_records_are_set_apart_by_a_blank_line(void) {
    char folder[path_size], path[2 * path_size];
    new_folder(folder);
    world *w = world_new();
    w->rules.config.audit_log = path_in(path, folder, "audit.log");
    struct sl_writers *writers = sl_writers_open(&w->rules);
    CHECK(sl_writers_audit(writers, &w->txn) && sl_writers_audit(writers, &w->txn));
    sl_writers_close(writers);
    const sl_slice found = read_all(path);
    CHECK(count_of(found, "-A--\n[") == 2 && count_of(found, "-Z--\n\n") == 2 && count_of(found, "-Z--\n\n--") == 1);
    drop(found);
    world_free(w);
}

static void debug_lines_reach_their_file(void) {
    char folder[path_size], path[2 * path_size];
    new_folder(folder);
    world *w = world_new();
    CHECK(sl_writers_open(&w->rules) == NULL);
    w->rules.config.debug_log = path_in(path, folder, "debug.log");
    struct sl_writers *writers = sl_writers_open(&w->rules);
    CHECK(sl_writers_audit(writers, &w->txn)); /* nowhere to go: nothing is lost either */
    sl_writers_debug(writers, &w->txn, 4, SL_LIT("Rule returned 1."));
    sl_writers_flush(writers);
    sl_writers_debug(writers, &w->txn, 9, SL_LIT("Target value: \"a\" (Variable: ARGS:y)"));
    sl_writers_close(writers);
    const sl_slice found = read_all(path);
    CHECK(has(found, "] [179545710923.641925] [/a] [4] Rule returned 1.\n["));
    CHECK(sl_slice_ends(found, SL_LIT("] [9] Target value: \"a\" (Variable: ARGS:y)\n")));
    drop(found);
    world_free(w);
}

static void debug_lines_wait_until_it_is_known_who_wants_them(void) {
    char folder[path_size], path[2 * path_size];
    new_folder(folder);
    world *w = world_new();
    w->rules.config.debug_log = path_in(path, folder, "debug.log");
    w->rules.options.debug_relevant_only = true;
    struct sl_writers *writers = sl_writers_open(&w->rules);
    sl_debug_lines *lines = &w->txn.debug_lines;

    sl_writers_debug(writers, &w->txn, 4, SL_LIT("nobody wants this"));
    sl_writers_settle_debug(writers, &w->txn, false);
    CHECK(lines->oldest == NULL && lines->chunk_count == 0);
    sl_writers_debug(writers, &w->txn, 4, SL_LIT("nor this"));
    sl_writers_settle_debug(writers, &w->txn, true); /* too late */
    sl_writers_flush(writers);
    const sl_slice nothing = read_all(path);
    CHECK(nothing.len == 0);
    drop(nothing);

    *lines = (sl_debug_lines){0};
    uint8_t text[30000];
    memset(text, 'x', sizeof text);
    for (int i = 0; i < 100; i++) { /* two to a chunk of 64 KiB, sixteen chunks */
        text[0] = (uint8_t)(i < 68 ? 'o' : 'n');
        sl_writers_debug(writers, &w->txn, 9, sl_slice_of(text, sizeof text));
        CHECK(lines->chunk_count <= 16);
    }
    sl_writers_settle_debug(writers, &w->txn, true);
    CHECK(lines->oldest == NULL && lines->newest == NULL);
    sl_writers_debug(writers, &w->txn, 4, SL_LIT("at once"));
    sl_writers_close(writers);
    const sl_slice found = read_all(path);
    CHECK(has(found, "[1] 68 earlier lines of this transaction are left out.\n"));
    CHECK(count_of(found, "\n") == 1 + 32 + 1 && count_of(found, "] nx") == 32 && count_of(found, "] ox") == 0);
    CHECK(sl_slice_ends(found, SL_LIT("] [4] at once\n")));
    drop(found);
    world_free(w);
}

/* The path that the index names: the word after the session. */
static void indexed_path(sl_slice line, char out[path_size]) {
    const size_t at = sl_slice_find(line, SL_LIT("\"-\" /"));
    CHECK(at != SIZE_MAX);
    out[0] = '\0';
    if (at == SIZE_MAX) return;
    const sl_slice path = sl_slice_from(line, at + 4);
    const size_t end = sl_slice_find_byte(path, ' ');
    snprintf(out, path_size, "%.*s", (int)end, (const char *)path.ptr);
}

static void concurrent_records_are_files_with_a_line_about_each(void) {
    char folder[path_size], path[2 * path_size], second[2 * path_size], storage[2 * path_size], name[path_size], file[4 * path_size];
    new_folder(folder);
    world *w = world_new();
    w->rules.config.audit_type = SL_AUDIT_CONCURRENT;
    w->rules.config.audit_log = path_in(path, folder, "index");
    w->rules.config.audit_log2 = path_in(second, folder, "index2");
    w->rules.config.audit_storage_dir = path_in(storage, folder, "storage");
    w->rules.config.audit_file_mode = 0604;
    CHECK(make_folder(storage) == 0);
    w->txn.id = SL_LIT("../../evil /\n");
    w->txn.response_status = 200;
    w->txn.request_body = SL_LIT("p=1");
    add_member(w, &w->txn.request_headers, SL_LIT("Host"), SL_LIT("example.org"));
    add_member(w, &w->txn.request_headers, SL_LIT("User-Agent"), SL_LIT("a \"quoted\" one"));
    struct sl_writers *writers = sl_writers_open(&w->rules);
    CHECK(sl_writers_audit(writers, &w->txn));
    sl_writers_close(writers);
    const sl_slice line = read_all(path);
    CHECK(sl_slice_starts(line, SL_LIT("example.org 10.0.0.5 - - [")));
    CHECK(has(line, "] \"GET /a?y=bad HTTP/1.1\" 200 0 \"-\" \"a \\x22quoted\\x22 one\" ../../evil\\x20/\\x0a \"-\" /"));
    CHECK(has(line, "-.._.._evil___ 0 ") && has(line, " md5:") && sl_slice_find_byte(line, '\n') == line.len - 1);
    const sl_slice copy = read_all(second);
    CHECK_TEXT(copy, line);
    indexed_path(line, name);
    CHECK(strlen(name) == strlen("/20261123/20261123-1805/20261123-180559-.._.._evil___"));
    snprintf(file, sizeof file, "%s%s", storage, name);
    const sl_slice record = read_all(file);
    CHECK(has(record, "-C--\np=1\n--") && sl_slice_ends(record, SL_LIT("-Z--\n")));
    char size[32];
    snprintf(size, sizeof size, " 0 %llu md5:", (unsigned long long)record.len);
    CHECK(has(line, size));
#if !defined(_WIN32)
    struct stat state;
    CHECK(stat(file, &state) == 0 && (state.st_mode & 0777) == 0604);
    *strrchr(file, '/') = '\0';
    CHECK(stat(file, &state) == 0 && (state.st_mode & 0777) == 0750);
#endif
    drop(line);
    drop(copy);
    drop(record);
    world_free(w);
}

static void an_index_line_is_bounded(void) {
    char folder[path_size], path[2 * path_size], storage[2 * path_size];
    static char wild[100000];
    memset(wild, 1, sizeof wild);
    new_folder(folder);
    world *w = world_new();
    const sl_slice long_text = sl_slice_of(wild, sizeof wild);
    w->rules.config.audit_type = SL_AUDIT_CONCURRENT;
    w->rules.config.audit_log = path_in(path, folder, "index");
    w->rules.config.audit_storage_dir = path_in(storage, folder, "storage");
    CHECK(make_folder(storage) == 0);
    w->txn.id = w->txn.uri_raw = w->txn.method = long_text;
    add_member(w, &w->txn.request_headers, SL_LIT("Host"), long_text);
    add_member(w, &w->txn.request_headers, SL_LIT("User-Agent"), long_text);
    struct sl_writers *writers = sl_writers_open(&w->rules);
    CHECK(sl_writers_audit(writers, &w->txn));
    sl_writers_close(writers);
    const sl_slice line = read_all(path);
    CHECK(line.len == 3981 && sl_slice_ends(line, SL_LIT("L\n")));
    drop(line);
    world_free(w);
}

#if !defined(_WIN32)

enum { processes = 4, entries_per_process = 12500, long_every = 50, long_bytes = 20000, short_bytes = 300 };

/* In a process of its own: entries of one letter each, now and then a long one. */
static void put_entries(sl_slice path, char letter) {
    static char text[long_bytes];
    memset(text, letter, sizeof text);
    sl_writer *writer = acquire(path);
    for (int i = 0; i < entries_per_process; i++) {
        const size_t len = i % long_every == 0 ? long_bytes : short_bytes;
        const sl_writer_entry entry = {.pieces = {sl_slice_of(text, len), SL_LIT("\n")}};
        if (!sl_writer_put(writer, &entry)) _exit(1);
        if (i % 1000 == 0) sl_writer_flush(writer);
    }
    sl_writer_release(writer);
    _exit(0);
}

static void entries_of_many_processes_stay_whole(void) {
    char folder[path_size], path[2 * path_size];
    new_folder(folder);
    const sl_slice log = path_in(path, folder, "log");
    pid_t children[processes];
    for (int i = 0; i < processes; i++) {
        children[i] = fork();
        if (children[i] == 0) put_entries(log, (char)('a' + i));
        CHECK(children[i] > 0);
    }
    for (int i = 0; i < processes; i++) {
        int status = -1;
        CHECK(waitpid(children[i], &status, 0) == children[i] && status == 0);
    }
    const sl_slice found = read_all(path);
    size_t count = 0, broken = 0;
    for (sl_slice rest = found; rest.len != 0; count++) {
        const size_t len = sl_slice_find_byte(rest, '\n');
        if (len == SIZE_MAX) break;
        broken += (len != short_bytes && len != long_bytes) || memcmp(rest.ptr, rest.ptr + 1, len - 1) != 0;
        rest = sl_slice_from(rest, len + 1);
    }
    CHECK(count == (size_t)processes * entries_per_process && broken == 0);
    drop(found);
}

static void a_new_file_has_the_mode_that_was_asked_for(void) {
    char folder[path_size], path[2 * path_size];
    new_folder(folder);
    const mode_t before = umask(0077);
    sl_writer *writer = acquire(path_in(path, folder, "log"));
    umask(before);
    struct stat state;
    CHECK(stat(path, &state) == 0 && (state.st_mode & 0777) == 0640);
    sl_writer_release(writer);
    CHECK(chmod(path, 0600) == 0);
    sl_writer_release(acquire(sl_slice_z(path)));
    CHECK(stat(path, &state) == 0 && (state.st_mode & 0777) == 0600); /* one that is there keeps its own */
}

static void a_pipe_without_a_reader_stops_nobody(void) {
    char folder[path_size], path[2 * path_size];
    new_folder(folder);
    path_in(path, folder, "pipe");
    CHECK(mkfifo(path, 0600) == 0);
    sl_writer *writer = acquire(sl_slice_z(path));
    CHECK(put(writer, "x", false));
    sl_writer_flush(writer);
    sl_writer_release(writer);
}

static int remove_one(const char *path, const struct stat *state, int kind, struct FTW *place) {
    (void)state;
    (void)kind;
    (void)place;
    return remove(path);
}
static void leave_root(void) { nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS); }

#else

static void leave_root(void) {} /* the system's folder for temporary files is emptied by others */

#endif

int main(void) {
    static const named_test tests[] = {
        TEST(closing_writes_everything_in_order),
        TEST(flushing_writes_what_was_put_before),
        TEST(entries_of_many_threads_stay_whole),
        TEST(lines_that_may_join_lose_nothing),
        TEST(a_full_queue_drops_the_oldest_entry_that_does_not_matter),
        TEST(a_queue_is_bounded_in_bytes_and_keeps_what_matters),
        TEST(after_reopening_entries_go_to_a_new_file),
        TEST(json_records_are_lines_after_the_prefix),
        TEST(native_records_are_set_apart_by_a_blank_line),
        TEST(debug_lines_reach_their_file),
        TEST(debug_lines_wait_until_it_is_known_who_wants_them),
        TEST(concurrent_records_are_files_with_a_line_about_each),
        TEST(an_index_line_is_bounded),
#if !defined(_WIN32)
        TEST(entries_of_many_processes_stay_whole),
        TEST(a_new_file_has_the_mode_that_was_asked_for),
        TEST(a_pipe_without_a_reader_stops_nobody),
#endif
    };
    enter_root();
    const int result = run_tests(tests, sizeof tests / sizeof *tests);
    leave_root();
    return result;
}
