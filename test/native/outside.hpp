// SPDX-License-Identifier: Apache-2.0
// The outside world of a test: answers what transactions wait for. Probes get nothing; a remote store of collections is
// one in memory behind the suspension, so that its answers have to be those of the same store in place.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "collections/collection.h"
#include "run/engine.h"
#include "run/suspend.h"
#include "seclua.h"

namespace outside {

// Leave wherever that is possible.
inline void probe(seclua_engine *engine) {
    reinterpret_cast<sl_engine *>(engine)->probes_suspension = true;
}

class World {
   public:
    World() : store_(seclua_store_memory_new(0)), remote_(seclua_store_remote_new()) {}
    ~World() {
        seclua_store_release(store_);
        seclua_store_release(remote_);
    }
    World(const World &) = delete;
    World &operator=(const World &) = delete;

    // For engines whose collections are to be remote.
    seclua_store *remote() const { return remote_; }
    size_t answers() const { return answers_; }

    // One answer to what the transaction waits for.
    seclua_step answer(seclua_txn *txn) {
        const seclua_wait *wait = seclua_txn_wait(txn);
        if (wait == nullptr) throw std::logic_error("the transaction waits for nothing");
        answers_++;
        members_.clear();
        texts_.clear();
        seclua_answer answer{};
        if (wait->kind == SECLUA_WAIT_LOAD)
            answer.is_found = load(wait->of.load);
        else if (wait->kind == SECLUA_WAIT_APPLY)
            apply(wait->of.apply.records, wait->of.apply.count);
        else if (wait->kind != SL_WAIT_PROBE)
            throw std::logic_error("this test's world does not know that");
        answer.members = members_.data();
        answer.member_count = members_.size();
        return seclua_txn_resume(txn, &answer);
    }

    // Answers until the step is done.
    seclua_step finish(seclua_txn *txn, seclua_step step) {
        while (step == SECLUA_STEP_SUSPENDED) step = answer(txn);
        return step;
    }

   private:
    static sl_record_key key_of(const seclua_record &record) { return {record.space, record.collection, record.key}; }
    static std::string_view view(seclua_slice text) { return {reinterpret_cast<const char *>(text.ptr), text.len}; }
    static bool is_figure(seclua_slice name) {
        return view(name) == "create_time" || view(name) == "update_counter" || view(name) == "last_update_time";
    }

    void say(size_t record, const std::string &name, const std::string &value) {
        texts_.push_back(std::make_unique<std::string>(name));
        const seclua_slice kept_name = slice(*texts_.back());
        texts_.push_back(std::make_unique<std::string>(value));
        members_.push_back({record, kept_name, slice(*texts_.back())});
    }
    static seclua_slice slice(const std::string &text) {
        return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
    }

    bool load(const seclua_record &record) {
        const auto *store = reinterpret_cast<const sl_store *>(store_);
        const sl_record_key key = key_of(record);
        sl_arena arena;
        sl_arena_init(
            &arena, 0, [](void *) { std::abort(); }, nullptr);
        sl_members found{};
        sl_record_info info{};
        if (!store->methods->load(store->self, &key, sl_clock(), &arena, &found, &info)) {
            throw std::runtime_error("the store in memory does not answer");
        }
        for (size_t i = 0; i < found.count; i++) {
            if (found.items[i]->is_dead) continue;
            say(0, std::string(view(found.items[i]->name->slice)), std::string(view(found.items[i]->value->slice)));
        }
        if (!info.is_new) {
            say(0, "create_time", std::to_string(info.create_epoch));
            say(0, "last_update_time", std::to_string(info.update_epoch));
            say(0, "update_counter", std::to_string(info.update_counter));
            say(0, "timeout", std::to_string(info.timeout_seconds));
        }
        sl_arena_free(&arena);
        return !info.is_new;
    }

    // The store in memory keeps the record's figures itself.
    void apply(const seclua_record_change *records, size_t count) {
        for (size_t r = 0; r < count; r++) {
            std::vector<sl_change> changes;
            std::vector<int64_t> sums(records[r].change_count);
            for (size_t i = 0; i < records[r].change_count; i++) {
                const seclua_change &from = records[r].changes[i];
                if (is_figure(from.name)) continue;
                changes.push_back({static_cast<uint8_t>(from.kind), from.name, from.value, from.delta,
                                   from.expires_epoch, from.amount, from.period_seconds, false, &sums[i]});
            }
            const auto *store = reinterpret_cast<const sl_store *>(store_);
            const sl_record_key key = key_of(records[r].record);
            const sl_record_terms terms = {records[r].ttl_seconds, 64, 4096, 64};
            if (!store->methods->apply(store->self, &key, sl_clock(), &terms, changes.data(), changes.size())) {
                throw std::runtime_error("the store in memory does not answer");
            }
            for (const sl_change &change : changes) {
                if (change.kind == SL_CHANGE_ADD)
                    say(r, std::string(view(change.name)), std::to_string(*change.result));
            }
        }
    }

    static int64_t sl_clock() { return static_cast<int64_t>(time(nullptr)); }

    seclua_store *store_, *remote_;
    size_t answers_ = 0;
    std::vector<seclua_member> members_;
    std::vector<std::unique_ptr<std::string>> texts_;
};

}  // namespace outside
