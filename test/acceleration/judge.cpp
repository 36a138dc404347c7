// SPDX-License-Identifier: Apache-2.0
#include "judge.hpp"

#include <algorithm>

#include "run/value_cache.h"

namespace acceleration {

using differential::printable;

namespace {

seclua_slice slice(const std::string &text) {
    return {reinterpret_cast<const std::uint8_t *>(text.data()), text.size()};
}
std::string text_of(seclua_slice bytes) { return {reinterpret_cast<const char *>(bytes.ptr), bytes.len}; }

std::vector<seclua_header> headers_of(const std::vector<Field> &fields) {
    std::vector<seclua_header> headers;
    for (const auto &[name, value] : fields) headers.push_back({slice(name), slice(value)});
    return headers;
}

bool is_stopped(const seclua_txn *txn) {
    seclua_verdict verdict;
    seclua_txn_verdict(txn, &verdict);
    return verdict.action != SECLUA_PASS;
}

// The steps of a server: none but logging after a verdict.
void send(seclua_txn *txn, const Message &message) {
    const auto headers = headers_of(message.headers);
    const seclua_request request = {slice(message.method), slice(message.target), slice(message.protocol),
                                    headers.data(), headers.size()};
    seclua_txn_request_headers(txn, &request);
    if (is_stopped(txn)) return;
    if (!message.body.empty()) seclua_txn_write_request_body(txn, slice(message.body));
    seclua_txn_request_body(txn);
    if (is_stopped(txn) || !message.has_response) return;
    const auto response_headers = headers_of(message.response_headers);
    const seclua_response response = {message.status, slice(message.protocol), response_headers.data(),
                                      response_headers.size()};
    seclua_txn_response_headers(txn, &response);
    if (is_stopped(txn)) return;
    if (!message.response_body.empty()) seclua_txn_write_response_body(txn, slice(message.response_body));
    seclua_txn_response_body(txn);
}

std::string event_text(const seclua_event &event) {
    std::string text = "phase " + std::to_string(event.phase) + " severity " +
                       std::to_string(event.severity) + " flags " + std::to_string(event.disruptive) +
                       std::to_string(event.log) + std::to_string(event.audit) + " action " +
                       std::to_string(event.action) + " " + std::to_string(event.status);
    const std::pair<const char *, seclua_slice> texts[] = {
        {"message", event.message},        {"data", event.data},        {"parameter", event.parameter},
        {"variable", event.variable_name}, {"value", event.value},      {"text", event.match_text},
        {"reference", event.reference},    {"url", event.redirect_url}, {"ver", event.ver}};
    for (const auto &[name, value] : texts) text += std::string("\n        ") + name + ": " + text_of(value);
    for (size_t i = 0; i < event.tag_count; i++) text += "\n        tag: " + text_of(event.tags[i]);
    for (size_t i = 0; i < event.variable_count; i++) {
        const seclua_matched_variable &variable = event.variables[i];
        text += "\n        matched in link " + std::to_string(variable.link) + ": " + text_of(variable.name) +
                " = " + text_of(variable.value);
    }
    return text;
}

void collect_member(void *context, seclua_slice name, seclua_slice value) {
    static_cast<Observation *>(context)->emplace_back(text_of(name), text_of(value));
}

// Whatever rules can have changed.
constexpr const char *watched[] = {"TX",
                                   "IP",
                                   "GLOBAL",
                                   "SESSION",
                                   "USER",
                                   "RESOURCE",
                                   "MATCHED_VARS",
                                   "MATCHED_VAR",
                                   "ARGS",
                                   "MATCHED_VAR_NAME",
                                   "REQBODY_ERROR",
                                   "REQBODY_ERROR_MSG",
                                   "HIGHEST_SEVERITY",
                                   "MSC_PCRE_ERROR"};

Observation observe(seclua_txn *txn) {
    Observation seen;
    seclua_verdict verdict;
    seclua_txn_verdict(txn, &verdict);
    seen.emplace_back(
        "verdict", std::to_string(verdict.action) + " status " + std::to_string(verdict.status) + " phase " +
                       std::to_string(verdict.phase) + " rule " + std::to_string(verdict.rule_id) + " url " +
                       text_of(verdict.url) + " message " + text_of(verdict.message));
    for (size_t i = 0; i < seclua_txn_event_count(txn); i++) {
        const seclua_event *event = seclua_txn_event(txn, i);
        seen.emplace_back("event of rule " + std::to_string(event->rule_id), event_text(*event));
    }
    for (const char *name : watched) {
        const std::string variable = name;
        seclua_txn_variable(txn, slice(variable), collect_member, &seen);
    }
    for (size_t i = 0; i < seclua_txn_log_count(txn); i++) {
        seen.emplace_back("log record", text_of(seclua_txn_log(txn, i)->message));
    }
    return seen;
}

void read_flag(void *context, seclua_slice, seclua_slice value) {
    *static_cast<bool *>(context) = text_of(value) == "1";
}

}  // namespace

std::optional<Difference> first_difference(const Observation &accelerated, const Observation &plain) {
    const size_t count = std::max(accelerated.size(), plain.size());
    const auto shown = [](const Observation &seen, size_t i) {
        return i < seen.size() ? printable(seen[i].first) + " = " + printable(seen[i].second)
                               : std::string("(nothing)");
    };
    for (size_t i = 0; i < count; i++) {
        if (i < accelerated.size() && i < plain.size() && accelerated[i] == plain[i]) continue;
        return Difference{(i < plain.size() ? plain : accelerated)[i].first, shown(accelerated, i),
                          shown(plain, i)};
    }
    return {};
}

Side::Side(const Config &config, bool is_accelerated) {
    seclua_options options;
    seclua_options_init(&options);
    options.cwd = slice(config.folder);
    options.no_acceleration = !is_accelerated;
    options.lua.timeout_ms = 0; // the other limits end a script at the same place on both sides
    options.engine = config.options.engine;
    options.v3_defaults = config.options.v3_defaults;
    options.rx_multiline = config.options.lines;
    options.request_body_always = config.options.request_body_always;
    options.phrase_syntax_v2 = config.options.phrase_syntax_v2;
    options.log_every_match = config.options.log_every_match;
    options.commit = config.options.commit;
    const std::string name = "rules.conf";
    const seclua_source source = {true, slice(name), slice(config.text)};
    const Handle<seclua_diagnostics> said(seclua_diagnostics_new(), seclua_diagnostics_free);
    rules_.reset(seclua_load(&source, 1, &options, said.get()));
    for (size_t i = 0; i < seclua_diagnostics_count(said.get()); i++) {
        seclua_diagnostic one;
        seclua_diagnostics_get(said.get(), i, &one);
        diagnostics_ += text_of(one.file) + ":" + std::to_string(one.line) + ":" +
                        std::to_string(one.column) + ": " + one.code + ": " + text_of(one.message) + "\n";
        if (one.is_error) error_lines_.push_back(one.line);
    }
    if (rules_ != nullptr) renew();
}

void Side::renew() {
    engine_.reset();
    store_.reset(seclua_store_memory_new(0));
    engine_.reset(seclua_engine_new(rules_.get(), store_.get()));
    auto *cache = reinterpret_cast<sl_engine *>(engine_.get())->value_cache;
    if (cache != nullptr) sl_value_cache_keep_at_once(cache); // else few texts of a block come often enough
}

Observation Side::judge(const Message &message, Facts *facts) {
    const std::string server = "192.0.2.80", id = "pair";
    const seclua_connection connection = {slice(message.client), slice(server), 40000, 80, slice(id)};
    seclua_txn *txn = seclua_txn_new(engine_.get(), &connection);
    send(txn, message);
    seclua_txn_logging(txn);
    Observation seen = observe(txn);
    if (facts != nullptr) {
        const std::string variable = "MSC_PCRE_LIMITS_EXCEEDED";
        seclua_txn_variable(txn, slice(variable), read_flag, &facts->met_limit);
        for (size_t i = 0; i < seclua_txn_event_count(txn); i++) {
            const seclua_event *event = seclua_txn_event(txn, i);
            if (event->operator_name != nullptr) facts->matched.push_back(event->rule_id);
        }
    }
    seclua_txn_free(txn);
    return seen;
}

Judged judge_both(Sides &sides, const Message &message) {
    Side::Facts facts;
    const Observation accelerated = sides.accelerated.judge(message);
    const Observation plain = sides.plain.judge(message, &facts);
    const auto difference = first_difference(accelerated, plain);
    if (!difference) return {Outcome::equal, {}, std::move(facts.matched)};
    return {facts.met_limit ? Outcome::limited : Outcome::different, *difference, std::move(facts.matched)};
}

}  // namespace acceleration
