// SPDX-License-Identifier: Apache-2.0
// Literals and sets of filters, each distinct one once and numbered, while the tables are made.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/arena.h"
#include "prefilter/prefilter.h"

namespace seclua {

// Distinct keys, numbered in the order in which they came first.
class Keys {
  public:
    uint32_t number(uint64_t key) {
        if (2 * (keys_.size() + 1) > slots_.size()) grow();
        const size_t slot = slot_of(key);
        if (slots_[slot] == free) {
            slots_[slot] = static_cast<uint32_t>(keys_.size());
            keys_.push_back(key);
        }
        return slots_[slot];
    }
    const std::vector<uint64_t> &all() const { return keys_; }

  private:
    static constexpr uint32_t free = UINT32_MAX;
    size_t slot_of(uint64_t key) const {
        const size_t mask = slots_.size() - 1;
        size_t slot = (key * UINT64_C(0x9E3779B97F4A7C15)) >> shift_;
        while (slots_[slot] != free && keys_[slots_[slot]] != key) slot = (slot + 1) & mask;
        return slot;
    }
    void grow() {
        shift_--;
        slots_.assign(size_t{1} << (64 - shift_), free);
        for (uint32_t i = 0; i < keys_.size(); i++) slots_[slot_of(keys_[i])] = i;
    }
    std::vector<uint64_t> keys_;
    std::vector<uint32_t> slots_; // numbers, by hash
    unsigned shift_ = 54;         // of 64 bits of a hash
};

// Distinct sets of filters. They are made one filter after the other, in rising order, so that a set is the filter that came
// last and the set before it; those that are asked for get numbers, 0 the empty one.
class FilterSets {
  public:
    using Index = uint32_t; // 0 = the empty set

    void begin(uint16_t filter) {
        filter_ = filter;
        first_ = static_cast<Index>(nodes_.size());
    }
    // With the filter that was begun; once for each literal of it.
    Index grown(Index set) {
        if (nodes_[set].grown < first_) {
            nodes_[set].grown = static_cast<Index>(nodes_.size());
            nodes_.push_back({.before = set, .filter = filter_});
        }
        return nodes_[set].grown;
    }
    template <class Take> void each_filter(Index set, Take take) const { // the last one first
        for (; set != 0; set = nodes_[set].before) take(nodes_[set].filter);
    }

    sl_filter_set number(Index set) {
        if (set != 0 && nodes_[set].number == 0) {
            numbered_.push_back(set);
            nodes_[set].number = static_cast<sl_filter_set>(numbered_.size());
        }
        return nodes_[set].number;
    }

    void write(sl_arena *arena, sl_scanner &made) const {
        if (made.word_count <= sl_row_words_max) {
            uint64_t *rows = SL_NEW_ARRAY(arena, uint64_t, (numbered_.size() + 1) * made.word_count);
            for (size_t i = 0; i < numbered_.size(); i++) {
                uint64_t *row = rows + (i + 1) * made.word_count;
                each_filter(numbered_[i], [&](uint16_t filter) { row[sl_prefilter_word(filter)] |= uint64_t{1} << (filter % 64); });
            }
            made.rows = rows;
            return;
        }
        sl_filter_list *lists = SL_NEW_ARRAY(arena, sl_filter_list, numbered_.size() + 1);
        std::vector<uint16_t> all;
        for (size_t i = 0; i < numbered_.size(); i++) {
            const auto first = static_cast<uint32_t>(all.size());
            each_filter(numbered_[i], [&](uint16_t filter) { all.push_back(filter); });
            lists[i + 1] = {first, static_cast<uint32_t>(all.size()) - first};
        }
        uint16_t *filters = SL_NEW_ARRAY(arena, uint16_t, all.size() + 1);
        std::copy(all.begin(), all.end(), filters);
        made.filters = filters;
        made.lists = lists;
    }

  private:
    struct Node {
        Index before = 0;
        Index grown = 0; // with the latest filter that it grew by
        sl_filter_set number = 0;
        uint16_t filter = 0;
    };
    std::vector<Node> nodes_ = std::vector<Node>(1);
    std::vector<Index> numbered_; // by number less one
    uint16_t filter_ = 0;
    Index first_ = 0; // of the sets that end with filter_
};

} // namespace seclua
