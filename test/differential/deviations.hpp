// SPDX-License-Identifier: Apache-2.0
// The differences that the specification decides: deviations.txt in memory.
#pragma once

#include "compare.hpp"

#include <regex>

namespace differential {

struct Deviation {
    std::string name, spec;
    std::optional<std::regex> kind, ours, theirs;
    std::vector<std::regex> rules, not_rules, exchange, not_exchange;
    std::string probe;
};

// Throws std::runtime_error, with the line, when the table cannot be read.
std::vector<Deviation> read_deviations(const std::string &path);

// pair: the smallest one with that difference. The index of the deviation that explains it.
std::optional<std::size_t> attribute(const std::vector<Deviation> &table, const Pair &pair,
                                     const Difference &difference);

}  // namespace differential
