/* SPDX-License-Identifier: Apache-2.0 */
/* Twelve thousand transactions of every kind over the shipped rules: benign and hostile, whole and given up
 * half-way, bodies in memory and in files, scripts that end well and badly. Afterwards the process is no larger
 * than it was after the first two thousand, has no more open files, and nothing is left in the folder for
 * temporary files. Leaks are for AddressSanitizer or valgrind to find, under which this runs, too; a number as
 * argument is how many transactions to count. */
#include "lua_world.h"

#include <dirent.h>
#include <sys/stat.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

enum {
    warm_count = 2000,
    counted_count = 10000,
    client_count = 50,            /* as many records of persistent collections */
    upload_bytes = 200 * 1024,    /* more than is kept in memory */
    growth_bytes_max = 256 * 1024 /* of the heap, after the warm rounds */
};

/* A sanitizer keeps what was freed; its own count of leaks is what matters there. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { is_sanitized = 1 };
#else
enum { is_sanitized = 0 };
#endif

static const char busy[] = "function main()\n"
                           "  local n = 0\n"
                           "  for name, value in m.each('ARGS', {'urlDecodeUni', 'lowercase'}) do\n"
                           "    if m.rx(value, '^[a-z]+$') then n = n + 1 end\n"
                           "    string[name] = value\n"
                           "  end\n"
                           "  m.setvar('tx.plain', n)\n"
                           "  m.incr('ip.seen', 1, 60)\n"
                           "  return m.tojson(m.json('{\"a\":[1,2,{\"b\":null}]}')) and nil\n"
                           "end\n";
static const char broken[] = "function main() local t = {} for i = 1, 1e9 do t[i] = ('x'):rep(i) end end\n";
static const char endless[] = "function main() while true do pcall(function() while true do end end) end end\n";

static const char config_form[] = "Include %s/rules/seclua.conf\n"
                                  "SecRuleRemoveById 8000014\n" /* the lock-out: all have attacks */
                                  "SecTmpDir %s/tmp\n"
                                  "SecTmpSaveUploadedFiles On\n"
                                  "SecResponseBodyAccess On\n"
                                  "SecAuditEngine On\n"
                                  "SecAuditLogParts ABCEFHIJKZ\n"
                                  "SecAction \"id:1,phase:1,pass,nolog,initcol:ip=%%{REMOTE_ADDR}\"\n"
                                  "SecRuleScript busy.lua \"id:2,phase:2,pass,log\"\n"
                                  "SecRule ARGS:script \"@streq broken\" \"id:3,phase:2,pass,chain\"\n"
                                  "SecRuleScript broken.lua\n"
                                  "SecRule ARGS:script \"@streq endless\" \"id:4,phase:2,pass,exec:endless.lua\"\n"
                                  "SecRule RESPONSE_BODY \"@contains secret\" \"id:5,phase:4,deny,status:502\"\n";

typedef struct kind {
    const char *method, *uri, *type, *body; /* body NULL: none */
    const char *answer;                     /* of the server; NULL: no response phases */
    int steps;                              /* how far the transaction gets before it is freed; see below */
    int status;                             /* of the verdict; 0 = pass */
} kind;

enum { to_the_end, after_headers, amid_body, before_logging };

static char upload[upload_bytes + 400];

static const kind kinds[] = {
    {"GET", "/?q=shoes&sort=price", NULL, NULL, "a page", to_the_end, 0},
    {"GET", "/?q=1%27%20or%20%271%27=%271", NULL, NULL, NULL, to_the_end, 403},
    {"GET", "/?q=%3Cscript%3Ealert(1)%3C/script%3E", NULL, NULL, NULL, before_logging, 403},
    {"POST", "/form", "application/x-www-form-urlencoded", "name=Ada&text=hello+world", "thanks", to_the_end, 0},
    {"POST", "/api", "application/json", "{\"items\":[{\"a\":1},{\"b\":\"two\"}]}", "{\"ok\":1}", to_the_end, 0},
    {"POST", "/api", "application/json", "{\"items\":[{\"a\":", NULL, to_the_end, 400},
    {"POST", "/soap", "text/xml", "<a><b c=\"d\">text</b></a>", "fine", to_the_end, 0},
    {"POST", "/file", "multipart/form-data; boundary=xyz", upload, "stored", to_the_end, 0},
    {"POST", "/file", "multipart/form-data; boundary=xyz", upload, NULL, amid_body, 0},
    {"GET", "/?script=broken", NULL, NULL, "a page", to_the_end, 0},
    {"GET", "/?script=endless", NULL, NULL, "a page", to_the_end, 0},
    {"GET", "/report", NULL, NULL, "the secret of the house", to_the_end, 502},
    {"GET", "/left", NULL, NULL, NULL, after_headers, 0},
};

static void make_upload(void) {
    static const char head[] = "--xyz\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhello\r\n"
                               "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.bin\"\r\n"
                               "Content-Type: application/octet-stream\r\n\r\n";
    char *at = upload + snprintf(upload, sizeof upload, "%s", head);
    memset(at, 'u', upload_bytes);
    strcpy(at + upload_bytes, "\r\n--xyz--\r\n");
}

static void write_body(seclua_txn *txn, seclua_slice body, size_t stop) {
    for (size_t at = 0; at < stop; at += 65536) {
        const size_t left = stop - at;
        const seclua_slice chunk = {body.ptr + at, left < 65536 ? left : 65536};
        seclua_txn_write_request_body(txn, chunk);
    }
}

static size_t entries_of(const char *folder) {
    DIR *const open = opendir(folder);
    if (open == NULL) return 0;
    size_t count = 0;
    for (const struct dirent *entry = readdir(open); entry != NULL; entry = readdir(open)) {
        count += entry->d_name[0] != '.';
    }
    closedir(open);
    return count;
}

/* Above SecRequestBodyInMemoryLimit a body is in an open file that has no name, until its transaction ends. */
static void long_bodies_wait_in_a_file(const world *w, const char *temporary) {
    const size_t files = entries_of("/proc/self/fd");
    if (files == 0) return; /* a system that cannot tell */
    const seclua_connection connection = {.client_address = text_of("198.51.100.1"),
                                          .server_address = text_of("192.0.2.1")};
    const seclua_header headers[] = {{text_of("Host"), text_of("shop.example")}};
    const seclua_request request = {text_of("POST"), text_of("/"), text_of("HTTP/1.1"), headers, 1};
    for (size_t i = 0; i < 2; i++) {
        const size_t length = i == 0 ? 131072 : 131073;
        seclua_txn *txn = seclua_txn_new(w->engine, &connection);
        seclua_txn_request_headers(txn, &request);
        write_body(txn, text_of(upload), length);
        CHECK(entries_of("/proc/self/fd") == files + i);
        CHECK(entries_of(temporary) == 0);
        seclua_txn_free(txn);
        CHECK(entries_of("/proc/self/fd") == files);
    }
}

static void answer(seclua_txn *txn, const char *text) {
    const seclua_header type = {text_of("Content-Type"), text_of("text/html")};
    const seclua_response response = {200, text_of("HTTP/1.1"), &type, 1};
    seclua_txn_response_headers(txn, &response);
    seclua_txn_write_response_body(txn, text_of(text));
    seclua_txn_response_body(txn);
}

/* One transaction; false: its verdict was another one. */
static bool judge(const world *w, const kind *item, int number) {
    char address[32];
    snprintf(address, sizeof address, "198.51.100.%d", number % client_count);
    const seclua_connection connection = {.client_address = text_of(address),
                                          .server_address = text_of("192.0.2.1")};
    seclua_txn *txn = seclua_txn_new(w->engine, &connection);
    const seclua_slice body = text_of(item->body == NULL ? "" : item->body);
    char length[32];
    snprintf(length, sizeof length, "%zu", body.len);
    const seclua_header headers[] = {
        {text_of("Host"), text_of("shop.example")},
        {text_of("User-Agent"), text_of("Mozilla/5.0")},
        {text_of("Accept"), text_of("*/*")},
        {text_of("Content-Length"), text_of(length)},
        {text_of("Content-Type"), text_of(item->type == NULL ? "" : item->type)},
    };
    const seclua_request request = {text_of(item->method), text_of(item->uri), text_of("HTTP/1.1"), headers,
                                    item->body == NULL ? 3 : 5};
    seclua_txn_request_headers(txn, &request);
    if (item->steps != after_headers) write_body(txn, body, item->steps == amid_body ? body.len / 2 : body.len);
    if (item->steps == to_the_end || item->steps == before_logging) {
        seclua_txn_request_body(txn);
        if (item->answer != NULL) answer(txn, item->answer);
    }
    if (item->steps == to_the_end) {
        seclua_txn_logging(txn);
        (void)seclua_txn_audit_json(txn);
        for (size_t i = 0; i < seclua_txn_event_count(txn); i++) (void)seclua_txn_event_line(txn, i);
    }
    seclua_verdict verdict;
    seclua_txn_verdict(txn, &verdict);
    const bool is_right = verdict.status == item->status;
    if (!is_right) {
        fprintf(stderr, "%s %s: status %d, rule %d\n", item->method, item->uri, verdict.status,
                (int)verdict.rule_id);
    }
    seclua_txn_free(txn);
    return is_right;
}

static bool judge_many(const world *w, int count) {
    bool all_right = true;
    for (int i = 0; i < count && all_right; i++) {
        all_right = judge(w, &kinds[(size_t)i % (sizeof kinds / sizeof kinds[0])], i);
    }
    return all_right;
}

/* Bytes that are allocated and not freed; 0 where the library cannot tell. */
static size_t heap_bytes(void) {
#if defined(__GLIBC__) && (__GLIBC__ > 2 || __GLIBC_MINOR__ >= 33)
    const struct mallinfo2 info = mallinfo2();
    return is_sanitized ? 0 : info.uordblks + info.hblkhd;
#else
    return 0;
#endif
}

static size_t resident_bytes(void) {
    size_t pages = 0;
    FILE *const file = fopen("/proc/self/statm", "r");
    if (file == NULL) return 0;
    if (fscanf(file, "%*s %zu", &pages) != 1) pages = 0;
    fclose(file);
    return is_sanitized ? 0 : pages * (size_t)sysconf(_SC_PAGESIZE);
}

int main(int argc, char **argv) {
    const int count = argc > 1 ? atoi(argv[1]) : counted_count;
    static world w;
    world_open(&w);
    w.options.lua.max_instructions = 20000;
    w.options.lua.max_memory_bytes = 1024 * 1024;
    write_file(&w, "busy.lua", busy);
    write_file(&w, "broken.lua", broken);
    write_file(&w, "endless.lua", endless);
    char temporary[300], config[4000];
    snprintf(temporary, sizeof temporary, "%s/tmp", w.folder);
    snprintf(config, sizeof config, config_form, SECLUA_SOURCE_DIR, w.folder);
    make_upload();
    current = "the shipped rules load beside scripts and settings of a test";
    if (mkdir(temporary, 0700) != 0 || !world_load(&w, config)) {
        fprintf(stderr, "%s: no\n", current);
        return 1;
    }

    current = "a body above the limit in memory waits in a file without a name";
    long_bodies_wait_in_a_file(&w, temporary);
    current = "every transaction has its verdict";
    CHECK(judge_many(&w, argc > 1 ? count / 5 : warm_count));
    const size_t heap = heap_bytes(), resident = resident_bytes(), files = entries_of("/proc/self/fd");
    CHECK(judge_many(&w, count));
    const size_t heap_now = heap_bytes(), resident_now = resident_bytes();
    printf("heap %zu to %zu, resident %zu to %zu bytes over %d transactions\n", heap, heap_now, resident,
           resident_now, count);

    current = "ten thousand transactions leave nothing behind in memory";
    CHECK(heap_now <= heap + growth_bytes_max);
    CHECK(resident_now <= resident + 4 * growth_bytes_max);
    current = "no file stays open, and none in the folder for temporary files";
    CHECK(entries_of("/proc/self/fd") == files);
    CHECK(entries_of(temporary) == 0);

    static const char *const written[] = {"busy.lua", "broken.lua", "endless.lua", NULL};
    (void)rmdir(temporary);
    world_close(&w, written);
    return failures == 0 ? 0 : 1;
}
