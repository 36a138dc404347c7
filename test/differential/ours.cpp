// SPDX-License-Identifier: Apache-2.0
// A pair through our engine, by its public door only.
#include "engines.hpp"

#include "seclua.h"

#include <memory>

namespace differential {

namespace {

seclua_slice slice(const std::string &text) {
    return {reinterpret_cast<const std::uint8_t *>(text.data()), text.size()};
}

std::string text(seclua_slice bytes) {
    return {reinterpret_cast<const char *>(bytes.ptr), bytes.len};
}

std::vector<seclua_header> headers_of(const std::vector<Field> &fields) {
    std::vector<seclua_header> headers;
    for (const auto &[name, value] : fields) headers.push_back({slice(name), slice(value)});
    return headers;
}

void collect_member(void *context, seclua_slice name, seclua_slice value) {
    auto &tx = *static_cast<std::map<std::string, std::string> *>(context);
    auto key = text(name).substr(3);  // after "TX:"
    for (auto &c : key) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    tx[key] = text(value);
}

bool is_stopped(const seclua_txn *txn) {
    seclua_verdict verdict;
    seclua_txn_verdict(txn, &verdict);
    return verdict.action != SECLUA_PASS;
}

// The steps of a server: none but logging after a verdict.
void send(seclua_txn *txn, const Pair &pair) {
    const auto &request = pair.request;
    const auto target = request_target(request);
    const auto headers = headers_of(request.headers);
    const std::string protocol = "HTTP/1.1";
    const seclua_request head = {slice(request.method), slice(target), slice(protocol), headers.data(),
                                 headers.size()};
    seclua_txn_request_headers(txn, &head);
    if (is_stopped(txn)) return;
    const auto body = request_body(request);
    if (!body.empty()) seclua_txn_write_request_body(txn, slice(body));
    seclua_txn_request_body(txn);
    if (is_stopped(txn) || !pair.response.present) return;
    const auto response_headers = headers_of(pair.response.headers);
    const seclua_response response = {pair.response.status, slice(protocol), response_headers.data(),
                                      response_headers.size()};
    seclua_txn_response_headers(txn, &response);
    if (is_stopped(txn)) return;
    if (!pair.response.body.empty()) seclua_txn_write_response_body(txn, slice(pair.response.body));
    seclua_txn_response_body(txn);
}

void observe(seclua_txn *txn, Observation &seen) {
    for (std::size_t i = 0; i < seclua_txn_event_count(txn); i++) {
        const auto *event = seclua_txn_event(txn, i);
        if (event->log) seen.events.push_back({event->rule_id, text(event->message), text(event->data)});
    }
    seclua_verdict verdict;
    seclua_txn_verdict(txn, &verdict);
    seen.status = verdict.action == SECLUA_PASS ? 0 : verdict.status;
    if (verdict.action == SECLUA_REDIRECT) seen.url = text(verdict.url);
    const std::string name = "TX";
    seclua_txn_variable(txn, slice(name), collect_member, &seen.tx);
}

}  // namespace

Observation run_ours(const Pair &pair) {
    Observation seen;
    const auto config = rules_text(pair);
    const std::string name = "pair.conf";
    const std::string folder = "/";
    seclua_options options;
    seclua_options_init(&options);
    options.cwd = slice(folder);
    options.v3_defaults = true;
    options.rx_multiline = true;
    options.request_body_always = true;
    options.commit = SECLUA_COMMIT_IMMEDIATE;
    const seclua_source source = {true, slice(name), slice(config)};
    const std::unique_ptr<seclua_diagnostics, decltype(&seclua_diagnostics_free)> said(
        seclua_diagnostics_new(), seclua_diagnostics_free);
    auto *rules = seclua_load(&source, 1, &options, said.get());
    if (rules == nullptr) {
        for (std::size_t i = 0; i < seclua_diagnostics_count(said.get()); i++) {
            seclua_diagnostic one;
            seclua_diagnostics_get(said.get(), i, &one);
            if (one.is_error) seen.load_error += text(one.message) + "; ";
        }
        return seen;
    }
    seen.loaded = true;
    auto *store = seclua_store_memory_new(0);
    auto *engine = seclua_engine_new(rules, store);
    const std::string client = "192.0.2.7";
    const std::string server = "198.51.100.1";
    const std::string id = "pair";
    const seclua_connection connection = {slice(client), slice(server), 40000, 80, slice(id)};
    auto *txn = seclua_txn_new(engine, &connection);
    send(txn, pair);
    seclua_txn_logging(txn);
    observe(txn, seen);
    seclua_txn_free(txn);
    seclua_engine_free(engine);
    seclua_store_release(store);
    seclua_ruleset_release(rules);
    return seen;
}

}  // namespace differential
