// SPDX-License-Identifier: Apache-2.0
// Walks a PCRE pattern and keeps, for each part, the texts it can match (while they are few) or a set of texts of which one
// has to occur. Concatenations multiply sets, alternations unite them, optional parts break a run; of all runs the rarest
// sets win. Assertions and look-around are taken as empty. Unknown syntax ends the walk without an answer.
//
// Evasion-tolerant patterns put an optional gap (quotes, backslashes, $…) between any two letters, and a break at each gap
// leaves single letters. So each pattern is walked twice: the second walk takes a gap as empty and remembers what a gap which is
// not empty must begin with, and the byte before it. A match then holds one of the joined texts, or, at its first gap that is
// not empty, one of those pairs.
//
// Soundness rests on three habits: every set is a superset of what the part can match; a part that is not understood is
// never skipped as if it were empty; everything is case folded, as the scan folds the text.
#include "prefilter/literals.hpp"

#include <algorithm>
#include <bitset>
#include <cmath>
#include <cstdint>
#include <iterator>

#include "base/ascii.h"

namespace seclua {

namespace {

constexpr size_t exact_max = 2048;      // texts a part may be written out to
constexpr size_t exact_length_max = 24; // bytes of each
constexpr size_t united_max = 16384;     // texts of an alternation
constexpr size_t class_max = 12;        // members a character class may be written out to
constexpr int depth_max = 100;

using Set = std::vector<std::string>; // sorted, unique

void tidy(Set &set) {
    const auto is_out_of_order = [](const std::string &left, const std::string &right) { return !(left < right); };
    if (std::adjacent_find(set.begin(), set.end(), is_out_of_order) == set.end()) return; // most are made in order
    std::sort(set.begin(), set.end());
    set.erase(std::unique(set.begin(), set.end()), set.end());
}

bool has_empty(const Set &set) { return !set.empty() && set.front().empty(); }

// Rough shares of bytes in request values, folded.
double byte_frequency(uint8_t byte) {
    if (byte >= 'a' && byte <= 'z') {
        static const double shares[26] = {.060, .012, .030, .028, .080, .013, .014, .020, .055, .004, .008, .030, .022,
                                          .050, .055, .020, .002, .045, .048, .055, .020, .009, .010, .005, .010, .003};
        return shares[byte - 'a'];
    }
    if (byte >= '0' && byte <= '9') return .025;
    switch (byte) {
        case '/': case '-': case '.': case '_': case ' ': return .015;
        case '=': case ',': case ';': case ':': case '"': return .008;
        case text_start: case text_end: return .5;
        case '%': case '&': case '+': case '(': case ')': case '\'': return .003;
        default: return byte >= 0x80 ? .001 : .0015;
    }
}

using Bytes = std::bitset<256>; // folded

void unite_with(Set &set, const Set &more) {
    if (more.empty()) return;
    Set all;
    all.reserve(set.size() + more.size());
    std::set_union(set.begin(), set.end(), more.begin(), more.end(), std::back_inserter(all));
    set = std::move(all);
}

// One of the texts has to occur, unless a gap among them was not empty: then the match holds one of these.
struct Need {
    Set texts;
    Set gaps; // how one begins, behind the byte before it if that is known

    Set whole() const {
        Set set = texts;
        unite_with(set, gaps);
        return set;
    }
    double frequency() const { return expected_frequency(texts) + expected_frequency(gaps); }
};

struct Info {
    bool is_exact = false;
    Set texts;                   // with is_exact: all the part can match; else empty
    Set gaps;                    // with is_exact: see Need
    std::vector<Need> necessary; // without is_exact; rarest first
    Bytes first;                 // what a match that is not empty may begin with
    bool is_nullable = false;    // may match the empty text
};

constexpr size_t sets_max = 2; // sets kept for a part
constexpr double gap_frequency_max = .035;

void keep_rarest(std::vector<Need> &needs) {
    if (needs.size() < 2) return;
    std::vector<std::pair<double, size_t>> order;
    for (size_t i = 0; i < needs.size(); i++) order.emplace_back(needs[i].frequency(), i);
    std::sort(order.begin(), order.end());
    std::vector<Need> kept;
    for (const auto &[frequency, i] : order) {
        if (kept.size() < sets_max && (kept.empty() || kept.back().texts != needs[i].texts)) kept.push_back(std::move(needs[i]));
    }
    needs = std::move(kept);
}

Bytes all_bytes() { return Bytes().set(); }

Info exactly(Set set) {
    Info info;
    info.is_exact = true;
    for (const std::string &text : set) {
        if (text.empty()) {
            info.is_nullable = true;
        } else {
            info.first.set(static_cast<uint8_t>(text[0]));
        }
    }
    info.texts = std::move(set);
    return info;
}

Info anything(bool is_nullable) {
    Info info;
    info.first = all_bytes();
    info.is_nullable = is_nullable;
    return info;
}

struct GiveUp {};

class Walker {
  public:
    Walker(std::string_view pattern, bool lines, bool skips_gaps)
        : pattern_(pattern), lines_(lines), skips_gaps_(skips_gaps) {}

    // After the walk: whether the other way of taking gaps would have made a difference.
    bool has_gaps() const { return has_gaps_; }

    // The sets of which every match needs one text each.
    std::vector<Need> walk() {
        Info info = alternation();
        if (at_ != pattern_.size()) throw GiveUp{};
        if (!info.is_exact) return std::move(info.necessary);
        if (info.texts.empty() || has_empty(info.texts)) return {};
        return {{std::move(info.texts), info.gaps}};
    }

  private:
    // The parts of a sequence, joined as they come.
    class Sequence {
      public:
        void add(const Info &part) {
            if (begins_) first_ |= part.first;
            if (!part.is_nullable) begins_ = false;
            if (!part.is_exact) {
                flush();
                for (const Need &need : part.necessary) consider(need);
                return;
            }
            if (current_.texts.size() * part.texts.size() > exact_max || longest(current_.texts) + longest(part.texts) > exact_length_max) {
                consider(current_);
                whole_ = false;
                current_ = {part.texts, part.gaps};
                return;
            }
            Set product;
            product.reserve(current_.texts.size() * part.texts.size());
            for (const std::string &left : current_.texts) {
                for (const std::string &right : part.texts) product.push_back(join(left, right));
            }
            tidy(product);
            current_.texts = std::move(product);
            unite_with(current_.gaps, part.gaps);
        }
        // Any number of the part may stand here, none included.
        void add_optional(const Info &part) {
            if (begins_) first_ |= part.first;
            flush();
        }
        // Taken as empty; how it begins when it is not is remembered.
        void add_gap(const Info &part) {
            Set lasts;
            for (const std::string &text : current_.texts) lasts.push_back(text.empty() ? text : text.substr(text.size() - 1));
            tidy(lasts);
            Set found;
            for (const std::string &last : lasts) {
                for (unsigned b = 0; b < 256; b++) {
                    if (part.first.test(b)) found.push_back(last + static_cast<char>(b));
                }
            }
            unite_with(current_.gaps, found);
            if (begins_) first_ |= part.first;
        }
        void flush() {
            consider(current_);
            current_ = {{""}, {}};
            whole_ = false;
        }
        Info finish() {
            Info info;
            if (whole_) {
                info.is_exact = true;
                info.texts = std::move(current_.texts);
                info.gaps = current_.gaps;
            } else {
                consider(current_);
                keep_rarest(needs_);
                info.necessary = std::move(needs_);
            }
            info.first = first_;
            info.is_nullable = begins_;
            return info;
        }

      private:
        static size_t longest(const Set &set) {
            size_t length = 0;
            for (const std::string &text : set) length = std::max(length, text.size());
            return length;
        }
        // An end of the text that stands inside is left out: ^^a is ^a, and what has text on the wrong side of an end matches
        // the empty text only ($^), or nothing.
        static std::string join(const std::string &left, const std::string &right) {
            if (left.empty() || right.empty()) return left + right;
            const size_t kept = left.size() - (left.back() == text_end ? 1 : 0);
            return left.substr(0, kept) + right.substr(right.front() == text_start ? 1 : 0);
        }
        void consider(const Need &need) {
            if (need.texts.empty()) return;
            const auto says_nothing = [](const std::string &text) {
                return text.empty() || (text.size() == 1 && (text[0] == text_start || text[0] == text_end));
            };
            if (std::none_of(need.texts.begin(), need.texts.end(), says_nothing)) needs_.push_back(need);
        }
        Need current_ = {{""}, {}};
        bool whole_ = true;
        std::vector<Need> needs_;
        Bytes first_;
        bool begins_ = true; // all parts so far may be empty
    };

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

    Info alternation() {
        if (++depth_ > depth_max) throw GiveUp{};
        std::vector<Info> branches;
        branches.push_back(sequence());
        while (accept('|')) branches.push_back(sequence());
        depth_--;
        if (branches.size() == 1) return std::move(branches.front());
        return unite(branches);
    }

    static Info unite(const std::vector<Info> &branches) {
        Info info;
        bool all_exact = true, all_known = true;
        size_t exact_count = 0;
        for (const Info &branch : branches) {
            info.first |= branch.first;
            info.is_nullable = info.is_nullable || branch.is_nullable;
            all_exact = all_exact && branch.is_exact;
            all_known = all_known && (branch.is_exact ? !has_empty(branch.texts) : !branch.necessary.empty());
            exact_count += branch.texts.size();
        }
        if (all_exact) {
            Set exact;
            exact.reserve(exact_count);
            for (const Info &branch : branches) exact.insert(exact.end(), branch.texts.begin(), branch.texts.end());
            tidy(exact);
            if (exact.size() <= exact_max) {
                info.is_exact = true;
                info.texts = std::move(exact);
                for (const Info &branch : branches) unite_with(info.gaps, branch.gaps);
                return info;
            }
        }
        for (size_t k = 0; all_known && k < sets_max; k++) { // the k-th set of each branch, its last one where there are fewer
            Need united;
            const auto add = [&](const Set &texts, const Set &gaps) {
                united.texts.insert(united.texts.end(), texts.begin(), texts.end());
                unite_with(united.gaps, gaps);
            };
            for (const Info &branch : branches) {
                if (branch.is_exact) {
                    add(branch.texts, branch.gaps);
                } else {
                    const Need &need = branch.necessary[std::min(k, branch.necessary.size() - 1)];
                    add(need.texts, need.gaps);
                }
            }
            tidy(united.texts);
            if (united.texts.size() <= united_max) info.necessary.push_back(std::move(united));
        }
        keep_rarest(info.necessary);
        return info;
    }

    bool is_gap(const Info &part) {
        if (part.first.all()) return false;
        Set singles;
        for (unsigned b = 0; b < 256; b++) {
            if (part.first.test(b)) singles.emplace_back(1, static_cast<char>(b));
        }
        if (singles.empty() || expected_frequency(singles) > gap_frequency_max) return false;
        has_gaps_ = true;
        return skips_gaps_;
    }

    Info sequence() {
        Sequence parts;
        while (!at_end() && peek() != '|' && peek() != ')') {
            const Info part = atom();
            unsigned least = 1, most = 1;
            if (!quantifier(least, most)) {
                if (part.is_nullable && !part.is_exact && is_gap(part)) {
                    parts.add_gap(part);
                } else {
                    parts.add(part);
                }
                continue;
            }
            if (least == 0) {
                if (is_gap(part)) {
                    parts.add_gap(part);
                } else if (most == 1 && part.is_exact) {
                    Info optional = part;
                    optional.texts.emplace_back();
                    optional.is_nullable = true;
                    tidy(optional.texts);
                    parts.add(optional);
                } else if (most != 0) {
                    parts.add_optional(part);
                }
                continue;
            }
            for (unsigned i = 0; i < std::min(least, 4u); i++) parts.add(part);
            if (least == most && least <= 4) continue;
            if (is_gap(part)) {
                parts.add_gap(part);
            } else {
                parts.flush();
            }
        }
        return parts.finish();
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

    Info atom() {
        const uint8_t c = take();
        switch (c) {
            case '(': return group();
            case '[': return char_class();
            case '.': return anything(false);
            case '^': return lines_ ? exactly({""}) : end_of_text(text_start);
            case '$': return lines_ ? exactly({""}) : end_of_text(text_end);
            case '\\': return escape();
            default: return exactly({fold(c)});
        }
    }

    // Zero-width: as a text it is its marker, as a part that consumes it is empty.
    static Info end_of_text(char marker) {
        Info info = exactly({std::string(1, marker)});
        info.is_nullable = true;
        return info;
    }

    static std::string fold(uint8_t c) { return std::string(1, static_cast<char>(sl_ascii_lower(c))); }

    Info group() {
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
                    if (flags()) return exactly({""}); // (?i): for the rest of the group
                    break;                             // (?i:…)
                }
            }
        }
        Info inner = alternation();
        if (take() != ')') throw GiveUp{};
        return is_assertion ? exactly({""}) : inner;
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

    Info escape() {
        uint8_t byte = 0;
        switch (read_escape(byte, false)) {
            case Escape::byte: return exactly({fold(byte)});
            case Escape::nothing: return exactly({""});
            case Escape::start: return end_of_text(text_start);
            default: return anything(false);
        }
    }

    Info char_class() {
        std::bitset<256> members;
        bool is_wide = false; // holds something that is not written out
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
            for (unsigned b = c; b <= last; b++) members.set(b);
        }
        if (is_wide || is_negated) return anything(false);
        Set texts;
        for (unsigned b = 0; b < 256; b++) {
            if (members.test(b)) texts.push_back(fold(static_cast<uint8_t>(b)));
        }
        tidy(texts);
        if (texts.empty()) return anything(false);
        Info info = exactly(std::move(texts));
        if (info.texts.size() > class_max) {
            info.is_exact = false;
            info.texts.clear();
        }
        return info;
    }

    std::string_view pattern_;
    bool lines_, skips_gaps_, has_gaps_ = false;
    size_t at_ = 0;
    int depth_ = 0;
};

} // namespace

double expected_frequency(const std::vector<std::string> &literals) {
    double sum = 0;
    for (const std::string &literal : literals) {
        double product = 1;
        for (size_t i = 0; i < literal.size() && i < 8; i++) product *= byte_frequency(static_cast<uint8_t>(literal[i]));
        sum += product;
    }
    return sum;
}

std::vector<std::vector<std::string>> necessary_literals(std::string_view pattern, bool lines) {
    try {
        Walker plain(pattern, lines, false);
        std::vector<Need> needs = plain.walk();
        if (plain.has_gaps()) {
            for (Need &need : Walker(pattern, lines, true).walk()) needs.push_back(std::move(need));
        }
        keep_rarest(needs);
        std::vector<std::vector<std::string>> sets;
        for (const Need &need : needs) sets.push_back(need.whole());
        return sets;
    } catch (const GiveUp &) {
        return {};
    }
}

} // namespace seclua
