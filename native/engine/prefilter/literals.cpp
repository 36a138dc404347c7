// SPDX-License-Identifier: Apache-2.0
// Walks a PCRE pattern (pattern.hpp) and keeps, for each part, the texts it can match (while they are few) or a set of texts of which one
// has to occur. Concatenations multiply sets, alternations unite them, optional parts break a run; of all runs the rarest
// sets win. Assertions and look-around are taken as empty. Unknown syntax ends the walk without an answer.
//
// Evasion-tolerant patterns put an optional gap (quotes, backslashes, $…) between any two letters, and a break at each gap
// leaves single letters. So each pattern is walked twice: the second walk takes a gap as empty and remembers what a gap which is
// not empty must begin with, and the byte before it. A match then holds one of the joined texts, or, at its first gap that is
// not empty, one of those pairs. A third walk goes on over bytes that may repeat, as if there were one; a match has that, or two.
//
// Soundness rests on three habits: every set is a superset of what the part can match; a part that is not understood is
// never skipped as if it were empty; everything is case folded, as the scan folds the text.
#include "prefilter/literals.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/ascii.h"
#include "prefilter/pattern.hpp"
#include "prefilter/sequence.hpp"

namespace seclua {

namespace {

constexpr size_t class_max = 12; // members a character class may be written out to
constexpr double gap_frequency_max = .035;

class Walker : public PatternReader<Walker, Part, Sequence> {
  public:
    // plain_only: of values without breakers.
    Walker(std::string_view pattern, bool lines, bool skips_gaps, bool plain_only, bool joins_repeats)
        : PatternReader(pattern, lines), skips_gaps_(skips_gaps), plain_only_(plain_only), joins_repeats_(joins_repeats) {}

    // After the walk: whether the other way of taking gaps would have made a difference.
    bool has_gaps() const { return has_gaps_; }
    // The same of repeated bytes.
    bool has_repeats() const { return has_repeats_; }

    // The sets of which every match needs one text each.
    std::vector<Need> walk() {
        Part whole = read();
        std::vector<Need> needs;
        if (!whole.is_exact) {
            needs = std::move(whole.necessary);
        } else if (is_impossible(whole)) {
            needs.emplace_back(Set(), Gaps());
        } else if (!has_empty(whole.texts)) {
            needs.emplace_back(std::move(whole.texts), std::move(whole.gaps));
        }
        return needs;
    }

  private:
    friend PatternReader;

    static Part unite(const std::vector<Part> &branches) { return seclua::unite(branches); }
    static Part finish(Sequence &parts) { return parts.finish(); }

    void add_byte(Sequence &parts, uint8_t written) {
        const uint8_t byte = sl_ascii_lower(written);
        if (is_left_out(byte)) {
            parts.add(impossible());
        } else {
            parts.add(byte);
        }
    }

    void add(Sequence &parts, Part &&part) {
        if (part.is_nullable && !part.is_exact && is_gap(part)) {
            parts.add_gap(part);
        } else {
            parts.add(std::move(part));
        }
    }

    Part byte(uint8_t written) const {
        const uint8_t byte = sl_ascii_lower(written);
        return is_left_out(byte) ? impossible() : exactly(byte);
    }

    static Part any_byte() { return anything(); }
    static Part class_of(uint8_t) { return anything(); }
    static Part anything() { return seclua::anything(false); }
    static Part nothing() { return exactly_empty(); }

    // Zero-width: as a text it is its marker, as a part that consumes it is empty.
    static Part end_of_text(bool is_start) {
        Part out = exactly(static_cast<uint8_t>(is_start ? text_start : text_end));
        out.is_nullable = true;
        return out;
    }

    bool is_gap(const Part &part) {
        if (part.first.is_all() || part.first.is_none()) return false;
        double frequency = 0;
        part.first.each([&](uint8_t byte) { frequency += byte_frequency[byte]; });
        if (frequency > gap_frequency_max) return false;
        has_gaps_ = true;
        return skips_gaps_;
    }

    bool is_left_out(uint8_t byte) const { return plain_only_ && breakers().has(byte); }

    void repeat(Sequence &parts, Part &&part, unsigned least, unsigned most) {
        if (least == 0) {
            if (is_impossible(part)) return;
            if (most != 0) parts.leave_open(part);
            if (is_gap(part)) {
                parts.add_gap(part);
            } else if (most == 1 && part.is_exact) {
                part.is_nullable = true;
                if (!has_empty(part.texts)) part.texts.insert(part.texts.begin(), ShortText());
                parts.add(std::move(part));
            } else if (most != 0) {
                parts.add_optional(part);
            }
            return;
        }
        for (unsigned i = 0; i < std::min(least, 4u); i++) parts.add(part);
        if (least == most && least <= 4) return;
        if (is_gap(part)) {
            parts.add_gap(part);
            return;
        }
        const bool can_repeat = parts.can_repeat(part);
        has_repeats_ = has_repeats_ || can_repeat;
        if (can_repeat && joins_repeats_) {
            parts.may_repeat(part);
        } else {
            parts.flush();
        }
    }

    // Of a letter both cases have to be left out.
    Part all_but(const Bytes &written) const {
        Part out;
        for (unsigned b = 0; b < 256; b++) {
            const auto byte = static_cast<uint8_t>(b);
            if (!written.has(byte)) out.first.set(sl_ascii_lower(byte));
        }
        if (plain_only_) out.first.remove(breakers());
        return out.first.is_none() ? impossible() : out;
    }

    Part bytes(const ByteClass &given) const {
        if (given.is_wide || given.members.is_none() || (given.is_negated && given.has_spaces)) return anything();
        if (given.is_negated) return all_but(given.written);
        Part out;
        out.first = given.members;
        if (plain_only_) out.first.remove(breakers());
        if (out.first.is_none()) return impossible();
        out.is_exact = out.first.count() <= class_max;
        if (out.is_exact) out.first.each([&](uint8_t byte) { out.texts.emplace_back(byte); });
        return out;
    }

    bool skips_gaps_, plain_only_, has_gaps_ = false, has_repeats_ = false;
    bool joins_repeats_; // what stands before a repeated byte is joined to what stands behind it, as if there were one, or to two
};

Rarest rarest_needs(std::string_view pattern, bool lines, bool plain_only) {
    Rarest rarest;
    Walker exact(pattern, lines, false, plain_only, false);
    for (Need &need : exact.walk()) rarest.add(std::move(need));
    if (exact.has_gaps()) {
        for (Need &need : Walker(pattern, lines, true, plain_only, false).walk()) rarest.add(std::move(need));
    }
    if (exact.has_repeats()) {
        for (Need &need : Walker(pattern, lines, false, plain_only, true).walk()) rarest.add(std::move(need));
    }
    return rarest;
}

} // namespace

Necessary necessary_literals(std::string_view pattern, bool lines) {
    constexpr double rare = .0005, much_more = 4;
    try {
        Necessary out;
        double least = 1;
        for (const Need &need : rarest_needs(pattern, lines, false).take()) {
            least = std::min(least, need.frequency);
            out.sets.push_back(need.whole());
        }
        if (least < rare) return out;
        const std::vector<Need> plain = rarest_needs(pattern, lines, true).take();
        if (!plain.empty() && plain[0].frequency * much_more < least) out.plain = plain[0].whole();
        return out;
    } catch (const GiveUp &) {
        return {};
    }
}

} // namespace seclua
