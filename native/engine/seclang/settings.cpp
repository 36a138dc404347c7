// SPDX-License-Identifier: Apache-2.0
// Reading values of settings, and the few settings that do more than fill a field. Each reports once and then
// leaves the Config as it was.
#include "seclang/settings.hpp"

#include <algorithm>
#include <filesystem>

#include "seclang/parser.hpp"

namespace seclua {

namespace {

std::string lower(std::string_view text) {
    std::string folded(text);
    for (char &c : folded) c = static_cast<char>(sl_ascii_lower(static_cast<uint8_t>(c)));
    return folded;
}

bool parse_digits(std::string_view text, unsigned base, uint64_t max, uint64_t &number) {
    number = 0;
    for (const char c : text) {
        if (c < '0' || c >= static_cast<char>('0' + base)) {
            return false;
        }
        const auto digit = static_cast<uint64_t>(c - '0');
        if (number > (max - std::min(max, digit)) / base) {
            return false;
        }
        number = number * base + digit;
    }
    return !text.empty() && number <= max;
}

} // namespace

void reject_value(Loading &load, const Call &call, size_t argument, const std::string &what,
                  std::string hint) {
    const std::string message = call.row.name + (' ' + what) + ", not " + in_quotes(call.value(argument));
    load.diagnostics.add(Code::E_BAD_VALUE, call.place(argument), message, std::move(hint));
}

bool read_number(Loading &load, const Call &call, size_t argument, uint64_t min, uint64_t max, uint64_t &number) {
    if (parse_digits(call.value(argument), 10, max, number) && number >= min) {
        return true;
    }
    reject_value(load, call, argument,
                 "takes a number from " + std::to_string(min) + " to " + std::to_string(max),
                 "digits only: there are no unit suffixes");
    return false;
}

bool read_file_mode(Loading &load, const Call &call, uint32_t &mode) {
    const std::string_view text = lower(call.value(0)) == "default" ? call.row.default_value : call.value(0);
    uint64_t number = 0;
    if (!parse_digits(text, 8, 07777, number)) {
        reject_value(load, call, 0, "takes an octal mode such as 0640, or default");
        return false;
    }
    mode = static_cast<uint32_t>(number);
    return true;
}

bool read_path(Loading &load, const Call &call, std::string &path) {
    path = call.value(0);
    if (path.empty()) {
        load.diagnostics.add(Code::E_BAD_VALUE, call.place(0), std::string(call.row.name) + " needs a path");
    }
    return !path.empty();
}

bool read_byte(Loading &load, const Call &call, uint8_t &byte) {
    if (call.value(0).size() != 1) {
        reject_value(load, call, 0, "takes exactly one character");
        return false;
    }
    byte = static_cast<uint8_t>(call.value(0)[0]);
    return true;
}

void set_rule_engine(Loading &load, const Call &call) {
    set_word<&sl_config::rule_engine>(load, call);
    load.config.rule_engine_set = load.arena != nullptr;
}

void add_component_signature(Loading &load, const Call &call) { load.component_signatures.emplace_back(call.value(0)); }

void set_persistent_store(Loading &load, const Call &call) {
    const std::string_view value = call.value(0);
    const std::string kind = lower(value.substr(0, value.find(':')));
    const std::string_view path = kind.size() < value.size() ? value.substr(kind.size() + 1) : std::string_view();
    if (kind == "memory" && kind.size() == value.size()) {
        load.config.persistent_store = load.keep(kind);
        return;
    }
    if (kind != "lmdb") {
        reject_value(load, call, 0, "takes memory or lmdb:PATH", "every other store is set by the API's option store");
        return;
    }
    const sl_slice data_dir = load.config.data_dir;
    if (path.empty() && data_dir.len == 0) {
        load.diagnostics.add(Code::E_BAD_VALUE, call.place(0), "SecPersistentStore lmdb names no folder",
                             "write lmdb:PATH, or SecDataDir PATH before it");
        return;
    }
    const std::string folder = path.empty() ? std::string(reinterpret_cast<const char *>(data_dir.ptr), data_dir.len)
                                            : path_in(load.cwd, std::string(path));
    load.config.persistent_store = load.keep("lmdb:" + folder);
}

void set_unicode_map(Loading &load, const Call &call) {
    uint64_t code_page = load.config.unicode_code_page;
    if (call.arguments.size() > 1 && !read_number(load, call, 1, 1, 65535, code_page)) {
        return;
    }
    std::string name;
    if (!read_path(load, call, name)) {
        return;
    }
    std::string reason = "there is no such file";
    std::string content;
    const std::string path = resolve_path(name, call.at, load.cwd, load.sources.places);
    if (path.empty() || !read_regular_file(path, Sources::file_bytes_max, content, reason)) {
        load.diagnostics.add(Code::E_FILE_OPEN, call.place(0), "cannot read " + in_quotes(name) + ": " + reason);
        return;
    }
    load.config.unicode_map_file = load.keep(content);
    load.config.unicode_code_page = static_cast<uint32_t>(code_page);
}

void set_geo_database(Loading &load, const Call &call) {
    std::string name;
    if (!read_path(load, call, name)) {
        return;
    }
    if (lower(name).ends_with(".dat")) {
        load.diagnostics.add(Code::E_UNSUPPORTED, call.place(0), "databases in the old GeoIP format cannot be read",
                             "use a database in MaxMind's format, whose name ends in .mmdb");
        return;
    }
    const std::string path = resolve_path(name, call.at, load.cwd, load.sources.places);
    if (path.empty()) {
        load.diagnostics.add(Code::E_FILE_OPEN, call.place(0),
                             "cannot read " + in_quotes(name) + ": there is no such file");
        return;
    }
    load.config.geo_db_path = load.keep(path);
}

void set_http_bl_key(Loading &load, const Call &call) {
    if (call.value(0).size() != 12) {
        reject_value(load, call, 0, "takes an access key of 12 letters");
        return;
    }
    load.config.http_bl_key = load.keep(call.value(0));
}

void set_upload_dir(Loading &load, const Call &call) {
    std::string path;
    if (!read_path(load, call, path)) {
        return;
    }
    std::error_code failed;
    const std::string absolute = path_in(load.cwd, path);
    if (!std::filesystem::is_directory(absolute, failed)) {
        load.diagnostics.add(Code::E_FILE_OPEN, call.place(0), "there is no folder " + in_quotes(path),
                             "create it before the rules are loaded");
        return;
    }
    load.config.upload_dir = load.keep(absolute);
}

void set_external_entity(Loading &load, const Call &call) {
    if (find_word(call)->value != 0) {
        load.diagnostics.add(Code::W_IGNORED, call.place(0), "external entities are never loaded", call.row.hint);
    }
}

void add_dataset(Loading &load, const Call &call) {
    const bool is_block = call.value(1) == "`";
    if (!is_block) {
        load.diagnostics.add(Code::E_SYNTAX, call.place(1), "SecDataset takes its lines between back-ticks",
                             "end the line with a back-tick, put one entry on each line below, then a back-tick alone");
        return;
    }
    const sl_slice name = load.keep(call.value(0));
    for (const sl_dataset &other : load.datasets) {
        if (!sl_slice_equal(other.name, name)) continue;
        load.diagnostics.add(Code::E_BAD_VALUE, call.place(0), "there is a data set " + in_quotes(call.value(0)) + " already");
        return;
    }
    load.datasets.push_back({name, load.keep(call.block)});
}

void refuse_on(Loading &load, const Call &call) {
    if (find_word(call)->value != 0) {
        load.diagnostics.add(Code::E_UNSUPPORTED, call.place(0), std::string(call.row.name) + " On is not supported",
                             call.row.hint);
    }
}

void add_mime_types(Loading &load, const Call &call) {
    for (const Argument &argument : call.arguments) {
        std::string type = lower(argument.text.view());
        if (type == "(null)") type = "null";
        if (std::find(load.mime_types.begin(), load.mime_types.end(), type) == load.mime_types.end()) {
            load.mime_types.push_back(std::move(type));
        }
    }
}

void clear_mime_types(Loading &load, const Call &) { load.mime_types.clear(); }

void set_audit_log(Loading &load, const Call &call) {
    if (lower(call.value(0).substr(0, 8)) == "https://") {
        load.config.audit_log = load.keep(call.value(0)); // no path: SecAuditLogType HTTPS
        return;
    }
    set_log_path<&sl_config::audit_log>(load, call);
}

void set_audit_type(Loading &load, const Call &call) {
    const int value = find_word(call)->value;
    if (value == word_unsupported) {
        load.diagnostics.add(Code::E_UNSUPPORTED, call.place(0),
                             "audit records are not sent as " + in_quotes(call.value(0)),
                             "write Serial, Concurrent or HTTPS, or take the records from event audit");
        return;
    }
    load.config.audit_type = static_cast<sl_audit_type>(value);
}

void set_audit_format(Loading &load, const Call &call) {
    const int value = find_word(call)->value;
    if (value == word_unsupported) {
        load.diagnostics.add(Code::E_UNSUPPORTED, call.place(0),
                             "audit records are not written as " + in_quotes(call.value(0)), "write Native or JSON");
        return;
    }
    if (value == word_json_legacy) {
        load.diagnostics.add(Code::W_DEPRECATED, call.place(0), "JsonLegacy is written as JSON", "write JSON");
    }
    load.config.audit_format = value == word_json_legacy ? SL_AUDIT_JSON : static_cast<sl_audit_format>(value);
}

// A and Z are always written, so they need not be named.
void set_audit_parts(Loading &load, const Call &call) {
    uint32_t parts = SL_AUDIT_PART('A') | SL_AUDIT_PART('Z');
    const std::string_view letters = call.value(0);
    for (size_t i = 0; i < letters.size(); i++) {
        const char letter = letters[i];
        if (letter != 'Z' && (letter < 'A' || letter > 'K')) {
            load.diagnostics.add(Code::E_BAD_VALUE, call.arguments[0].text.at(i),
                                 "there is no audit log part " + in_quotes(letters.substr(i, 1)),
                                 "parts are the letters A to K and Z");
            return;
        }
        parts |= SL_AUDIT_PART(letter);
    }
    load.config.audit_parts = parts;
}

} // namespace seclua
