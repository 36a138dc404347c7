// SPDX-License-Identifier: Apache-2.0
// A pair through the peer, libmodsecurity 3, by the calls that a connector makes.
//
// The library keeps persistent collections and counters in its ModSecurity object: each run has its own, so
// that a run never sees another's. What it leaks ends with the batch's process.
#include "engines.hpp"

#include <modsecurity/modsecurity.h>
#include <modsecurity/rule_message.h>
#include <modsecurity/rules_set.h>
#include <modsecurity/transaction.h>

namespace differential {

namespace {

const unsigned char *bytes(const std::string &text) {
    return reinterpret_cast<const unsigned char *>(text.data());
}

// The list that the audit log is made from: the log callback is not told of disruptive rules.
void observe_events(const modsecurity::Transaction &txn, Observation &seen) {
    for (const auto &message : txn.m_rulesMessages) {
        seen.events.push_back(
            {static_cast<std::uint64_t>(message.m_ruleId), message.m_message, message.m_data});
    }
}

// Without a callback the library writes to standard error.
void ignore_line(void *, const void *) {}

bool is_stopped(modsecurity::Transaction &txn, Observation &seen) {
    modsecurity::ModSecurityIntervention verdict;
    modsecurity::intervention::clean(&verdict);
    const bool stopped = txn.intervention(&verdict) && verdict.disruptive;
    if (stopped) {
        seen.status = verdict.status;
        seen.url = verdict.url == nullptr ? "" : verdict.url;
    }
    modsecurity::intervention::free(&verdict);
    return stopped;
}

void send(modsecurity::Transaction &txn, const Pair &pair, Observation &seen) {
    const auto &request = pair.request;
    txn.processConnection("192.0.2.7", 40000, "198.51.100.1", 80);
    if (is_stopped(txn, seen)) return;
    txn.processURI(request_target(request).c_str(), request.method.c_str(), "1.1");
    if (is_stopped(txn, seen)) return;
    for (const auto &[name, value] : request.headers) {
        txn.addRequestHeader(bytes(name), name.size(), bytes(value), value.size());
    }
    txn.processRequestHeaders();
    if (is_stopped(txn, seen)) return;
    const auto body = request_body(request);
    if (!body.empty()) txn.appendRequestBody(bytes(body), body.size());
    txn.processRequestBody();
    if (is_stopped(txn, seen) || !pair.response.present) return;
    for (const auto &[name, value] : pair.response.headers) {
        txn.addResponseHeader(bytes(name), name.size(), bytes(value), value.size());
    }
    txn.processResponseHeaders(pair.response.status, "HTTP/1.1");
    if (is_stopped(txn, seen)) return;
    const auto &answer = pair.response.body;
    if (!answer.empty()) txn.appendResponseBody(bytes(answer), answer.size());
    txn.processResponseBody();
    is_stopped(txn, seen);
}

// The collection cannot be listed through the public headers: it is asked for each name that the pair can
// have written.
void observe_tx(modsecurity::Transaction &txn, const std::set<std::string> &names, Observation &seen) {
    for (const auto &name : names) {
        const auto value = txn.m_collections.m_tx_collection->resolveFirst(name);
        if (value != nullptr) seen.tx[name] = *value;
    }
}

}  // namespace

Observation run_peer(const Pair &pair, const std::set<std::string> &tx_names) {
    Observation seen;
    modsecurity::ModSecurity library;
    library.setServerLogCb(ignore_line);
    modsecurity::RulesSet rules;
    if (rules.load(rules_text(pair).c_str()) < 0) {
        seen.load_error = rules.m_parserError.str();
        return seen;
    }
    seen.loaded = true;
    char id[] = "pair";
    modsecurity::Transaction txn(&library, &rules, id, nullptr);
    send(txn, pair, seen);
    txn.processLogging();
    observe_events(txn, seen);
    observe_tx(txn, tx_names, seen);
    return seen;
}

}  // namespace differential
