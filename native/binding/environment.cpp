// SPDX-License-Identifier: Apache-2.0
// The life of engines and transactions of one environment: numbers handed out, counters summed, everything
// freed.
//
// It must never call JavaScript: finalizers and the end of an environment come through here.

#include "environment.hpp"

#include <algorithm>
#include <utility>

namespace seclua::binding {

namespace {

void add_stats(seclua_stats &sum, const seclua_stats &more) {
    sum.transactions += more.transactions;
    sum.interventions += more.interventions;
    sum.rules_evaluated += more.rules_evaluated;
    sum.rules_skipped_absent += more.rules_skipped_absent;
    sum.value_cache_lookups += more.value_cache_lookups;
    sum.value_cache_hits += more.value_cache_hits;
    sum.matches += more.matches;
    sum.script_runs += more.script_runs;
    sum.script_errors += more.script_errors;
    sum.script_limits += more.script_limits;
    sum.audit_records += more.audit_records;
    sum.audit_dropped += more.audit_dropped;
    sum.audit_shed += more.audit_shed;
    sum.internal_errors += more.internal_errors;
    sum.store_errors += more.store_errors;
}

void add_scripts(ScriptTotals &sums, const seclua_engine *engine) {
    seclua_script_stats one{};
    for (size_t i = 0; seclua_engine_script_stats(engine, i, &one); i++) {
        seclua_script_stats &sum = sums[std::string(reinterpret_cast<const char *>(one.name.ptr), one.name.len)];
        sum.runs += one.runs;
        sum.matches += one.matches;
        for (size_t kind = 0; kind < SECLUA_SCRIPT_FAILURES; kind++) sum.failures[kind] += one.failures[kind];
        sum.closed_doors += one.closed_doors;
        sum.total_ns += one.total_ns;
        sum.max_ns = std::max(sum.max_ns, one.max_ns);
        sum.instructions += one.instructions;
        sum.memory_bytes_max = std::max(sum.memory_bytes_max, one.memory_bytes_max);
    }
}

void add_matches(MatchTotals &sums, const seclua_engine *engine) {
    uint64_t id = 0, matches = 0;
    for (size_t i = 0; seclua_engine_rule_matches(engine, i, &id, &matches); i++) {
        if (matches != 0) sums[id] += matches;
    }
}

} // namespace

Engine::Engine(seclua_engine *owned, std::shared_ptr<Totals> shared)
    : handle(owned), totals(std::move(shared)) {
    totals->live.push_back(handle);
}

Engine::~Engine() {
    seclua_stats mine{};
    seclua_engine_stats(handle, &mine);
    add_stats(totals->ended, mine);
    add_scripts(totals->ended_scripts, handle);
    add_matches(totals->ended_matches, handle);
    std::erase(totals->live, handle);
    seclua_engine_free(handle);
    if (functions != nullptr) napi_delete_reference(env, functions);
}

seclua_stats sum_of(const Totals &totals) {
    seclua_stats sum = totals.ended;
    for (const seclua_engine *engine : totals.live) {
        seclua_stats one{};
        seclua_engine_stats(engine, &one);
        add_stats(sum, one);
    }
    return sum;
}

ScriptTotals scripts_of(const Totals &totals) {
    ScriptTotals sums = totals.ended_scripts;
    for (const seclua_engine *engine : totals.live) add_scripts(sums, engine);
    return sums;
}

MatchTotals matches_of(const Totals &totals) {
    MatchTotals sums = totals.ended_matches;
    for (const seclua_engine *engine : totals.live) add_matches(sums, engine);
    return sums;
}

Transactions::~Transactions() {
    is_ending = true;
    for (Transaction &transaction : places_) {
        if (transaction.handle != nullptr) end(transaction);
    }
}

int64_t Transactions::add(seclua_txn *handle, std::shared_ptr<Engine> engine) {
    if (free_.empty()) {
        free_.push_back(static_cast<uint32_t>(places_.size()));
        places_.emplace_back();
    }
    const uint32_t place = free_.back();
    free_.pop_back();
    Transaction &transaction = places_[place];
    transaction.handle = handle;
    transaction.engine = std::move(engine);
    transaction.told_events = 0;
    transaction.told_records = 0;
    return (static_cast<int64_t>(transaction.generation) << place_bits) | place;
}

Transaction *Transactions::find(int64_t number) {
    const auto place = static_cast<uint64_t>(number) & ((uint64_t{1} << place_bits) - 1);
    if (number < 0 || place >= places_.size()) return nullptr;
    Transaction &transaction = places_[place];
    const bool is_live = transaction.handle != nullptr && transaction.generation == number >> place_bits;
    return is_live ? &transaction : nullptr;
}

void Transactions::end(Transaction &transaction) {
    seclua_verdict verdict{};
    seclua_txn_verdict(transaction.handle, &verdict);
    transaction.engine->totals->verdicts[verdict.action]++;
    seclua_txn_free(transaction.handle);
    transaction.handle = nullptr;
    transaction.engine.reset();
}

void Transactions::remove(int64_t number) {
    Transaction *transaction = find(number);
    if (transaction == nullptr) return;
    end(*transaction);
    // Numbers stay exact in a double: 24 bits of place, 28 of generation.
    transaction->generation = (transaction->generation + 1) & ((uint32_t{1} << 28) - 1);
    free_.push_back(static_cast<uint32_t>(transaction - places_.data()));
}

} // namespace seclua::binding
