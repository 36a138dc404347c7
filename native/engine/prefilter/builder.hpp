// SPDX-License-Identifier: Apache-2.0
// Gathers the necessary texts of operands and makes the tables of the candidate index.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/arena.h"
#include "prefilter/prefilter.h"

namespace seclua {

class PrefilterBuilder {
  public:
    // The filter of an operand that needs one of these folded texts (literals.hpp); equal sets share one. -1: not worth it,
    // or too many already.
    int add(std::vector<std::string> literals);
    struct Classes {
        uint64_t classes; // SL_CLASS_*: each literal of the filter holds a byte of one of them; 0 = no claim
        double frequency; // with which a byte of a text is expected to be of one
    };
    const Classes &classes_of(int filter) const { return classes_[static_cast<size_t>(filter)]; }
    // Into the arena. Null when there is no filter at all.
    const sl_prefilter *build(sl_arena *arena) const;

  private:
    std::map<std::vector<std::string>, int> filters_;
    std::vector<Classes> classes_; // by filter
    size_t byte_count_ = 0;
};

} // namespace seclua
