// SPDX-License-Identifier: Apache-2.0
#include "sources.hpp"

#include "../native/cases_document.hpp"
#include "json.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace acceleration {

namespace fs = std::filesystem;

namespace {

std::string read_file(const fs::path &path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot read " + path.string());
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<fs::path> files_in(const fs::path &folder, const std::string &extension) {
    std::vector<fs::path> files;
    if (!fs::exists(folder)) return files;
    for (const auto &entry : fs::recursive_directory_iterator(folder)) {
        if (entry.path().extension() == extension) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

// Lines that write files, reach the network or would make a trace of every value.
std::string without_effects(const std::string &text) {
    std::vector<std::string> kept;
    for (const std::string &line : lines_of(text)) {
        const auto is = [&](const char *name) { return line.find(name) != std::string::npos; };
        if (!is("SecAuditLog") && !is("SecAuditEngine") && !is("SecDebugLog") && !is("SecUploadKeepFiles") &&
            !is("SecTmpSaveUploadedFiles") && !is("SecRemoteRules") && !is("SecDataDir"))
            kept.push_back(line);
    }
    return joined(kept);
}

// ---- the CRS ----

Config crs(const fs::path &folder, int level, seclua_engine_mode engine, bool lines) {
    Config config;
    config.title = "CRS PL" + std::to_string(level) +
                   (engine == SECLUA_ENGINE_ON ? ", on" : ", detection only") +
                   (lines ? ", rxMultiline" : "");
    config.folder = (folder / "rules").string();
    config.options.engine = engine;
    config.options.lines = lines;
    config.text = read_file(folder / "conformance-setup.conf");
    const std::string mapping = "unicode.mapping";
    config.text.replace(config.text.find(mapping), mapping.size(), "../" + mapping);
    config.text += "\nSecAction \"id:900001,phase:1,pass,nolog,t:none,setvar:tx.blocking_paranoia_level=" +
                   std::to_string(level) + "\"\n" + read_file(folder / "crs-setup.conf");
    for (const fs::path &file : files_in(folder / "rules", ".conf")) config.text += "\n" + read_file(file);
    config.text = joined(lines_of(config.text));  // one rule a line, so that the shrinker can take rules away
    return config;
}

// What stands behind a name in the CRS's test files: attacks, and texts that must not match. The files are
// YAML; taken line by line they give enough.
void read_payloads(const fs::path &folder, std::vector<std::string> &payloads) {
    for (const fs::path &file : files_in(folder, ".yaml")) {
        for (const std::string &line : cases::split(read_file(file), '\n')) {
            const size_t colon = line.find(": ");
            if (colon == std::string::npos) continue;
            std::string value = line.substr(colon + 2);
            if (value.size() > 1 && (value[0] == '"' || value[0] == '\'') && value.back() == value[0]) {
                value = value.substr(1, value.size() - 2);
            }
            if (value.size() > 2 && value.size() < 2000) payloads.push_back(value);
        }
    }
}

// ---- test/cases ----

Message parsed(const std::string &request, const std::string &response) {
    Message message;
    const auto parse = [](const std::string &written, std::vector<Field> &headers, std::string &body) {
        const size_t head_end = written.find("\n\n");
        if (head_end != std::string::npos) body = cases::unescaped(written.substr(head_end + 2));
        const auto lines = cases::split(written.substr(0, head_end), '\n');
        for (size_t i = 1; i < lines.size(); i++) {
            const size_t colon = std::min(lines[i].find(':'), lines[i].size());
            headers.emplace_back(
                cases::unescaped(lines[i].substr(0, colon)),
                cases::unescaped(cases::trimmed(lines[i].substr(std::min(colon + 1, lines[i].size())))));
        }
        return cases::split(lines[0], ' ');
    };
    const auto words = parse(request, message.headers, message.body);
    message.method = cases::unescaped(words[0]);
    if (words.size() > 1) message.target = cases::unescaped(words[1]);
    if (words.size() > 2) message.protocol = cases::unescaped(words[2]);
    if (response.empty()) return message;
    message.has_response = true;
    const auto status = parse(response, message.response_headers, message.response_body);
    if (status.size() > 1)
        message.status = static_cast<std::uint16_t>(std::strtoul(status[1].c_str(), nullptr, 10));
    return message;
}

void set_option(Options &options, const std::string &name, const std::string &value) {
    const bool is_on = value == "true";
    if (name == "v3Defaults")
        options.v3_defaults = is_on;
    else if (name == "rxMultiline")
        options.lines = is_on;
    else if (name == "requestBodyAlways")
        options.request_body_always = is_on;
    else if (name == "logEveryMatch")
        options.log_every_match = is_on;
    else if (name == "engine")
        options.engine = value == "On" ? SECLUA_ENGINE_ON : SECLUA_ENGINE_DETECTION_ONLY;
    else if (name == "commit")
        options.commit = value == "immediate" ? SECLUA_COMMIT_IMMEDIATE : SECLUA_COMMIT_PHASE;
}

std::string new_folder(const fs::path &scratch, size_t number) {
    const fs::path folder = scratch / std::to_string(number);
    fs::create_directories(folder);
    return folder.string();
}

Config config_of(const cases::Case &given, const fs::path &scratch, size_t number) {
    Config config;
    config.title = given.title;
    config.folder = scratch.string();
    for (const auto &[name, value] : given.options) set_option(config.options, name, value);
    for (const cases::File &file : given.files) {
        if (file.name == "rules.conf" || file.name == "preamble.conf") {
            config.text += without_effects(file.text);
            continue;
        }
        config.folder = new_folder(scratch, number);
        std::ofstream(fs::path(config.folder) / file.name, std::ios::binary) << file.text;
    }
    for (const cases::Exchange &exchange : given.exchanges) {
        config.messages.push_back(parsed(exchange.request, exchange.response));
    }
    return config;
}

// ---- the conformance sets ----

std::vector<Field> fields_of(const Json &json) {
    std::vector<Field> fields;
    for (const auto &[name, value] : json.members) {
        if (value.members.size() == 2)
            fields.emplace_back(value.members[0].second.text, value.members[1].second.text);
        else
            fields.emplace_back(name, value.text);
    }
    return fields;
}

std::string lines_text(const Json &json) {
    std::string text = json.text;
    for (const auto &[name, line] : json.members) text += line.text + "\n";
    return text;
}

Message message_of(const Json &request, const Json &response) {
    Message message;
    message.method = request["method"].text;
    message.target = request["uri"].text;
    message.headers = fields_of(request["headers"]);
    message.body = lines_text(request["body"]);
    if (response.members.empty()) return message;
    message.has_response = true;
    message.response_headers = fields_of(response["headers"]);
    message.response_body = lines_text(response["body"]);
    const auto status = std::strtoul(response["status"].text.c_str(), nullptr, 10);
    if (status != 0) message.status = static_cast<std::uint16_t>(status);
    return message;
}

void read_v3(const fs::path &folder, std::vector<Config> &configs) {
    for (const fs::path &file : files_in(folder / "cases", ".json")) {
        for (const auto &[name, given] : read_json(read_file(file)).members) {
            if (given["resource"].text == "curl") continue;
            Config config;
            config.title = "v3 " + file.stem().string() + ", " + given["title"].text;
            config.folder = folder.string();
            config.text = without_effects(lines_text(given["rules"]));
            config.options.v3_defaults = config.options.lines = config.options.request_body_always = true;
            config.options.commit = SECLUA_COMMIT_IMMEDIATE;
            config.messages.push_back(message_of(given["request"], given["response"]));
            configs.push_back(std::move(config));
        }
    }
}

void read_lua(const fs::path &file, const fs::path &scratch, std::vector<Config> &configs) {
    if (!fs::exists(file)) return;
    for (const auto &[name, given] : read_json(read_file(file)).members) {
        if (!given["needs"].members.empty()) continue;
        Config config;
        config.title = "Lua, " + given["name"].text;
        config.folder = new_folder(scratch, 100000 + configs.size());
        for (const auto &[path, content] : given["files"].members) {
            const fs::path place = fs::path(config.folder) / path;
            fs::create_directories(place.parent_path());
            std::ofstream(place, std::ios::binary) << content.text;
        }
        config.text = without_effects(given["config"].text);
        config.messages.push_back(message_of(given["request"], given["response"]));
        for (const auto &[index, request] : given["sequence"].members) {
            config.messages.push_back(message_of(request, given["response"]));
        }
        configs.push_back(std::move(config));
    }
}

// Vectors of operators, ten to a rule set; their inputs are arguments and headers.
void read_vectors(const fs::path &folder, std::vector<Config> &configs) {
    if (!fs::exists(folder / "operators.jsonl")) return;
    constexpr size_t rules_per_set = 10;
    size_t count = 0;
    for (const std::string &line : cases::split(read_file(folder / "operators.jsonl"), '\n')) {
        if (line.empty()) continue;
        const Json vector = read_json(line);
        if (!vector["needs"].text.empty() || vector["param"].text.find('\n') != std::string::npos) continue;
        if (vector["op"].text == "ipMatch" && count++ % 8 != 0)
            continue;  // four of five vectors are of this one
        if (configs.empty() || configs.back().messages.size() == rules_per_set ||
            !configs.back().title.starts_with("vectors")) {
            Config fresh;
            fresh.title = "vectors of operators";
            fresh.folder = (folder / "data").string();
            fresh.text = "SecRuleEngine On\nSecRequestBodyAccess On\n";
            configs.push_back(std::move(fresh));
        }
        Config &config = configs.back();
        config.text += "SecRule ARGS|REQUEST_HEADERS:X-In \"@" + vector["op"].text + " " +
                       in_quotes(vector["param"].text) +
                       "\" \"id:" + std::to_string(config.messages.size() + 1) +
                       ",phase:2,pass,log,capture,t:none\"\n";
        Message message;
        message.headers = {{"Host", "a.test"}, {"X-In", vector["input"].text}};
        config.messages.push_back(std::move(message));
    }
}

void read_corpus(const fs::path &folder, std::vector<Message> &messages) {
    if (!fs::exists(folder / "requests.jsonl")) return;
    std::vector<Json> responses;
    for (const std::string &line : cases::split(read_file(folder / "responses.jsonl"), '\n')) {
        if (!line.empty()) responses.push_back(read_json(line));
    }
    for (const std::string &line : cases::split(read_file(folder / "requests.jsonl"), '\n')) {
        if (line.empty()) continue;
        Message message =
            message_of(read_json(line),
                       messages.size() % 8 == 0 ? responses[messages.size() % responses.size()] : Json{});
        constexpr size_t bytes_max = 6000;  // larger ones take the time of a hundred others
        if (message.body.size() < bytes_max && message.response_body.size() < bytes_max)
            messages.push_back(std::move(message));
    }
}

}  // namespace

Sources read_sources(const std::string &root, const std::string &shared, const std::string &scratch) {
    Sources sources;
    const fs::path here = root, there = shared;
    sources.has_shared = fs::exists(there / "crs/rules");
    Config shipped;
    shipped.title = "rules/seclua.conf";
    shipped.folder = (here / "rules").string();
    shipped.text = "Include seclua.conf\n";
    size_t number = 0;
    for (const fs::path &file : files_in(here / "test/cases", ".md")) {
        for (const cases::Case &given : cases::Reader(read_file(file)).read()) {
            for (const cases::Case &row : cases::rows_of(given)) {
                Config config = config_of(row, scratch, number++);
                config.title = file.stem().string() + ", " + config.title;
                if (config.messages.empty()) continue;
                for (const Message &message : config.messages) sources.messages.push_back(message);
                sources.small.push_back(std::move(config));
            }
        }
    }
    for (const fs::path &file : files_in(here / "rules", ".conf")) {
        for (const Question &asked : questions_of(read_file(file))) {
            if (asked.op == "rx") sources.patterns.push_back(asked.parameter);
        }
    }
    sources.large.push_back(std::move(shipped));
    sources.payloads = {
        "1' or '1'='1", "<script>alert(1)</script>", "../../etc/passwd", ";cat /etc/passwd", "a", ""};
    if (!sources.has_shared) return sources;
    const std::pair<int, seclua_engine_mode> levels[] = {{1, SECLUA_ENGINE_ON},
                                                         {1, SECLUA_ENGINE_DETECTION_ONLY},
                                                         {2, SECLUA_ENGINE_DETECTION_ONLY},
                                                         {3, SECLUA_ENGINE_DETECTION_ONLY},
                                                         {4, SECLUA_ENGINE_DETECTION_ONLY},
                                                         {4, SECLUA_ENGINE_ON}};
    for (const auto &[level, engine] : levels)
        sources.large.push_back(crs(there / "crs", level, engine, false));
    sources.large.push_back(crs(there / "crs", 4, SECLUA_ENGINE_DETECTION_ONLY, true));
    for (const Question &asked : questions_of(sources.large.back().text)) {
        if (asked.op == "rx") sources.patterns.push_back(asked.parameter);
    }
    read_payloads(there / "crs/tests", sources.payloads);
    for (const fs::path &file : files_in(there / "crs/rules", ".data")) {
        for (const std::string &line : cases::split(read_file(file), '\n')) {
            if (!line.empty() && line[0] != '#') sources.payloads.push_back(line);
        }
    }
    read_v3(there / "conformance/v3-regression", sources.small);
    read_lua(there / "conformance/lua/cases.json", scratch, sources.small);
    read_vectors(there / "conformance/unit", sources.small);
    read_corpus(there / "bench", sources.messages);
    return sources;
}

}  // namespace acceleration
