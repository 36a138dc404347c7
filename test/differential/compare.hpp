// SPDX-License-Identifier: Apache-2.0
// What differs between two observations of one pair, and the smallest pair that still differs in the same
// thing.
#pragma once

#include "pair.hpp"

#include <optional>
#include <set>

namespace differential {

// kind: load, event, order, message, data, status, url, tx or capture; key: a rule's id or a member of TX.
struct Difference {
    std::string kind, key, ours, theirs;
};

struct Compared {
    Observation ours, theirs;
    std::vector<Difference> differences;
};

Compared run_both(const Pair &pair);

// The text of one observable, as in Difference; several events of one rule are counted.
std::string observable(const Observation &seen, const std::string &kind, const std::string &key);

// Takes pieces away as long as the same kind and key differ. The first lines, which set the engines up, stay.
Pair shrink(const Pair &pair, const std::string &kind, const std::string &key);

// The settings that every pair begins with: never taken away.
constexpr std::size_t setting_lines = 4;

}  // namespace differential
