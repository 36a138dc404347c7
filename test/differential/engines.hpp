// SPDX-License-Identifier: Apache-2.0
// The two engines behind one function each. Both are given the same configuration text and the same bytes;
// settings that bring ours nearer to the peer's documented behaviour are options of a load and stand in
// ours.cpp.
#pragma once

#include "pair.hpp"

#include <set>

namespace differential {

Observation run_ours(const Pair &pair);
// tx_names: the members of TX to look for.
Observation run_peer(const Pair &pair, const std::set<std::string> &tx_names);

}  // namespace differential
