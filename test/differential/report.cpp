// SPDX-License-Identifier: Apache-2.0
// The report of a run, and of one pair.
#include "report.hpp"

#include "check.hpp"
#include "generate.hpp"

#include <algorithm>
#include <fstream>
#include <iostream>

namespace differential {

namespace {

void print_examples(const World &world) {
    struct Group {
        std::size_t count = 0;
        std::string example;
    };
    std::map<std::string, Group> groups;
    for (std::size_t i = 0; i < world.options.jobs; i++) {
        std::ifstream file(report_path(world, i), std::ios::binary);
        std::string record;
        while (std::getline(file, record, '\x1e')) {
            const auto cut = record.find('\x1f');
            auto &group = groups[record.substr(0, cut)];
            auto text = record.substr(cut + 1);
            if (group.count++ == 0 || text.size() < group.example.size()) group.example = text;
        }
    }
    std::vector<const Group *> sorted;
    for (const auto &[key, group] : groups) sorted.push_back(&group);
    std::sort(sorted.begin(), sorted.end(), [](const auto *a, const auto *b) { return a->count > b->count; });
    for (std::size_t i = 0; i < sorted.size() && i < world.options.show; i++) {
        std::cout << "\n---- " << sorted[i]->count << " like this\n" << sorted[i]->example;
    }
    if (sorted.size() > world.options.show)
        std::cout << "\n(" << sorted.size() - world.options.show << " more forms)\n";
}

void print_coverage(const World &world) {
    std::size_t loaded = 0;
    std::size_t matched = 0;
    std::string missing;
    for (std::size_t i = 0; i < world.combinations.count(); i++) {
        loaded += world.loaded[i];
        matched += world.matched[i];
        if (world.loaded[i] != 0 || missing.size() > 2000) continue;
        const auto [first, second] = world.combinations.at(i);
        missing += (missing.empty() ? "" : ", ") + world.combinations.name_of(first) + " with " +
                   world.combinations.name_of(second);
    }
    std::cout << "coverage: " << loaded << " of " << world.combinations.count() << " combinations ("
              << world.grammar.operators.size() << " operators, " << world.grammar.transformations.size()
              << " transformations, " << world.grammar.variables.size() << " variables, "
              << world.grammar.actions.size()
              << " actions) ran in both engines; in a rule that matched in both: " << matched << "\n";
    if (!missing.empty() && loaded * 10 > world.combinations.count() * 9)
        std::cout << "not covered: " << missing << "\n";
}

void print_observation(const char *who, const Observation &seen) {
    std::cout << who << ": " << (seen.loaded ? "loaded" : "refused: " + seen.load_error) << ", status "
              << seen.status << " " << printable(seen.url) << "\n";
    for (const auto &event : seen.events) {
        std::cout << "  " << event.id << " msg '" << printable(event.message) << "' data '"
                  << printable(event.data) << "'\n";
    }
    for (const auto &[key, value] : seen.tx)
        std::cout << "  tx." << printable(key) << " = '" << printable(value) << "'\n";
}

}  // namespace

int report(World &world, const std::vector<Crash> &crashes) {
    Slot sum = {};
    for (std::size_t i = 0; i < world.options.jobs; i++) {
        const auto &slot = world.slots[i];
        sum.pairs += slot.pairs;
        sum.refused_by_both += slot.refused_by_both;
        sum.equal += slot.equal;
        sum.with_matches += slot.with_matches;
        sum.differences += slot.differences;
        sum.unnamed += slot.unnamed;
        for (std::size_t d = 0; d < deviations_max; d++) sum.by_name[d] += slot.by_name[d];
    }
    print_examples(world);
    std::cout << "\nseed " << world.options.seed << ", pairs " << world.options.start << " to "
              << world.options.start + world.options.count << "\n"
              << "pairs: " << sum.pairs << " run, " << sum.equal << " equal, " << sum.refused_by_both
              << " refused by both, " << sum.with_matches << " with a logged match\n";
    print_coverage(world);
    std::cout << "differences: " << sum.differences << "\n";
    for (std::size_t d = 0; d < world.deviations.size(); d++) {
        if (sum.by_name[d] != 0) {
            std::cout << "  " << sum.by_name[d] << "  " << world.deviations[d].name << " ("
                      << world.deviations[d].spec << ")\n";
        }
    }
    std::cout << "  " << sum.unnamed << "  without a name\n";
    bool has_own_crash = false;
    for (std::size_t i = 0; i < crashes.size() && i < crashes_max; i++) {
        const bool is_ours = is_our_crash(world, crashes[i]);
        has_own_crash = has_own_crash || is_ours;
        std::cout << "crash (signal " << crashes[i].signal << ") of " << (is_ours ? "OURS" : "the peer")
                  << " at pair " << crashes[i].index << "\n";
    }
    return sum.unnamed != 0 || has_own_crash ? 1 : 0;
}

int show_one(World &world, std::uint64_t index) {
    const auto made = generate(world.grammar, world.combinations, world.options.seed, index);
    std::cout << rules_text(made.pair) << exchange_text(made.pair) << std::flush;
    const auto both = run_both(made.pair);
    print_observation("ours", both.ours);
    print_observation("peer", both.theirs);
    for (const auto &difference : both.differences) {
        const auto [smallest, last] = smallest_of(made.pair, difference);
        const auto name = attribute(world.deviations, smallest, last);
        std::cout << "\n---- " << (name ? world.deviations[*name].name : "without a name") << "\n"
                  << report_text(world, index, smallest, last);
    }
    return 0;
}

}  // namespace differential
