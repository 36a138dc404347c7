// SPDX-License-Identifier: Apache-2.0
// Reads a pattern (pattern.hpp) for the first four bytes of its matches. Of each part it keeps which kinds of bytes may stand in
// each place and, by the kind before, which may follow; and with which kind a match of the part ends that is one, two or three
// bytes long, for there the next part goes on. Sets are unions over all ways, so they only ever hold too much. What is repeated
// often is kept, too: a text that has not so many bytes with which it begins need not be searched.
#include "prefilter/starts.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "base/bits.h"
#include "prefilter/pattern.hpp"

namespace seclua {

namespace {

constexpr double frequency_max = .25; // of the places of ordinary text where a match may begin
constexpr unsigned few_kinds = 3;     // of first bytes, that PCRE2 finds faster
constexpr unsigned worthwhile_count = 3;

using Kinds = uint64_t; // bits
constexpr Kinds end_kind = Kinds{1} << sl_start_end, any_kind = ~end_kind, all_kinds = ~Kinds{0};

Kinds kind(uint8_t byte) { return Kinds{1} << sl_start_kind_of[byte]; }

Kinds kinds_of(const Bytes &bytes) {
    Kinds out = 0;
    bytes.each([&](uint8_t byte) { out |= kind(byte); });
    return out;
}

Kinds kinds_of(const ByteClass &given) {
    if (given.is_unknown) return any_kind;
    Bytes bytes = given.written;
    bytes |= given.classes;
    if (!given.is_negated) return kinds_of(bytes);
    Bytes others = Bytes::all();
    others.remove(bytes);
    return kinds_of(others);
}

template <class Take> void each_kind(Kinds kinds, Take take) {
    for (; kinds != 0; kinds &= kinds - 1) take(sl_bits_first(kinds));
}

using Followers = std::array<Kinds, sl_start_kinds>; // by kind

struct Beginning {
    bool is_nullable = false; // may match the empty text
    Kinds first = 0;
    std::array<Kinds, sl_start_steps> ends{}; // by length less one: with which kind a match of that length ends
    std::vector<Followers> next;              // by place: what follows there; empty: nothing in any
    unsigned count = 0;                       // so many bytes of these kinds are in a match, wherever
    Kinds counted = 0;

    // Nothing that comes behind it can be among the first bytes.
    bool is_settled() const { return !is_nullable && (ends[0] | ends[1] | ends[2]) == 0; }

    bool is_one_byte() const { return !is_nullable && next.empty() && first == ends[0] && (ends[1] | ends[2]) == 0; }

    void add_branch(const Beginning &other) {
        is_nullable = is_nullable || other.is_nullable;
        first |= other.first;
        for (size_t i = 0; i < sl_start_steps; i++) {
            ends[i] |= other.ends[i];
            add_followers(i, other, i);
        }
    }
    void add_behind(const Beginning &part) {
        if (is_settled()) return;
        const std::array<Kinds, sl_start_steps> own = ends;
        const bool was_nullable = is_nullable;
        for (size_t place = 0; place < sl_start_steps; place++) {
            add_followers(place, own[place], part.first);
            for (size_t begin = 0; begin <= place; begin++) { // where the part may begin
                const bool is_there = begin == 0 ? was_nullable : own[begin - 1] != 0;
                if (is_there) add_followers(place, part, place - begin);
            }
        }
        for (size_t i = 0; i < sl_start_steps; i++) {
            Kinds last = part.is_nullable ? own[i] : 0;
            if (was_nullable) last |= part.ends[i];
            for (size_t begin = 1; begin <= i; begin++) {
                if (own[begin - 1] != 0) last |= part.ends[i - begin];
            }
            ends[i] = last;
        }
        add_count(part.count, part.counted);
        if (was_nullable) first |= part.first;
        is_nullable = was_nullable && part.is_nullable;
    }

    // Of two claims that hold together the one of more bytes is kept.
    void add_count(unsigned other_count, Kinds other_counted) {
        if (other_count <= count) return;
        count = other_count;
        counted = other_counted;
    }

  private:
    void add_followers(size_t place, const Beginning &other, size_t place_there) {
        if (other.next.empty()) return;
        next.resize(sl_start_steps);
        for (size_t i = 0; i < sl_start_kinds; i++) next[place][i] |= other.next[place_there][i];
    }
    void add_followers(size_t place, Kinds before, Kinds behind) {
        if (before == 0 || behind == 0) return;
        next.resize(sl_start_steps);
        each_kind(before, [&](unsigned last) { next[place][last] |= behind; });
    }
};

Beginning nothing_at_all() {
    Beginning out;
    out.is_nullable = true;
    return out;
}

Beginning one_of(Kinds kinds) {
    Beginning out;
    out.first = out.ends[0] = kinds;
    return out;
}

// Any number of bytes of these kinds.
Beginning run_of(Kinds kinds) {
    Beginning out = one_of(kinds);
    out.is_nullable = true;
    out.ends.fill(kinds);
    out.next.resize(sl_start_steps);
    for (Followers &followers : out.next) each_kind(kinds, [&](unsigned i) { followers[i] = kinds; });
    return out;
}

// Any number of the part, none included; four of them are as many as the first bytes can hold.
Beginning any_number_of(const Beginning &part) {
    if (part.is_one_byte()) return run_of(part.first);
    Beginning out = nothing_at_all();
    for (size_t i = 0; i <= sl_start_steps; i++) {
        Beginning longer = part;
        longer.add_behind(out);
        out = nothing_at_all();
        out.add_branch(longer);
    }
    return out;
}

struct BeginningOfSequence {
    Beginning whole = nothing_at_all();
    bool is_settled = false;
};

class StartsReader : public PatternReader<StartsReader, Beginning, BeginningOfSequence> {
  public:
    using PatternReader::PatternReader;
    Beginning whole() { return read(); }
    bool is_sometimes_anchored() const { return is_sometimes_anchored_; }

  private:
    friend PatternReader;
    using Sequence = BeginningOfSequence;

    Beginning unite(const std::vector<Beginning> &branches) const {
        Beginning out;
        if (settled_ != 0) return out;
        out.count = branches.front().count;
        for (const Beginning &branch : branches) {
            out.add_branch(branch);
            out.count = std::min(out.count, branch.count);
            out.counted |= branch.counted;
        }
        return out;
    }
    Beginning finish(Sequence &parts) {
        settled_ -= parts.is_settled;
        return std::move(parts.whole);
    }
    void add_byte(Sequence &parts, uint8_t written) { add(parts, byte(written)); }
    void add(Sequence &parts, const Beginning &part) {
        if (settled_ != 0) return;
        parts.whole.add_behind(part);
        note_settled(parts);
    }
    void repeat(Sequence &parts, const Beginning &part, unsigned least, unsigned most) {
        if (settled_ != 0) return;
        for (unsigned i = 0; i < std::min(least, unsigned{sl_start_steps} + 1); i++) parts.whole.add_behind(part);
        if (!part.is_nullable) parts.whole.add_count(least, part.first); // each time it begins anew
        if (most - least == 1) {
            Beginning perhaps = part;
            perhaps.is_nullable = true;
            perhaps.count = 0;
            parts.whole.add_behind(perhaps);
        } else if (least < most) {
            parts.whole.add_behind(any_number_of(part));
        }
        note_settled(parts);
    }
    void note_settled(Sequence &parts) {
        parts.is_settled = parts.whole.is_settled();
        settled_ += parts.is_settled;
    }
    static Beginning byte(uint8_t written) { return one_of(kind(written)); }
    Beginning bytes(const ByteClass &given) const { return settled_ != 0 ? Beginning() : one_of(kinds_of(given)); }
    static Beginning any_byte() { return one_of(any_kind); }
    Beginning class_of(uint8_t letter) const { return settled_ != 0 ? Beginning() : one_of(kinds_of(bytes_of_class(letter))); }
    static Beginning anything() { return run_of(any_kind); }
    static Beginning nothing() { return nothing_at_all(); }
    Beginning end_of_text(bool is_start) {
        if (!is_start) return nothing_at_all();
        is_sometimes_anchored_ = true;
        return {}; // matches nowhere but at the start of the text, which is tried in any case
    }

    bool is_sometimes_anchored_ = false;
    unsigned settled_ = 0; // sequences around this place that nothing adds to any more: most of a long pattern
};

// A match that ends early may have anything behind it, the end of the text included.
sl_starts starts_of(const Beginning &whole, bool is_sometimes_anchored) {
    sl_starts out{};
    out.tries_first = is_sometimes_anchored;
    const bool counts = !is_sometimes_anchored && whole.count >= worthwhile_count; // what is anchored was left out
    out.least_count = counts ? whole.count : 0;
    out.counted_kinds = whole.counted;
    for (size_t step = 0; step < sl_start_steps; step++) {
        if (!whole.next.empty()) std::copy(whole.next[step].begin(), whole.next[step].end(), out.next[step]);
    }
    for (size_t length = 0; length < sl_start_steps; length++) {
        each_kind(whole.ends[length], [&](unsigned last) { out.next[length][last] = all_kinds; });
        for (size_t step = length + 1; step < sl_start_steps && whole.ends[length] != 0; step++) {
            std::fill_n(out.next[step], sl_start_kinds, all_kinds);
        }
    }
    return out;
}

std::array<double, sl_start_kinds> make_frequencies() {
    std::array<double, sl_start_kinds> out{};
    for (unsigned byte = 0; byte < 256; byte++) {
        const bool is_upper = byte >= 'A' && byte <= 'Z'; // folded: A and Z stand for the ends of a text
        if (!is_upper) out[sl_start_kind_of[byte]] += byte_frequency[byte];
    }
    return out;
}

// How many of the places of ordinary text a match may begin at.
double frequency_of(const sl_starts &starts) {
    static const std::array<double, sl_start_kinds> frequencies = make_frequencies();
    std::array<double, sl_start_kinds> reached = frequencies;
    for (const auto &followers : starts.next) {
        std::array<double, sl_start_kinds> next{};
        for (size_t i = 0; i < sl_start_kinds; i++) {
            each_kind(followers[i], [&](unsigned follower) { next[follower] += reached[i] * frequencies[follower]; });
        }
        reached = next;
    }
    double sum = 0;
    for (const double each : reached) sum += each;
    return sum;
}

} // namespace

std::optional<Starts> possible_starts(std::string_view pattern, bool lines) {
    if (pattern.find("\\G") != std::string_view::npos) return std::nullopt; // it speaks of where the search begins
    try {
        StartsReader reader(pattern, lines);
        const Beginning whole = reader.whole();
        if (whole.is_nullable) return std::nullopt;
        const sl_starts places = starts_of(whole, reader.is_sometimes_anchored());
        const bool is_searched = sl_bits_count(whole.first) > few_kinds;
        return Starts{places, is_searched && frequency_of(places) <= frequency_max};
    } catch (const GiveUp &) {
        return std::nullopt;
    }
}

} // namespace seclua
