/* SPDX-License-Identifier: Apache-2.0 */
/* One request and its response, as the request side sees it. Internal: only run/, variables/, actions/, lua/ and log/
 * include this; bodies and operators do not.
 *
 * Everything in it lives in the arena and ends with it; what does not (body buffers, the XML tree) is closed by
 * sl_txn_close in one place. */
#ifndef SL_TXN_H
#define SL_TXN_H

#include <setjmp.h>

#include "bodies/multipart.h"
#include "bodies/stream.h"
#include "bodies/xml.h"
#include "collections/collection.h"
#include "ruleset/ruleset.h"
#include "run/engine.h"
#include "run/members.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A value a rule looks at: where it came from and its text. */
typedef struct sl_value {
    const struct sl_variable *variable;
    sl_slice key;        /* member's name as received; for XML the XPath */
    bool has_key;
    bool has_own_name;   /* key is the whole display name */
    bool is_count;
    const sl_target *target; /* for counts: names itself as written */
    sl_text *text;       /* before transformations */
    sl_text *seen;       /* what the link's operator sees, where the candidate index has let it through; NULL: not asked yet */
} sl_value;

typedef struct sl_values {
    sl_value *items;
    size_t count, capacity;
} sl_values;

/* A match remembered for MATCHED_VARS. */
typedef struct sl_matched {
    sl_slice name; /* display name of the original */
    sl_text *text; /* after transformations */
    uint32_t link;
} sl_matched;

typedef struct sl_matched_list {
    sl_matched *items;
    size_t count, capacity;
} sl_matched_list;

/* Events, log records: growing arrays in the arena. */
typedef struct sl_event_list {
    seclua_event **items;
    size_t count, capacity;
} sl_event_list;
typedef struct sl_record_list {
    seclua_log_record **items;
    size_t count, capacity;
} sl_record_list;

/* A ctl:ruleRemoveTarget*: these targets are gone for these starters, from the next unit on. */
typedef struct sl_target_removal {
    const struct sl_target_removal *next;
    const sl_rule_set_bits *rules;
    const sl_target *targets;
    size_t target_count;
} sl_target_removal;

/* An open persistent collection. */
typedef struct sl_open_collection {
    sl_record_key key;
    bool is_open;
    sl_members members;
    sl_record_info info;
    sl_change *changes;
    size_t change_count, change_capacity;
    bool is_dirty;
} sl_open_collection;

/* From SL_OWN on: those that the rule set names itself (sl_ruleset.own_collections). */
typedef enum sl_collection_id {
    SL_IP,
    SL_GLOBAL,
    SL_RESOURCE,
    SL_SESSION,
    SL_USER,
    SL_OWN,
    SL_COLLECTIONS = SL_OWN + sl_own_collections_max
} sl_collection_id;

typedef enum sl_processor { SL_BODY_NONE = 0, SL_BODY_URLENCODED, SL_BODY_MULTIPART, SL_BODY_JSON, SL_BODY_XML, SL_BODY_RAW } sl_processor;

typedef enum sl_allow { SL_ALLOW_NONE = 0, SL_ALLOW_PHASE_ONLY, SL_ALLOW_REQUEST_PHASES, SL_ALLOW_ALL } sl_allow;

enum { SL_SCALAR_SLOTS = 32 };

/* Which step comes next; steps only go forward. */
typedef enum sl_stage {
    SL_STAGE_NEW = 0,
    SL_STAGE_REQUEST_HEADERS,
    SL_STAGE_REQUEST_BODY,
    SL_STAGE_RESPONSE_HEADERS,
    SL_STAGE_RESPONSE_BODY,
    SL_STAGE_LOGGED
} sl_stage;

/* A match as the reference of the event needs it; written out when the chain is complete. */
typedef struct sl_match_place {
    const struct sl_match_place *before;
    const sl_rule *link;
    sl_value value;
    const sl_range *ranges;
    uint8_t range_count;
} sl_match_place;

/* Where the last match of a link came from, for the event. */
typedef struct sl_last_match {
    const sl_rule *link;
    sl_slice name, raw_value, parameter, text;
    const sl_match_place *places; /* of all matches so far, newest first */
    size_t place_count;
    const struct sl_script_match *alert; /* what a script adds to the event; NULL = nothing */
} sl_last_match;

/* A chain that matched in part, for part K of an audit record. */
typedef struct sl_half_chain {
    struct sl_half_chain *next; /* in order */
    const sl_rule *starter, *failed;
    size_t event_count; /* how many rules had matched before */
} sl_half_chain;

/* What the evaluator was about when it had to wait. */
typedef enum sl_point {
    SL_AT_NOTHING = 0,
    SL_AT_OPERATOR, /* it is asked again, about cursor.text */
    SL_AT_ACTION,   /* the one before cursor.action */
    SL_AT_SCRIPT,   /* one that did not match */
    SL_AT_PHASE_END
} sl_point;

/* Where the evaluator stands. It keeps no state on the C stack between values, so that a wait can leave and come back. */
typedef struct sl_cursor {
    uint8_t phase;
    uint8_t point; /* sl_point */
    const sl_program *program; /* of the phase: whole, or folded */
    size_t unit;
    const sl_rule *link;
    size_t target;   /* of the link */
    size_t value;    /* next in txn->values, which hold those of the target */
    size_t stage;    /* multiMatch: transformations that the value has been through */
    sl_text *text;   /* of the value, that the operator is asked about */
    size_t action;   /* next of the link */
    size_t matches;  /* of this link */
    bool stops_at_match;       /* of this link: the first match decides */
    const sl_operand *operand; /* NULL until a value of the link was found */
    sl_operand expanded;       /* what operand points to when it has macros */
    sl_last_match last;
    const sl_target_removal *removals; /* in force for this unit */
    const sl_block *block; /* whose candidates are known */
    uint64_t candidates;   /* units of the block that could match */
    int64_t unit_started_us, phase_started_us;
} sl_cursor;

/* What a transaction waits for: one thing at a time (run/suspend.h). */
typedef struct sl_suspension {
    seclua_wait request;
    /* Takes in the answer; NULL: an operator waits, and is asked again. */
    void (*settle)(struct sl_txn *txn, const seclua_answer *answer);
    uint8_t collections[SL_COLLECTIONS]; /* of the records in request, in order */
} sl_suspension;

/* The newest lines of the debug log, at most 1 MiB of them. All zero: none. */
typedef struct sl_debug_lines {
    struct sl_debug_chunk *oldest, *newest;
    size_t chunk_count;
    uint64_t lost_count;         /* lines that made room, or found none */
    bool is_settled, is_wanted;  /* known, after phase 5: what comes later is written at once, or not at all */
} sl_debug_lines;

typedef struct sl_txn {
    sl_engine *engine;
    const sl_ruleset *rules;
    sl_arena arena;
    jmp_buf unwind;     /* armed while a step runs */
    bool is_armed;

    sl_slice id;
    sl_slice client_address, server_address;
    sl_slice server_name, remote_user; /* as the server says; empty: it does not */
    uint16_t client_port, server_port;
    int64_t start_us;       /* wall clock, epoch µs */
    int64_t start_clock_us; /* monotonic */
    int64_t now_epoch;      /* read once per phase, seconds */
    int64_t phase_us[SL_PHASES];
    int64_t store_read_us, store_write_us; /* of a store of this machine; within the phases */

    /* request */
    sl_slice method, uri_raw, protocol, query, path_raw; /* query: has_query tells set-empty from unset */
    bool has_query;
    sl_members request_headers, cookies, args;
    size_t args_size;       /* ARGS_COMBINED_SIZE */
    bool has_invalid_escape; /* URLENCODED_ERROR */
    sl_slice content_type;  /* first field line; empty when absent */
    bool has_content_type;
    sl_stream request_body_stream, response_body_stream;
    sl_slice request_body;  /* the whole buffered body, from phase 2 on */
    bool has_request_body;  /* at least a byte was buffered */
    bool exposes_request_body; /* REQUEST_BODY is set */
    uint8_t processor;      /* sl_processor */
    bool body_error, processor_error;
    sl_slice body_error_text, processor_error_text;
    bool inbound_data_error, outbound_data_error;
    sl_multipart *multipart; /* NULL unless that parser ran */
    sl_members files, files_names, files_sizes, files_tmpnames, files_contents, part_headers, multipart_names, multipart_filenames;
    uint64_t files_size;
    sl_xml *xml;
    struct sl_judgement *judgements; /* of JSON bodies (operators/json_body.c) */

    /* response */
    uint16_t response_status;
    sl_slice response_protocol, response_reason;
    sl_members response_headers;
    sl_slice response_body;
    bool exposes_response_body;
    bool holds_response_body; /* decided after phase 3 */
    uint8_t response_processor; /* sl_processor; none or JSON */
    sl_members response_args;
    bool response_error; /* of its parser */
    sl_slice response_error_text;

    /* state of the rules */
    sl_members tx;
    sl_text *captures[sl_captures_max]; /* TX:0‥9; NULL = unset */
    sl_open_collection collections[SL_COLLECTIONS];
    sl_slice session_id, user_id;
    bool has_session_id, has_user_id;
    sl_members env;
    sl_members server_errors; /* WEBSERVER_ERROR_LOG */
    sl_members geo;
    sl_text *matched_var; /* NULL before the first match */
    sl_slice matched_var_name;
    sl_matched_list matched; /* of the running rule or chain */
    int highest_severity;    /* 255 = none */
    bool pcre_limits_exceeded, pcre_error;
    sl_members slow_rules; /* PERF_RULES: id to microseconds */
    bool transformation_failed; /* one of the rule set's own, for the value at hand */
    const sl_rule *current_rule; /* starter under evaluation, for RULE */

    /* ctl */
    uint8_t engine_mode; /* sl_mode */
    bool request_body_access, response_body_access, force_request_body, force_response_body;
    uint64_t request_body_limit_bytes, response_body_limit_bytes;
    uint8_t parse_xml_into_args;
    bool hides_xml; /* parse_xml_into_args was OnlyArgs when the body was parsed */
    uint8_t audit_engine;
    uint32_t audit_parts;
    uint8_t debug_level;
    uint64_t *removed; /* bit per starter ordinal; NULL = none */
    const sl_target_removal *target_removals;
    uint64_t *narrowed; /* bit per starter ordinal: one of these takes it in; NULL = there is none */

    /* flow */
    uint8_t stage; /* sl_stage */
    uint8_t allow; /* sl_allow */
    bool phase_done[SL_PHASES];
    sl_cursor cursor;
    sl_values values;
    seclua_verdict verdict;
    seclua_changes changes; /* of the traffic, as the rules want it (run/changes.c) */
    bool is_intervened;
    bool has_failed;
    bool is_given_up;  /* cancelled: only logging is left */
    bool is_flush_due; /* changes are to reach a remote store before anything else happens */
    sl_suspension suspension;

    /* what happened */
    sl_event_list events;
    bool has_logged_event;
    sl_slice *event_lines; /* by event, made on first use */
    size_t event_line_count;
    sl_record_list log;
    sl_half_chain *half_chains, **half_chains_end; /* the end is NULL while there are none */
    bool is_relevant; /* some match has the audit flag */
    sl_debug_lines debug_lines; /* with the option debugLog 'relevant' (log/debug.h) */
    bool is_audited;
    sl_slice audit_json;
    struct sl_sanitised *sanitised; /* names to mask in the audit log */

    sl_text *scalars[SL_SCALAR_SLOTS]; /* lazily made texts of scalar variables, by sl_slot */
    struct sl_held *held; /* texts of the value cache */
    struct sl_selection *selections; /* of the candidate index: what targets select */
    uint64_t *let_by_target; /* of the cursor's block, by its targets: units of which some text was let through */
    uint32_t list_growths;         /* new members of lists while a phase ran */
    struct sl_xpath_local *xpaths; /* compiled for this transaction only */
    struct sl_xpath_result *xpath_results; /* values of XPath selectors already computed */
} sl_txn;

#ifdef __cplusplus
}
#endif
#endif
