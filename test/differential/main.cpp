// SPDX-License-Identifier: Apache-2.0
// The differential check: generated pairs through both engines, every difference named or reported.
//
//   differential [--seed N] [--start N] [--count N] [--jobs N] [--show N] [--name DEVIATION]
//   differential --seed N --only INDEX     shows one pair, what both made of it, and its smallest forms
//
// Work is done in batches, each in a process of its own, since the peer leaks and may crash: a crash costs
// one pair and is counted. Exit status 1: a difference without a name, or a crash of ours.
#include "report.hpp"

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <sys/resource.h>

using namespace differential;

namespace {

Options read_options(int count, char **words) {
    Options options;
    for (int i = 1; i + 1 < count; i += 2) {
        const std::string key = words[i];
        const auto *value = words[i + 1];
        const auto number = std::strtoull(value, nullptr, 10);
        if (key == "--seed")
            options.seed = number;
        else if (key == "--start")
            options.start = number;
        else if (key == "--count")
            options.count = number;
        else if (key == "--jobs")
            options.jobs = std::min<std::size_t>(jobs_max, std::max<std::size_t>(1, number));
        else if (key == "--show")
            options.show = number;
        else if (key == "--only")
            options.only = number;
        else if (key == "--name")
            options.name = value;
        else
            throw std::runtime_error("unknown option " + key);
    }
    return options;
}

}  // namespace

int main(int count, char **words) {
    char folder[] = "/tmp/differential-XXXXXX";
    try {
        const auto options = read_options(count, words);
        if (mkdtemp(folder) == nullptr) throw std::runtime_error("no temporary folder");
        write_files(folder);
        const auto grammar = make_grammar(folder);
        World world{options,
                    folder,
                    grammar,
                    Combinations(grammar),
                    read_deviations(SECLUA_SOURCE_DIR "/test/differential/deviations.txt"),
                    shared<Slot>(jobs_max),
                    nullptr,
                    nullptr};
        if (world.deviations.size() > deviations_max) throw std::runtime_error("too many deviations");
        world.loaded = shared<std::uint8_t>(world.combinations.count());
        world.matched = shared<std::uint8_t>(world.combinations.count());
        const rlimit no_core = {0, 0};
        setrlimit(RLIMIT_CORE, &no_core);
        const auto status = options.only ? show_one(world, *options.only) : report(world, run_batches(world));
        std::filesystem::remove_all(folder);
        return status;
    } catch (const std::exception &error) {
        std::cerr << "differential: " << error.what() << "\n";
        return 2;
    }
}
