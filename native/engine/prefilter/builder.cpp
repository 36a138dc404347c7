// SPDX-License-Identifier: Apache-2.0
// Aho–Corasick over all literals, turned into a dense table: columns are the bytes that occur in literals, all others share
// column 0. Of a long literal the rarest few bytes in a row are kept: they are necessary, too, and a small table stays in the
// caches.
#include "prefilter/builder.hpp"

#include <algorithm>
#include <deque>
#include <set>

#include "base/ascii.h"
#include "prefilter/literals.hpp"

namespace seclua {

namespace {

constexpr size_t literal_bytes_max = 5;          // measured: see bench/record
constexpr size_t table_bytes_max = 64u << 20;    // stop adding filters long before
constexpr size_t literals_bytes_max = 4u << 20;

struct State {
    std::map<uint8_t, uint32_t> children;
    std::vector<int> filters;
    uint32_t fail = 0;
};

// A literal that holds another one says nothing more than that one.
void drop_longer(std::vector<std::string> &literals) {
    if (literals.size() > 512) return;
    std::vector<std::string> kept;
    std::stable_sort(literals.begin(), literals.end(), [](const auto &a, const auto &b) { return a.size() < b.size(); });
    for (const std::string &literal : literals) {
        const auto holds = [&](const std::string &shorter) { return literal.find(shorter) != std::string::npos; };
        if (std::none_of(kept.begin(), kept.end(), holds)) kept.push_back(literal);
    }
    literals = std::move(kept);
}

std::string rarest_window(const std::string &literal) {
    if (literal.size() <= literal_bytes_max) return literal;
    std::string best;
    double best_frequency = 0;
    for (size_t at = 0; at + literal_bytes_max <= literal.size(); at++) {
        std::string window = literal.substr(at, literal_bytes_max);
        const double frequency = expected_frequency({window});
        if (!best.empty() && frequency >= best_frequency) continue;
        best = std::move(window);
        best_frequency = frequency;
    }
    return best;
}

} // namespace

int PrefilterBuilder::add(std::vector<std::string> literals) {
    if (std::any_of(literals.begin(), literals.end(), [](const std::string &literal) { return literal.empty(); })) return -1;
    drop_longer(literals);
    for (std::string &literal : literals) literal = rarest_window(literal);
    std::sort(literals.begin(), literals.end());
    literals.erase(std::unique(literals.begin(), literals.end()), literals.end());
    if (literals.empty()) return -1;
    if (const auto known = filters_.find(literals); known != filters_.end()) return known->second;
    size_t bytes = 0;
    for (const std::string &literal : literals) bytes += literal.size();
    if (byte_count_ + bytes > literals_bytes_max) return -1;
    byte_count_ += bytes;
    if (filters_.size() > UINT16_MAX) return -1;
    const int id = static_cast<int>(filters_.size());
    filters_.emplace(std::move(literals), id);
    return id;
}

const sl_prefilter *PrefilterBuilder::build(sl_arena *arena) const {
    if (filters_.empty()) return nullptr;
    sl_prefilter *made = SL_NEW(arena, sl_prefilter);

    // Columns.
    uint32_t columns = 1;
    uint8_t column_of[256] = {};
    for (const auto &[literals, id] : filters_) {
        for (const std::string &literal : literals) {
            for (const char c : literal) {
                uint8_t &column = column_of[static_cast<uint8_t>(c)];
                if (column == 0) column = static_cast<uint8_t>(columns++);
            }
        }
    }
    for (unsigned b = 0; b < 256; b++) made->class_of[b] = column_of[sl_ascii_lower(static_cast<uint8_t>(b))];
    made->start_column = column_of[static_cast<uint8_t>(text_start)];
    made->end_column = column_of[static_cast<uint8_t>(text_end)];
    while ((1u << made->shift) < columns) made->shift++;

    // Literals of one byte, by filter. Bytes past the 64th distinct one go into the automaton like longer literals.
    std::map<uint8_t, unsigned> byte_bit;
    uint64_t *bytes_of = SL_NEW_ARRAY(arena, uint64_t, filters_.size());
    const auto takes_byte = [&](const std::string &literal, int id)  {
        if (literal.size() != 1 || literal[0] == text_start || literal[0] == text_end) return false;
        const auto byte = static_cast<uint8_t>(literal[0]);
        if (!byte_bit.contains(byte)) {
            if (byte_bit.size() == 64) return false;
            byte_bit.emplace(byte, static_cast<unsigned>(byte_bit.size()));
        }
        bytes_of[id] |= uint64_t{1} << byte_bit[byte];
        return true;
    };

    // Trie.
    std::vector<State> states(1);
    for (const auto &[literals, id] : filters_) {
        for (const std::string &literal : literals) {
            if (takes_byte(literal, id)) continue;
            uint32_t at = 0;
            for (const char c : literal) {
                const uint8_t column = column_of[static_cast<uint8_t>(c)];
                const auto known = states[at].children.find(column);
                if (known != states[at].children.end()) {
                    at = known->second;
                    continue;
                }
                const uint32_t fresh = static_cast<uint32_t>(states.size());
                states[at].children.emplace(column, fresh);
                states.emplace_back();
                at = fresh;
            }
            states[at].filters.push_back(id);
        }
    }
    if ((states.size() << made->shift) * sizeof(uint32_t) > table_bytes_max) return nullptr;

    // Failure links, in breadth; outputs are inherited.
    std::vector<uint32_t> order;
    std::deque<uint32_t> queue{0};
    while (!queue.empty()) {
        const uint32_t at = queue.front();
        queue.pop_front();
        order.push_back(at);
        for (const auto &[column, child] : states[at].children) {
            uint32_t fail = states[at].fail;
            if (at != 0) {
                while (fail != 0 && !states[fail].children.contains(column)) fail = states[fail].fail;
                const auto step = states[fail].children.find(column);
                fail = step == states[fail].children.end() ? 0 : step->second;
            }
            states[child].fail = at == 0 ? 0 : fail;
            const std::vector<int> &inherited = states[states[child].fail].filters;
            states[child].filters.insert(states[child].filters.end(), inherited.begin(), inherited.end());
            queue.push_back(child);
        }
    }

    // Numbers: silent states first (the root is 0), reporting ones behind them.
    std::vector<uint32_t> number(states.size());
    uint32_t count = 0;
    for (const uint32_t at : order) {
        if (states[at].filters.empty()) number[at] = count++;
    }
    const uint32_t silent = count;
    for (const uint32_t at : order) {
        if (!states[at].filters.empty()) number[at] = count++;
    }
    made->state_count = count;
    made->first_output = silent << made->shift;
    made->filter_count = static_cast<uint32_t>(filters_.size());
    made->word_count = (made->filter_count + 63) / 64;

    // The table: a state without a child takes its failure state's row, which stands in breadth before it.
    uint32_t *next = SL_NEW_ARRAY(arena, uint32_t, static_cast<size_t>(count) << made->shift);
    for (const uint32_t at : order) {
        uint32_t *row = next + (static_cast<size_t>(number[at]) << made->shift);
        if (at != 0) {
            const uint32_t *inherited = next + (static_cast<size_t>(number[states[at].fail]) << made->shift);
            std::copy(inherited, inherited + (size_t{1} << made->shift), row);
        }
        for (const auto &[column, child] : states[at].children) row[column] = number[child] << made->shift;
    }
    made->next = next;
    std::vector<uint32_t> starts;
    std::vector<uint16_t> ids;
    for (const uint32_t at : order) { // as they are numbered
        if (states[at].filters.empty()) continue;
        starts.push_back(static_cast<uint32_t>(ids.size()));
        const std::set<int> distinct(states[at].filters.begin(), states[at].filters.end());
        for (const int id : distinct) ids.push_back(static_cast<uint16_t>(id));
    }
    starts.push_back(static_cast<uint32_t>(ids.size()));
    uint32_t *outputs = SL_NEW_ARRAY(arena, uint32_t, starts.size());
    std::copy(starts.begin(), starts.end(), outputs);
    uint16_t *filters = SL_NEW_ARRAY(arena, uint16_t, ids.size() + 1);
    std::copy(ids.begin(), ids.end(), filters);
    made->outputs = outputs;
    made->filters = filters;

    for (unsigned b = 0; b < 256; b++) {
        const auto known = byte_bit.find(sl_ascii_lower(static_cast<uint8_t>(b)));
        if (known != byte_bit.end()) made->bit_of[b] = uint64_t{1} << known->second;
    }
    made->bytes_of = bytes_of;
    return made;
}

} // namespace seclua
