// SPDX-License-Identifier: Apache-2.0
// Observation against observation, one observable after the other.
//
// Entries that one rule makes in a row count once: the peer writes one for each match under multiMatch (spec
// 06, section 2.2), and the last of them is the one that tells the same as ours.
#include "compare.hpp"

#include "engines.hpp"

#include <algorithm>
#include <cctype>

namespace differential {

namespace {

bool is_capture(const std::string &key) {
    return key.size() == 1 && key[0] >= '0' && key[0] <= '9';
}

std::vector<Event> one_each(const std::vector<Event> &events) {
    std::vector<Event> kept;
    for (const auto &event : events) {
        if (!kept.empty() && kept.back().id == event.id) kept.pop_back();
        kept.push_back(event);
    }
    return kept;
}

// Every name after "tx." or "TX:" in the rules, the captures, and what our engine holds.
std::set<std::string> tx_names(const Pair &pair, const Observation &ours) {
    std::set<std::string> names;
    for (char c = '0'; c <= '9'; c++) names.insert(std::string(1, c));
    for (const auto &[name, value] : ours.tx) names.insert(name);
    auto text = rules_text(pair);
    for (auto &c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    for (auto at = text.find("tx."); at != std::string::npos; at = text.find("tx.", at + 1)) {
        auto end = at + 3;
        while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_'))
            end++;
        names.insert(text.substr(at + 3, end - at - 3));
    }
    return names;
}

std::string shown(const std::map<std::string, std::string> &tx, const std::string &key) {
    const auto found = tx.find(key);
    return found == tx.end() ? "(unset)" : "'" + printable(found->second) + "'";
}

std::string order_of(const std::vector<Event> &events) {
    std::string text;
    for (const auto &event : events) text += std::to_string(event.id) + " ";
    return text;
}

void add_if_different(Compared &both, const std::string &kind, const std::string &key) {
    const auto ours = observable(both.ours, kind, key);
    const auto theirs = observable(both.theirs, kind, key);
    if (ours != theirs) both.differences.push_back({kind, key, ours, theirs});
}

}  // namespace

std::string observable(const Observation &seen, const std::string &kind, const std::string &key) {
    if (kind == "load") return seen.loaded ? "loaded" : "refused: " + seen.load_error;
    if (kind == "status") return std::to_string(seen.status);
    if (kind == "url") return printable(seen.url);
    if (kind == "tx" || kind == "capture") return shown(seen.tx, key);
    const auto events = one_each(seen.events);
    if (kind == "order") return order_of(events);
    std::size_t count = 0;
    std::string text;
    for (const auto &event : events) {
        if (std::to_string(event.id) != key) continue;
        count++;
        if (kind == "message") text += "'" + printable(event.message) + "'";
        if (kind == "data") text += "'" + printable(event.data) + "'";
    }
    return kind == "event" ? std::to_string(count) + " entries" : text;
}

Compared run_both(const Pair &pair) {
    Compared both;
    both.ours = run_ours(pair);
    both.theirs = run_peer(pair, tx_names(pair, both.ours));
    if (both.ours.loaded != both.theirs.loaded) {
        add_if_different(both, "load", both.ours.loaded ? "peer refuses" : "ours refuses");
        return both;
    }
    std::set<std::uint64_t> ids;
    for (const auto *side : {&both.ours, &both.theirs}) {
        for (const auto &event : side->events) ids.insert(event.id);
    }
    for (const auto id : ids) {
        const auto before = both.differences.size();
        add_if_different(both, "event", std::to_string(id));
        if (both.differences.size() != before) continue;
        add_if_different(both, "message", std::to_string(id));
        add_if_different(both, "data", std::to_string(id));
    }
    if (both.differences.empty()) add_if_different(both, "order", "");
    add_if_different(both, "status", "");
    add_if_different(both, "url", "");
    std::set<std::string> names;
    for (const auto *side : {&both.ours, &both.theirs}) {
        for (const auto &[name, value] : side->tx) names.insert(name);
    }
    for (const auto &name : names) add_if_different(both, is_capture(name) ? "capture" : "tx", name);
    return both;
}

}  // namespace differential
