// SPDX-License-Identifier: Apache-2.0
// Sets of bytes, and how often each is to be expected in a text. All are case folded.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "prefilter/literals.hpp"

namespace seclua {

// Rough shares of bytes in request values, folded.
constexpr double share_of(uint8_t byte) {
    if (byte >= 'a' && byte <= 'z') {
        constexpr double shares[26] = {.060, .012, .030, .028, .080, .013, .014, .020, .055, .004, .008, .030, .022,
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

constexpr std::array<double, 256> all_shares() {
    std::array<double, 256> shares{};
    for (unsigned b = 0; b < 256; b++) shares[b] = share_of(static_cast<uint8_t>(b));
    return shares;
}

constexpr std::array<double, 256> byte_frequency = all_shares();

class Bytes {
  public:
    static Bytes all() {
        Bytes bytes;
        for (uint64_t &word : bytes.words_) word = ~uint64_t{0};
        return bytes;
    }
    bool has(uint8_t byte) const { return (words_[byte / 64] >> byte % 64 & 1) != 0; }
    void remove(const Bytes &others) {
        for (size_t i = 0; i < 4; i++) words_[i] &= ~others.words_[i];
    }
    void set(uint8_t byte) { words_[byte / 64] |= uint64_t{1} << byte % 64; }
    Bytes &operator|=(const Bytes &more) {
        for (size_t i = 0; i < 4; i++) words_[i] |= more.words_[i];
        return *this;
    }
    bool is_all() const { return (words_[0] & words_[1] & words_[2] & words_[3]) == ~uint64_t{0}; }
    bool is_none() const { return (words_[0] | words_[1] | words_[2] | words_[3]) == 0; }
    size_t count() const {
        return static_cast<size_t>(std::popcount(words_[0]) + std::popcount(words_[1]) + std::popcount(words_[2]) + std::popcount(words_[3]));
    }
    template <class Take> void each(Take take) const { // in order
        for (unsigned i = 0; i < 4; i++) {
            for (uint64_t left = words_[i]; left != 0; left &= left - 1) {
                take(static_cast<uint8_t>(i * 64 + static_cast<unsigned>(std::countr_zero(left))));
            }
        }
    }

  private:
    uint64_t words_[4] = {};
};

// sl_prefilter_breakers
const Bytes &breakers();

} // namespace seclua
