/* SPDX-License-Identifier: Apache-2.0 */
/* The engine's only public door: opaque handles, slices and plain structs.
 *
 * Ownership. A rule set is immutable and reference-counted; any number of threads may use it at once. An engine is one
 * thread's working set (regex scratch, Lua state, arenas) over one rule set: it must be used by one thread at a time.
 * A transaction belongs to its engine. Handles come in pairs of _new/_free or _load/_release.
 *
 * Bytes. A slice borrows: slices handed in are read during the call only (what the engine keeps it copies); slices handed
 * out live until the transaction is freed, unless the function says otherwise. Nothing is NUL-terminated unless it says so.
 *
 * Order of calls for one transaction:
 *     seclua_txn_new → request_headers → write_request_body* → request_body → response_headers → write_response_body*
 *     → response_body → logging → free
 * A step out of order answers SECLUA_STEP_ORDER and evaluates nothing. logging may follow any step; free runs it when the
 * request headers were seen and nobody asked for it.
 *
 * Waiting. A rule set with can_wait may answer any of the steps with SECLUA_STEP_SUSPENDED: then seclua_txn_wait says what for,
 * and seclua_txn_resume goes on with the answer, again and again until the step is done. Until then every other step is out
 * of order. Any number of transactions of an engine may wait at once. */
#ifndef SECLUA_H
#define SECLUA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct seclua_ruleset seclua_ruleset;
typedef struct seclua_engine seclua_engine;
typedef struct seclua_txn seclua_txn;
typedef struct seclua_store seclua_store;             /* persistent collections; see seclua_store_memory_new */
typedef struct seclua_diagnostics seclua_diagnostics; /* what a load had to say */

/* Some bytes of somebody else. ptr may be NULL only when len is 0. */
typedef struct seclua_slice {
    const uint8_t *ptr;
    size_t len;
} seclua_slice;

/* ---- loading ---------------------------------------------------------------------------------------------------- */

typedef enum seclua_engine_mode {
    SECLUA_ENGINE_FROM_RULES = 0, /* what SecRuleEngine says */
    SECLUA_ENGINE_OFF,
    SECLUA_ENGINE_DETECTION_ONLY,
    SECLUA_ENGINE_ON
} seclua_engine_mode;

typedef enum seclua_commit {
    SECLUA_COMMIT_TRANSACTION = 0, /* after phase 5, as ModSecurity 2 */
    SECLUA_COMMIT_PHASE,           /* at the end of each phase */
    SECLUA_COMMIT_IMMEDIATE        /* with each action, as ModSecurity 3 */
} seclua_commit;

typedef enum seclua_log_format {
    SECLUA_LOG_V3 = 0, /* lines of libmodsecurity 3 */
    SECLUA_LOG_V2,     /* of ModSecurity 2 */
    SECLUA_LOG_CORAZA
} seclua_log_format;

/* One piece of configuration. A file: name is its path or a glob, text is empty. A text: name is what diagnostics call it.
 * Data is no configuration but what rules get who name it where they name files: @pmFromFile, @ipMatchFromFile and others. */
typedef struct seclua_source {
    bool is_text;
    seclua_slice name;
    seclua_slice text;
    bool is_data;
} seclua_source;

typedef struct seclua_lua_options {
    uint64_t max_instructions;  /* per run; 0 = no limit; default 1,000,000 */
    uint64_t max_memory_bytes;  /* net growth per run; 0 = no limit; default 16 MiB */
    uint64_t timeout_ms;        /* wall clock per run; 0 = no limit; default 50 */
    uint64_t max_pattern_steps; /* string.find/match/gmatch/gsub per run; 0 = no limit; default 1,000,000 */
    bool match_on_error;        /* a run that ends in an error matches; default no */
    bool setvar_v2;             /* m.setvar reads macros, +N, -N and !name as ModSecurity 2 does */
    bool allow_io, allow_os, allow_require, allow_debug;
    const seclua_slice *require_names; /* with allow_require: only these; NULL = any */
    size_t require_name_count;
} seclua_lua_options;

typedef struct seclua_collection_options {
    bool scope_all;         /* SecWebAppId belongs to the key of IP, GLOBAL and others, too */
    bool deprecate_own_age; /* deprecatevar counts from when the variable was set, not from the record's last update */
    uint32_t name_bytes_max;  /* of a variable; default 64: more is dropped */
    uint32_t value_bytes_max; /* default 4096: more is cut off */
    uint32_t variables_max;   /* of a record; default 64: further ones are dropped */
    uint32_t opened_max;      /* by one transaction; default and most: 16 */
} seclua_collection_options;

/* A transformation that rules may name besides those of the engine. Its answer has to depend on the text alone. */
typedef struct seclua_own_transformation {
    seclua_slice name;
    seclua_slice script; /* the Lua file whose main turns a text into a text; empty: see seclua_engine_set_transformer */
} seclua_own_transformation;

typedef struct seclua_options {
    seclua_slice cwd; /* absolute; where relative names of texts start */
    seclua_engine_mode engine;
    seclua_lua_options lua;
    bool allow_exec_any;
    const seclua_slice *allow_exec; /* paths or folders of programs that may be run */
    size_t allow_exec_count;
    bool v3_defaults;          /* compat.v3Defaults: phase 1 without phase, default disruptive action only with block */
    bool rx_multiline;         /* compat.rxMultiline */
    bool request_body_always;  /* compat.requestBodyAlways */
    bool exec_per_match;       /* compat.execPerMatch */
    bool log_every_match;      /* compat.logEveryMatch */
    bool phrase_syntax_v2;     /* compat.phraseSyntax = 'v2': hex syntax in phrase files, too */
    bool base64_url;           /* compat.base64url: t:base64DecodeExt takes - and _ for + and / */
    bool rsub_always_matches;  /* compat.rsubAlwaysMatches: also without a replacement, as in ModSecurity 2 */
    bool unicode_map_20127;    /* compat.unicodeMap = 'builtin-20127': without SecUnicodeMapFile, that code page */
    bool strict;               /* compat.strict: a rule without severity shows 0 in v3's lines and records, as there */
    bool windows_names;        /* compat.windowsNames: t:normalizePathWin leaves of each name what Windows opens */
    bool geo_without_database; /* compat.geoWithoutDatabase: @geoLookup then never matches, with a warning at load */
    bool no_acceleration;      /* acceleration: false */
    uint64_t value_cache_bytes_max; /* of one engine: what may be kept of texts that keep coming; 0 = nothing */
    uint64_t audit_body_limit_bytes; /* of a body in an audit record; 0: 64 KiB in JSON, 1 MiB in the Native format */
    bool audit_binary_base64;  /* what is not UTF-8 stands beside its text as NAME_b64 */
    bool audit_mask_defaults;  /* Authorization, Proxy-Authorization, Cookie and Set-Cookie are masked unasked */
    bool audit_leave_messages; /* what is masked in the parts of a record stays readable in messages, as in ModSecurity 2 */
    bool audit_would_be_status; /* SecAuditLogRelevantStatus asks what DetectionOnly would have answered, as in Coraza */
    bool audit_escape_body;    /* bytes of part E that are not printable are written \xHH, as in libmodsecurity 3 */
    bool audit_hash_sha256;    /* of a record, in the index of the concurrent log; else MD5 */
    seclua_log_format log_format; /* of the lines for the error log */
    uint32_t log_line_bytes_max; /* of such a line: tags give way first; 0: 8192 */
    bool debug_relevant_only;  /* debugLog: 'relevant': lines of those transactions only that RelevantOnly would record */
    seclua_commit commit;      /* when changes of persistent collections reach the store */
    bool fail_open;            /* failOpen: a transaction that runs out of memory is let through, not denied with 500 */
    bool deny_on_store_error;  /* onStoreError: 'deny': 503 when the store does not answer */
    bool deny_when_busy;       /* 503 where SECLUA_ANSWER_REFUSED is the answer; else it is as good as none */
    seclua_collection_options collections;
    const seclua_own_transformation *transformations;
    size_t transformation_count;
    bool has_remote_store;     /* the engines will get a seclua_store_remote_new: opening a collection has to wait */
} seclua_options;

/* Fills in every default. Call it before changing single fields. */
void seclua_options_init(seclua_options *options);

typedef struct seclua_diagnostic {
    const char *code; /* "SECLUA_E_…" or "SECLUA_W_…", static */
    bool is_error;
    seclua_slice message;
    seclua_slice file;
    uint32_t line;   /* from 1 */
    uint32_t column; /* from 1 */
    seclua_slice hint;        /* empty when there is none */
    seclua_slice source_line; /* the text of that line, for the mark; may be empty */
    uint32_t length;          /* bytes to mark from column on; at least 1 */
} seclua_diagnostic;

seclua_diagnostics *seclua_diagnostics_new(void);
void seclua_diagnostics_free(seclua_diagnostics *diagnostics);
size_t seclua_diagnostics_count(const seclua_diagnostics *diagnostics);
/* Slices live as long as the diagnostics. */
void seclua_diagnostics_get(const seclua_diagnostics *diagnostics, size_t index, seclua_diagnostic *out);

/* Absolute paths where the load looked for files, whether there was one or not, also when it failed; any component may have
 * wildcards. Whoever wants to load again when something changes watches these. In order, without repeats. */
size_t seclua_diagnostics_place_count(const seclua_diagnostics *diagnostics);
seclua_slice seclua_diagnostics_place(const seclua_diagnostics *diagnostics, size_t index);
/* Is a name one that such a component means? */
bool seclua_wildcard_match(seclua_slice pattern, seclua_slice name);

/* Compiles everything. NULL when there was any error: then the diagnostics say all of them. Warnings do not stop a load.
 * Reads the files it is told to and those that they name; never the network. May be called from any thread. */
seclua_ruleset *seclua_load(const seclua_source *sources, size_t count, const seclua_options *options,
                            seclua_diagnostics *out);
seclua_ruleset *seclua_ruleset_acquire(seclua_ruleset *rules);
void seclua_ruleset_release(seclua_ruleset *rules);

typedef struct seclua_ruleset_info {
    size_t rule_count;   /* addressable rules: a chain counts once */
    size_t script_count; /* distinct Lua files */
    bool can_wait;       /* some rule may have to wait for the outside world */
    bool inspects_response_headers; /* some rule runs in phase 3 or 4, or reads the response */
    bool inspects_response_body;    /* SecResponseBodyAccess On */
    bool has_body_access;
    bool wants_audit;    /* some transaction may be recorded */
    uint64_t request_body_limit_bytes;
    seclua_slice audit_address; /* SecAuditLogType HTTPS: where records are to be sent; else empty */
    seclua_slice audit_folder;  /* with it: where they may wait; may be empty */
    seclua_slice store;  /* SecPersistentStore: "memory" or "lmdb:" and a folder; empty: not said */
} seclua_ruleset_info;
void seclua_ruleset_describe(const seclua_ruleset *rules, seclua_ruleset_info *out);

/* ---- one thread's working set ------------------------------------------------------------------------------------ */

/* Thread-safe; shared by engines of any thread. records_max: of one collection; 0 is 1,000,000. */
seclua_store *seclua_store_memory_new(size_t records_max);
/* A store that the caller answers for: loading and applying suspend the transaction. For rule sets of has_remote_store. */
seclua_store *seclua_store_remote_new(void);
/* The same in files of a folder, which is made when it is missing: shared with other processes of this machine, and with
 * whoever opens the folder in this process. bytes_max: to which the file may grow; 0 is 4 GiB; what the first one in this
 * process said counts. NULL: error says why, NUL-terminated. */
seclua_store *seclua_store_file_open(seclua_slice folder, uint64_t bytes_max, char *error, size_t error_size);
void seclua_store_release(seclua_store *store);

typedef struct seclua_store_stats {
    uint64_t records, bytes; /* there now */
    uint64_t expiries;       /* records that reached their end, in this process */
    uint64_t evictions;      /* live records that had to make room, in this process */
    uint64_t commits;        /* of files: transactions that wrote */
    uint64_t failures;       /* of files: transactions that could not be */
} seclua_store_stats;
void seclua_store_stats_of(const seclua_store *store, seclua_store_stats *out);

/* NULL when memory runs out. Holds a reference to rules and store until it is freed. */
seclua_engine *seclua_engine_new(seclua_ruleset *rules, seclua_store *store);
void seclua_engine_free(seclua_engine *engine);
/* Opens the audit and debug log files anew, for those who move them away: what comes later goes into new files of the same
 * names. Nothing is lost; writers do it between two records. */
void seclua_engine_reopen_logs(seclua_engine *engine);
/* Waits until what was logged is written, or writing fails. May be called from another thread while the engine works. */
void seclua_engine_flush_logs(seclua_engine *engine);
/* Computes a transformation without a script, the one at index of seclua_options.transformations. True: result is the new text;
 * false: why there is none. It is read before the next call. It must not use the engine or its transactions. */
typedef bool (*seclua_transformer)(void *context, size_t index, seclua_slice value, seclua_slice *result);
void seclua_engine_set_transformer(seclua_engine *engine, seclua_transformer transformer, void *context);
/* Overload: transactions that are let through leave no audit record, until it is said otherwise. */
void seclua_engine_shed_audit(seclua_engine *engine, bool does_shed);

/* ---- transactions ------------------------------------------------------------------------------------------------ */

typedef struct seclua_connection {
    seclua_slice client_address;
    seclua_slice server_address;
    uint16_t client_port;
    uint16_t server_port;
    seclua_slice id; /* unique id of the transaction; empty: the engine makes one */
    seclua_slice server_name; /* SERVER_NAME of a request without Host; empty: unset */
    seclua_slice remote_user; /* REMOTE_USER; empty: that of Basic credentials */
} seclua_connection;

typedef struct seclua_header {
    seclua_slice name;
    seclua_slice value;
} seclua_header;

typedef struct seclua_request {
    seclua_slice method;
    seclua_slice uri;      /* request target as on the wire */
    seclua_slice protocol; /* "HTTP/1.1"; empty means that */
    const seclua_header *headers;
    size_t header_count;
} seclua_request;

typedef struct seclua_response {
    uint16_t status;
    seclua_slice protocol;
    const seclua_header *headers;
    size_t header_count;
    seclua_slice reason; /* of STATUS_LINE; empty: the standard phrase */
} seclua_response;

typedef enum seclua_step {
    SECLUA_STEP_DONE = 0,   /* the verdict so far is in seclua_txn_verdict */
    SECLUA_STEP_SUSPENDED,  /* waits for the outside world: see seclua_txn_wait; never without can_wait */
    SECLUA_STEP_ORDER,      /* called out of order: nothing was done */
    SECLUA_STEP_FAILED      /* the transaction ran out of memory or met an internal error; its verdict says what now */
} seclua_step;

typedef enum seclua_action {
    SECLUA_PASS = 0,
    SECLUA_DENY,
    SECLUA_DROP,
    SECLUA_REDIRECT,
    SECLUA_PROXY
} seclua_action;

typedef struct seclua_verdict {
    seclua_action action;
    uint16_t status;  /* 0 for pass */
    uint8_t phase;    /* 0 for pass */
    uint64_t rule_id; /* 0 for pass and for the engine's own interventions */
    seclua_slice url; /* redirect, proxy */
    seclua_slice message;
    uint32_t pause_ms; /* of a pass: the caller is asked to wait before it goes on; at most 10,000 */
} seclua_verdict;

/* NULL when memory runs out. */
seclua_txn *seclua_txn_new(seclua_engine *engine, const seclua_connection *connection);
seclua_step seclua_txn_request_headers(seclua_txn *txn, const seclua_request *request);
seclua_step seclua_txn_write_request_body(seclua_txn *txn, seclua_slice chunk);
seclua_step seclua_txn_request_body(seclua_txn *txn);
seclua_step seclua_txn_response_headers(seclua_txn *txn, const seclua_response *response);
seclua_step seclua_txn_write_response_body(seclua_txn *txn, seclua_slice chunk);
seclua_step seclua_txn_response_body(seclua_txn *txn);
seclua_step seclua_txn_logging(seclua_txn *txn);
void seclua_txn_free(seclua_txn *txn);

/* ---- waiting for the outside world ------------------------------------------------------------------------------- */

typedef enum seclua_wait_kind {
    SECLUA_WAIT_NONE = 0,
    SECLUA_WAIT_DNS,     /* the IPv4 addresses of a name */
    SECLUA_WAIT_PROGRAM, /* a run of a program: without a shell, with nothing in its environment but what is given */
    SECLUA_WAIT_LOAD,    /* a record of a remote store */
    SECLUA_WAIT_APPLY    /* changes to records of a remote store; atomic for each record */
} seclua_wait_kind;

typedef struct seclua_record {
    seclua_slice space;      /* SecWebAppId for RESOURCE, SESSION and USER; else empty */
    seclua_slice collection; /* "ip" */
    seclua_slice key;
} seclua_record;

typedef enum seclua_change_kind {
    SECLUA_CHANGE_SET = 0, /* value */
    SECLUA_CHANGE_ADD,     /* delta: to 0 when there is none or no number; never below 0; saturates at 64 bits */
    SECLUA_CHANGE_UNSET,
    SECLUA_CHANGE_EXPIRE,   /* expires_epoch: the variable's end */
    SECLUA_CHANGE_DEPRECATE /* amount for each full period since the record's last_update_time; never below 0 */
} seclua_change_kind;

typedef struct seclua_change {
    seclua_change_kind kind;
    seclua_slice name; /* lower case */
    seclua_slice value;
    int64_t delta, expires_epoch, amount, period_seconds;
} seclua_change;

/* What has happened to one record, in order. The record's own figures are variables of it: create_time, update_counter and
 * last_update_time are changed with the rest, timeout by rules. */
typedef struct seclua_record_change {
    seclua_record record;
    int64_t ttl_seconds; /* life of the whole record from now on */
    const seclua_change *changes;
    size_t change_count;
} seclua_record_change;

/* What a transaction waits for. Lives until it is resumed, cancelled or freed. */
typedef struct seclua_wait {
    seclua_wait_kind kind;
    union {
        seclua_slice dns_name;
        struct {
            const seclua_slice *arguments; /* the first is the path of the program */
            size_t argument_count;
            const seclua_header *environment;
            size_t environment_count;
        } program;
        seclua_record load;
        struct {
            const seclua_record_change *records;
            size_t count;
        } apply;
    } of;
} seclua_wait;

typedef enum seclua_answer_status {
    SECLUA_ANSWERED = 0,
    SECLUA_ANSWER_FAILED, /* it could not be had */
    SECLUA_ANSWER_LATE,   /* nor before its deadline */
    SECLUA_ANSWER_REFUSED /* too many wait already: nobody was asked */
} seclua_answer_status;

typedef struct seclua_member {
    size_t record; /* to SECLUA_WAIT_APPLY: index of the record; else 0 */
    seclua_slice name;
    seclua_slice value;
} seclua_member;

/* Unless the status is SECLUA_ANSWERED only reason counts. */
typedef struct seclua_answer {
    seclua_answer_status status;
    seclua_slice reason; /* for the log */
    /* DNS: value is an address; none = there is no such name. LOAD: the live variables. APPLY: the new values of all adds. */
    const seclua_member *members;
    size_t member_count;
    bool is_found;       /* LOAD: there is such a record */
    seclua_slice output; /* PROGRAM: the beginning of what it wrote */
    int exit_status;     /* PROGRAM; -1 = a signal ended it */
} seclua_answer;

/* NULL: it waits for nothing. */
const seclua_wait *seclua_txn_wait(const seclua_txn *txn);
/* Goes on where the transaction was suspended, with the step that was. SECLUA_STEP_ORDER: it waits for nothing. */
seclua_step seclua_txn_resume(seclua_txn *txn, const seclua_answer *answer);
/* Gives up the phase under way: of the steps, only logging may follow. Logging itself cannot be given up. free does both, and
 * takes every answer that logging waits for to have failed. */
void seclua_txn_cancel(seclua_txn *txn);

/* ---- what is known of a transaction ------------------------------------------------------------------------------ */

void seclua_txn_verdict(const seclua_txn *txn, seclua_verdict *out);
seclua_slice seclua_txn_id(const seclua_txn *txn);
/* After the request headers: will a request body be looked at? After the response headers: must the body be held back?
 * Both become false when the limit of that body is passed: what comes after is ignored, and need not be kept for it. */
bool seclua_txn_wants_request_body(const seclua_txn *txn);
bool seclua_txn_wants_response_body(const seclua_txn *txn);

/* ---- what the rules change: the caller carries it out, or leaves it ---------------------------------------------- */

typedef struct seclua_changes {
    seclua_slice prepend, append;                /* text before and behind the body of the response */
    bool has_request_body, has_response_body;    /* @rsub made another body of it */
    seclua_slice request_body, response_body;
} seclua_changes;
/* False: nothing so far. With the engine On only: who watches changes nothing. */
bool seclua_txn_changes(const seclua_txn *txn, seclua_changes *out);

/* What only the server knows. Copied; without effect after logging. A path parameter becomes a member of ARGS and
 * ARGS_PATH, a line of the server's error log one of WEBSERVER_ERROR_LOG. */
void seclua_txn_add_path_parameter(seclua_txn *txn, seclua_slice name, seclua_slice value);
void seclua_txn_add_server_error(seclua_txn *txn, seclua_slice line);

/* ---- what happened: events in order of completion ---------------------------------------------------------------- */

typedef struct seclua_matched_variable {
    seclua_slice name;  /* display name, "ARGS:a" */
    seclua_slice value; /* after transformations */
    uint32_t link;      /* 0 = chain starter */
} seclua_matched_variable;

/* One rule (or whole chain) that matched. All texts are expanded, none is escaped. */
typedef struct seclua_event {
    uint64_t rule_id;
    uint32_t rule_index; /* place of the rule in load order */
    uint8_t phase;
    int8_t severity; /* -1 = none */
    uint8_t maturity, accuracy;
    bool disruptive; /* it intervened, or would have in DetectionOnly */
    bool log, audit; /* flags in force */
    seclua_action action; /* of its disruptive action; SECLUA_PASS for allow, pass and none */
    uint16_t status;
    uint32_t line;
    seclua_slice file, message, data, ver, rev;
    const seclua_slice *tags;
    size_t tag_count;
    const seclua_matched_variable *variables;
    size_t variable_count;
    const char *operator_name;  /* as in SecLang, "rx"; of the last link; NULL for an unconditional rule */
    seclua_slice parameter;     /* expanded */
    bool negated;
    seclua_slice variable_name, value; /* last match; value before transformations */
    seclua_slice match_text;    /* what a script or an operator had to say instead of its standard text; else empty */
    seclua_slice reference;     /* v3's [ref "…"] text */
    seclua_slice redirect_url;
    const void *rule;           /* the engine's own */
} seclua_event;

size_t seclua_txn_event_count(const seclua_txn *txn);
/* Some event is of a rule with the log flag. */
bool seclua_txn_has_logged_event(const seclua_txn *txn);
const seclua_event *seclua_txn_event(const seclua_txn *txn, size_t index);
/* The line for the error log in ModSecurity's format, made on first use. */
seclua_slice seclua_txn_event_line(seclua_txn *txn, size_t index);

typedef struct seclua_log_record {
    uint8_t level;       /* 1 … 9 */
    bool is_script;      /* written by m.log */
    seclua_slice message; /* escaped: no control bytes */
    seclua_slice source; /* "script.lua:12" or "file.conf:3" */
} seclua_log_record;

size_t seclua_txn_log_count(const seclua_txn *txn);
const seclua_log_record *seclua_txn_log(const seclua_txn *txn, size_t index);

/* Called for each member that NAME or COLLECTION or COLLECTION:key selects; name is the display name. */
typedef void (*seclua_member_fn)(void *context, seclua_slice name, seclua_slice value);
/* False when there is no such variable. */
bool seclua_txn_variable(seclua_txn *txn, seclua_slice name, seclua_member_fn each, void *context);

/* What setenv set in this transaction. */
void seclua_txn_environment(const seclua_txn *txn, seclua_member_fn each, void *context);

/* After logging: the audit record as JSON text, when this transaction is to be recorded; else an empty slice. */
seclua_slice seclua_txn_audit_json(seclua_txn *txn);
/* The same as one line in the format of SecAuditLogFormat, when that is JSON of some kind, for whoever sends it on. */
seclua_slice seclua_txn_audit_line(seclua_txn *txn);

/* Counters of the engine since it was made. */
typedef struct seclua_stats {
    uint64_t transactions, interventions;
    uint64_t rules_evaluated, rules_skipped_absent;
    uint64_t matches;
    uint64_t script_runs, script_errors, script_limits;
    uint64_t audit_records, audit_dropped;
    uint64_t audit_shed; /* records that were not made, see seclua_engine_shed_audit */
    uint64_t value_cache_lookups, value_cache_hits; /* of texts that may be kept from one transaction to the next */
    uint64_t internal_errors;
    uint64_t store_errors; /* loads and changes that the store of persistent collections did not answer */
} seclua_stats;
void seclua_engine_stats(const seclua_engine *engine, seclua_stats *out);
/* How often a rule matched, by its place in load order. False: there is no rule at that place. */
bool seclua_engine_rule_matches(const seclua_engine *engine, size_t index, uint64_t *rule_id, uint64_t *matches);

/* How a run of a script can fail. */
typedef enum seclua_script_failure {
    SECLUA_SCRIPT_ERROR = 0, /* an error of Lua */
    SECLUA_SCRIPT_NO_MAIN,
    SECLUA_SCRIPT_INSTRUCTIONS, /* from here on: a limit */
    SECLUA_SCRIPT_TIME,
    SECLUA_SCRIPT_MEMORY,
    SECLUA_SCRIPT_PATTERN_STEPS,
    SECLUA_SCRIPT_CALLS,
    SECLUA_SCRIPT_COROUTINES,
    SECLUA_SCRIPT_TRANSACTION_MEMORY,
    SECLUA_SCRIPT_FAILURES
} seclua_script_failure;

/* What one script did in one engine. */
typedef struct seclua_script_stats {
    seclua_slice name; /* as the rule wrote it; lives as long as the engine */
    uint64_t runs, matches;
    uint64_t failures[SECLUA_SCRIPT_FAILURES];
    uint64_t closed_doors; /* calls of functions that lua.allow keeps closed, caught or not */
    uint64_t total_ns, max_ns;
    uint64_t instructions;
    uint64_t memory_bytes_max; /* most that one run had in use */
} seclua_script_stats;
/* False: there is no script with this index. */
bool seclua_engine_script_stats(const seclua_engine *engine, size_t index, seclua_script_stats *out);

/* One word of the language, as its table has it. All texts are static. */
typedef struct seclua_word {
    const char *kind; /* "directive", "variable", "operator", "transformation", "action", "ctl" or "code" */
    const char *name;
    const char *support; /* "works", "silent" or "warned" (accepted, without effect), "refused"; of a code: its severity */
    const char *manual;
} seclua_word;
typedef void (*seclua_word_fn)(void *context, const seclua_word *word);
/* Calls each for every word, kind by kind, in the order of the tables. */
void seclua_vocabulary(seclua_word_fn each, void *context);

/* "0.1.0" */
const char *seclua_version(void);

#ifdef __cplusplus
}
#endif
#endif
