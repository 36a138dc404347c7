// SPDX-License-Identifier: Apache-2.0
// Gathers the literals of operands and makes the tables of the candidate index.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/arena.h"
#include "prefilter/prefilter.h"
#include "prefilter/windows.hpp"

namespace seclua {

using FilterIds = std::vector<int>; // in rising order

class PrefilterBuilder {
  public:
    // The filter of an operand with these literals; equal sets share one. -1: there are none, or too many already.
    int add(LiteralSet literals);
    // One that only speaks of values without sl_prefilter_breakers; no literal: they cannot match.
    int add_for_plain(std::vector<uint64_t> keys);
    // SL_CLASS_*, few and rare ones: each literal of the filter holds a byte of one of them; or sl_class_any.
    uint64_t classes_of(int filter) const { return classes_[static_cast<size_t>(filter)]; }
    size_t filter_count() const { return filters_.size(); }
    size_t literal_count(int filter) const;
    // Into the arena, with a scanner for all filters and one for each part of them. Null when there is no filter at all.
    const sl_prefilter *build(sl_arena *arena, const std::vector<FilterIds> &parts) const;

  private:
    using Ids = std::map<LiteralSet, int>;
    int add_to(Ids &ids, LiteralSet literals);
    Ids ids_, plain_ids_;
    std::vector<const LiteralSet *> filters_; // by id: keys of ids_ or plain_ids_
    std::vector<uint64_t> classes_; // by filter
    size_t byte_count_ = 0;
};

} // namespace seclua
