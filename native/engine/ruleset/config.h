/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of a rule set: one field per SecLang directive that sets something. Defaults and limits stand in the rows
 * of seclang/directives.cpp, which fills this in; nothing writes to it after the load. */
#ifndef SL_CONFIG_H
#define SL_CONFIG_H

#include "base/slice.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum sl_mode { SL_OFF = 0, SL_ON, SL_DETECTION_ONLY, SL_RELEVANT_ONLY } sl_mode;
typedef enum sl_limit_action { SL_LIMIT_REJECT = 0, SL_LIMIT_PROCESS_PARTIAL } sl_limit_action;
typedef enum sl_xml_args { SL_XML_ARGS_OFF = 0, SL_XML_ARGS_ON, SL_XML_ARGS_ONLY } sl_xml_args;
typedef enum sl_audit_type { SL_AUDIT_SERIAL = 0, SL_AUDIT_CONCURRENT, SL_AUDIT_HTTPS } sl_audit_type;
typedef enum sl_audit_format {
    SL_AUDIT_NATIVE = 0,
    SL_AUDIT_JSON,
    SL_AUDIT_JSON_V2,
    SL_AUDIT_JSON_CORAZA,
    SL_AUDIT_OCSF
} sl_audit_format;

/* SecDataset. */
typedef struct sl_dataset {
    sl_slice name, lines; /* lines: as written between the back-ticks */
} sl_dataset;

/* Slices live as long as the rule set. Paths are absolute, resolved against cwd. */
typedef struct sl_config {
    /* engine */
    sl_mode rule_engine; /* SecRuleEngine */
    bool rule_engine_set;
    sl_slice web_app_id; /* SecWebAppId, "default" */
    sl_slice sensor_id;
    const sl_slice *component_signatures;
    size_t component_signature_count;
    uint32_t pcre_match_limit; /* SecPcreMatchLimit */
    uint32_t pcre_depth_limit; /* SecPcreMatchLimitRecursion */
    bool intercept_on_error;   /* SecInterceptOnError */
    uint32_t rule_perf_time_us; /* SecRulePerfTime */
    sl_slice unicode_map_file; /* contents, not name; empty = none */
    uint32_t unicode_code_page;
    sl_slice geo_db_path;
    sl_slice http_bl_key;
    const sl_dataset *datasets;
    size_t dataset_count;
    bool drop_broken_rules; /* SecIgnoreRuleCompilationErrors */

    /* request body */
    bool request_body_access;
    uint64_t request_body_limit_bytes;
    sl_limit_action request_body_limit_action;
    uint64_t request_body_no_files_limit_bytes;
    uint64_t request_body_in_memory_limit_bytes;
    uint32_t json_depth_limit;
    uint32_t arguments_limit;
    uint8_t argument_separator;
    uint8_t cookie_format; /* 0, 1 */
    uint8_t cookie_v0_separator;
    bool stream_in_body_inspection;
    sl_xml_args parse_xml_into_args;
    sl_slice tmp_dir, upload_dir;
    uint32_t upload_file_limit; /* 0 = unlimited */
    uint32_t upload_file_mode;
    sl_mode upload_keep_files; /* SL_OFF, SL_ON, SL_RELEVANT_ONLY */
    bool tmp_save_uploaded_files;

    /* response */
    bool response_body_access;
    uint64_t response_body_limit_bytes;
    sl_limit_action response_body_limit_action;
    const sl_slice *response_mime_types; /* lower case; "null" = no type */
    size_t response_mime_type_count;
    uint32_t response_json_depth_limit; /* SecResponseBodyJsonDepthLimit */
    bool stream_out_body_inspection;
    bool content_injection;

    /* persistence */
    sl_slice data_dir;
    sl_slice persistent_store; /* "memory" or "lmdb:" and a folder; empty: not said */
    uint32_t collection_timeout_seconds;

    /* audit and debug log */
    sl_mode audit_engine; /* SL_OFF, SL_ON, SL_RELEVANT_ONLY */
    sl_slice audit_log, audit_log2;
    uint32_t audit_parts; /* bit 0 = A … bit 25 = Z */
    sl_slice audit_relevant_status; /* pattern; empty = none */
    sl_audit_type audit_type;
    sl_audit_format audit_format;
    sl_slice audit_storage_dir;
    uint32_t audit_dir_mode, audit_file_mode;
    sl_slice audit_prefix;
    sl_slice debug_log;
    uint8_t debug_log_level;
} sl_config;

#define SL_AUDIT_PART(letter) (1u << ((letter) - 'A'))

#ifdef __cplusplus
}
#endif
#endif
