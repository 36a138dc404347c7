// SPDX-License-Identifier: Apache-2.0
// Numbers for combinations: one block for each two kinds, row by row.
#include "coverage.hpp"

#include <utility>

namespace differential {

Combinations::Combinations(const Grammar &grammar)
    : grammar_(grammar),
      sizes_{grammar.operators.size(), grammar.transformations.size(), grammar.variables.size(),
             grammar.actions.size()} {
    for (std::size_t first = 0; first < kind_count; first++) {
        for (std::size_t second = first + 1; second < kind_count; second++) {
            blocks_.push_back({static_cast<Kind>(first), static_cast<Kind>(second), total_});
            total_ += sizes_[first] * sizes_[second];
        }
    }
}

std::pair<Word, Word> Combinations::at(std::size_t number) const {
    std::size_t b = blocks_.size() - 1;
    while (blocks_[b].start > number) b--;
    const auto &block = blocks_[b];
    const auto within = number - block.start;
    return {{block.first, within / sizes_[block.second]}, {block.second, within % sizes_[block.second]}};
}

std::size_t Combinations::number_of(Word first, Word second) const {
    if (first.kind > second.kind) std::swap(first, second);
    for (const auto &block : blocks_) {
        if (block.first == first.kind && block.second == second.kind) {
            return block.start + first.index * sizes_[second.kind] + second.index;
        }
    }
    return total_;
}

std::string Combinations::name_of(Word word) const {
    switch (word.kind) {
        case kind_operator: return "@" + grammar_.operators[word.index].name;
        case kind_transformation: return "t:" + grammar_.transformations[word.index].name;
        case kind_variable: return grammar_.variables[word.index].name;
        default: return grammar_.actions[word.index].name;
    }
}

}  // namespace differential
