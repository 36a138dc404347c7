// SPDX-License-Identifier: Apache-2.0
// Include and its paths, and every directive that sets something: its values, its default, what it refuses.
#include <filesystem>
#include <fstream>
#include <random>

#include "seclang/directives.hpp"
#include "seclang_check.hpp"

namespace fs = std::filesystem;
using check::Case;
using check::Load;
using namespace seclua;

// A folder of this run's own, gone at its end.
struct Folder {
    Folder() {
        std::random_device random;
        path = fs::temp_directory_path() / ("seclua-seclang-" + std::to_string(random()) + std::to_string(random()));
        fs::create_directories(path);
        cwd = path.string();
    }
    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
    Folder(const Folder &) = delete;
    Folder &operator=(const Folder &) = delete;
    void write(const std::string &name, const std::string &text) const {
        fs::create_directories((path / name).parent_path());
        std::ofstream(path / name, std::ios::binary) << text;
    }
    fs::path path;
    std::string cwd;
};

static std::string marker(const char *label) { return std::string("SecMarker ") + label + '\n'; }

static void check_load(const char *sentence, const Load &load, const std::string &statements,
                       const std::string &reports) {
    check::same(sentence, "tree", load.statements(), statements);
    check::same(sentence, "diagnostics", load.reports(), reports);
}

static void includes() {
    const Folder folder;
    folder.write("main.conf", marker("a") + "Include sub/one.conf\n" + marker("z"));
    folder.write("sub/one.conf", marker("b") + "Include \"two.conf\"\nInclude 'three.conf'\n");
    folder.write("sub/two.conf", marker("beside"));
    folder.write("two.conf", marker("cwd"));
    folder.write("three.conf", marker("three"));
    folder.write("glob/b.conf", marker("b"));
    folder.write("glob/a.conf", marker("a"));
    folder.write("glob/C.conf", marker("C"));
    folder.write("glob/.hidden.conf", marker("hidden"));
    folder.write("glob/x.txt", marker("x"));
    folder.write("glob/folder.conf/y.conf", marker("y"));
    folder.write("self.conf", "Include self.conf\n" + marker("a"));
    folder.write("ping.conf", "Include ./sub/../pong.conf\n");
    folder.write("pong.conf", "\n  Include ping.conf\n");
    folder.write("bad.conf", "\nSecRule ARGS \"@rx a\nSecMarker a\n");
    const auto given = [&](const std::string &name) { return std::vector<Source>{{false, name, ""}}; };
    const auto markers = [](const std::vector<std::string> &labels) {
        std::string text;
        for (const std::string &label : labels) text += (text.empty() ? "marker <" : "\nmarker <") + label + '>';
        return text;
    };

    check_load("an included file stands where Include does; names start beside the file, then in cwd",
               Load(given("main.conf"), folder.cwd), markers({"a", "b", "beside", "three", "z"}), "");
    check_load("names in a text start in cwd", Load("Include two.conf", folder.cwd), markers({"cwd"}), "");
    check_load("absolute names are taken as they are", Load("Include " + folder.cwd + "/sub/two.conf"),
        markers({"beside"}), "");
    check_load("wildcards match in byte order, without hidden files and folders",
               Load("Include glob/*.conf", folder.cwd), markers({"C", "a", "b"}), "");
    check_load("? and [] are wildcards, in any component", Load("Include g*b/[!a-b].c?nf\nInclude */[ab].conf",
        folder.cwd),
               markers({"C", "a", "b"}), "");
    check_load("a caller may give wildcards", Load(given("glob/[a]*.conf"), folder.cwd), markers({"a"}), "");
    check_load("a missing file is an error", Load("SecMarker a\nInclude none.conf\nSecMarker b", folder.cwd),
               markers({"a", "b"}), "rules:2:9+9 E_FILE_OPEN");
    check_load("a missing file of the caller is an error", Load(given("none.conf"), folder.cwd), "",
               "none.conf:1:1+1 E_FILE_OPEN");
    check_load("IncludeOptional does not mind", Load("IncludeOptional none.conf\nIncludeOptional none/*.conf",
        folder.cwd), "", "");
    check_load("wildcards without a match are a warning", Load("Include none/*.conf", folder.cwd), "",
               "rules:1:9+11 W_IGNORED");
    check_load("a folder is no file", Load("Include sub\nIncludeOptional sub", folder.cwd), "",
               "rules:1:9+3 E_FILE_OPEN\nrules:2:17+3 E_FILE_OPEN");
    check_load("the environment is not expanded", Load("Include $HOME/x.conf\nInclude ~/x.conf", folder.cwd), "",
               "rules:1:9+12 E_FILE_OPEN\nrules:2:9+8 E_FILE_OPEN");
    check_load("a file must not include itself", Load(given("self.conf"), folder.cwd), markers({"a"}),
               "self.conf:1:9+9 E_INCLUDE_DEPTH");
    check_load("a cycle is found whatever the names look like", Load(given("ping.conf"), folder.cwd), "",
               "./sub/../pong.conf:2:11+9 E_INCLUDE_DEPTH");
    check_load("an error in an included file is marked there", Load("Include bad.conf", folder.cwd),
               "BROKEN rule {ARGS} @rx <a> {}\nmarker <a>", "bad.conf:2:14+6 E_UNTERMINATED");
    check_load("the same file may be included twice", Load("Include two.conf\nInclude two.conf", folder.cwd),
               markers({"cwd", "cwd"}), "");

    const Load cycle(given("ping.conf"), folder.cwd);
    check::same("a cycle names the files of its chain", "message", cycle.diagnostics.all().at(0).message,
                "a file includes itself: ping.conf > ./sub/../pong.conf > ping.conf");

    for (int i = 0; i < 40; i++) {
        folder.write("deep" + std::to_string(i), "Include deep" + std::to_string(i + 1) + '\n');
    }
    check_load("Include nests 32 deep and no deeper", Load(given("deep0"), folder.cwd), "",
        "deep32:1:9+6 E_INCLUDE_DEPTH");
    check_load("32 deep is well", Load(given("deep8"), folder.cwd), "", "deep39:1:9+6 E_FILE_OPEN");

    for (int i = 0; i < 20; i++) {
        const std::string next = "Include twice" + std::to_string(i + 1) + '\n';
        folder.write("twice" + std::to_string(i), next + next);
    }
    folder.write("twice20", "");
    const Load twice(given("twice0"), folder.cwd);
    check::is_true("files that include others twice each do not go on for ever", twice.diagnostics.has_errors());
}

static void paths_of_rules() {
    const Folder folder;
    folder.write("rules/a.lua", "");
    folder.write("b.lua", "");
    folder.write("rules/b.lua", "");
    folder.write("c.lua", "");
    const std::string file = "rules/x.conf";
    const Position in_file{&file, 1, 1, 1};
    Position in_text = in_file;
    in_text.in_text = true;
    Places places;
    const auto resolve = [&](const char *name, const Position &from) {
        return resolve_path(name, from, folder.cwd, places);
    };
    check::same("a name is found beside the file", "path", resolve("a.lua", in_file), folder.cwd + "/rules/a.lua");
    check::same("beside comes before cwd", "path", resolve("b.lua", in_file), folder.cwd + "/rules/b.lua");
    check::same("then cwd is asked", "path", resolve("c.lua", in_file), folder.cwd + "/c.lua");
    check::same("a text stands nowhere", "path", resolve("b.lua", in_text), folder.cwd + "/b.lua");
    check::same("an unknown name has no path", "path", resolve("d.lua", in_file), "");
    check::same("a folder is no file", "path", resolve("rules", in_text), "");
    check::same("an empty name has no path", "path", resolve("", in_file), "");
    const auto has = [&](const char *path) { return places.count(folder.cwd + path) != 0; };
    check::is_true("where a file was looked for is known, found or not",
                   has("/rules/a.lua") && has("/rules/d.lua") && has("/d.lua") && has("/c.lua"));
    check::is_true("beside the file was enough", !has("/a.lua"));
}

static std::string bytes(sl_slice slice) { return std::string(reinterpret_cast<const char *>(slice.ptr), slice.len); }

static std::string list(const sl_slice *slices, size_t count) {
    std::string text;
    for (size_t i = 0; i < count; i++) text += (i == 0 ? "" : " ") + bytes(slices[i]);
    return text;
}

static void defaults() {
    sl_config config;
    init_config(config);
    const auto is = [](const char *sentence, bool fact) { check::is_true(sentence, fact); };
    is("the engine is Off and not set", config.rule_engine == SL_OFF && !config.rule_engine_set);
    is("names have defaults", bytes(config.web_app_id) == "default" && bytes(config.sensor_id) == "default");
    is("regular expressions have the library's limits", config.pcre_match_limit == 0 && config.pcre_depth_limit == 0);
    is("bodies have limits",
        config.request_body_limit_bytes == 134217728 && config.response_body_limit_bytes == 524288 &&
                                 config.request_body_no_files_limit_bytes == 1048576 &&
                                 config.request_body_in_memory_limit_bytes == 131072);
    is("nesting has limits", config.json_depth_limit == 10000 && config.response_json_depth_limit == 1024);
    is("arguments are counted", config.arguments_limit == 1000 && config.argument_separator == '&');
    is("cookies have format 0", config.cookie_format == 0 && config.cookie_v0_separator == ';');
    is("uploads are bounded and private", config.upload_file_limit == 100 && config.upload_file_mode == 0600);
    is("collections live an hour", config.collection_timeout_seconds == 3600);
    is("the audit log has its parts and modes",
       config.audit_parts == (SL_AUDIT_PART('A') | SL_AUDIT_PART('B') | SL_AUDIT_PART('C') | SL_AUDIT_PART('F') |
                              SL_AUDIT_PART('H') | SL_AUDIT_PART('Z')) &&
           config.audit_dir_mode == 0750 && config.audit_file_mode == 0640);
    is("the code page is that of ASCII", config.unicode_code_page == 20127);
    check::same("the built-in types are those of the row", "types",
                list(config.response_mime_types, config.response_mime_type_count),
                find_directive("SecResponseBodyMimeType")->default_value);
}

// One line of configuration and what it must have done.
struct Setting {
    const char *line;
    bool (*holds)(const sl_config &config); // null: it sets nothing, only what it reports counts
    const char *reports = "";
};

#define HOLDS(expression) [](const sl_config &c) -> bool { return expression; }

static const Setting settings[] = {
    {"SecRuleEngine On", HOLDS(c.rule_engine == SL_ON && c.rule_engine_set)},
    {"secruleengine detectiononly", HOLDS(c.rule_engine == SL_DETECTION_ONLY && c.rule_engine_set)},
    {"SecRuleEngine \"Off\"", HOLDS(c.rule_engine == SL_OFF && c.rule_engine_set)},
    {"SecRuleEngine RelevantOnly", HOLDS(!c.rule_engine_set), "rules:1:15+12 E_BAD_VALUE"},
    {"SecRuleEngine On # x", HOLDS(!c.rule_engine_set), "rules:1:18+1 E_ARG_COUNT"},
    {"SecRuleEngine On\nSecRuleEngine Off", HOLDS(c.rule_engine == SL_OFF)},
    {"SecWebAppId shop", HOLDS(bytes(c.web_app_id) == "shop")},
    {"SecSensorId s1", HOLDS(bytes(c.sensor_id) == "s1")},
    {"SecComponentSignature \"a/1\"\nSecComponentSignature b",
     HOLDS(list(c.component_signatures, c.component_signature_count) == "a/1 b")},
    {"SecPcreMatchLimit 1500", HOLDS(c.pcre_match_limit == 1500)},
    {"SecPcreMatchLimit 0", HOLDS(c.pcre_match_limit == 0), "rules:1:19+1 E_BAD_VALUE"},
    {"SecPcreMatchLimit 4294967296", HOLDS(c.pcre_match_limit == 0), "rules:1:19+10 E_BAD_VALUE"},
    {"SecPcreMatchLimitRecursion 7", HOLDS(c.pcre_depth_limit == 7)},
    {"SecInterceptOnError On", HOLDS(c.intercept_on_error)},
    {"SecRulePerfTime 1000", HOLDS(c.rule_perf_time_us == 1000)},
    {"SecUnicodeCodePage 1252", HOLDS(c.unicode_code_page == 1252)},
    {"SecUnicodeMapFile none.mapping 20127", HOLDS(c.unicode_map_file.len == 0), "rules:1:19+12 E_FILE_OPEN"},
    {"SecUnicodeMapFile none.mapping x", HOLDS(c.unicode_map_file.len == 0), "rules:1:32+1 E_BAD_VALUE"},
    {"SecGeoLookupDb a/GeoIP.dat", HOLDS(c.geo_db_path.len == 0), "rules:1:16+11 E_UNSUPPORTED"},
    {"SecGeoLookupDb none.mmdb", HOLDS(c.geo_db_path.len == 0), "rules:1:16+9 E_FILE_OPEN"},
    {"SecHttpBlKey abcdefghijkl", HOLDS(bytes(c.http_bl_key) == "abcdefghijkl")},
    {"SecHttpBlKey abc", HOLDS(c.http_bl_key.len == 0), "rules:1:14+3 E_BAD_VALUE"},
    {"SecRequestBodyAccess On", HOLDS(c.request_body_access)},
    {"SecRequestBodyAccess true", HOLDS(c.request_body_access)},
    {"SecRequestBodyAccess On\nSecRequestBodyAccess 0", HOLDS(!c.request_body_access)},
    {"SecResponseBodyAccess 1", HOLDS(!c.response_body_access), "rules:1:23+1 E_BAD_VALUE"},
    {"SecRequestBodyLimit 9007199254740992", HOLDS(c.request_body_limit_bytes == uint64_t{1} << 53)},
    {"SecRequestBodyLimit 9007199254740993", HOLDS(c.request_body_limit_bytes == 134217728),
     "rules:1:21+16 E_BAD_VALUE"},
    {"SecRequestBodyLimit 99999999999999999999999", HOLDS(c.request_body_limit_bytes == 134217728),
     "rules:1:21+23 E_BAD_VALUE"},
    {"SecRequestBodyLimit 0", HOLDS(c.request_body_limit_bytes == 134217728), "rules:1:21+1 E_BAD_VALUE"},
    {"SecRequestBodyLimit 10K", HOLDS(c.request_body_limit_bytes == 134217728), "rules:1:21+3 E_BAD_VALUE"},
    {"SecRequestBodyLimit -5", HOLDS(c.request_body_limit_bytes == 134217728), "rules:1:21+2 E_BAD_VALUE"},
    {"SecRequestBodyLimitAction processpartial", HOLDS(c.request_body_limit_action == SL_LIMIT_PROCESS_PARTIAL)},
    {"SecRequestBodyNoFilesLimit 20", HOLDS(c.request_body_no_files_limit_bytes == 20)},
    {"SecRequestBodyInMemoryLimit 5", HOLDS(c.request_body_in_memory_limit_bytes == 5)},
    {"SecRequestBodyJsonDepthLimit 512", HOLDS(c.json_depth_limit == 512)},
    {"SecArgumentsLimit 5", HOLDS(c.arguments_limit == 5)},
    {"SecArgumentSeparator ;", HOLDS(c.argument_separator == ';')},
    {"SecArgumentSeparator &&", HOLDS(c.argument_separator == '&'), "rules:1:22+2 E_BAD_VALUE"},
    {"SecCookieFormat 1", HOLDS(c.cookie_format == 1)},
    {"SecCookieFormat 2", HOLDS(c.cookie_format == 0), "rules:1:17+1 E_BAD_VALUE"},
    {"SecCookieV0Separator ,", HOLDS(c.cookie_v0_separator == ',')},
    {"SecXmlExternalEntity Off", nullptr},
    {"SecXmlExternalEntity On", nullptr, "rules:1:22+2 W_IGNORED"},
    {"SecParseXmlIntoArgs OnlyArgs", HOLDS(c.parse_xml_into_args == SL_XML_ARGS_ONLY)},
    {"SecTmpDir tmp", HOLDS(bytes(c.tmp_dir) == "/base/tmp")},
    {"SecTmpDir \"\"", HOLDS(c.tmp_dir.len == 0), "rules:1:12+1 E_BAD_VALUE"},
    {"SecUploadDir none", HOLDS(c.upload_dir.len == 0), "rules:1:14+4 E_FILE_OPEN"},
    {"SecUploadFileLimit 0", HOLDS(c.upload_file_limit == 0)},
    {"SecUploadFileMode 0644", HOLDS(c.upload_file_mode == 0644)},
    {"SecUploadFileMode 0644\nSecUploadFileMode default", HOLDS(c.upload_file_mode == 0600)},
    {"SecUploadFileMode 0689", HOLDS(c.upload_file_mode == 0600), "rules:1:19+4 E_BAD_VALUE"},
    {"SecUploadKeepFiles RelevantOnly", HOLDS(c.upload_keep_files == SL_RELEVANT_ONLY)},
    {"SecTmpSaveUploadedFiles On", HOLDS(c.tmp_save_uploaded_files)},
    {"SecStreamInBodyInspection On", HOLDS(c.stream_in_body_inspection)},
    {"SecResponseBodyAccess On", HOLDS(c.response_body_access)},
    {"SecResponseBodyLimit 1073741824", HOLDS(c.response_body_limit_bytes == 1 << 30)},
    {"SecResponseBodyLimit 1073741825", HOLDS(c.response_body_limit_bytes == 524288), "rules:1:22+10 E_BAD_VALUE"},
    {"SecResponseBodyLimitAction ProcessPartial", HOLDS(c.response_body_limit_action == SL_LIMIT_PROCESS_PARTIAL)},
    {"SecResponseBodyMimeType text/HTML application/JSON (null)",
     HOLDS(list(c.response_mime_types, c.response_mime_type_count) == "text/plain text/html application/json null")},
    {"SecResponseBodyMimeTypesClear\nSecResponseBodyMimeType text/xml",
     HOLDS(list(c.response_mime_types, c.response_mime_type_count) == "text/xml")},
    {"SecResponseBodyMimeTypesClear", HOLDS(c.response_mime_type_count == 0)},
    {"SecResponseBodyMimeTypesClear x", HOLDS(c.response_mime_type_count == 2), "rules:1:31+1 E_ARG_COUNT"},
    {"SecResponseBodyJsonDepthLimit 9", HOLDS(c.response_json_depth_limit == 9)},
    {"SecStreamOutBodyInspection On", HOLDS(c.stream_out_body_inspection), "rules:1:28+2 W_IGNORED"},
    {"SecStreamOutBodyInspection Off", HOLDS(!c.stream_out_body_inspection)},
    {"SecContentInjection On", HOLDS(c.content_injection), "rules:1:21+2 W_IGNORED"},
    {"SecDataDir /var/x", HOLDS(bytes(c.data_dir) == "/var/x")},
    {"SecPersistentStore memory", HOLDS(bytes(c.persistent_store) == "memory")},
    {"SecPersistentStore LMDB:/var/x", HOLDS(bytes(c.persistent_store) == "lmdb:/var/x")},
    {"SecDataDir /var/y\nSecPersistentStore lmdb", HOLDS(bytes(c.persistent_store) == "lmdb:/var/y")},
    {"SecPersistentStore lmdb", HOLDS(c.persistent_store.len == 0), "rules:1:20+4 E_BAD_VALUE"},
    {"SecPersistentStore redis://x", HOLDS(c.persistent_store.len == 0), "rules:1:20+9 E_BAD_VALUE"},
    {"SecPersistentStore memory:x", HOLDS(c.persistent_store.len == 0), "rules:1:20+8 E_BAD_VALUE"},
    {"SecCollectionTimeout 2592000", HOLDS(c.collection_timeout_seconds == 2592000)},
    {"SecCollectionTimeout 2592001", HOLDS(c.collection_timeout_seconds == 3600), "rules:1:22+7 E_BAD_VALUE"},
    {"SecHashEngine Off", nullptr},
    {"SecHashEngine On", nullptr, "rules:1:15+2 E_UNSUPPORTED"},
    {"SecAuditEngine RelevantOnly", HOLDS(c.audit_engine == SL_RELEVANT_ONLY)},
    {"SecAuditLog logs/audit.log", HOLDS(bytes(c.audit_log) == "/base/logs/audit.log")},
    {"SecAuditLog \"|/bin/mlogc x\"", HOLDS(c.audit_log.len == 0), "rules:1:14+13 E_UNSUPPORTED"},
    {"SecAuditLog2 b", HOLDS(bytes(c.audit_log2) == "/base/b")},
    {"SecAuditLogParts BK", HOLDS(c.audit_parts == (SL_AUDIT_PART('A') | SL_AUDIT_PART('B') | SL_AUDIT_PART('K') |
                                                    SL_AUDIT_PART('Z')))},
    {"SecAuditLogParts ABLZ", HOLDS((c.audit_parts & SL_AUDIT_PART('L')) == 0), "rules:1:20+1 E_BAD_VALUE"},
    {"SecAuditLogRelevantStatus \"^(?:5|4(?!04))\"", HOLDS(bytes(c.audit_relevant_status) == "^(?:5|4(?!04))")},
    {"SecAuditLogType Concurrent", HOLDS(c.audit_type == SL_AUDIT_CONCURRENT)},
    {"SecAuditLogType parallel", HOLDS(c.audit_type == SL_AUDIT_CONCURRENT)},
    {"SecAuditLogType https", HOLDS(c.audit_type == SL_AUDIT_HTTPS)},
    {"SecAuditLog https://a/b", HOLDS(bytes(c.audit_log) == "https://a/b")},
    {"SecAuditLogType syslog", HOLDS(c.audit_type == SL_AUDIT_SERIAL), "rules:1:17+6 E_UNSUPPORTED"},
    {"SecAuditLogFormat JSON", HOLDS(c.audit_format == SL_AUDIT_JSON)},
    {"SecAuditLogFormat JsonLegacy", HOLDS(c.audit_format == SL_AUDIT_JSON), "rules:1:19+10 W_DEPRECATED"},
    {"SecAuditLogFormat OCSF", HOLDS(c.audit_format == SL_AUDIT_OCSF), ""},
    {"SecAuditLogFormat json-V2", HOLDS(c.audit_format == SL_AUDIT_JSON_V2), ""},
    {"SecAuditLogStorageDir s", HOLDS(bytes(c.audit_storage_dir) == "/base/s")},
    {"SecAuditLogDirMode 0700", HOLDS(c.audit_dir_mode == 0700)},
    {"SecAuditLogFileMode 0600", HOLDS(c.audit_file_mode == 0600)},
    {"SecAuditLogFileMode default", HOLDS(c.audit_file_mode == 0640)},
    {"SecAuditLogPrefix p", HOLDS(bytes(c.audit_prefix) == "p")},
    {"SecDebugLog d.log", HOLDS(bytes(c.debug_log) == "/base/d.log")},
    {"SecDebugLogLevel 9", HOLDS(c.debug_log_level == 9)},
    {"SecDebugLogLevel 10", HOLDS(c.debug_log_level == 0), "rules:1:18+2 E_BAD_VALUE"},
    {"SecIgnoreRuleCompilationErrors Off", nullptr},
    {"SecIgnoreRuleCompilationErrors On", nullptr},
    // accepted, without effect and without a word
    {"SecRxPreFilter On", nullptr},
    {"SecCacheTransformations On \"minlen:64\"", nullptr},
    {"SecStatusEngine Off", nullptr},
    {"SecStatusEngine Maybe", nullptr, "rules:1:17+5 E_BAD_VALUE"},
    // accepted, without effect, with a warning
    {"SecRemoteRulesFailAction Warn", nullptr, "rules:1:1+24 W_IGNORED"},
    {"SecRuleInheritance On", nullptr, "rules:1:1+18 W_IGNORED"},
    {"SecServerSignature x", nullptr, "rules:1:1+18 W_IGNORED"},
    {"SecUnicodeMap a b", nullptr, "rules:1:1+13 W_IGNORED"},
    {"SecConnEngine DetectionOnly", nullptr, "rules:1:1+13 W_IGNORED"},
    {"SecConnReadStateLimit 50 \"!@ipMatch 127.0.0.1\"", nullptr, "rules:1:1+21 W_IGNORED"},
    {"SecConnWriteStateLimit 50", nullptr, "rules:1:1+22 W_IGNORED"},
    {"SecReadStateLimit 50", nullptr, "rules:1:1+17 W_IGNORED"},
    {"SecWriteStateLimit 50", nullptr, "rules:1:1+18 W_IGNORED"},
    {"SecGuardianLog \"|x\" env=a", nullptr, "rules:1:1+14 W_IGNORED"},
    {"SecDisableBackendCompression On", nullptr, "rules:1:1+28 W_IGNORED"},
    {"SecRequestEncoding UTF-8", nullptr, "rules:1:1+18 W_IGNORED"},
    {"SecHashKey k KeyOnly", nullptr, "rules:1:1+10 W_IGNORED"},
    {"SecHashParam p", nullptr, "rules:1:1+12 W_IGNORED"},
    {"SecHashMethodRx HashHref x", nullptr, "rules:1:1+15 W_IGNORED"},
    {"SecHashMethodPm HashHref \"a b\"", nullptr, "rules:1:1+15 W_IGNORED"},
    // refused
    {"SecRemoteRules key https://rules.example/", nullptr, "rules:1:1+14 E_UNSUPPORTED"},
    {"SecGsbLookupDb x", nullptr, "rules:1:1+14 E_UNSUPPORTED"},
    {"SecChrootDir /x", nullptr, "rules:1:1+12 E_UNSUPPORTED"},
};

static void values() {
    for (const Setting &each : settings) {
        const Load load(each.line, "/base");
        check::same(each.line, "diagnostics", load.reports(), each.reports);
        if (each.holds != nullptr) check::is_true(each.line, each.holds(load.config));
    }
}

static void files_of_settings() {
    const Folder folder;
    folder.write("sub/unicode.mapping", "20127 00c0:41");
    folder.write("sub/city.mmdb", "x");
    folder.write("sub/x.conf",
        "SecUnicodeCodePage 1252\nSecUnicodeMapFile unicode.mapping\nSecGeoLookupDb city.mmdb\nSecUploadDir sub\n");
    const Load load(std::vector<Source>{{false, "sub/x.conf", ""}}, folder.cwd);
    check::same("files of settings are read", "diagnostics", load.reports(), "");
    check::same("a map is read beside its file", "map", bytes(load.config.unicode_map_file), "20127 00c0:41");
    check::is_true("a map without code page leaves the one that is set", load.config.unicode_code_page == 1252);
    check::same("a database is found beside its file", "path", bytes(load.config.geo_db_path),
        folder.cwd + "/sub/city.mmdb");
    check::same("an upload folder starts in cwd", "path", bytes(load.config.upload_dir), folder.cwd + "/sub");
    const Load page("SecUnicodeMapFile sub/unicode.mapping 1251", folder.cwd);
    check::is_true("a code page may follow the map", page.config.unicode_code_page == 1251);
}

// What every row must have, whoever adds the next one.
static void rows() {
    size_t count = 0;
    for (const DirectiveRow *row = directive_rows(); row->name != nullptr; row++, count++) {
        check::is_true(row->name, find_directive(row->name) == row); // no name stands twice
        check::is_true(row->name, row->manual != nullptr && row->manual[0] != '\0');
        check::is_true(row->name, row->arguments_min <= row->arguments_max);
        check::is_true(row->name, row->arguments != nullptr || row->words != nullptr || row->arguments_max == 0);
        check::is_true(row->name, row->apply != nullptr || row->support != Support::full);
        check::is_true(row->name, row->support != Support::rejected || row->hint != nullptr);
        if (row->kind != DirectiveKind::setting || row->support == Support::rejected) continue;
        const Load load(row->name + std::string(row->default_value == nullptr ? "" : " ") +
                        (row->default_value == nullptr ? "" : row->default_value));
        check::is_true(row->name, row->default_value == nullptr || !load.diagnostics.has_errors()); // takes its default
        const std::string too_few = "rules:1:1+" + std::to_string(std::string(row->name).size()) + " E_ARG_COUNT";
        check::is_true(row->name,
                       row->default_value != nullptr || row->arguments_min == 0 || load.reports() == too_few);
    }
    check::is_true("there are rows", count > 80);
    check::is_true("an unknown name has no row",
        find_directive("SecNothing") == nullptr && find_directive("") == nullptr);
}

int main() {
    includes();
    paths_of_rules();
    defaults();
    values();
    files_of_settings();
    rows();
    return check::finish("seclang_files_test");
}
