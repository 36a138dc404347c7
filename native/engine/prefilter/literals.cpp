// SPDX-License-Identifier: Apache-2.0
// Walks a PCRE pattern and keeps, for each part, the texts it can match (while they are few) or a set of texts of which one
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
#include "prefilter/sequence.hpp"

namespace seclua {

namespace {

constexpr size_t class_max = 12; // members a character class may be written out to
constexpr double gap_frequency_max = .035;
constexpr int depth_max = 100;

struct GiveUp {};

class Walker {
  public:
    // plain_only: of values without breakers.
    Walker(std::string_view pattern, bool lines, bool skips_gaps, bool plain_only, bool joins_repeats)
        : pattern_(pattern), lines_(lines), skips_gaps_(skips_gaps), plain_only_(plain_only), joins_repeats_(joins_repeats) {}

    // After the walk: whether the other way of taking gaps would have made a difference.
    bool has_gaps() const { return has_gaps_; }
    // The same of repeated bytes.
    bool has_repeats() const { return has_repeats_; }

    // The sets of which every match needs one text each.
    std::vector<Need> walk() {
        Part whole = alternation();
        if (at_ != pattern_.size()) throw GiveUp{};
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
    bool at_end() const { return at_ >= pattern_.size(); }
    uint8_t peek() const { return static_cast<uint8_t>(pattern_[at_]); }
    uint8_t take() {
        if (at_end()) throw GiveUp{};
        return static_cast<uint8_t>(pattern_[at_++]);
    }
    bool accept(char c) {
        if (at_end() || pattern_[at_] != c) return false;
        at_++;
        return true;
    }

    Part alternation() {
        if (++depth_ > depth_max) throw GiveUp{};
        Part first = sequence();
        if (at_end() || peek() != '|') {
            depth_--;
            return first;
        }
        std::vector<Part> branches;
        branches.push_back(std::move(first));
        while (accept('|')) branches.push_back(sequence());
        depth_--;
        return unite(branches);
    }

    bool is_gap(const Part &part) {
        if (part.first.is_all() || part.first.is_none()) return false;
        double frequency = 0;
        part.first.each([&](uint8_t byte) { frequency += byte_frequency[byte]; });
        if (frequency > gap_frequency_max) return false;
        has_gaps_ = true;
        return skips_gaps_;
    }

    static bool is_plain(uint8_t c) { // nothing that atom() knows
        switch (c) {
            case '(': case '[': case '.': case '^': case '$': case '\\': return false;
            default: return true;
        }
    }

    Part sequence() {
        Sequence parts;
        while (!at_end() && peek() != '|' && peek() != ')') {
            unsigned least = 1, most = 1;
            if (is_plain(peek())) {
                const uint8_t byte = sl_ascii_lower(take());
                if (quantifier(least, most)) {
                    repeat(parts, byte_part(byte), least, most);
                } else if (is_left_out(byte)) {
                    parts.add(impossible());
                } else {
                    parts.add(byte);
                }
                continue;
            }
            Part part = atom();
            if (quantifier(least, most)) {
                repeat(parts, std::move(part), least, most);
            } else if (part.is_nullable && !part.is_exact && is_gap(part)) {
                parts.add_gap(part);
            } else {
                parts.add(std::move(part));
            }
        }
        return parts.finish();
    }

    bool is_left_out(uint8_t byte) const { return plain_only_ && breakers().has(byte); }
    Part byte_part(uint8_t byte) const { return is_left_out(byte) ? impossible() : exactly(byte); }

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

    // False: none follows. most is only compared with least.
    bool quantifier(unsigned &least, unsigned &most) {
        if (at_end()) return false;
        constexpr unsigned unbounded = ~0u;
        switch (peek()) {
            case '?': at_++; least = 0; most = 1; break;
            case '*': at_++; least = 0; most = unbounded; break;
            case '+': at_++; least = 1; most = unbounded; break;
            case '{':
                if (!braces(least, most)) return false; // a literal brace: the next atom takes it
                break;
            default: return false;
        }
        if (!at_end() && (peek() == '?' || peek() == '+')) at_++; // lazy, possessive
        if (!at_end() && (peek() == '*' || peek() == '?' || peek() == '+')) throw GiveUp{};
        return true;
    }

    bool braces(unsigned &least, unsigned &most) {
        size_t at = at_ + 1;
        const auto number = [&](unsigned &out) {
            const size_t start = at;
            unsigned value = 0;
            while (at < pattern_.size() && sl_ascii_is_digit(static_cast<uint8_t>(pattern_[at])) && value < 100000) {
                value = value * 10 + static_cast<unsigned>(pattern_[at++] - '0');
            }
            out = value;
            return at != start;
        };
        const auto has_blank = [&] { return at < pattern_.size() && (pattern_[at] == ' ' || pattern_[at] == '\t'); };
        if (has_blank()) throw GiveUp{}; // a quantifier or text, by version of PCRE2
        const bool has_least = number(least);
        if (has_blank()) throw GiveUp{};
        if (at < pattern_.size() && pattern_[at] == '}') {
            if (!has_least) return false;
            most = least;
            at_ = at + 1;
            return true;
        }
        if (at >= pattern_.size() || pattern_[at] != ',') return false;
        at++;
        if (!has_least) throw GiveUp{}; // {,n}: a quantifier in newer versions of PCRE2 only
        if (has_blank()) throw GiveUp{};
        if (!number(most)) most = ~0u;
        if (has_blank()) throw GiveUp{};
        if (at >= pattern_.size() || pattern_[at] != '}') return false;
        at_ = at + 1;
        return true;
    }

    Part atom() {
        switch (take()) {
            case '(': return group();
            case '[': return char_class();
            case '.': return anything(false);
            case '^': return lines_ ? exactly_empty() : end_of_text(text_start);
            case '$': return lines_ ? exactly_empty() : end_of_text(text_end);
            default: return escape(); // what is plain stands for itself, and has been taken
        }
    }

    // Zero-width: as a text it is its marker, as a part that consumes it is empty.
    static Part end_of_text(char marker) {
        Part out = exactly(static_cast<uint8_t>(marker));
        out.is_nullable = true;
        return out;
    }

    Part group() {
        bool is_assertion = false;
        if (accept('*')) throw GiveUp{};
        if (accept('?')) {
            const uint8_t c = take();
            switch (c) {
                case ':': case '>': case '|': break;
                case '=': case '!': is_assertion = true; break;
                case '#': throw GiveUp{}; // a quantifier behind a comment belongs to what stands before it
                case '<':
                    if (accept('=') || accept('!')) {
                        is_assertion = true;
                    } else {
                        while (take() != '>') {}
                    }
                    break;
                case '\'':
                    while (take() != '\'') {}
                    break;
                case 'P':
                    if (!accept('<')) throw GiveUp{};
                    while (take() != '>') {}
                    break;
                default: {
                    at_--;
                    if (flags()) return exactly_empty(); // (?i): for the rest of the group
                    break;                             // (?i:…)
                }
            }
        }
        Part inner = alternation();
        if (take() != ')') throw GiveUp{};
        return is_assertion ? exactly_empty() : inner;
    }

    // Case is folded anyway, the dot is never written out. From an `m` on, set or taken back, ^ and $ claim nothing any more.
    // True: ")" ended them.
    bool flags() {
        while (true) {
            const uint8_t c = take();
            if (c == 'm') lines_ = true;
            if (c == ')') return true;
            if (c == ':') return false;
            if (c != 'i' && c != 's' && c != 'm' && c != '-' && c != 'U' && c != 'J') throw GiveUp{};
        }
    }

    // One byte that an escape stands for; nothing when it stands for something else, which `what` then tells.
    enum class Escape { byte, nothing, start, anything, spaces };
    Escape read_escape(uint8_t &byte, bool in_class) {
        const uint8_t c = take();
        switch (c) {
            case 'n': byte = '\n'; return Escape::byte;
            case 'r': byte = '\r'; return Escape::byte;
            case 't': byte = '\t'; return Escape::byte;
            case 'f': byte = '\f'; return Escape::byte;
            case 'a': byte = 7; return Escape::byte;
            case 'e': byte = 27; return Escape::byte;
            case 'x': return hex(byte);
            case '0': {
                unsigned value = 0;
                for (int i = 0; i < 2 && !at_end() && peek() >= '0' && peek() <= '7'; i++) value = value * 8 + (take() - '0');
                byte = static_cast<uint8_t>(value);
                return Escape::byte;
            }
            case 'b':
                if (in_class) {
                    byte = 8;
                    return Escape::byte;
                }
                return Escape::nothing;
            case 'A':
                if (in_class) throw GiveUp{};
                return Escape::start;
            case 'B': case 'z': case 'Z': case 'G': case 'K':
                if (in_class) throw GiveUp{};
                return Escape::nothing;
            case 's': return Escape::spaces;
            case 'd': case 'D': case 'w': case 'W': case 'S': case 'h': case 'H': case 'v': case 'V': return Escape::anything;
            case 'N': case 'R':
                if (in_class || (!at_end() && peek() == '{')) throw GiveUp{};
                return Escape::anything;
            default: break;
        }
        if (sl_ascii_is_digit(c)) { // a back reference, or an octal code: only the plain case is told apart
            if (in_class || (!at_end() && sl_ascii_is_digit(peek()))) throw GiveUp{};
            return Escape::anything;
        }
        if (sl_ascii_is_alpha(c)) throw GiveUp{}; // \Q, \p, \g, \k, \c, \o, \X …
        byte = c;
        return Escape::byte;
    }

    Escape hex(uint8_t &byte) {
        unsigned value = 0;
        if (accept('{')) {
            while (!at_end() && peek() != '}') {
                const uint8_t digit = take();
                if (!sl_ascii_is_hex(digit) || value > 0xff) throw GiveUp{};
                value = value * 16 + sl_ascii_hex_value(digit);
            }
            if (take() != '}' || value > 0xff) throw GiveUp{};
        } else {
            for (int i = 0; i < 2 && !at_end() && sl_ascii_is_hex(peek()); i++) value = value * 16 + sl_ascii_hex_value(take());
        }
        byte = static_cast<uint8_t>(value);
        return Escape::byte;
    }

    Part escape() {
        uint8_t byte = 0;
        switch (read_escape(byte, false)) {
            case Escape::byte: return byte_part(sl_ascii_lower(byte));
            case Escape::nothing: return exactly_empty();
            case Escape::start: return end_of_text(text_start);
            default: return anything(false);
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

    Part char_class() {
        Bytes members, written; // folded, and as they stand there
        bool is_wide = false; // holds something that is not written out
        bool has_spaces = false;
        const bool is_negated = accept('^');
        bool is_first = true;
        while (true) {
            uint8_t c = take();
            if (c == ']' && !is_first) break;
            is_first = false;
            if (c == '[' && !at_end() && (peek() == ':' || peek() == '.' || peek() == '=')) {
                const uint8_t kind = take();
                while (true) {
                    const uint8_t inner = take();
                    if (inner == kind && accept(']')) break;
                    if (inner == ']') throw GiveUp{};
                }
                is_wide = true;
                continue;
            }
            bool is_byte = true;
            if (c == '\\') {
                if (!at_end() && (peek() == 'Q' || peek() == 'E')) throw GiveUp{};
                if (!at_end() && peek() == 'p') throw GiveUp{};
                switch (read_escape(c, true)) {
                    case Escape::byte: break;
                    case Escape::spaces:
                        for (const char space : {' ', '\t', '\n', '\v', '\f', '\r'}) members.set(static_cast<uint8_t>(space));
                        has_spaces = true;
                        is_byte = false;
                        break;
                    default:
                        is_wide = true;
                        is_byte = false;
                }
            }
            if (!is_byte) continue;
            uint8_t last = c;
            if (at_ + 1 < pattern_.size() && pattern_[at_] == '-' && pattern_[at_ + 1] != ']') {
                at_++;
                last = take();
                if (last == '[') throw GiveUp{};
                if (last == '\\' && read_escape(last, true) != Escape::byte) throw GiveUp{};
                if (last < c) throw GiveUp{};
            }
            for (unsigned b = c; b <= last; b++) {
                members.set(sl_ascii_lower(static_cast<uint8_t>(b)));
                written.set(static_cast<uint8_t>(b));
            }
        }
        if (is_wide || members.is_none() || (is_negated && has_spaces)) return anything(false);
        if (is_negated) return all_but(written);
        if (plain_only_) members.remove(breakers());
        if (members.is_none()) return impossible();
        Part out;
        out.first = members;
        out.is_exact = members.count() <= class_max;
        if (out.is_exact) members.each([&](uint8_t byte) { out.texts.emplace_back(byte); });
        return out;
    }

    std::string_view pattern_;
    bool lines_, skips_gaps_, plain_only_, has_gaps_ = false, has_repeats_ = false;
    bool joins_repeats_; // what stands before a repeated byte is joined to what stands behind it, as if there were one, or to two
    size_t at_ = 0;
    int depth_ = 0;
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
