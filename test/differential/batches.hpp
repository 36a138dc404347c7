// SPDX-License-Identifier: Apache-2.0
// The pairs of a run, in processes: the peer leaks and may crash, and a crash may cost one pair only.
#pragma once

#include "world.hpp"

namespace differential {

struct Crash {
    std::uint64_t index;
    int signal;
};

// Runs all pairs that the options name. The crashes, in order of discovery.
std::vector<Crash> run_batches(World &world);

// Which engine crashed: the pair again, in a process that runs ours alone.
bool is_our_crash(World &world, const Crash &crash);

}  // namespace differential
