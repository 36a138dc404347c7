// SPDX-License-Identifier: Apache-2.0
// The grammar of PCRE patterns, as far as claims are made of them. What a part of a pattern means is up to who reads: see
// PatternReader. Unknown syntax ends the reading (GiveUp).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ascii.h"
#include "prefilter/bytes.hpp"

namespace seclua {

struct GiveUp {};

// Between brackets.
struct ByteClass {
    Bytes members;           // written bytes and \s, case folded
    Bytes written;           // bytes as they stand there
    Bytes classes;           // of escapes like \w, as they stand there
    bool is_wide = false;    // holds such an escape, or something that members does not have
    bool is_unknown = false; // holds something that neither has
    bool has_spaces = false; // \s
    bool is_negated = false;
};

// Of \d, \s and \w, in this order, and then of what they leave out.
inline const std::array<Bytes, 6> &escape_classes() {
    static const std::array<Bytes, 6> classes = [] {
        std::array<Bytes, 6> out;
        for (unsigned b = 0; b < 256; b++) {
            const auto byte = static_cast<uint8_t>(b);
            const bool is_digit = sl_ascii_is_digit(byte);
            const bool is_in[] = {is_digit, sl_ascii_is_space(byte), is_digit || sl_ascii_is_alpha(byte) || byte == '_'};
            for (size_t i = 0; i < std::size(is_in); i++) out[is_in[i] ? i : i + std::size(is_in)].set(byte);
        }
        return out;
    }();
    return classes;
}

// letter: d, s or w, or one of them as a capital.
inline const Bytes &bytes_of_class(uint8_t letter) {
    const uint8_t lower = sl_ascii_lower(letter);
    const size_t i = lower == 'd' ? 0 : lower == 's' ? 1 : 2;
    return escape_classes()[letter == lower ? i : i + 3];
}

// Part is what is known of a part, Sequence of parts one behind the other. Meaning is derived from the reader and has
//   unite(branches)        one of several parts
//   finish(sequence)       its parts as one
//   add_byte(sequence, b)  the next part is this byte, as written
//   add(sequence, part)    the next part
//   repeat(sequence, part, least, most)
//   byte(b), bytes(class), any_byte(), class_of(letter), anything()
//   nothing()              an assertion, which takes no byte
//   end_of_text(is_start)  the same, at an end
template <class Meaning, class Part, class Sequence> class PatternReader {
  public:
    PatternReader(std::string_view pattern, bool lines) : pattern_(pattern), lines_(lines) {}

  protected:
    Part read() {
        Part whole = alternation();
        if (at_ != pattern_.size()) throw GiveUp{};
        return whole;
    }

  private:
    static constexpr int depth_max = 100;

    Meaning &meaning() { return static_cast<Meaning &>(*this); }
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
        return meaning().unite(branches);
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
                const uint8_t byte = take();
                if (quantifier(least, most)) {
                    meaning().repeat(parts, meaning().byte(byte), least, most);
                } else {
                    meaning().add_byte(parts, byte);
                }
                continue;
            }
            Part part = atom();
            if (quantifier(least, most)) {
                meaning().repeat(parts, std::move(part), least, most);
            } else {
                meaning().add(parts, std::move(part));
            }
        }
        return meaning().finish(parts);
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
            case '[': return meaning().bytes(byte_class());
            case '.': return meaning().any_byte();
            case '^': return lines_ ? meaning().nothing() : meaning().end_of_text(true);
            case '$': return lines_ ? meaning().nothing() : meaning().end_of_text(false);
            default: return escape(); // what is plain stands for itself, and has been taken
        }
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
                    if (flags()) return meaning().nothing(); // (?i): for the rest of the group
                    break;                             // (?i:…)
                }
            }
        }
        Part inner = alternation();
        if (take() != ')') throw GiveUp{};
        return is_assertion ? meaning().nothing() : inner;
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

    // One byte that an escape stands for, or the letter of it when it stands for something else.
    enum class Escape { byte, nothing, start, bytes, anything };
    Escape read_escape(uint8_t &byte, bool in_class) {
        const uint8_t c = take();
        byte = c;
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
            case 's': case 'd': case 'D': case 'w': case 'W': case 'S': return Escape::bytes;
            case 'h': case 'H': case 'v': case 'V': return Escape::anything;
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
            case Escape::byte: return meaning().byte(byte);
            case Escape::nothing: return meaning().nothing();
            case Escape::start: return meaning().end_of_text(true);
            case Escape::bytes: return meaning().class_of(byte);
            default: return meaning().anything();
        }
    }

    ByteClass byte_class() {
        ByteClass out;
        out.is_negated = accept('^');
        bool is_first = true;
        while (true) {
            uint8_t c = take();
            if (c == ']' && !is_first) return out;
            is_first = false;
            if (c == '[' && !at_end() && (peek() == ':' || peek() == '.' || peek() == '=')) {
                skip_named_class();
                out.is_wide = out.is_unknown = true;
                continue;
            }
            if (c == '\\' && !is_byte(c, out)) continue;
            uint8_t last = c;
            if (at_ + 1 < pattern_.size() && pattern_[at_] == '-' && pattern_[at_ + 1] != ']') {
                at_++;
                last = take();
                if (last == '[') throw GiveUp{};
                if (last == '\\' && read_escape(last, true) != Escape::byte) throw GiveUp{};
                if (last < c) throw GiveUp{};
            }
            for (unsigned b = c; b <= last; b++) {
                out.members.set(sl_ascii_lower(static_cast<uint8_t>(b)));
                out.written.set(static_cast<uint8_t>(b));
            }
        }
    }

    // Behind its "[".
    void skip_named_class() {
        const uint8_t kind = take();
        while (true) {
            const uint8_t inner = take();
            if (inner == kind && accept(']')) return;
            if (inner == ']') throw GiveUp{};
        }
    }

    // Of an escape between brackets; one that is no byte is added to the class.
    bool is_byte(uint8_t &byte, ByteClass &out) {
        if (!at_end() && (peek() == 'Q' || peek() == 'E' || peek() == 'p')) throw GiveUp{};
        switch (read_escape(byte, true)) {
            case Escape::byte: return true;
            case Escape::bytes: {
                const Bytes &all = bytes_of_class(byte);
                out.classes |= all;
                out.has_spaces = out.has_spaces || byte == 's';
                if (byte == 's') {
                    out.members |= all;
                } else {
                    out.is_wide = true;
                }
                return false;
            }
            default:
                out.is_wide = out.is_unknown = true;
                return false;
        }
    }

    std::string_view pattern_;
    bool lines_;
    size_t at_ = 0;
    int depth_ = 0;
};

} // namespace seclua
