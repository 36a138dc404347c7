// SPDX-License-Identifier: Apache-2.0
// One pair: generated, run through both engines, its differences shrunk and named.
#pragma once

#include "world.hpp"

#include <iosfwd>

namespace differential {

// Counts into slot; what has no name (or the name that was asked for) is written to report.
void check_pair(World &world, Slot &slot, std::ostream &report, std::uint64_t index);

// The smallest pair with that difference, and the two answers to it.
std::pair<Pair, Difference> smallest_of(const Pair &pair, const Difference &found);
std::string report_text(const World &world, std::uint64_t index, const Pair &pair,
                        const Difference &difference);

}  // namespace differential
