// SPDX-License-Identifier: Apache-2.0
// From a seed and an index to a pair: the same two numbers give the same pair on every machine.
#pragma once

#include "coverage.hpp"
#include "pair.hpp"

namespace differential {

struct Generated {
    Pair pair;
    std::vector<std::vector<Word>> words;  // of each link: what coverage counts
    std::vector<std::uint64_t> ids;        // of the rule that each of them belongs to
};

Generated generate(const Grammar &grammar, const Combinations &combinations, std::uint64_t seed,
                   std::uint64_t index);

}  // namespace differential
