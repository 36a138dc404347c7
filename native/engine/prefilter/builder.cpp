// SPDX-License-Identifier: Apache-2.0
// From the literals of all filters to sieves and a table of slots. Of a long literal the rarest few bytes in a row are kept:
// they are necessary, too.
#include "prefilter/builder.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "base/ascii.h"
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

uint64_t key_of(const std::string &literal) { return sl_prefilter_key(window_of(literal), static_cast<unsigned>(literal.size())); }

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

// Numbers for bytes that are literals, as many as there are bits.
class Bytes {
  public:
    bool take(const std::string &literal, sl_byte_set &out) {
        constexpr size_t numbers_max = 64 * sizeof(sl_byte_set::words) / sizeof(uint64_t);
        const auto byte = static_cast<uint8_t>(literal[0]);
        if (literal.size() != 1 || (!numbers_.contains(byte) && numbers_.size() == numbers_max)) return false;
        add(numbers_.emplace(byte, static_cast<unsigned>(numbers_.size())).first->second, out);
        return true;
    }
    void write(uint64_t (&byte_of)[2][256]) const {
        for (unsigned b = 0; b < 256; b++) {
            const auto known = numbers_.find(sl_ascii_lower(static_cast<uint8_t>(b)));
            if (known != numbers_.end()) byte_of[known->second / 64][b] = uint64_t{1} << (known->second % 64);
        }
    }

  private:
    static void add(unsigned number, sl_byte_set &out) { out.words[number / 64] |= uint64_t{1} << (number % 64); }
    std::map<uint8_t, unsigned> numbers_;
};

} // namespace

const sl_prefilter *PrefilterBuilder::build(sl_arena *arena) const {
    if (filters_.empty()) return nullptr;
    sl_prefilter *made = SL_NEW(arena, sl_prefilter);
    made->filter_count = static_cast<uint32_t>(filters_.size());
    made->word_count = (made->filter_count + 63) / 64;

    Bytes bytes;
    sl_byte_set *bytes_of = SL_NEW_ARRAY(arena, sl_byte_set, filters_.size());
    std::unordered_map<uint64_t, std::vector<uint16_t>> filters_of; // by literal
    std::unordered_map<uint64_t, uint8_t> longer;                   // by its first four bytes
    std::set<uint32_t> triples, quads;
    std::set<uint64_t> fives;
    uint32_t *pairs = SL_NEW_ARRAY(arena, uint32_t, 65536 / 32);
    for (const auto &[literals, id] : filters_) {
        for (const std::string &literal : literals) {
            if (bytes.take(literal, bytes_of[id])) continue;
            filters_of[key_of(literal)].push_back(static_cast<uint16_t>(id));
            const auto window = static_cast<uint32_t>(window_of(literal));
            if (literal.size() == 1) {
                made->has_singles = true;
                for (uint32_t second = 0; second < 256; second++) put(pairs, window | second << 8);
            } else if (literal.size() == 2) {
                put(pairs, window);
            } else if (literal.size() == 3) {
                triples.insert(window << 8);
            } else {
                quads.insert(window);
                const std::string start = literal.substr(0, 4);
                filters_of.try_emplace(key_of(start));
                fives.insert(key_of(literal.substr(0, 5)));
                if (literal.size() > 4) longer[key_of(start)] |= static_cast<uint8_t>(1u << literal.size());
            }
        }
    }
    const sl_sieve_fn vector_sieve = sl_prefilter_vector_sieve();
    made->sieve = vector_sieve != nullptr ? vector_sieve : sl_prefilter_sieve_plainly;
    made->set_bits = make_set_bits(arena);
    bytes.write(made->byte_of);
    made->bytes_of = bytes_of;
    made->pairs = pairs;
    made->triples = make_sieve(arena, triples, 64);
    made->quads = make_sieve(arena, quads, 32);
    made->fives = make_sieve_of_fives(arena, fives);

    unsigned slot_bits = 4;
    while ((size_t{1} << slot_bits) < filters_of.size() * 2) slot_bits++;
    sl_literal *slots = SL_NEW_ARRAY(arena, sl_literal, size_t{1} << slot_bits);
    made->slots = slots;
    made->slot_shift = 64 - slot_bits;
    made->slot_mask = (uint64_t{1} << slot_bits) - 1;
    size_t total = 0;
    for (const auto &[key, ids] : filters_of) total += ids.size();
    uint16_t *filters = SL_NEW_ARRAY(arena, uint16_t, total + 1);
    made->filters = filters;
    uint32_t used = 0;
    uint16_t *pair_of = SL_NEW_ARRAY(arena, uint16_t, 65536);
    std::vector<sl_literal> pair_literals(1); // the first one is of no pair
    for (const auto &[key, ids] : filters_of) {
        const auto known = longer.find(key);
        const sl_literal literal = {key, used, static_cast<uint16_t>(ids.size()), known == longer.end() ? uint8_t{0} : known->second};
        std::copy(ids.begin(), ids.end(), filters + used);
        used += static_cast<uint32_t>(ids.size());
        if (key >> 56 == 2) {
            pair_of[key & 0xFFFF] = static_cast<uint16_t>(pair_literals.size());
            pair_literals.push_back(literal);
            continue;
        }
        uint64_t slot = sl_prefilter_slot(made, key);
        while (slots[slot].key != 0) slot = (slot + 1) & made->slot_mask;
        slots[slot] = literal;
    }
    auto *kept_pairs = SL_NEW_ARRAY(arena, sl_literal, pair_literals.size());
    std::copy(pair_literals.begin(), pair_literals.end(), kept_pairs);
    made->pair_of = pair_of;
    made->pair_literals = kept_pairs;
    return made;
}

} // namespace seclua
