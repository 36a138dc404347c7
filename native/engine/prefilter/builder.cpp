// SPDX-License-Identifier: Apache-2.0
// From the literals of all filters to sieves and tables of slots.
#include "prefilter/builder.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "base/bits.h"
#include "base/classes.h"
#include "prefilter/filter_sets.hpp"
#include "prefilter/literals.hpp"
#include "prefilter/windows.hpp"

namespace seclua {

namespace {

constexpr size_t literals_bytes_max = 64u << 20;
constexpr size_t few_pairs = 4; // that the sieve of triples takes along

// How often a byte of a text is expected to be of a class, by the number of its bit; of classes that are the finest of a byte.
const std::array<double, 64> &class_frequencies() {
    static const std::array<double, 64> frequencies = [] {
        std::array<double, 64> out{};
        for (unsigned byte = 0; byte < 256; byte++) {
            if (byte >= 'A' && byte <= 'Z') continue;
            const char letter = static_cast<char>(byte);
            out[sl_bits_first(sl_class_of_byte(static_cast<uint8_t>(byte)))] += expected_frequency({&letter, 1});
        }
        return out;
    }();
    return frequencies;
}

// Of the bytes of a literal; 0 = it has none but ends of a text.
uint64_t classes_of_key(uint64_t key) {
    uint64_t classes = 0;
    for (unsigned left = key_length(key); left > 0; left--, key >>= 8) {
        const auto byte = static_cast<uint8_t>(key);
        if (byte != text_start && byte != text_end) classes |= sl_class_of_byte(byte);
    }
    return classes;
}

// Classes of which each literal holds one, few and rare ones: the next is always the one that costs least for each literal
// that has none yet.
uint64_t rare_classes(const LiteralSet &literals) {
    std::vector<uint64_t> left;
    left.reserve(literals.keys.size() + literals.wholes.size());
    for (const uint64_t key : literals.keys) left.push_back(classes_of_key(key));
    for (const WholeText &whole : literals.wholes) left.push_back(classes_of_key(whole.key));
    if (std::find(left.begin(), left.end(), 0) != left.end()) return sl_class_any;
    std::array<size_t, 64> counts{}; // by class: of what is left
    const auto count = [&](uint64_t own, size_t change) {
        for (uint64_t bits = own; bits != 0; bits &= bits - 1) counts[sl_bits_first(bits)] += change;
    };
    for (const uint64_t own : left) count(own, 1);
    const std::array<double, 64> &frequencies = class_frequencies();
    const auto cost = [&](size_t i) { return frequencies[i] / static_cast<double>(counts[i]); };
    uint64_t out = 0;
    while (!left.empty()) {
        size_t best = 64;
        for (size_t i = 0; i < 64; i++) {
            if (counts[i] != 0 && (best == 64 || cost(i) < cost(best))) best = i;
        }
        out |= uint64_t{1} << best;
        std::erase_if(left, [&](uint64_t own) {
            if ((own >> best & 1) == 0) return false;
            count(own, size_t{0} - 1);
            return true;
        });
    }
    return out;
}

} // namespace

int PrefilterBuilder::add(LiteralSet literals) { return literals.empty() ? -1 : add_to(ids_, std::move(literals)); }

int PrefilterBuilder::add_for_plain(std::vector<uint64_t> keys) { return add_to(plain_ids_, {std::move(keys), {}}); }

int PrefilterBuilder::add_to(Ids &ids, LiteralSet literals) {
    if (const auto known = ids.find(literals); known != ids.end()) return known->second;
    size_t bytes = 0;
    for (const uint64_t key : literals.keys) bytes += key_length(key);
    for (const WholeText &whole : literals.wholes) bytes += whole.text.size();
    if (byte_count_ + bytes > literals_bytes_max) return -1;
    byte_count_ += bytes;
    if (filters_.size() >= sl_no_filter) return -1;
    const int id = static_cast<int>(filters_.size());
    classes_.push_back(rare_classes(literals));
    filters_.push_back(&ids.emplace(std::move(literals), id).first->first);
    return id;
}

// ---- the tables ----

namespace {

void put(uint32_t *words, uint32_t bit) { words[bit / 32] |= uint32_t{1} << (bit % 32); }

unsigned sieve_bits(size_t count, size_t bits_each) {
    unsigned bits = 12;
    while ((size_t{1} << bits) < count * bits_each && bits < 24) bits++;
    return bits;
}

unsigned slot_bits(size_t count) {
    unsigned bits = 4;
    while ((size_t{1} << bits) < count * 2) bits++;
    return bits;
}

// At so many bits for each, one of as many that are not in it passes.
sl_sieve make_sieve(sl_arena *arena, const std::vector<uint64_t> &values, size_t bits_each) { // of 32 bits each
    const unsigned bits = sieve_bits(values.size(), bits_each);
    uint32_t *words = SL_NEW_ARRAY(arena, uint32_t, size_t{1} << (bits - 5));
    for (const uint64_t value : values) put(words, sl_prefilter_hash(static_cast<uint32_t>(value)) >> (32 - bits));
    return {words, 32 - bits};
}

sl_sieve make_sieve_of_fives(sl_arena *arena, const std::vector<uint64_t> &fives) {
    const unsigned bits = sieve_bits(fives.size(), 16);
    uint32_t *words = SL_NEW_ARRAY(arena, uint32_t, size_t{1} << (bits - 5));
    for (const uint64_t five : fives) put(words, static_cast<uint32_t>(sl_prefilter_hash_five(five) >> (64 - bits)));
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

struct Literal {
    uint64_t bytes; // the first one lowest
    FilterSets::Index filters;
};

// Literals of some filters, by their length.
struct Literals {
    std::vector<Literal> of_length[sl_prefilter_bytes_max + 1];
    std::map<WholeText, FilterSets::Index> wholes; // those of a literal stand together
    FilterSets sets;

    Literals(const std::vector<const LiteralSet *> &filters, const FilterIds &ids) {
        Keys keys;
        std::vector<FilterSets::Index> sets_of; // by number of the key
        const auto number_of = [&](uint64_t key) {
            const uint32_t number = keys.number(key);
            if (number == sets_of.size()) sets_of.push_back(0);
            return number;
        };
        for (const int id : ids) {
            sets.begin(static_cast<uint16_t>(id));
            for (const uint64_t key : filters[id]->keys) {
                FilterSets::Index &set = sets_of[number_of(key)];
                set = sets.grown(set);
            }
            for (const WholeText &whole : filters[id]->wholes) {
                number_of(whole.key);
                FilterSets::Index &set = wholes[whole];
                set = sets.grown(set);
            }
        }
        for (size_t i = 0; i < sets_of.size(); i++) {
            const uint64_t key = keys.all()[i];
            of_length[key_length(key)].push_back({key_bytes(key), sets_of[i]});
        }
    }
};

// The bit of a literal of one byte: its own class, or a number. Where there are too many, the last number is shared by those that
// most texts hold.
struct SingleBits {
    uint64_t of_byte[256] = {}, numbered = 0;

    explicit SingleBits(const Literals &literals) {
        std::vector<std::pair<double, uint8_t>> others;
        for (const Literal &literal : literals.of_length[1]) {
            const auto byte = static_cast<uint8_t>(literal.bytes);
            const char letter = static_cast<char>(byte);
            of_byte[byte] = sl_own_class_of_byte(byte);
            if (of_byte[byte] == 0) others.emplace_back(expected_frequency({&letter, 1}), byte);
        }
        std::sort(others.begin(), others.end());
        uint64_t free = ~uint64_t{0};
        for (unsigned byte = 0; byte < 256; byte++) free &= ~sl_own_class_of_byte(static_cast<uint8_t>(byte));
        for (const auto &[frequency, byte] : others) {
            of_byte[byte] = free & (~free + 1);
            numbered |= of_byte[byte];
            if ((free & (free - 1)) != 0) free &= free - 1;
        }
    }
};

const uint64_t *make_byte_rows(sl_arena *arena, const Literals &literals, const SingleBits &bits, uint32_t word_count) {
    uint64_t *rows = SL_NEW_ARRAY(arena, uint64_t, size_t{64} * word_count);
    for (const Literal &literal : literals.of_length[1]) {
        uint64_t *row = rows + sl_bits_first(bits.of_byte[literal.bytes]) * word_count;
        literals.sets.each_filter(literal.filters, [&](uint16_t filter) { row[sl_prefilter_word(filter)] |= uint64_t{1} << (filter % 64); });
    }
    return rows;
}

void write_singles(sl_arena *arena, const Literals &literals, const SingleBits &bits, sl_scanner &made) {
    sl_numbered_byte *numbered = SL_NEW_ARRAY(arena, sl_numbered_byte, literals.of_length[1].size() + 1);
    for (const Literal &literal : literals.of_length[1]) {
        const auto byte = static_cast<uint8_t>(literal.bytes);
        if ((bits.of_byte[byte] & bits.numbered) == 0) {
            made.own_classes |= bits.of_byte[byte];
        } else {
            made.numbered_classes |= sl_class_of_byte(byte);
            numbered[made.numbered_count++] = {sl_class_of_byte(byte), byte, static_cast<uint8_t>(sl_bits_first(bits.of_byte[byte]))};
        }
    }
    made.numbered = numbered;
}

const uint32_t *make_pair_bits(sl_arena *arena, const Literals &literals) {
    uint32_t *bits = SL_NEW_ARRAY(arena, uint32_t, 65536 / 32);
    for (const Literal &literal : literals.of_length[2]) put(bits, static_cast<uint32_t>(literal.bytes));
    return bits;
}

// As sl_short_literal has them; length: two to four.
uint32_t short_bytes(const Literal &literal, size_t length) { return static_cast<uint32_t>(literal.bytes << (8 * (4 - length))); }

sl_short_literals write_short(sl_arena *arena, Literals &literals, size_t length) {
    const unsigned bits = slot_bits(literals.of_length[length].size());
    sl_short_literal *slots = SL_NEW_ARRAY(arena, sl_short_literal, size_t{1} << bits);
    const sl_short_literals out = {slots, 32 - bits, (1u << bits) - 1};
    for (const Literal &literal : literals.of_length[length]) {
        const uint32_t bytes = short_bytes(literal, length);
        uint32_t slot = sl_prefilter_hash(bytes) >> out.shift;
        while (slots[slot].set != 0) slot = (slot + 1) & out.mask;
        slots[slot] = {bytes, literals.sets.number(literal.filters)};
    }
    return out;
}

// By bytes of a literal: 1 + the place of the first text that it is a part of.
using WholesOf = std::unordered_map<uint64_t, uint32_t>;

WholesOf write_wholes(sl_arena *arena, Literals &literals, sl_scanner &made) {
    WholesOf first_of;
    sl_whole_text *wholes = SL_NEW_ARRAY(arena, sl_whole_text, literals.wholes.size() + 1);
    uint32_t count = 0;
    for (const auto &[whole, filters] : literals.wholes) {
        const bool is_first = first_of.emplace(key_bytes(whole.key), count + 1).second;
        if (!is_first) wholes[count - 1].is_last = false;
        const sl_slice text = sl_arena_copy(arena, sl_slice_of(whole.text.data(), whole.text.size()));
        wholes[count++] = {text.ptr, static_cast<uint16_t>(text.len), static_cast<uint16_t>(whole.before), true, literals.sets.number(filters)};
    }
    made.wholes = wholes;
    return first_of;
}

// fives: is filled with what literals of five bytes and more begin with.
void write_long(sl_arena *arena, Literals &literals, Keys &fives, sl_scanner &made) {
    for (const Literal &literal : literals.of_length[5]) fives.number(literal.bytes);
    std::vector<uint32_t> counts(fives.all().size()), places; // by five: of longer ones, and where they go
    for (size_t length = 6; length <= sl_prefilter_bytes_max; length++) {
        for (const Literal &literal : literals.of_length[length]) {
            const uint32_t five = fives.number(literal.bytes & sl_five_bytes);
            if (five == counts.size()) counts.push_back(0);
            counts[five]++;
        }
    }
    const unsigned bits = slot_bits(counts.size());
    sl_five *slots = SL_NEW_ARRAY(arena, sl_five, size_t{1} << bits);
    made.five_shift = 64 - bits;
    made.five_mask = (uint64_t{1} << bits) - 1;
    uint32_t long_count = 0;
    for (size_t i = 0; i < counts.size(); i++) {
        const uint64_t bytes = fives.all()[i];
        uint64_t slot = sl_prefilter_hash_five(bytes) >> made.five_shift;
        while (slots[slot].bytes != 0) slot = (slot + 1) & made.five_mask;
        const bool is_literal = i < literals.of_length[5].size(); // they came first
        const sl_filter_set set = is_literal ? literals.sets.number(literals.of_length[5][i].filters) : 0;
        slots[slot] = {bytes | sl_five_used, set, long_count, counts[i]};
        places.push_back(long_count);
        long_count += counts[i];
    }
    auto *longer = SL_NEW_ARRAY(arena, sl_long_literal, long_count + 1);
    const WholesOf wholes_of = write_wholes(arena, literals, made);
    for (size_t length = 6; length <= sl_prefilter_bytes_max; length++) {
        for (const Literal &literal : literals.of_length[length]) {
            const uint32_t five = fives.number(literal.bytes & sl_five_bytes);
            const auto wholes = length == sl_prefilter_bytes_max ? wholes_of.find(literal.bytes) : wholes_of.end();
            longer[places[five]++] = {literal.bytes | uint64_t{8 * (8 - length)} << 56, literals.sets.number(literal.filters),
                                      wholes == wholes_of.end() ? 0 : wholes->second};
        }
    }
    made.five_slots = slots;
    made.longer = longer;
}

void write_sieves(sl_arena *arena, const Literals &literals, const std::vector<uint64_t> &fives, sl_scanner &made) {
    Keys triples, quads;
    for (const Literal &literal : literals.of_length[3]) triples.number(short_bytes(literal, 3));
    for (const Literal &literal : literals.of_length[4]) quads.number(short_bytes(literal, 4));
    for (const uint64_t five : fives) quads.number(static_cast<uint32_t>(five));
    const std::vector<Literal> &pairs = literals.of_length[2];
    made.has_pairs_in_triples = !pairs.empty() && pairs.size() <= few_pairs;
    made.has_pairs = pairs.size() > few_pairs;
    if (made.has_pairs) made.pair_bits = make_pair_bits(arena, literals);
    for (uint64_t third = 0; made.has_pairs_in_triples && third < 256; third++) {
        for (const Literal &pair : pairs) triples.number(short_bytes({pair.bytes | third << 16, 0}, 3));
    }
    made.has_triples = !triples.all().empty();
    made.has_quads = !quads.all().empty();
    made.triple_sieve = make_sieve(arena, triples.all(), 64);
    made.quad_sieve = make_sieve(arena, quads.all(), 32);
    made.five_sieve = make_sieve_of_fives(arena, fives);
}

void write_scanner(sl_arena *arena, Literals &literals, const SingleBits &bits, sl_scanner &made) {
    Keys fives;
    write_singles(arena, literals, bits, made);
    made.pairs = write_short(arena, literals, 2);
    made.triples = write_short(arena, literals, 3);
    made.quads = write_short(arena, literals, 4);
    write_long(arena, literals, fives, made);
    write_sieves(arena, literals, fives.all(), made);
    literals.sets.write(arena, made);
}

// plain_ids: ids of the filters that only speak of plain values, by their literals.
template <class Ids> void write_nothing(sl_arena *arena, const Ids &plain_ids, uint32_t number, sl_scanner &made) {
    uint64_t *nothing = SL_NEW_ARRAY(arena, uint64_t, made.word_count + 1);
    uint64_t *of_plain = SL_NEW_ARRAY(arena, uint64_t, made.word_count + 1);
    for (const auto &each : plain_ids) of_plain[sl_prefilter_word(static_cast<uint32_t>(each.second))] |= uint64_t{1} << (each.second % 64);
    nothing[made.word_count] = of_plain[made.word_count] = number;
    made.nothing = nothing;
    made.of_plain = of_plain;
}

} // namespace

size_t PrefilterBuilder::literal_count(int filter) const {
    const LiteralSet &literals = *filters_[static_cast<size_t>(filter)];
    return literals.keys.size() + literals.wholes.size();
}

const sl_prefilter *PrefilterBuilder::build(sl_arena *arena, const std::vector<FilterIds> &parts) const {
    if (filters_.empty()) return nullptr;
    sl_prefilter *made = SL_NEW(arena, sl_prefilter);
    made->filter_count = static_cast<uint32_t>(filters_.size());
    const uint32_t words = sl_prefilter_word(made->filter_count - 1) + 1;
    made->word_count = (words + sl_row_step - 1) / sl_row_step * sl_row_step;
    for (const char c : std::string_view(sl_prefilter_breakers)) made->breaker_classes |= sl_class_of_byte(static_cast<uint8_t>(c));

    FilterIds all(filters_.size());
    std::iota(all.begin(), all.end(), 0);
    Literals literals(filters_, all);
    made->scanner_count = static_cast<uint32_t>(parts.size() + 1);
    sl_scanner *scanners = SL_NEW_ARRAY(arena, sl_scanner, made->scanner_count);
    sl_scanner common{};
    const SingleBits bits(literals);
    common.set_bits = make_set_bits(arena);
    common.word_count = made->word_count;
    common.byte_rows = make_byte_rows(arena, literals, bits, made->word_count);
    if (!sl_scan_with_vectors(&common.functions)) common.functions = sl_scan_plainly;
    scanners[0] = common;
    write_scanner(arena, literals, bits, scanners[0]);
    for (size_t i = 0; i < parts.size(); i++) {
        Literals own(filters_, parts[i]);
        scanners[i + 1] = common;
        write_scanner(arena, own, bits, scanners[i + 1]);
    }
    for (uint32_t i = 0; i < made->scanner_count; i++) write_nothing(arena, plain_ids_, i, scanners[i]);
    made->scanners = scanners;
    return made;
}

} // namespace seclua
