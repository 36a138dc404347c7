// SPDX-License-Identifier: Apache-2.0
// The C door of test/cases: loads each case's rules through seclua.h, sends its requests, compares with what
// the case expects; then again with each switch that must not matter: without short-cuts, and with bodies
// split at every byte.
//
//     test_cases_test [part of a title]
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <sstream>

#include "cases_document.hpp"
#include "outside.hpp"
#include "seclua.h"

namespace {

namespace fs = std::filesystem;
using cases::Case;
using cases::Exchange;
using cases::Expectation;

seclua_slice slice(const std::string &text) {
    return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}
std::string text_of(seclua_slice bytes) { return {reinterpret_cast<const char *>(bytes.ptr), bytes.len}; }

std::string printable(const std::string &text) {
    std::string out;
    for (const unsigned char byte : text.substr(0, 400)) {
        char hex[5];
        std::snprintf(hex, sizeof hex, "\\x%02x", byte);
        out += byte >= 0x20 && byte < 0x7f ? std::string(1, static_cast<char>(byte)) : std::string(hex);
    }
    return out;
}

// ---- messages ----

struct Message {
    std::string first, second, third; // words of the first line; the second may hold blanks
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
};

Message parse_message(const std::string &written) {
    Message message;
    const size_t head_end = written.find("\n\n");
    const std::string head = written.substr(0, head_end);
    if (head_end != std::string::npos) message.body = cases::unescaped(written.substr(head_end + 2));
    std::vector<std::string> lines = cases::split(head, '\n');
    const std::string &start = lines[0];
    const size_t first = start.find(' ');
    const size_t last = start.rfind(' ');
    message.first = cases::unescaped(start.substr(0, first));
    if (first != std::string::npos && last > first) {
        message.second = cases::unescaped(start.substr(first + 1, last - first - 1));
        message.third = cases::unescaped(start.substr(last + 1));
    } else if (first != std::string::npos) {
        message.second = cases::unescaped(start.substr(first + 1));
    }
    for (size_t i = 1; i < lines.size(); i++) {
        const size_t colon = lines[i].find(':');
        if (colon == std::string::npos) throw std::runtime_error("no colon in the header line " + lines[i]);
        message.headers.emplace_back(cases::unescaped(lines[i].substr(0, colon)),
                                     cases::unescaped(cases::trimmed(lines[i].substr(colon + 1))));
    }
    return message;
}

std::vector<seclua_header> header_list(const Message &message) {
    std::vector<seclua_header> list;
    for (const auto &[name, value] : message.headers) list.push_back({slice(name), slice(value)});
    return list;
}

// How bodies reach the engine.
constexpr size_t whole = 0, single_bytes = SIZE_MAX; // any other number: two chunks, the first that long

template <typename Write> seclua_step write_body(const std::string &body, size_t split, const Write &write) {
    std::vector<std::string> chunks;
    if (split == single_bytes) {
        for (const char byte : body) chunks.emplace_back(1, byte);
    } else if (split > 0 && split < body.size()) {
        chunks = {body.substr(0, split), body.substr(split)};
    } else if (!body.empty()) {
        chunks = {body};
    }
    seclua_step answer = SECLUA_STEP_DONE;
    for (const std::string &chunk : chunks) answer = write(slice(chunk));
    return answer;
}

// ---- one exchange ----

class Transaction {
public:
    Transaction(seclua_engine *engine, const Exchange &exchange, size_t split)
        : split_(split), request_(parse_message(exchange.request)) {
        if (exchange.has_response) response_ = parse_message(exchange.response);
        static const std::string client = "192.0.2.1", server = "192.0.2.80";
        const seclua_connection connection = {slice(client), slice(server), 40000, 80, {nullptr, 0}};
        txn_ = seclua_txn_new(engine, &connection);
        if (txn_ == nullptr) throw std::runtime_error("no memory for a transaction");
    }
    ~Transaction() { seclua_txn_free(txn_); }
    Transaction(const Transaction &) = delete;
    Transaction &operator=(const Transaction &) = delete;

    seclua_txn *get() const { return txn_; }

    seclua_step step(const std::string &name) {
        if (name == "requestHeaders") return request_headers();
        if (name == "writeRequestBody") {
            return write_body(request_.body, split_, [&](seclua_slice chunk) {
                return seclua_txn_write_request_body(txn_, chunk);
            });
        }
        if (name == "requestBody") return seclua_txn_request_body(txn_);
        if (name == "responseHeaders") return response_headers();
        if (name == "writeResponseBody") {
            return write_body(response_.body, split_, [&](seclua_slice chunk) {
                return seclua_txn_write_response_body(txn_, chunk);
            });
        }
        if (name == "responseBody") return seclua_txn_response_body(txn_);
        if (name == "logging") return seclua_txn_logging(txn_);
        throw std::runtime_error("there is no step " + name);
    }

private:
    seclua_step request_headers() {
        const std::vector<seclua_header> headers = header_list(request_);
        const seclua_request request = {slice(request_.first), slice(request_.second), slice(request_.third),
                                        headers.data(), headers.size()};
        return seclua_txn_request_headers(txn_, &request);
    }
    seclua_step response_headers() {
        const std::vector<seclua_header> headers = header_list(response_);
        const auto status = static_cast<uint16_t>(std::stoi(response_.second));
        const seclua_response response = {status, slice(response_.first), headers.data(), headers.size()};
        return seclua_txn_response_headers(txn_, &response);
    }

    size_t split_;
    Message request_, response_;
    seclua_txn *txn_;
};

// ---- what happened, as text ----

std::string verdict_text(const seclua_txn *txn) {
    static const char *const actions[] = {"pass", "deny", "drop", "redirect", "proxy"};
    seclua_verdict verdict;
    seclua_txn_verdict(txn, &verdict);
    std::string text = actions[verdict.action];
    if (verdict.action == SECLUA_PASS) return text + (verdict.pause_ms == 0 ? "" : " pause " + std::to_string(verdict.pause_ms));
    text += ' ' + std::to_string(verdict.status);
    if (verdict.rule_id != 0) text += " rule " + std::to_string(verdict.rule_id);
    text += " phase " + std::to_string(verdict.phase);
    if (verdict.url.len != 0) text += " to " + text_of(verdict.url);
    return text;
}

std::string ids_text(const seclua_txn *txn, bool only_logged) {
    std::string text;
    for (size_t i = 0; i < seclua_txn_event_count(txn); i++) {
        const seclua_event *event = seclua_txn_event(txn, i);
        if (!only_logged || event->log) text += (text.empty() ? "" : " ") + std::to_string(event->rule_id);
    }
    return text.empty() ? "none" : text;
}

std::string joined(const std::vector<std::string> &items) {
    std::string text;
    for (const std::string &item : items) text += (text.empty() ? "" : " ") + ('`' + item + '`');
    return text;
}

std::vector<std::string> variables_of(const seclua_event *event) {
    std::vector<std::string> items;
    for (size_t i = 0; i < event->variable_count; i++) {
        const seclua_matched_variable &variable = event->variables[i];
        items.push_back(std::to_string(variable.link) + ' ' + text_of(variable.name) + '=' +
                        text_of(variable.value));
    }
    return items;
}

// One answer about an event; the list of code spans that a case compares with.
std::vector<std::string> event_property(const seclua_event *event, const std::string &property) {
    if (property == "variables") return variables_of(event);
    if (property == "message") return {text_of(event->message)};
    if (property == "data") return {text_of(event->data)};
    if (property == "phase") return {std::to_string(event->phase)};
    if (property == "severity") return {event->severity < 0 ? "none" : std::to_string(event->severity)};
    if (property == "ver") return {text_of(event->ver)};
    if (property == "rev") return {text_of(event->rev)};
    if (property == "disruptive") return {event->disruptive ? "yes" : "no"};
    if (property == "line") return {std::to_string(event->line)};
    if (property != "tags") throw std::runtime_error("a match has no " + property);
    std::vector<std::string> tags;
    for (size_t i = 0; i < event->tag_count; i++) tags.push_back(text_of(event->tags[i]));
    return tags;
}

std::vector<std::string> values_of(seclua_txn *txn, const std::string &name) {
    std::vector<std::string> values;
    const auto add = [](void *context, seclua_slice, seclua_slice value) {
        static_cast<std::vector<std::string> *>(context)->push_back(text_of(value));
    };
    if (seclua_txn_variable(txn, slice(name), add, &values)) return values;
    throw std::runtime_error("there is no variable " + name);
}

bool some_record_has(const seclua_txn *txn, const std::string &part) {
    for (size_t i = 0; i < seclua_txn_log_count(txn); i++) {
        if (text_of(seclua_txn_log(txn, i)->message).find(part) != std::string::npos) return true;
    }
    return false;
}

// Values that no two runs share: the clock's, and names made up at random.
bool is_volatile(const std::string &name) {
    for (const char *start : {"FILES_TMPNAMES", "TIME", "DURATION", "UNIQUE_ID", "PERF_"}) {
        if (name.starts_with(start)) return true;
    }
    return false;
}

// Everything a case could ask about matches: what must be equal under every switch.
std::string fingerprint(seclua_txn *txn) {
    std::ostringstream out;
    out << verdict_text(txn) << '\n';
    for (size_t i = 0; i < seclua_txn_event_count(txn); i++) {
        const seclua_event *event = seclua_txn_event(txn, i);
        out << event->rule_id << ' ' << int(event->phase) << event->log << event->audit << event->disruptive
            << ' ' << text_of(event->parameter) << ' ' << text_of(event->match_text) << ' '
            << text_of(event->reference);
        for (size_t k = 0; k < event->variable_count; k++) {
            const seclua_matched_variable &variable = event->variables[k];
            const std::string name = text_of(variable.name);
            out << ' ' << variable.link << ' ' << name << '=';
            if (!is_volatile(name)) out << text_of(variable.value);
        }
        if (!is_volatile(text_of(event->variable_name))) {
            out << ' ' << text_of(event->value) << ' ' << text_of(event->message) << ' '
                << text_of(event->data);
        }
        out << '\n';
    }
    for (const char *name : {"ARGS", "REQUEST_BODY_LENGTH", "REQBODY_ERROR_MSG", "MATCHED_VAR_NAME"}) {
        out << joined(values_of(txn, name)) << '\n';
    }
    return out.str();
}

// ---- expectations ----

struct Comparison {
    std::string wanted, got;
};

const seclua_event *event_with(const seclua_txn *txn, uint64_t id) {
    for (size_t i = 0; i < seclua_txn_event_count(txn); i++) {
        if (seclua_txn_event(txn, i)->rule_id == id) return seclua_txn_event(txn, i);
    }
    return nullptr;
}

// "message of 7: `text`"
Comparison compare_event(const seclua_txn *txn, const std::string &property, const std::string &rest) {
    const size_t colon = rest.find(':');
    const seclua_event *event = event_with(txn, std::stoull(rest));
    if (colon == std::string::npos) throw std::runtime_error("no colon in " + property + " of " + rest);
    const std::string wanted = joined(cases::spans(rest.substr(colon)));
    if (event == nullptr) return {wanted, "rule " + rest.substr(0, colon) + " did not match"};
    return {wanted, joined(event_property(event, property))};
}

// "appended: `text`" and its like; no code span: the rules left it alone.
bool compare_change(const seclua_txn *txn, const std::string &text, Comparison &out) {
    seclua_changes changes;
    seclua_txn_changes(txn, &changes);
    const struct {
        std::string name;
        bool is_there;
        seclua_slice text;
    } places[] = {{"prepended:", changes.prepend.len != 0, changes.prepend},
                  {"appended:", changes.append.len != 0, changes.append},
                  {"request body:", changes.has_request_body, changes.request_body},
                  {"response body:", changes.has_response_body, changes.response_body}};
    for (const auto &place : places) {
        if (!text.starts_with(place.name)) continue;
        out.wanted = joined(cases::spans(text));
        out.got = place.is_there ? joined({text_of(place.text)}) : "";
        return true;
    }
    return false;
}

Comparison compare(seclua_txn *txn, const std::string &text) {
    if (Comparison change; compare_change(txn, text, change)) return change;
    const auto after = [&](std::string_view start) { return text.substr(start.size()); };
    if (text.starts_with("verdict: ")) return {after("verdict: "), verdict_text(txn)};
    if (text.starts_with("logged: ")) return {after("logged: "), ids_text(txn, true)};
    if (text.starts_with("matched: ")) return {after("matched: "), ids_text(txn, false)};
    if (text.starts_with("audited: ")) {
        return {after("audited: "), seclua_txn_audit_json(txn).len != 0 ? "yes" : "no"};
    }
    if (text.starts_with("log: ") || text.starts_with("no log: ")) {
        const std::string part = cases::spans(text).at(0);
        return {text, (some_record_has(txn, part) ? "log: `" : "no log: `") + part + '`'};
    }
    if (const size_t equals = text.find(" = "); equals != std::string::npos && text.find('`') > equals) {
        return {joined(cases::spans(text.substr(equals))), joined(values_of(txn, text.substr(0, equals)))};
    }
    if (text.ends_with(" unset")) return {"", joined(values_of(txn, text.substr(0, text.size() - 6)))};
    if (const size_t of = text.find(" of "); of != std::string::npos) {
        return compare_event(txn, text.substr(0, of), text.substr(of + 4));
    }
    throw std::runtime_error("not understood: " + text);
}

// ---- loading ----

struct Loaded {
    std::unique_ptr<seclua_ruleset, void (*)(seclua_ruleset *)> rules{nullptr, seclua_ruleset_release};
    std::vector<std::string> diagnostics;
    std::string messages;
};

void set_option(seclua_options &options, const std::string &name, const std::string &value) {
    const bool is_on = value == "true";
    if (name == "lua.onError") {
        options.lua.match_on_error = value == "match";
    } else if (name == "commit") {
        options.commit = value == "immediate" ? SECLUA_COMMIT_IMMEDIATE
                         : value == "phase"   ? SECLUA_COMMIT_PHASE
                                              : SECLUA_COMMIT_TRANSACTION;
    } else if (name == "engine") {
        options.engine = value == "On"    ? SECLUA_ENGINE_ON
                         : value == "Off" ? SECLUA_ENGINE_OFF
                                          : SECLUA_ENGINE_DETECTION_ONLY;
    } else if (name == "v3Defaults") {
        options.v3_defaults = is_on;
    } else if (name == "rxMultiline") {
        options.rx_multiline = is_on;
    } else if (name == "requestBodyAlways") {
        options.request_body_always = is_on;
    } else if (name == "execPerMatch") {
        options.exec_per_match = is_on;
    } else if (name == "logEveryMatch") {
        options.log_every_match = is_on;
    } else if (name == "base64url") {
        options.base64_url = is_on;
    } else if (name == "unicodeMap") {
        options.unicode_map_20127 = value == "builtin-20127";
    } else if (name == "windowsNames") {
        options.windows_names = is_on;
    } else if (name == "geoWithoutDatabase") {
        options.geo_without_database = is_on;
    } else if (name == "rsubAlwaysMatches") {
        options.rsub_always_matches = is_on;
    } else if (name == "collections.scopeAll") {
        options.collections.scope_all = is_on;
    } else if (name == "collections.deprecateMode") {
        options.collections.deprecate_own_age = value == "per-variable";
    } else if (name == "collections.limits.variableName") {
        options.collections.name_bytes_max = static_cast<uint32_t>(std::stoul(value));
    } else if (name == "collections.limits.value") {
        options.collections.value_bytes_max = static_cast<uint32_t>(std::stoul(value));
    } else if (name == "collections.limits.variables") {
        options.collections.variables_max = static_cast<uint32_t>(std::stoul(value));
    } else if (name == "collections.limits.opened") {
        options.collections.opened_max = static_cast<uint32_t>(std::stoul(value));
    } else {
        throw std::runtime_error("there is no option " + name);
    }
}

Loaded load(const Case &given, const fs::path &folder, bool no_acceleration) {
    const std::string cwd = folder.string();
    seclua_options options;
    seclua_options_init(&options);
    options.cwd = slice(cwd);
    options.no_acceleration = no_acceleration;
    options.lua.timeout_ms = 0; // instructions and memory bound a script here: a slow machine must not decide
    constexpr std::string_view own = "transformations."; // and then a name; the value is a script
    std::vector<seclua_own_transformation> transformations;
    for (const auto &[name, value] : given.options) {
        if (name.starts_with(own)) {
            transformations.push_back({{reinterpret_cast<const uint8_t *>(name.data()) + own.size(), name.size() - own.size()}, slice(value)});
        } else {
            set_option(options, name, value);
        }
    }
    options.transformations = transformations.data();
    options.transformation_count = transformations.size();
    std::vector<std::string> names;
    for (const char *name : {"preamble.conf", "rules.conf"}) {
        if (fs::exists(folder / name)) names.emplace_back(name);
    }
    std::vector<seclua_source> sources;
    for (const std::string &name : names) sources.push_back({false, slice(name), {nullptr, 0}});
    const std::unique_ptr<seclua_diagnostics, void (*)(seclua_diagnostics *)> found(seclua_diagnostics_new(),
                                                                                    seclua_diagnostics_free);
    Loaded loaded;
    loaded.rules.reset(seclua_load(sources.data(), sources.size(), &options, found.get()));
    for (size_t i = 0; i < seclua_diagnostics_count(found.get()); i++) {
        seclua_diagnostic one;
        seclua_diagnostics_get(found.get(), i, &one);
        const std::string file = fs::path(text_of(one.file)).filename().string();
        const std::string place = (file == "rules.conf" ? "" : file + ':') + std::to_string(one.line) + ':' +
                                  std::to_string(one.column);
        const std::string severity = one.is_error ? "error " : "warning ";
        loaded.diagnostics.push_back(severity + one.code + " at " + place);
        loaded.messages += "\n    " + loaded.diagnostics.back() + ": " + text_of(one.message);
    }
    return loaded;
}

// ---- one case ----

struct Report {
    std::string file;
    size_t cases = 0, expectations = 0, failures = 0, answers = 0;

    void fail(const Case &given, unsigned line, const std::string &how, const std::string &what) {
        failures++;
        std::printf("%s:%u: %s\n    %s%s%s\n", file.c_str(), line, given.title.c_str(), how.c_str(),
                    how.empty() ? "" : ": ", what.c_str());
    }
};

// The case's files in a folder of their own.
class Folder {
public:
    explicit Folder(const Case &given) {
        static std::mt19937_64 random{std::random_device{}()};
        path_ = fs::temp_directory_path() / ("seclua-cases-" + std::to_string(random()));
        fs::create_directory(path_);
        for (const cases::File &file : given.files) {
            std::ofstream(path_ / file.name, std::ios::binary) << file.text;
        }
    }
    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    Folder(const Folder &) = delete;
    Folder &operator=(const Folder &) = delete;
    const fs::path &path() const { return path_; }

private:
    fs::path path_;
};

std::vector<std::string> steps_of(const Exchange &exchange) {
    if (!exchange.steps.empty()) return exchange.steps;
    std::vector<std::string> steps = {"requestHeaders", "writeRequestBody", "requestBody"};
    if (exchange.has_response) {
        steps.insert(steps.end(), {"responseHeaders", "writeResponseBody", "responseBody"});
    }
    steps.emplace_back("logging");
    return steps;
}

// A switch that must not matter.
struct Way {
    std::string name;
    size_t split = whole;
    bool suspends = false;  // at every point where something could be waited for
    bool is_remote = false; // the store of collections
};

// All exchanges of a case on one engine and store. Compares with the first run's fingerprints, or leaves its
// own there.
void run_exchanges(const Case &given, seclua_ruleset *rules, const Way &way, std::vector<std::string> &prints,
                   Report &report) {
    outside::World world;
    const std::unique_ptr<seclua_store, void (*)(seclua_store *)> store(seclua_store_memory_new(0),
                                                                        seclua_store_release);
    const std::unique_ptr<seclua_engine, void (*)(seclua_engine *)> engine(
        seclua_engine_new(rules, way.is_remote ? world.remote() : store.get()), seclua_engine_free);
    if (way.suspends) outside::probe(engine.get());
    const bool is_first = prints.empty();
    for (size_t i = 0; i < given.exchanges.size(); i++) {
        const Exchange &exchange = given.exchanges[i];
        Transaction transaction(engine.get(), exchange, way.split);
        for (const std::string &step : steps_of(exchange)) {
            const std::vector<std::string> words = cases::split(step, ' ');
            const bool is_refused = words.size() > 1 && words[1] == "refused";
            const seclua_step got = world.finish(transaction.get(), transaction.step(words[0]));
            if (got == (is_refused ? SECLUA_STEP_ORDER : SECLUA_STEP_DONE)) continue;
            report.fail(given, given.line, way.name, "step " + step + " answered " + std::to_string(got));
        }
        for (const Expectation &expected : exchange.expectations) {
            report.expectations++;
            const Comparison both = compare(transaction.get(), expected.text);
            if (both.wanted == both.got) continue;
            report.fail(given, expected.line, way.name,
                        expected.text.substr(0, 120) + "\n    wanted: " + printable(both.wanted) +
                            "\n    got:    " + printable(both.got));
        }
        const std::string print = fingerprint(transaction.get());
        if (is_first) prints.push_back(print);
        if (print == prints[i]) continue;
        report.fail(given, given.line, way.name,
                    "the answer differs\n    first: " + printable(prints[i]) +
                        "\n    now:   " + printable(print));
    }
    report.answers += world.answers();
}

size_t longest_body(const Case &given) {
    size_t longest = 0;
    for (const Exchange &exchange : given.exchanges) {
        longest = std::max(longest, parse_message(exchange.request).body.size());
        if (exchange.has_response) longest = std::max(longest, parse_message(exchange.response).body.size());
    }
    return longest;
}

void check_diagnostics(const Case &given, const Loaded &loaded, Report &report) {
    std::vector<std::string> wanted;
    bool wants_rules = true;
    for (const Expectation &expected : given.load) {
        report.expectations++;
        wanted.push_back(expected.text);
        wants_rules = wants_rules && !expected.text.starts_with("error ");
    }
    if (wanted != loaded.diagnostics) {
        report.fail(given, given.line, "load",
                    "wanted: " + joined(wanted) + "\n    got: " + joined(loaded.diagnostics) +
                        loaded.messages);
    } else if (wants_rules != (loaded.rules != nullptr)) {
        report.fail(given, given.line, "load", wants_rules ? "no rule set" : "a rule set in spite of errors");
    }
}

void run_case(const Case &given, Report &report) {
    constexpr size_t split_everywhere_below_bytes = 300;
    report.cases++;
    const Folder folder(given);
    const Loaded loaded = load(given, folder.path(), false);
    check_diagnostics(given, loaded, report);
    if (loaded.rules == nullptr) return;
    std::vector<std::string> prints;
    const size_t failures = report.failures;
    run_exchanges(given, loaded.rules.get(), {.name = ""}, prints, report);
    if (report.failures != failures) return; // the switches would only repeat it
    const Loaded plain = load(given, folder.path(), true);
    run_exchanges(given, plain.rules.get(), {.name = "without acceleration"}, prints, report);
    run_exchanges(given, loaded.rules.get(), {.name = "suspended at every point", .suspends = true}, prints, report);
    run_exchanges(given, loaded.rules.get(), {.name = "a remote store", .is_remote = true}, prints, report);
    run_exchanges(given, loaded.rules.get(), {.name = "both", .suspends = true, .is_remote = true}, prints, report);
    const size_t longest = longest_body(given);
    if (longest == 0) return;
    run_exchanges(given, loaded.rules.get(), {.name = "bodies byte by byte", .split = single_bytes}, prints, report);
    if (longest >= split_everywhere_below_bytes) return;
    for (size_t split = 1; split < longest && report.failures == failures; split++) {
        const Way way = {.name = "bodies split at byte " + std::to_string(split), .split = split};
        run_exchanges(given, loaded.rules.get(), way, prints, report);
    }
}

} // namespace

int main(int argc, char **argv) {
    const std::string part = argc > 1 ? argv[1] : "";
    std::vector<fs::path> files;
    for (const auto &entry : fs::directory_iterator(fs::path(SECLUA_SOURCE_DIR) / "test" / "cases")) {
        const fs::path &path = entry.path();
        if (path.extension() == ".md" && path.filename() != "README.md") files.push_back(path);
    }
    std::sort(files.begin(), files.end());
    Report report;
    for (const fs::path &path : files) {
        report.file = path.filename().string();
        std::ostringstream text;
        text << std::ifstream(path, std::ios::binary).rdbuf();
        for (const Case &written : cases::Reader(text.str()).read()) {
            for (const Case &given : cases::rows_of(written)) {
                if (given.title.find(part) == std::string::npos) continue;
                try {
                    run_case(given, report);
                } catch (const std::exception &error) {
                    report.fail(given, given.line, "", error.what());
                }
            }
        }
    }
    std::printf("%zu cases, %zu expectations, %zu waits answered, %zu failures\n", report.cases, report.expectations,
                report.answers, report.failures);
    return report.failures == 0 && report.cases != 0 ? 0 : 1;
}
