// SPDX-License-Identifier: Apache-2.0
// What a run has to say at its end.
#pragma once

#include "batches.hpp"

namespace differential {

// Examples of what has no name, coverage, counts by name, crashes. The exit status: 1 when something is left
// to explain.
int report(World &world, const std::vector<Crash> &crashes);

// One pair in full: what both engines made of it, and the smallest form of each difference.
int show_one(World &world, std::uint64_t index);

}  // namespace differential
