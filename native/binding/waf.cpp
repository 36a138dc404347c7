// SPDX-License-Identifier: Apache-2.0
// Construction and configuration: loads, stores, engines, counters. None of this runs for a request, so it is
// written over node-addon-api, for which a mistake is an exception.

#include "waf.hpp"

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "convert.hpp"
#include "load.hpp"
#include "transformer.hpp"

namespace seclua::binding {

namespace {

Napi::Value load(const Napi::CallbackInfo &info) {
    Load work(info[0].As<Napi::Array>(), info[1].As<Napi::Object>());
    work.run();
    return work.result(info.Env());
}

// The same in a thread of libuv's pool: a rule set of thousands of rules must not hold up a server that reloads. It
// calls back with (error) or (undefined, result): a promise of Node-API would leak when its worker is terminated.
class LoadWorker final : public Napi::AsyncWorker {
public:
    LoadWorker(const Napi::CallbackInfo &info)
        : Napi::AsyncWorker(info[2].As<Napi::Function>()),
          work_(info[0].As<Napi::Array>(), info[1].As<Napi::Object>()) {}

protected:
    void Execute() override { work_.run(); }
    void OnOK() override { Callback().Call({Env().Undefined(), work_.result(Env())}); }

private:
    Load work_;
};

Napi::Value load_async(const Napi::CallbackInfo &info) {
    auto *worker = new LoadWorker(info); // deletes itself when it is done
    worker->Queue();
    return info.Env().Undefined();
}

// ---- stores ----

// Memory stores of this process by what their Waf loads. Threads that serve with the same rules count
// together; two Wafs of one thread never do, whatever they load.
struct SharedStores {
    std::mutex mutex;
    std::vector<std::pair<std::string, std::weak_ptr<Store>>> known;
};

SharedStores &shared_stores() {
    static SharedStores stores;
    return stores;
}

bool holds(const Environment &home, const std::shared_ptr<Store> &store) {
    for (const std::weak_ptr<Store> &mine : home.stores) {
        if (mine.lock() == store) return true;
    }
    return false;
}

// The oldest living store for that key that this thread has not opened yet; else a new one.
std::shared_ptr<Store> open_store(Environment &home, const std::string &key, size_t records_max) {
    SharedStores &shared = shared_stores();
    const std::lock_guard<std::mutex> guard(shared.mutex);
    std::erase_if(shared.known, [](const auto &entry) { return entry.second.expired(); });
    std::erase_if(home.stores, [](const auto &store) { return store.expired(); });
    std::shared_ptr<Store> store;
    for (const auto &[name, weak] : shared.known) {
        if (name != key) continue;
        store = weak.lock();
        if (store != nullptr && !holds(home, store)) break;
        store.reset();
    }
    if (store == nullptr) {
        seclua_store *fresh = seclua_store_memory_new(records_max);
        if (fresh == nullptr) return nullptr;
        store = std::make_shared<Store>(fresh);
        shared.known.emplace_back(key, store);
    }
    home.stores.push_back(store);
    return store;
}

size_t count_of(const Napi::Value &value) { return static_cast<size_t>(value.ToNumber().Int64Value()); }

// (key, most records of a collection)
Napi::Value open_store(const Napi::CallbackInfo &info) {
    auto *home = info.Env().GetInstanceData<Environment>();
    std::shared_ptr<Store> store = open_store(*home, info[0].ToString().Utf8Value(), count_of(info[1]));
    if (store == nullptr) throw Napi::Error::New(info.Env(), "there is no memory for a store of collections");
    return {info.Env(), box(info.Env(), std::move(store))};
}

// (folder, most bytes): the store in its files. The engine library shares it among all who open it in this process.
Napi::Value open_file_store(const Napi::CallbackInfo &info) {
    const std::string folder = info[0].ToString().Utf8Value();
    char error[512] = "";
    seclua_store *store = seclua_store_file_open(slice_of(folder), count_of(info[1]), error, sizeof error);
    if (store == nullptr) throw Napi::Error::New(info.Env(), error);
    return {info.Env(), box(info.Env(), std::make_shared<Store>(store))};
}

// A store that JavaScript answers for; each Waf has its own.
Napi::Value open_remote_store(const Napi::CallbackInfo &info) {
    seclua_store *fresh = seclua_store_remote_new();
    if (fresh == nullptr) throw Napi::Error::New(info.Env(), "there is no memory for a store of collections");
    return {info.Env(), box(info.Env(), std::make_shared<Store>(fresh))};
}

// ---- engines ----

template <class T>
std::shared_ptr<T> &held_by(const Napi::CallbackInfo &info, size_t index, const char *what) {
    std::shared_ptr<T> *held = unbox<T>(info.Env(), info[index]);
    if (held == nullptr || *held == nullptr) throw Napi::TypeError::New(info.Env(), what);
    return *held;
}

// (rules, store, predecessor?, transformers?): the predecessor is the engine that a reload replaces; its counters go on.
Napi::Value new_engine(const Napi::CallbackInfo &info) {
    const auto &rules = held_by<Rules>(info, 0, "newEngine takes a rule set");
    const auto &store = held_by<Store>(info, 1, "newEngine takes a store");
    auto totals = info[2].IsUndefined()
                      ? std::make_shared<Totals>()
                      : held_by<Engine>(info, 2, "newEngine takes an engine to follow")->totals;
    seclua_engine *handle = seclua_engine_new(rules->handle, store->handle);
    if (handle == nullptr) throw Napi::Error::New(info.Env(), "there is no memory for an engine");
    auto engine = std::make_shared<Engine>(handle, std::move(totals));
    if (info[3].IsArray()) set_transformers(info.Env(), *engine, info[3]);
    return {info.Env(), box(info.Env(), std::move(engine))};
}

// (engine): what transactions begin with instead of its box, for looking into a box at each request is slow. It does not keep
// the engine.
Napi::Value entrance(const Napi::CallbackInfo &info) {
    using Entrance = std::weak_ptr<Engine>;
    auto *held = new Entrance(held_by<Engine>(info, 0, "entrance takes an engine"));
    return Napi::External<Entrance>::New(info.Env(), held, [](Napi::Env, Entrance *data) { delete data; });
}

// Lets go of a store, a rule set or an engine now, not when the collector finds the box. Live transactions
// keep theirs.
Napi::Value release(const Napi::CallbackInfo &info) {
    if (auto *engine = unbox<Engine>(info.Env(), info[0])) engine->reset();
    if (auto *rules = unbox<Rules>(info.Env(), info[0])) rules->reset();
    if (auto *store = unbox<Store>(info.Env(), info[0])) store->reset();
    return info.Env().Undefined();
}

Napi::Value reopen_logs(const Napi::CallbackInfo &info) {
    seclua_engine_reopen_logs(held_by<Engine>(info, 0, "reopenLogs takes an engine")->handle);
    return info.Env().Undefined();
}

// (engine, callback): calls back when all that was logged is written, or cannot be.
class FlushWorker final : public Napi::AsyncWorker {
public:
    FlushWorker(const Napi::Function &callback, std::shared_ptr<Engine> engine)
        : Napi::AsyncWorker(callback), engine_(std::move(engine)) {}

protected:
    void Execute() override { seclua_engine_flush_logs(engine_->handle); }

private:
    std::shared_ptr<Engine> engine_; // let go of in the JavaScript thread, where workers are deleted
};

Napi::Value flush_logs(const Napi::CallbackInfo &info) {
    auto engine = held_by<Engine>(info, 0, "flushLogs takes an engine");
    auto *worker = new FlushWorker(info[1].As<Napi::Function>(), std::move(engine)); // deletes itself
    worker->Queue();
    return info.Env().Undefined();
}

// (engine, on or off)
Napi::Value shed_audit(const Napi::CallbackInfo &info) {
    const bool does_shed = info[1].ToBoolean().Value();
    seclua_engine_shed_audit(held_by<Engine>(info, 0, "shedAudit takes an engine")->handle, does_shed);
    return info.Env().Undefined();
}

Napi::Object script_to_js(Napi::Env env, const std::string &name, const seclua_script_stats &script) {
    constexpr double ns_per_ms = 1e6;
    auto row = Napi::Object::New(env);
    auto failures = Napi::Array::New(env, SECLUA_SCRIPT_FAILURES);
    for (uint32_t kind = 0; kind < SECLUA_SCRIPT_FAILURES; kind++) {
        failures.Set(kind, static_cast<double>(script.failures[kind]));
    }
    row.Set("name", name);
    row.Set("runs", static_cast<double>(script.runs));
    row.Set("matches", static_cast<double>(script.matches));
    row.Set("failures", failures);
    row.Set("closedDoors", static_cast<double>(script.closed_doors));
    row.Set("totalMs", static_cast<double>(script.total_ns) / ns_per_ms);
    row.Set("maxMs", static_cast<double>(script.max_ns) / ns_per_ms);
    row.Set("instructions", static_cast<double>(script.instructions));
    row.Set("maxMemory", static_cast<double>(script.memory_bytes_max));
    return row;
}

Napi::Value stats(const Napi::CallbackInfo &info) {
    const Napi::Env env = info.Env();
    const Totals &totals = *held_by<Engine>(info, 0, "stats takes an engine")->totals;
    const seclua_stats sum = sum_of(totals);
    const std::pair<const char *, uint64_t> counters[] = {
        {"transactions", sum.transactions},
        {"interventions", sum.interventions},
        {"rulesEvaluated", sum.rules_evaluated},
        {"rulesSkippedAbsent", sum.rules_skipped_absent},
        {"valueCacheLookups", sum.value_cache_lookups},
        {"valueCacheHits", sum.value_cache_hits},
        {"scriptRuns", sum.script_runs},
        {"scriptErrors", sum.script_errors},
        {"scriptLimits", sum.script_limits},
        {"auditRecords", sum.audit_records},
        {"auditDropped", sum.audit_dropped},
        {"auditShed", sum.audit_shed},
        {"internalErrors", sum.internal_errors},
        {"storeErrors", sum.store_errors},
    };
    auto out = Napi::Object::New(env);
    for (const auto &[name, value] : counters) out.Set(name, static_cast<double>(value));
    auto verdicts = Napi::Array::New(env, totals.verdicts.size());
    for (uint32_t i = 0; i < totals.verdicts.size(); i++) {
        verdicts.Set(i, static_cast<double>(totals.verdicts[i]));
    }
    out.Set("verdicts", verdicts);
    auto matches = Napi::Object::New(env);
    for (const auto &[id, count] : matches_of(totals)) {
        matches.Set(std::to_string(id), static_cast<double>(count));
    }
    out.Set("matches", matches);
    auto scripts = Napi::Array::New(env);
    for (const auto &[name, script] : scripts_of(totals)) {
        scripts.Set(scripts.Length(), script_to_js(env, name, script));
    }
    out.Set("scripts", scripts);
    return out;
}

// (store): what it has and did.
Napi::Value store_stats(const Napi::CallbackInfo &info) {
    seclua_store_stats stats{};
    seclua_store_stats_of(held_by<Store>(info, 0, "storeStats takes a store")->handle, &stats);
    const std::pair<const char *, uint64_t> counters[] = {
        {"records", stats.records},     {"bytes", stats.bytes},     {"expiries", stats.expiries},
        {"evictions", stats.evictions}, {"commits", stats.commits}, {"failures", stats.failures},
    };
    auto out = Napi::Object::New(info.Env());
    for (const auto &[name, value] : counters) out.Set(name, static_cast<double>(value));
    return out;
}

// [{ kind, name, support, manual }], as seclua_vocabulary has them.
Napi::Value vocabulary(const Napi::CallbackInfo &info) {
    auto out = Napi::Array::New(info.Env());
    const auto add = [](void *context, const seclua_word *word) {
        auto &list = *static_cast<Napi::Array *>(context);
        auto row = Napi::Object::New(list.Env());
        row.Set("kind", word->kind);
        row.Set("name", word->name);
        row.Set("support", word->support);
        row.Set("manual", word->manual);
        list.Set(list.Length(), row);
    };
    seclua_vocabulary(add, &out);
    return out;
}

// (pattern, name): one component of a path each.
Napi::Value wildcard_match(const Napi::CallbackInfo &info) {
    const std::string pattern = info[0].ToString().Utf8Value();
    const std::string name = info[1].ToString().Utf8Value();
    return Napi::Boolean::New(info.Env(), seclua_wildcard_match(slice_of(pattern), slice_of(name)));
}

Napi::Value version(const Napi::CallbackInfo &info) {
    return Napi::String::New(info.Env(), seclua_version());
}

} // namespace

void export_waf(Napi::Env env, Napi::Object exports) {
    using Function = Napi::Value (*)(const Napi::CallbackInfo &);
    const std::pair<const char *, Function> functions[] = {
        {"load", load},       {"loadAsync", load_async},   {"openStore", open_store}, {"newEngine", new_engine},
        {"entrance", entrance},
        {"openFileStore", open_file_store}, {"openRemoteStore", open_remote_store}, {"storeStats", store_stats},
        {"release", release}, {"reopenLogs", reopen_logs}, {"stats", stats},          {"version", version},
        {"flushLogs", flush_logs}, {"shedAudit", shed_audit},
        {"vocabulary", vocabulary}, {"wildcardMatch", wildcard_match},
    };
    for (const auto &[name, function] : functions) {
        exports.Set(name, Napi::Function::New(env, function, name));
    }
}

} // namespace seclua::binding
