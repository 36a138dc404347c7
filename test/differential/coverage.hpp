// SPDX-License-Identifier: Apache-2.0
// Which words have stood in one rule together.
//
// Each two words of different kinds (operator, transformation, variable, action) are one combination. The
// generator is steered by the number of the combination; the driver marks those that both engines loaded, and
// those that matched in both. The marks are plain bytes, so that they can lie in memory shared by the
// processes of a run.
#pragma once

#include "grammar.hpp"

#include <array>
#include <cstdint>

namespace differential {

enum Kind : std::size_t { kind_operator, kind_transformation, kind_variable, kind_action, kind_count };

struct Word {
    Kind kind;
    std::size_t index;
};

class Combinations {
  public:
    explicit Combinations(const Grammar &grammar);

    std::size_t count() const { return total_; }
    // The two words of one combination.
    std::pair<Word, Word> at(std::size_t number) const;
    // The number of two words of different kinds, in any order.
    std::size_t number_of(Word first, Word second) const;
    std::string name_of(Word word) const;

  private:
    struct Block {
        Kind first, second;
        std::size_t start;
    };
    const Grammar &grammar_;
    std::array<std::size_t, kind_count> sizes_;
    std::vector<Block> blocks_;
    std::size_t total_ = 0;
};

}  // namespace differential
