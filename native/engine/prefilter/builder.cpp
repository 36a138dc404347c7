// SPDX-License-Identifier: Apache-2.0
// From the literals of all filters to sieves and tables of slots. Of a long literal the rarest few bytes in a row are kept:
// they are necessary, too.
#include "prefilter/builder.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "base/ascii.h"
#include "base/bits.h"
#include "base/classes.h"
#include "prefilter/literals.hpp"

namespace seclua {

namespace {

constexpr size_t literal_bytes_max = sl_prefilter_bytes_max;
constexpr size_t literals_bytes_max = 64u << 20;

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

// How often a byte of a text is expected to be of a class, by the number of its bit; of classes that are the finest of a byte.
const std::array<double, 64> &class_frequencies() {
    static const std::array<double, 64> frequencies = [] {
        std::array<double, 64> out{};
        for (unsigned byte = 0; byte < 256; byte++) {
            if (byte >= 'A' && byte <= 'Z') continue;
            out[sl_bits_first(sl_class_of_byte(static_cast<uint8_t>(byte)))] += expected_frequency({std::string(1, static_cast<char>(byte))});
        }
        return out;
    }();
    return frequencies;
}

// Classes of which each literal holds one, few and rare ones: the next is always the one that costs least for each literal
// that has none yet.
PrefilterBuilder::Classes rare_classes(const std::vector<std::string> &literals) {
    std::vector<uint64_t> left;
    for (const std::string &literal : literals) {
        uint64_t own = 0;
        for (const char c : literal) {
            if (c != text_start && c != text_end) own |= sl_class_of_byte(static_cast<uint8_t>(c));
        }
        if (own == 0) return {0, 1};
        left.push_back(own);
    }
    PrefilterBuilder::Classes out = {0, 0};
    while (!left.empty()) {
        std::array<size_t, 64> counts{};
        for (const uint64_t own : left) {
            for (uint64_t bits = own; bits != 0; bits &= bits - 1) counts[sl_bits_first(bits)]++;
        }
        size_t best = 64;
        const auto cost = [&](size_t i) { return class_frequencies()[i] / static_cast<double>(counts[i]); };
        for (size_t i = 0; i < 64; i++) {
            if (counts[i] != 0 && (best == 64 || cost(i) < cost(best))) best = i;
        }
        out.classes |= uint64_t{1} << best;
        out.frequency += class_frequencies()[best];
        left.erase(std::remove_if(left.begin(), left.end(), [&](uint64_t own) { return (own >> best & 1) != 0; }), left.end());
    }
    return out;
}

} // namespace

int PrefilterBuilder::add(std::vector<std::string> literals) {
    if (std::any_of(literals.begin(), literals.end(), [](const std::string &literal) { return literal.empty(); })) return -1;
    drop_longer(literals);
    for (std::string &literal : literals) literal = rarest_window(literal);
    const auto says_nothing = [](const std::string &literal) { return literal.size() == 1 && (literal[0] == text_start || literal[0] == text_end); };
    if (std::any_of(literals.begin(), literals.end(), says_nothing)) return -1; // each text has two ends
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
    classes_.push_back(rare_classes(literals));
    filters_.emplace(std::move(literals), id);
    return id;
}

// ---- the tables ----

namespace {

uint64_t window_of(const std::string &bytes) {
    uint64_t window = 0;
    for (size_t i = 0; i < bytes.size(); i++) window |= uint64_t{static_cast<uint8_t>(bytes[i])} << (8 * i);
    return window;
}

void put(uint32_t *words, uint32_t bit) { words[bit / 32] |= uint32_t{1} << (bit % 32); }

unsigned sieve_bits(size_t count, size_t bits_each) {
    unsigned bits = 12;
    while ((size_t{1} << bits) < count * bits_each && bits < 24) bits++;
    return bits;
}

// At so many bits for each, one of as many that are not in it passes.
sl_sieve make_sieve(sl_arena *arena, const std::set<uint32_t> &values, size_t bits_each) {
    const unsigned bits = sieve_bits(values.size(), bits_each);
    uint32_t *words = SL_NEW_ARRAY(arena, uint32_t, size_t{1} << (bits - 5));
    for (const uint32_t value : values) put(words, sl_prefilter_hash(value) >> (32 - bits));
    return {words, 32 - bits};
}

sl_sieve make_sieve_of_fives(sl_arena *arena, const std::set<uint64_t> &keys) {
    const unsigned bits = sieve_bits(keys.size(), 16);
    uint32_t *words = SL_NEW_ARRAY(arena, uint32_t, size_t{1} << (bits - 5));
    for (const uint64_t key : keys) put(words, static_cast<uint32_t>(sl_prefilter_hash_five(key) >> (64 - bits)));
    return {words, 64 - bits};
}

const uint8_t (*make_set_bits(sl_arena *arena))[8] {
    auto *out = static_cast<uint8_t(*)[8]>(sl_arena_zalloc(arena, 256 * 8));
    for (unsigned byte = 0; byte < 256; byte++) {
        size_t used = 0;
        for (uint8_t bit = 0; bit < 8; bit++) {
            if ((byte >> bit & 1) != 0) out[byte][used++] = bit;
        }
    }
    return out;
}

// Distinct sets of filters, numbered; 0 is the empty one.
class FilterSets {
  public:
    sl_filter_set number(const std::vector<uint16_t> &filters) {
        if (filters.empty()) return 0;
        return numbers_.try_emplace(filters, static_cast<sl_filter_set>(numbers_.size()) + 1).first->second;
    }

    void write(sl_arena *arena, sl_prefilter &made) const {
        if (made.word_count <= sl_row_words) {
            uint64_t *rows = SL_NEW_ARRAY(arena, uint64_t, (numbers_.size() + 1) * sl_row_words);
            for (const auto &[filters, number] : numbers_) {
                uint64_t *row = rows + size_t{number} * sl_row_words;
                for (const uint16_t filter : filters) row[sl_prefilter_word(filter)] |= uint64_t{1} << (filter % 64);
            }
            made.rows = rows;
            return;
        }
        size_t total = 0;
        for (const auto &[filters, number] : numbers_) total += filters.size();
        uint16_t *all = SL_NEW_ARRAY(arena, uint16_t, total + 1);
        sl_filter_list *lists = SL_NEW_ARRAY(arena, sl_filter_list, numbers_.size() + 1);
        uint32_t used = 0;
        for (const auto &[filters, number] : numbers_) {
            lists[number] = {used, static_cast<uint32_t>(filters.size())};
            std::copy(filters.begin(), filters.end(), all + used);
            used += lists[number].count;
        }
        made.filters = all;
        made.lists = lists;
    }

  private:
    std::map<std::vector<uint16_t>, sl_filter_set> numbers_;
};

// The filters of each literal, by its length and its bytes.
struct Literals {
    using Filters = std::vector<uint16_t>;
    std::map<uint32_t, Filters> singles, pairs, triples, quads;
    std::map<uint64_t, Filters> fives;
    std::map<uint64_t, std::map<uint64_t, Filters>> longer; // by the first five bytes; as in sl_long_literal

    void add(const std::string &literal, uint16_t filter) {
        const uint64_t window = window_of(literal);
        const auto four = static_cast<uint32_t>(window);
        switch (literal.size()) {
            case 1: singles[four].push_back(filter); break;
            case 2: pairs[four].push_back(filter); break;
            case 3: triples[four << 8].push_back(filter); break;
            case 4: quads[four].push_back(filter); break;
            case 5: fives[window].push_back(filter); break;
            default: {
                const uint64_t five = window & sl_five_bytes;
                fives.try_emplace(five);
                longer[five][window | uint64_t{8 * (8 - literal.size())} << 56].push_back(filter);
            }
        }
    }
};

unsigned slot_bits(size_t count) {
    unsigned bits = 4;
    while ((size_t{1} << bits) < count * 2) bits++;
    return bits;
}

// As many numbers as a word has bits, the last one shared by those that most texts hold.
void write_singles(sl_arena *arena, const Literals &literals, sl_prefilter &made) {
    std::vector<std::pair<double, uint8_t>> bytes;
    for (const auto &[byte, filters] : literals.singles) {
        bytes.emplace_back(expected_frequency({std::string(1, static_cast<char>(byte))}), static_cast<uint8_t>(byte));
    }
    std::sort(bytes.begin(), bytes.end());
    uint64_t *bytes_of = SL_NEW_ARRAY(arena, uint64_t, made.filter_count);
    for (size_t i = 0; i < bytes.size(); i++) {
        const uint8_t byte = bytes[i].second;
        const uint64_t number = uint64_t{1} << std::min<size_t>(i, 63);
        made.byte_of[byte] = number;
        if (byte >= 'a' && byte <= 'z') made.byte_of[byte - 'a' + 'A'] = number;
        for (const uint16_t filter : literals.singles.at(byte)) bytes_of[filter] |= number;
    }
    made.bytes_of = bytes_of;
}

void write_pairs(sl_arena *arena, const Literals &literals, FilterSets &sets, sl_prefilter &made) {
    uint32_t *pairs = SL_NEW_ARRAY(arena, uint32_t, 65536 / 32);
    uint16_t *pair_sets = SL_NEW_ARRAY(arena, uint16_t, 65536);
    for (const auto &[bytes, filters] : literals.pairs) {
        put(pairs, bytes);
        pair_sets[bytes] = static_cast<uint16_t>(sets.number(filters));
    }
    made.pairs = pairs;
    made.pair_sets = pair_sets;
}

// Of three bytes, or of four.
sl_short_literals write_short(sl_arena *arena, const std::map<uint32_t, Literals::Filters> &literals, FilterSets &sets) {
    const unsigned bits = slot_bits(literals.size());
    sl_short_literal *slots = SL_NEW_ARRAY(arena, sl_short_literal, size_t{1} << bits);
    const sl_short_literals out = {slots, 32 - bits, (1u << bits) - 1};
    for (const auto &[bytes, filters] : literals) {
        uint32_t slot = sl_prefilter_hash(bytes) >> out.shift;
        while (slots[slot].set != 0) slot = (slot + 1) & out.mask;
        slots[slot] = {bytes, sets.number(filters)};
    }
    return out;
}

void write_long(sl_arena *arena, const Literals &literals, FilterSets &sets, sl_prefilter &made) {
    size_t long_count = 0;
    for (const auto &[five, longer] : literals.longer) long_count += longer.size();
    auto *all_longer = SL_NEW_ARRAY(arena, sl_long_literal, long_count + 1);
    const unsigned bits = slot_bits(literals.fives.size());
    sl_five *slots = SL_NEW_ARRAY(arena, sl_five, size_t{1} << bits);
    made.five_shift = 64 - bits;
    made.five_mask = (uint64_t{1} << bits) - 1;
    uint32_t used = 0;
    for (const auto &[bytes, filters] : literals.fives) {
        uint64_t slot = sl_prefilter_hash_five(bytes) >> made.five_shift;
        while (slots[slot].bytes != 0) slot = (slot + 1) & made.five_mask;
        slots[slot] = {bytes | sl_five_used, sets.number(filters), used, 0};
        const auto longer = literals.longer.find(bytes);
        if (longer == literals.longer.end()) continue;
        for (const auto &[window, of_longer] : longer->second) all_longer[used++] = {window, sets.number(of_longer)};
        slots[slot].count = used - slots[slot].first;
    }
    made.five_slots = slots;
    made.longer = all_longer;
}

void write_sieves(sl_arena *arena, const Literals &literals, sl_prefilter &made) {
    std::set<uint32_t> triples, quads;
    std::set<uint64_t> fives;
    for (const auto &[bytes, filters] : literals.triples) triples.insert(bytes);
    for (const auto &[bytes, filters] : literals.quads) quads.insert(bytes);
    for (const auto &[bytes, filters] : literals.fives) {
        quads.insert(static_cast<uint32_t>(bytes));
        fives.insert(bytes);
    }
    made.triple_sieve = make_sieve(arena, triples, 64);
    made.quad_sieve = make_sieve(arena, quads, 32);
    made.five_sieve = make_sieve_of_fives(arena, fives);
}

} // namespace

const sl_prefilter *PrefilterBuilder::build(sl_arena *arena) const {
    if (filters_.empty()) return nullptr;
    sl_prefilter *made = SL_NEW(arena, sl_prefilter);
    made->filter_count = static_cast<uint32_t>(filters_.size());
    made->word_count = std::max<uint32_t>(sl_prefilter_word(static_cast<int32_t>(made->filter_count) - 1) + 1, sl_row_words);
    if (!sl_scan_with_vectors(&made->functions)) made->functions = sl_scan_plainly;
    made->set_bits = make_set_bits(arena);
    made->nothing = SL_NEW_ARRAY(arena, uint64_t, made->word_count);
    Literals literals;
    for (const auto &[texts, filter] : filters_) {
        for (const std::string &text : texts) literals.add(text, static_cast<uint16_t>(filter));
    }
    FilterSets sets;
    write_singles(arena, literals, *made);
    write_pairs(arena, literals, sets, *made); // the first ones: their numbers have 16 bits
    made->triples = write_short(arena, literals.triples, sets);
    made->quads = write_short(arena, literals.quads, sets);
    write_long(arena, literals, sets, *made);
    write_sieves(arena, literals, *made);
    sets.write(arena, *made);
    return made;
}

} // namespace seclua
