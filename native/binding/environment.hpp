// SPDX-License-Identifier: Apache-2.0
// What the addon keeps for one JavaScript environment (the main thread, or one worker), and the objects
// behind its handles.
//
// Nothing here is static but the list of shared stores: an environment ends with its thread and takes its
// transactions, engines and references with it, also when a worker is terminated in the middle of a call. It
// knows no rules.
#ifndef SECLUA_BINDING_ENVIRONMENT_HPP
#define SECLUA_BINDING_ENVIRONMENT_HPP

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <node_api.h>

#include "seclua.h"

namespace seclua::binding {

// A compiled rule set, shared by the engines of any thread; one reference of the engine library's own count.
struct Rules {
    seclua_ruleset *handle;

    explicit Rules(seclua_ruleset *owned) : handle(owned) {}
    ~Rules() { seclua_ruleset_release(handle); }
    Rules(const Rules &) = delete;
    Rules &operator=(const Rules &) = delete;
};

// A store of persistent collections; see open_store in waf.cpp for who shares one.
struct Store {
    seclua_store *handle;

    explicit Store(seclua_store *owned) : handle(owned) {}
    ~Store() { seclua_store_release(handle); }
    Store(const Store &) = delete;
    Store &operator=(const Store &) = delete;
};

// Counters of scripts by name: a reload may bring the same scripts in another order.
using ScriptTotals = std::map<std::string, seclua_script_stats>;
// Of matches, by rule id.
using MatchTotals = std::unordered_map<uint64_t, uint64_t>;

// Counters of one Waf, carried over from engine to engine when it reloads.
struct Totals {
    seclua_stats ended{};                          // of engines that are gone
    ScriptTotals ended_scripts;
    MatchTotals ended_matches;
    std::vector<const seclua_engine *> live;       // those that still count
    std::array<uint64_t, 5> verdicts{};            // by seclua_action, of transactions that are over
};

// One thread's engine over one rule set. Its transactions hold it, so a reload never takes it away from under
// them.
struct Engine {
    seclua_engine *handle;
    std::shared_ptr<Totals> totals;
    // Of the transformations that JavaScript computes (transformer.hpp); nullptr: there are none.
    napi_env env = nullptr;
    napi_ref functions = nullptr;
    std::string transformed; // what the last one gave

    Engine(seclua_engine *owned, std::shared_ptr<Totals> shared);
    ~Engine();
    Engine(const Engine &) = delete;
    Engine &operator=(const Engine &) = delete;
};

// All that the engines of a Waf counted, the living and the ended.
seclua_stats sum_of(const Totals &totals);
ScriptTotals scripts_of(const Totals &totals);
MatchTotals matches_of(const Totals &totals);

// A live transaction. JavaScript holds its number, not its address.
struct Transaction {
    seclua_txn *handle = nullptr; // nullptr: the place is free
    std::shared_ptr<Engine> engine;
    uint32_t generation = 0; // of the place: a number that was closed never opens another transaction
    size_t told_events = 0;  // how many JavaScript has been told of
    size_t told_records = 0;
    bool (*wants_body)(const seclua_txn *) = nullptr; // of the step that is suspended
};

// The live transactions of an environment by number: place in the low bits, generation above them.
class Transactions {
public:
    Transactions() = default;
    ~Transactions();
    Transactions(const Transactions &) = delete;
    Transactions &operator=(const Transactions &) = delete;

    // Takes ownership of the transaction.
    int64_t add(seclua_txn *handle, std::shared_ptr<Engine> engine);
    // nullptr when there is none of that number (any more).
    Transaction *find(int64_t number);
    // Ends it: runs phase 5 if that is still to come, then frees everything.
    void remove(int64_t number);

    bool is_ending = false;   // with the environment: no JavaScript can run any more
    bool is_in_callback = false; // a transformation is being computed in JavaScript

private:
    static constexpr int place_bits = 24;
    void end(Transaction &transaction);

    std::vector<Transaction> places_;
    std::vector<uint32_t> free_;
};

struct Environment {
    Transactions transactions;
    std::vector<std::weak_ptr<Store>> stores; // those that this environment opened
    std::string text;                         // scratch for strings that come in
    std::array<std::string, 5> texts;         // the same for those of a connection
    double *news = nullptr;                   // what a call says besides its answer (transaction.hpp)
    std::vector<seclua_slice> pieces;         // scratch for what such a string is cut into
    std::vector<seclua_header> headers;       // scratch for header lists
};

} // namespace seclua::binding

#endif
