// SPDX-License-Identifier: Apache-2.0
// THE table of directives (specification 01, section 15). A new directive is a row here, and a field of
// sl_config when it sets one. Order is that of the manual; the lookup does not depend on it.
#include "seclang/directives.hpp"

#include <algorithm>
#include <vector>

#include "seclang/nearest.hpp"
#include "seclang/parser.hpp"
#include "seclang/settings.hpp"

namespace seclua {

namespace {

using enum Support;
using enum DirectiveKind;

constexpr Word on_off[] = {{"On", 1}, {"Off", 0}, {nullptr, 0}};
// ModSecurity 2 takes the booleans of Apache for this one directive, and configurations use them.
constexpr Word on_off_boolean[] = {{"On", 1}, {"Off", 0}, {"true", 1}, {"false", 0}, {"1", 1}, {"0", 0}, {nullptr, 0}};
constexpr Word on_off_detection[] = {
    {"On", SL_ON}, {"Off", SL_OFF}, {"DetectionOnly", SL_DETECTION_ONLY}, {nullptr, 0}};
constexpr Word on_off_relevant[] = {{"On", SL_ON}, {"Off", SL_OFF}, {"RelevantOnly", SL_RELEVANT_ONLY}, {nullptr, 0}};
constexpr Word limit_actions[] = {
    {"Reject", SL_LIMIT_REJECT}, {"ProcessPartial", SL_LIMIT_PROCESS_PARTIAL}, {nullptr, 0}};
constexpr Word xml_args[] = {
    {"On", SL_XML_ARGS_ON}, {"Off", SL_XML_ARGS_OFF}, {"OnlyArgs", SL_XML_ARGS_ONLY}, {nullptr, 0}};
constexpr Word audit_types[] = {{"Serial", SL_AUDIT_SERIAL},    {"Concurrent", SL_AUDIT_CONCURRENT},
                                {"Parallel", SL_AUDIT_CONCURRENT}, {"HTTPS", SL_AUDIT_HTTPS},
                                {"syslog", word_unsupported},   {nullptr, 0}};
constexpr Word audit_formats[] = {{"Native", SL_AUDIT_NATIVE},
                                  {"JSON", SL_AUDIT_JSON},
                                  {"JsonLegacy", word_json_legacy},
                                  {"JSON-v2", SL_AUDIT_JSON_V2},
                                  {"JSON-coraza", SL_AUDIT_JSON_CORAZA},
                                  {"OCSF", SL_AUDIT_OCSF},
                                  {nullptr, 0}};
constexpr Word fail_actions[] = {{"Abort", 0}, {"Warn", 1}, {nullptr, 0}};

constexpr uint64_t body_bytes_max = uint64_t{1} << 53; // what a JS number can count to
constexpr uint64_t gibibyte = uint64_t{1} << 30;

constexpr const char *hash_hint = "seclua does not rewrite pages, so it cannot sign their links";
constexpr const char *connection_hint = "limit connections per client in the server or the proxy before it";

using C = sl_config;

// clang-format off
constexpr DirectiveRow rows[] = {
    /* name, kind, support, arguments: least, most, as written, words, default, function,
     * manual, hint */

    // ---- rules and structure
    {"SecRule", rule, full, 2, 3, "VARIABLES \"OPERATOR\" [\"ACTIONS\"]", nullptr, nullptr, add_rule,
     "Tests variables with an operator and runs actions when one matches.", nullptr},
    {"SecAction", rule, full, 1, 1, "\"ACTIONS\"", nullptr, nullptr, add_action,
     "Runs actions unconditionally.", nullptr},
    {"SecRuleScript", rule, full, 1, 2, "PATH [\"ACTIONS\"]", nullptr, nullptr, add_script,
     "A rule that matches when its Lua script says so.", nullptr},
    {"SecMarker", statement, full, 1, 1, "LABEL", nullptr, nullptr, add_marker,
     "A place that skipAfter can jump to.", nullptr},
    {"SecDefaultAction", statement, full, 1, 1, "\"ACTIONS\"", nullptr, nullptr, add_default_action,
     "Actions that the following rules of a phase inherit.", nullptr},
    {"Include", statement, full, 1, 1, "PATH", nullptr, nullptr, follow_include,
     "Reads other files in place; wildcards are expanded.", nullptr},
    {"IncludeOptional", statement, full, 1, 1, "PATH", nullptr, nullptr, follow_include_optional,
     "As Include, but it does not matter when there is no such file.", nullptr},
    {"SecRuleRemoveById", statement, full, 1, any_number, "ID|FIRST-LAST…", nullptr, nullptr,
     add_removal<SelectBy::id>, "Removes rules by id.", nullptr},
    {"SecRuleRemoveByTag", statement, full, 1, 1, "TAG", nullptr, nullptr, add_removal<SelectBy::tag>,
     "Removes rules by tag.", nullptr},
    {"SecRuleRemoveByMsg", statement, full, 1, 1, "MESSAGE", nullptr, nullptr, add_removal<SelectBy::message>,
     "Removes rules by message.", nullptr},
    {"SecRuleUpdateTargetById", statement, full, 2, 3, "IDS TARGETS [REPLACED]", nullptr, nullptr,
     add_target_update<SelectBy::id>, "Adds targets to rules, or excludes some, by id.", nullptr},
    {"SecRuleUpdateTargetByTag", statement, full, 2, 3, "TAG TARGETS [REPLACED]", nullptr, nullptr,
     add_target_update<SelectBy::tag>, "Adds targets to rules, or excludes some, by tag.", nullptr},
    {"SecRuleUpdateTargetByMsg", statement, full, 2, 3, "MESSAGE TARGETS [REPLACED]", nullptr, nullptr,
     add_target_update<SelectBy::message>, "Adds targets to rules, or excludes some, by message.", nullptr},
    {"SecRuleUpdateActionById", statement, full, 2, 2, "ID[:LINK] \"ACTIONS\"", nullptr, nullptr, add_action_update,
     "Replaces and adds actions of a rule.", nullptr},
    {"SecRemoteRules", statement, rejected, 2, 3, "[crypto] KEY URL", nullptr, nullptr, nullptr,
     "Rules from the network.", "the loader never uses the network: name https://…#sha256=… among the files of Waf.load"},
    {"SecRemoteRulesFailAction", setting, warned, 1, 1, nullptr, fail_actions, "Abort", nullptr,
     "What happens when SecRemoteRules fails.", "the loader never uses the network"},
    {"SecRuleInheritance", setting, warned, 1, 1, nullptr, on_off, "On", nullptr,
     "Whether a nested context of the web server inherits rules.", "a rule set has no nested contexts"},
    {"SecIgnoreRuleCompilationErrors", setting, full, 1, 1, nullptr, on_off, "Off", set_word<&C::drop_broken_rules>,
     "Whether rules with errors are left out, with a warning, instead of refusing the rule set.", nullptr},
    {"SecDataset", block, full, 2, 2, "NAME `…`", nullptr, nullptr, add_dataset,
     "A named list for @pmFromDataset and @ipMatchFromDataset: one entry a line, between back-ticks.", nullptr},
    {"SecRxPreFilter", setting, silent, 1, 1, nullptr, on_off, "Off", nullptr,
     "Coraza's prefilter of regular expressions; seclua always has its own.", nullptr},

    // ---- engine
    {"SecRuleEngine", setting, full, 1, 1, nullptr, on_off_detection, "Off", set_rule_engine,
     "Whether rules are evaluated, and whether they may intervene.", nullptr},
    {"SecWebAppId", setting, full, 1, 1, "TEXT", nullptr, "default", set_text<&C::web_app_id>,
     "Separates the sessions, users and resources of applications.", nullptr},
    {"SecSensorId", setting, full, 1, 1, "TEXT", nullptr, "default", set_text<&C::sensor_id>,
     "Names this sensor in the audit log.", nullptr},
    {"SecComponentSignature", setting, full, 1, 1, "TEXT", nullptr, nullptr, add_component_signature,
     "Names a component, such as a rule set, in the audit log; accumulates.", nullptr},
    {"SecServerSignature", setting, warned, 1, 1, "TEXT", nullptr, nullptr, nullptr,
     "Overwrites the Server header of Apache.", "set the header in the application"},
    {"SecPcreMatchLimit", setting, full, 1, 1, "NUMBER", nullptr, nullptr,
     set_number<&C::pcre_match_limit, 1, UINT32_MAX>,
     "Bounds the work of one regular expression on one value; without it the library's limit holds.", nullptr},
    {"SecPcreMatchLimitRecursion", setting, full, 1, 1, "NUMBER", nullptr, nullptr,
     set_number<&C::pcre_depth_limit, 1, UINT32_MAX>,
     "Bounds the depth of backtracking; without it the library's limit holds.", nullptr},
    {"SecInterceptOnError", setting, full, 1, 1, nullptr, on_off, "Off", set_word<&C::intercept_on_error>,
     "Whether an operator that fails ends the phase with status 500.", nullptr},
    {"SecRulePerfTime", setting, full, 1, 1, "MICROSECONDS", nullptr, "0",
     set_number<&C::rule_perf_time_us, 0, UINT32_MAX>,
     "Rules that take longer are listed in PERF_RULES and the audit log; 0 means none.", nullptr},
    {"SecCacheTransformations", setting, silent, 1, 2, "On|Off [OPTIONS]", on_off, "Off", nullptr,
     "Tunes ModSecurity's cache of transformations; seclua computes each value once anyway.", nullptr},
    {"SecUnicodeMapFile", setting, full, 1, 2, "PATH [CODE_PAGE]", nullptr, nullptr, set_unicode_map,
     "The map by which t:urlDecodeUni turns %uXXXX into a byte.", nullptr},
    {"SecUnicodeCodePage", setting, full, 1, 1, "NUMBER", nullptr, "20127",
     set_number<&C::unicode_code_page, 1, 65535>, "The code page within SecUnicodeMapFile.", nullptr},
    {"SecUnicodeMap", setting, warned, 0, any_number, "…", nullptr, nullptr, nullptr,
     "A former name of SecUnicodeMapFile.", "write SecUnicodeMapFile PATH CODE_PAGE"},
    {"SecGeoLookupDb", setting, full, 1, 1, "PATH", nullptr, nullptr, set_geo_database,
     "The database of @geoLookup, in MaxMind's format.", nullptr},
    {"SecGsbLookupDb", setting, rejected, 1, 1, "PATH", nullptr, nullptr, nullptr,
     "A database of Google Safe Browsing.", "the service behind this format no longer exists"},
    {"SecHttpBlKey", setting, full, 1, 1, "KEY", nullptr, nullptr, set_http_bl_key,
     "The access key of @rbl with the http:BL.", nullptr},
    {"SecStatusEngine", setting, silent, 1, 1, nullptr, on_off, "Off", nullptr,
     "Reports the version to ModSecurity's makers; seclua never does.", nullptr},
    {"SecConnEngine", setting, warned, 1, 1, nullptr, on_off_detection, "Off", nullptr,
     "Limits of connections per client in Apache.", connection_hint},
    {"SecConnReadStateLimit", setting, warned, 1, 2, "NUMBER [\"@ipMatch …\"]", nullptr, "0", nullptr,
     "Most connections of a client that Apache is reading from.", connection_hint},
    {"SecConnWriteStateLimit", setting, warned, 1, 2, "NUMBER [\"@ipMatch …\"]", nullptr, "0", nullptr,
     "Most connections of a client that Apache is writing to.", connection_hint},
    {"SecReadStateLimit", setting, warned, 1, 2, "NUMBER [\"@ipMatch …\"]", nullptr, nullptr, nullptr,
     "A former name of SecConnReadStateLimit.", connection_hint},
    {"SecWriteStateLimit", setting, warned, 1, 2, "NUMBER [\"@ipMatch …\"]", nullptr, nullptr, nullptr,
     "A former name of SecConnWriteStateLimit.", connection_hint},
    {"SecChrootDir", setting, rejected, 1, 1, "PATH", nullptr, nullptr, nullptr,
     "Confines Apache to a folder.", "confine the process from outside, with a container or the service manager"},
    {"SecGuardianLog", setting, warned, 1, 2, "PATH|\"|PROGRAM\" [env=…]", nullptr, nullptr, nullptr,
     "A line per request for an external program.", "take the events from the API"},
    {"SecDisableBackendCompression", setting, warned, 1, 1, nullptr, on_off, "Off", nullptr,
     "Keeps a backend from compressing its answers.", "remove Accept-Encoding from the request before it is passed on"},

    // ---- request body and inputs
    {"SecRequestBodyAccess", setting, full, 1, 1, nullptr, on_off_boolean, "Off", set_word<&C::request_body_access>,
     "Whether request bodies are buffered and parsed.", nullptr},
    {"SecRequestBodyLimit", setting, full, 1, 1, "BYTES", nullptr, "134217728",
     set_number<&C::request_body_limit_bytes, 1, body_bytes_max>, "The longest request body.", nullptr},
    {"SecRequestBodyLimitAction", setting, full, 1, 1, nullptr, limit_actions, "Reject",
     set_word<&C::request_body_limit_action>, "What happens to a longer one.", nullptr},
    {"SecRequestBodyNoFilesLimit", setting, full, 1, 1, "BYTES", nullptr, "1048576",
     set_number<&C::request_body_no_files_limit_bytes, 0, body_bytes_max>,
     "The longest request body, uploaded files not counted.", nullptr},
    {"SecRequestBodyInMemoryLimit", setting, full, 1, 1, "BYTES", nullptr, "131072",
     set_number<&C::request_body_in_memory_limit_bytes, 0, body_bytes_max>,
     "A longer request body waits in a nameless file of SecTmpDir.", nullptr},
    {"SecRequestBodyJsonDepthLimit", setting, full, 1, 1, "NUMBER", nullptr, "10000",
     set_number<&C::json_depth_limit, 1, UINT32_MAX>, "The deepest nesting of a JSON request body.", nullptr},
    {"SecArgumentsLimit", setting, full, 1, 1, "NUMBER", nullptr, "1000",
     set_number<&C::arguments_limit, 1, UINT32_MAX>, "The most members of ARGS.", nullptr},
    {"SecArgumentSeparator", setting, full, 1, 1, "CHARACTER", nullptr, "&", set_byte<&C::argument_separator>,
     "What separates the arguments of a query or an urlencoded body.", nullptr},
    {"SecCookieFormat", setting, full, 1, 1, "0|1", nullptr, "0", set_number<&C::cookie_format, 0, 1>,
     "0: cookies of today. 1: cookies with $Version.", nullptr},
    {"SecCookieV0Separator", setting, full, 1, 1, "CHARACTER", nullptr, ";", set_byte<&C::cookie_v0_separator>,
     "What separates cookies of format 0.", nullptr},
    {"SecRequestEncoding", setting, warned, 1, 1, "NAME", nullptr, nullptr, nullptr,
     "The encoding of requests; it has no effect in ModSecurity, either.", nullptr},
    {"SecXmlExternalEntity", setting, full, 1, 1, nullptr, on_off, "Off", set_external_entity,
     "Whether XML bodies may refer to other documents. They may not.",
     "leave it Off: a request must not make the server read files or addresses"},
    {"SecParseXmlIntoArgs", setting, full, 1, 1, nullptr, xml_args, "Off", set_word<&C::parse_xml_into_args>,
     "Whether the leaves of an XML body become members of ARGS.", nullptr},
    {"SecTmpDir", setting, full, 1, 1, "PATH", nullptr, nullptr, set_output_path<&C::tmp_dir>,
     "Where temporary files go; without it the system's folder.", nullptr},
    {"SecUploadDir", setting, full, 1, 1, "PATH", nullptr, nullptr, set_upload_dir,
     "Where uploaded files are kept; it must exist.", nullptr},
    {"SecUploadFileLimit", setting, full, 1, 1, "NUMBER", nullptr, "100",
     set_number<&C::upload_file_limit, 0, UINT32_MAX>, "The most files of a request; 0 means any number.", nullptr},
    {"SecUploadFileMode", setting, full, 1, 1, "OCTAL|default", nullptr, "0600", set_file_mode<&C::upload_file_mode>,
     "The mode of stored files.", nullptr},
    {"SecUploadKeepFiles", setting, full, 1, 1, nullptr, on_off_relevant, "Off", set_word<&C::upload_keep_files>,
     "Whether uploaded files stay after the transaction.", nullptr},
    {"SecTmpSaveUploadedFiles", setting, full, 1, 1, nullptr, on_off, "Off", set_word<&C::tmp_save_uploaded_files>,
     "Whether uploaded files are stored for FILES_TMPNAMES and @inspectFile.", nullptr},
    {"SecStreamInBodyInspection", setting, full, 1, 1, nullptr, on_off, "Off",
     set_word<&C::stream_in_body_inspection>, "Whether STREAM_INPUT_BODY has the raw request body.", nullptr},

    // ---- response
    {"SecResponseBodyAccess", setting, full, 1, 1, nullptr, on_off, "Off", set_word<&C::response_body_access>,
     "Whether response bodies are buffered and inspected.", nullptr},
    {"SecResponseBodyLimit", setting, full, 1, 1, "BYTES", nullptr, "524288",
     set_number<&C::response_body_limit_bytes, 1, gibibyte>, "The longest response body.", nullptr},
    {"SecResponseBodyLimitAction", setting, full, 1, 1, nullptr, limit_actions, "Reject",
     set_word<&C::response_body_limit_action>, "What happens to a longer one.", nullptr},
    {"SecResponseBodyMimeType", setting, full, 1, any_number, "TYPE…", nullptr, "text/plain text/html", add_mime_types,
     "Types of responses whose bodies are inspected, besides the built-in ones; null means no type.", nullptr},
    {"SecResponseBodyMimeTypesClear", setting, full, 0, 0, nullptr, nullptr, nullptr, clear_mime_types,
     "Empties the list of SecResponseBodyMimeType.", nullptr},
    {"SecResponseBodyJsonDepthLimit", setting, full, 1, 1, "NUMBER", nullptr, "1024",
     set_number<&C::response_json_depth_limit, 1, UINT32_MAX>, "The deepest nesting of a JSON response body.", nullptr},
    {"SecStreamOutBodyInspection", setting, full, 1, 1, nullptr, on_off, "Off",
     set_word_and_warn<&C::stream_out_body_inspection>, "Whether STREAM_OUTPUT_BODY has the response body.",
     "the adapters send the body that @rsub leaves; other callers find it at the transaction"},
    {"SecContentInjection", setting, full, 1, 1, nullptr, on_off, "Off", set_word_and_warn<&C::content_injection>,
     "Whether append and prepend take effect.", "the adapters add the text to the page; other callers find it at the transaction"},

    // ---- persistence
    {"SecDataDir", setting, full, 1, 1, "PATH", nullptr, nullptr, set_output_path<&C::data_dir>,
     "The folder of SecPersistentStore lmdb, when that names none.", nullptr},
    {"SecPersistentStore", setting, full, 1, 1, "memory|lmdb[:PATH]", nullptr, nullptr, set_persistent_store,
     "Where the persistent collections are, unless option store says so: in the process, or in a folder that the "
     "processes of the machine share.",
     nullptr},
    {"SecCollectionTimeout", setting, full, 1, 1, "SECONDS", nullptr, "3600",
     set_number<&C::collection_timeout_seconds, 0, 2592000>, "How long a new collection lives without change.",
     nullptr},

    // ---- hash engine
    {"SecHashEngine", setting, full, 1, 1, nullptr, on_off, "Off", refuse_on, "Signs the links of pages.", hash_hint},
    {"SecHashKey", setting, warned, 1, 2, "KEY [KeyOnly|SessionID|RemoteIP]", nullptr, nullptr, nullptr,
     "The key of SecHashEngine.", hash_hint},
    {"SecHashParam", setting, warned, 1, 1, "NAME", nullptr, "crypt", nullptr,
     "The argument with the signature.", hash_hint},
    {"SecHashMethodRx", setting, warned, 2, 2, "KIND PATTERN", nullptr, nullptr, nullptr,
     "Links to sign, by regular expression.", hash_hint},
    {"SecHashMethodPm", setting, warned, 2, 2, "KIND PHRASES", nullptr, nullptr, nullptr,
     "Links to sign, by phrases.", hash_hint},

    // ---- audit and debug log
    {"SecAuditEngine", setting, full, 1, 1, nullptr, on_off_relevant, "Off", set_word<&C::audit_engine>,
     "Which transactions are recorded.", nullptr},
    {"SecAuditLog", setting, full, 1, 1, "PATH|https://…", nullptr, nullptr, set_audit_log,
     "The serial log, the index of the concurrent one, or where records are sent to.", nullptr},
    {"SecAuditLog2", setting, full, 1, 1, "PATH", nullptr, nullptr, set_log_path<&C::audit_log2>,
     "A second index.", nullptr},
    {"SecAuditLogParts", setting, full, 1, 1, "LETTERS", nullptr, "ABCFHZ", set_audit_parts,
     "The parts of a record: letters A to K and Z; A and Z are always there.", nullptr},
    {"SecAuditLogRelevantStatus", setting, full, 1, 1, "\"REGEX\"", nullptr, nullptr,
     set_text<&C::audit_relevant_status>, "Which status of a response makes its transaction relevant.", nullptr},
    {"SecAuditLogType", setting, full, 1, 1, "Serial|Concurrent|HTTPS", audit_types, "Serial", set_audit_type,
     "One file, a file for each transaction, or lines of JSON in the body of a POST.", nullptr},
    {"SecAuditLogFormat", setting, full, 1, 1, "Native|JSON|JSON-v2|JSON-coraza|OCSF", audit_formats, "Native", set_audit_format,
     "How records are written.", nullptr},
    {"SecAuditLogStorageDir", setting, full, 1, 1, "PATH", nullptr, nullptr, set_output_path<&C::audit_storage_dir>,
     "Where the concurrent log keeps its files, and HTTPS what could not be sent yet.", nullptr},
    {"SecAuditLogDirMode", setting, full, 1, 1, "OCTAL|default", nullptr, "0750", set_file_mode<&C::audit_dir_mode>,
     "The mode of folders of the concurrent log.", nullptr},
    {"SecAuditLogFileMode", setting, full, 1, 1, "OCTAL|default", nullptr, "0640", set_file_mode<&C::audit_file_mode>,
     "The mode of files of the audit log.", nullptr},
    {"SecAuditLogPrefix", setting, full, 1, 1, "TEXT", nullptr, nullptr, set_text<&C::audit_prefix>,
     "Stands before each line of the serial log.", nullptr},
    {"SecDebugLog", setting, full, 1, 1, "PATH", nullptr, nullptr, set_log_path<&C::debug_log>,
     "The debug log.", nullptr},
    {"SecDebugLogLevel", setting, full, 1, 1, "0…9", nullptr, "0", set_number<&C::debug_log_level, 0, 9>,
     "How much the debug log says: 0 nothing, 3 warnings, 9 everything.", nullptr},

    {nullptr, setting, full, 0, 0, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr},
};
// clang-format on

// Words at the beginning of lines that belong to Apache, nginx or their connectors: copied along with the
// rules, often.
constexpr std::string_view server_words[] = {
    "LoadModule",       "ModSecurity",    "modsecurity_rules", "modsecurity_rules_file", "modsecurity_rules_remote",
    "modsecurity_transaction_id", "server", "location",        "ServerName",             "DocumentRoot",
    "Listen",           "RewriteEngine",  "RewriteRule",       "proxy_pass",             "load_module",
    "ProxyPass",        "SetEnvIf",       "Header",            "Options",                "Directory"};

bool same_word(std::string_view a, std::string_view b) {
    return sl_slice_equal_fold(sl_slice_of(a.data(), a.size()), sl_slice_of(b.data(), b.size()));
}

} // namespace

const DirectiveRow *directive_rows() { return rows; }

const DirectiveRow *find_directive(std::string_view name) {
    for (const DirectiveRow *row = rows; row->name != nullptr; row++) {
        if (same_word(row->name, name)) {
            return row;
        }
    }
    return nullptr;
}

std::string hint_for_unknown(std::string_view name) {
    const bool is_server_word = std::any_of(std::begin(server_words), std::end(server_words),
                                            [&](std::string_view word) { return same_word(word, name); });
    if (is_server_word) {
        return "it belongs to the configuration of the web server";
    }
    return did_you_mean(name, [](size_t index) { return rows[index].name; });
}

const Word *find_word(const Call &call) {
    const Word *word = call.row.words;
    while (word->text != nullptr && !same_word(word->text, call.value(0))) word++;
    return word->text == nullptr ? nullptr : word;
}

std::string list_words(const Word *words) {
    std::string list;
    for (const Word *word = words; word->text != nullptr; word++) {
        if (word != words) list += word[1].text == nullptr ? " or " : ", ";
        list += word->text;
    }
    return list;
}

void init_config(sl_config &config) {
    static const sl_slice built_in_types[] = {SL_LIT("text/plain"), SL_LIT("text/html")};
    config = {};
    Tree tree;
    Diagnostics diagnostics;
    Sources sources;
    const std::string cwd;
    Loading load{tree, config, nullptr, diagnostics, sources, cwd, {}, {}, {}, {}, 0};
    const LogicalLine line;
    for (const DirectiveRow *row = rows; row->name != nullptr; row++) {
        if (row->default_value == nullptr || row->apply == nullptr || row->apply == add_mime_types) {
            continue;
        }
        const Text value{row->default_value, {}};
        row->apply(load, {*row, {}, line, {{MappedText(value), false}}, {}});
    }
    config.response_mime_types = built_in_types;
    config.response_mime_type_count = std::size(built_in_types);
}

} // namespace seclua
