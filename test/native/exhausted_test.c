/* SPDX-License-Identifier: Apache-2.0 */
/* A transaction for which there is no more memory: denied with 500, or let through where failOpen says so, in the
 * middle of a step, and the next one is judged as ever. Each runs in a process of its own, whose address space ends
 * a little above what it has. */
#include "lua_world.h"

#include <sys/resource.h>
#include <sys/wait.h>

/* A sanitizer has the address space for itself; only Linux says how much is in use. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__linux__)
enum { can_limit = 0 };
#else
enum { can_limit = 1 };
#endif

enum { chunk_bytes = 4 * 1024 * 1024, spare_bytes = 48 * 1024 * 1024, chunks_max = 64 };

static const char config_form[] = "SecRuleEngine %s\n"
                                  "SecRequestBodyAccess On\n"
                                  "SecRequestBodyLimit 1073741824\n"
                                  "SecRequestBodyInMemoryLimit 1073741824\n"
                                  "SecRule ARGS:a \"@streq attack\" \"id:1,phase:1,deny,status:418\"\n"
                                  "SecAction \"id:2,phase:5,pass\"\n";

static void limit_address_space(void) {
    FILE *const file = fopen("/proc/self/statm", "r");
    unsigned long pages = 0;
    if (file == NULL || fscanf(file, "%lu", &pages) != 1) exit(2);
    fclose(file);
    const rlim_t bytes = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + spare_bytes;
    const struct rlimit limit = {bytes, bytes};
    if (setrlimit(RLIMIT_AS, &limit) != 0) exit(2);
}

static seclua_txn *begin(const world *w, const char *uri) {
    const seclua_connection connection = {.client_address = text_of("192.0.2.7"), .client_port = 40000};
    const seclua_request request = {.method = text_of("POST"), .uri = text_of(uri), .protocol = text_of("HTTP/1.1")};
    seclua_txn *const txn = seclua_txn_new(w->engine, &connection);
    seclua_txn_request_headers(txn, &request);
    return txn;
}

static seclua_verdict verdict_of(const seclua_txn *txn) {
    seclua_verdict verdict;
    seclua_txn_verdict(txn, &verdict);
    return verdict;
}

static seclua_step write_until_it_fails(seclua_txn *txn) {
    uint8_t *const chunk = calloc(1, chunk_bytes);
    if (chunk == NULL) exit(2);
    limit_address_space();
    seclua_step step = SECLUA_STEP_DONE;
    for (int i = 0; i < chunks_max && step == SECLUA_STEP_DONE; i++) {
        step = seclua_txn_write_request_body(txn, (seclua_slice){chunk, chunk_bytes});
    }
    free(chunk);
    return step;
}

/* In the child. */
static int run_out(const world *w, bool is_on, bool is_denied) {
    seclua_txn *txn = begin(w, "/");
    CHECK(write_until_it_fails(txn) == SECLUA_STEP_FAILED);
    CHECK(verdict_of(txn).action == (is_denied ? SECLUA_DENY : SECLUA_PASS));
    CHECK(verdict_of(txn).status == (is_denied ? 500 : 0));
    CHECK(seclua_txn_request_body(txn) == SECLUA_STEP_FAILED);
    CHECK(seclua_txn_logging(txn) == SECLUA_STEP_FAILED);
    CHECK(seclua_txn_event_count(txn) == 0);
    seclua_txn_free(txn);
    txn = begin(w, "/?a=attack");
    CHECK(verdict_of(txn).status == (is_on ? 418 : 0));
    seclua_txn_free(txn);
    return failures;
}

static void a_transaction_without_memory(const char *name, bool is_on, bool fail_open, bool is_denied) {
    current = name;
    static const char *const no_files[] = {NULL};
    static world w;
    char config[600];
    snprintf(config, sizeof config, config_form, is_on ? "On" : "DetectionOnly");
    world_open(&w);
    w.options.fail_open = fail_open;
    CHECK(world_load(&w, config));
    fflush(NULL);
    const pid_t child = fork();
    if (child == 0) _exit(run_out(&w, is_on, is_denied) == 0 ? 0 : 1);
    int status = 0;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    world_close(&w, no_files);
}

int main(void) {
    if (!can_limit) {
        printf("left out: the address space cannot be limited here\n");
        return 0;
    }
    a_transaction_without_memory("is denied with 500", true, false, true);
    a_transaction_without_memory("is let through with failOpen", true, true, false);
    a_transaction_without_memory("is let through where nothing is stopped", false, false, false);
    return failures == 0 ? 0 : 1;
}
