// SPDX-License-Identifier: Apache-2.0
// The way of one pair through the check.
//
// A report is a record: the form of the smallest pair, a unit separator, the text, a record separator. The
// processes of a run write them side by side; report.cpp groups them by form.
#include "check.hpp"

#include "generate.hpp"

#include <ostream>
#include <sstream>

namespace differential {

namespace {

// What a smallest pair is made of, without its values: reports of one cause look alike.
std::string signature(const Pair &pair, const Difference &difference) {
    std::string text = difference.kind;
    for (std::size_t u = setting_lines; u < pair.units.size(); u++) {
        for (const auto &link : pair.units[u].links) {
            for (const auto &target : link.targets) text += " " + target.substr(0, target.find(':'));
            text += (link.negated ? " !@" : " @") + link.op;
            for (const auto &action : link.actions) {
                if (action.starts_with("id:") || action.starts_with("phase:")) continue;
                text += " " + action.substr(0, action.starts_with("t:") || action.starts_with("ctl:")
                                                   ? action.find('=')
                                                   : action.find(':'));
            }
        }
    }
    return text;
}

void mark_coverage(World &world, const Generated &made, const Compared &both) {
    if (!both.ours.loaded || !both.theirs.loaded) return;
    for (std::size_t i = 0; i < made.words.size(); i++) {
        const auto has_event = [&](const Observation &seen) {
            for (const auto &event : seen.events) {
                if (event.id == made.ids[i]) return true;
            }
            return false;
        };
        const bool did_match = has_event(both.ours) && has_event(both.theirs);
        for (const auto &first : made.words[i]) {
            for (const auto &second : made.words[i]) {
                if (first.kind >= second.kind) continue;
                const auto number = world.combinations.number_of(first, second);
                world.loaded[number] = 1;
                if (did_match) world.matched[number] = 1;
            }
        }
    }
}

void explain(World &world, Slot &slot, std::ostream &report, std::uint64_t index, const Pair &pair,
             const Difference &found) {
    const auto [smallest, difference] = smallest_of(pair, found);
    const auto name = attribute(world.deviations, smallest, difference);
    slot.differences++;
    if (name) {
        slot.by_name[*name]++;
    } else {
        slot.unnamed++;
    }
    const bool is_asked_for = name && world.deviations[*name].name == world.options.name;
    if (name && !is_asked_for) return;
    report << signature(smallest, difference) << '\x1f' << report_text(world, index, smallest, difference)
           << '\x1e' << std::flush;
}

}  // namespace

std::pair<Pair, Difference> smallest_of(const Pair &pair, const Difference &found) {
    auto smallest = shrink(pair, found.kind, found.key);
    for (const auto &one : run_both(smallest).differences) {
        if (one.kind == found.kind && one.key == found.key) return {std::move(smallest), one};
    }
    return {pair, found};
}

std::string report_text(const World &world, std::uint64_t index, const Pair &pair,
                        const Difference &difference) {
    std::ostringstream text;
    text << "pair " << index << ": " << difference.kind << " " << difference.key << "\n  ours   "
         << difference.ours << "\n  theirs " << difference.theirs << "\n";
    auto rules = rules_text(pair);
    for (auto at = rules.find(world.folder); at != std::string::npos; at = rules.find(world.folder)) {
        rules.replace(at, world.folder.size(), "FOLDER");
    }
    text << rules << exchange_text(pair);
    return text.str();
}

void check_pair(World &world, Slot &slot, std::ostream &report, std::uint64_t index) {
    const auto made = generate(world.grammar, world.combinations, world.options.seed, index);
    const auto both = run_both(made.pair);
    slot.pairs++;
    if (!both.ours.loaded && !both.theirs.loaded) slot.refused_by_both++;
    if (both.differences.empty() && both.ours.loaded) slot.equal++;
    if (!both.ours.events.empty()) slot.with_matches++;
    mark_coverage(world, made, both);
    for (std::size_t i = 0; i < both.differences.size() && i < differences_per_pair; i++) {
        explain(world, slot, report, index, made.pair, both.differences[i]);
    }
}

}  // namespace differential
