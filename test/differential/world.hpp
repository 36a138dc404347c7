// SPDX-License-Identifier: Apache-2.0
// What a run knows, and the counters that its processes share.
#pragma once

#include "coverage.hpp"
#include "deviations.hpp"

#include <stdexcept>
#include <sys/mman.h>

namespace differential {

constexpr std::size_t jobs_max = 8;
constexpr std::size_t deviations_max = 128;
constexpr std::size_t crashes_max = 64;
constexpr std::size_t differences_per_pair = 4;  // more of one pair say little
constexpr unsigned pair_seconds = 120;

// Memory of all processes of a run. Each counter is written by one process at a time (batches of one slot
// follow each other); totals are summed at the end.
struct Slot {
    std::uint64_t index;
    std::uint64_t pairs, refused_by_both, equal, with_matches, differences, unnamed;
    std::uint64_t by_name[deviations_max];
};

struct Options {
    std::uint64_t seed = 1, start = 0, count = 10000;
    std::size_t jobs = 1, show = 20, batch = 500;
    std::optional<std::uint64_t> only;
    std::string name;
};

struct World {
    Options options;
    std::string folder;
    Grammar grammar;
    Combinations combinations;
    std::vector<Deviation> deviations;
    Slot *slots;
    std::uint8_t *loaded;   // by combination: both engines took a rule with it
    std::uint8_t *matched;  // and the rule matched in both
};

template <typename T>
T *shared(std::size_t count) {
    auto *memory =
        mmap(nullptr, count * sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::runtime_error("no shared memory");
    return static_cast<T *>(memory);
}

inline std::string report_path(const World &world, std::size_t slot) {
    return world.folder + "/report." + std::to_string(slot);
}

}  // namespace differential
