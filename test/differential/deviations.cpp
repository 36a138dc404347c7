// SPDX-License-Identifier: Apache-2.0
// Reading the table of deviations, and asking it.
//
// Patterns look at a pair that was shrunk: each piece of it is necessary for the difference. Where a pattern
// would say too much, a probe tries the cause out.
#include "deviations.hpp"

#include "engines.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>

namespace differential {

namespace {

std::string observable_of(const Pair &pair, const Difference &difference) {
    return observable(run_ours(pair), difference.kind, difference.key);
}

// Does our engine say what the peer says when the list comes in another order?
template <typename List>
bool explains_order(const Pair &pair, const Difference &difference, const List &list) {
    auto candidate = pair;
    const auto original = list(candidate);
    if (original.size() < 2 || original.size() > 5) return false;
    std::vector<std::size_t> order(original.size());
    for (std::size_t i = 0; i < order.size(); i++) order[i] = i;
    while (std::next_permutation(order.begin(), order.end())) {
        for (std::size_t i = 0; i < order.size(); i++) list(candidate)[i] = original[order[i]];
        if (observable_of(candidate, difference) == difference.theirs) return true;
    }
    return false;
}

bool is_member_order(const Pair &pair, const Difference &difference) {
    if (explains_order(pair, difference, [](Pair &p) -> auto & { return p.request.query; })) return true;
    if (explains_order(pair, difference, [](Pair &p) -> auto & { return p.request.headers; })) return true;
    if (explains_order(pair, difference, [](Pair &p) -> auto & { return p.request.body; })) return true;
    if (explains_order(pair, difference, [](Pair &p) -> auto & { return p.response.headers; })) return true;
    for (std::size_t u = 0; u < pair.units.size(); u++) {
        for (std::size_t l = 0; l < pair.units[u].links.size(); l++) {
            if (explains_order(pair, difference,
                               [u, l](Pair &p) -> auto & { return p.units[u].links[l].targets; }))
                return true;
        }
    }
    return false;
}

// Did the body fail to parse in our engine? A rule that says so is added in front.
bool has_body_error(const Pair &pair) {
    auto candidate = pair;
    candidate.units.insert(candidate.units.begin() + setting_lines,
                           Unit{"SecRule REQBODY_ERROR \"@eq 1\" \"id:900,phase:2,log,pass\"", {}});
    return observable(run_ours(candidate), "event", "900") != "0 entries";
}

bool holds(const std::string &probe, const Pair &pair, const Difference &difference) {
    if (probe == "member-order") return is_member_order(pair, difference);
    if (probe == "body-error") return has_body_error(pair);
    return probe.empty();
}

bool finds(const std::optional<std::regex> &pattern, const std::string &text) {
    return !pattern || std::regex_search(text, *pattern);
}

bool all_in(const std::vector<std::regex> &patterns, const std::string &text) {
    return std::all_of(patterns.begin(), patterns.end(),
                       [&](const auto &pattern) { return std::regex_search(text, pattern); });
}

bool any_in(const std::vector<std::regex> &patterns, const std::string &text) {
    return std::any_of(patterns.begin(), patterns.end(),
                       [&](const auto &pattern) { return std::regex_search(text, pattern); });
}

void set(Deviation &row, const std::string &key, const std::string &value) {
    if (key == "name") {
        row.name = value;
    } else if (key == "spec") {
        row.spec = value;
    } else if (key == "kind") {
        row.kind = std::regex("^(" + value + ")$");
    } else if (key == "rules") {
        row.rules.emplace_back(value, std::regex::icase);
    } else if (key == "not-rules") {
        row.not_rules.emplace_back(value, std::regex::icase);
    } else if (key == "exchange") {
        row.exchange.emplace_back(value);
    } else if (key == "not-exchange") {
        row.not_exchange.emplace_back(value);
    } else if (key == "ours") {
        row.ours = std::regex(value);
    } else if (key == "theirs") {
        row.theirs = std::regex(value);
    } else if (key == "probe" && (value == "member-order" || value == "body-error")) {
        row.probe = value;
    } else {
        throw std::runtime_error("unknown key " + key);
    }
}

}  // namespace

std::vector<Deviation> read_deviations(const std::string &path) {
    std::ifstream file(path);
    if (!file) throw std::runtime_error(path + ": cannot be read");
    std::vector<Deviation> table;
    std::string line;
    std::size_t number = 0;
    while (std::getline(file, line)) {
        number++;
        if (line.empty() || line[0] == '#') continue;
        const auto colon = line.find(": ");
        try {
            if (colon == std::string::npos) throw std::runtime_error("no key");
            const auto key = line.substr(0, colon);
            if (key == "name") table.emplace_back();
            if (table.empty()) throw std::runtime_error("a row begins with its name");
            set(table.back(), key, line.substr(colon + 2));
        } catch (const std::exception &error) {
            throw std::runtime_error(path + ":" + std::to_string(number) + ": " + error.what());
        }
    }
    for (const auto &row : table) {
        if (row.spec.empty())
            throw std::runtime_error(path + ": " + row.name + " names no line of the specification");
    }
    return table;
}

std::optional<std::size_t> attribute(const std::vector<Deviation> &table, const Pair &pair,
                                     const Difference &difference) {
    const auto rules = rules_text(pair);
    const auto exchange = exchange_text(pair);
    for (std::size_t i = 0; i < table.size(); i++) {
        const auto &row = table[i];
        if (!finds(row.kind, difference.kind) || !finds(row.ours, difference.ours)) continue;
        if (!finds(row.theirs, difference.theirs)) continue;
        if (!all_in(row.rules, rules) || any_in(row.not_rules, rules)) continue;
        if (!all_in(row.exchange, exchange) || any_in(row.not_exchange, exchange)) continue;
        if (holds(row.probe, pair, difference)) return i;
    }
    return std::nullopt;
}

}  // namespace differential
