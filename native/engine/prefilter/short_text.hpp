// SPDX-License-Identifier: Apache-2.0
// A text of a few bytes, held in place. The walk of a pattern makes tens of thousands of them, joins and sorts them: as words
// that costs a few instructions each.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "prefilter/prefilter.h"

namespace seclua {

class ShortText {
  public:
    static constexpr size_t bytes_max = 24;

    ShortText() = default;
    explicit ShortText(uint8_t byte) : length_(1) { bytes_[0] = byte; }
    ShortText(uint8_t first, uint8_t second) : length_(2) {
        bytes_[0] = first;
        bytes_[1] = second;
    }

    size_t size() const { return length_; }
    bool empty() const { return length_ == 0; }
    uint8_t front() const { return bytes_[0]; }
    uint8_t back() const { return bytes_[length_ - 1]; }
    std::string_view view() const { return {reinterpret_cast<const char *>(bytes_), length_}; }

    void push_back(uint8_t byte) { bytes_[length_++] = byte; }
    void pop_back() { bytes_[--length_] = 0; }
    void pop_front() {
        length_--;
        for (size_t i = 0; i < words; i++) set_word(i, word(i) >> 8 | (i + 1 < words ? word(i + 1) << 56 : 0));
    }
    // Both together have bytes_max at most.
    void append(const ShortText &more) {
        const size_t at = length_ / 8, bits = length_ % 8 * 8;
        for (size_t i = words; i-- > at;) {
            uint64_t joined = word(i) | more.word(i - at) << bits;
            if (bits != 0 && i > at) joined |= more.word(i - at - 1) >> (64 - bits);
            set_word(i, joined);
        }
        length_ += more.length_;
    }

    bool operator==(const ShortText &other) const {
        return word(0) == other.word(0) && word(1) == other.word(1) && word(2) == other.word(2) && length_ == other.length_;
    }
    // As texts are ordered: what is behind the end is zero, so of texts that differ by zeros there the shorter one is less.
    bool operator<(const ShortText &other) const {
        for (size_t i = 0; i < words; i++) {
            const uint64_t left = ordered_word(i), right = other.ordered_word(i);
            if (left != right) return left < right;
        }
        return length_ < other.length_;
    }

  private:
    static constexpr size_t words = bytes_max / 8;

    uint64_t word(size_t i) const { return sl_prefilter_window(bytes_ + 8 * i); }
    uint64_t ordered_word(size_t i) const { // the first byte highest; one load and one swap, as compilers see it
        const uint8_t *at = bytes_ + 8 * i;
        return uint64_t{at[0]} << 56 | uint64_t{at[1]} << 48 | uint64_t{at[2]} << 40 | uint64_t{at[3]} << 32 | uint64_t{at[4]} << 24 |
               uint64_t{at[5]} << 16 | uint64_t{at[6]} << 8 | uint64_t{at[7]};
    }
    void set_word(size_t i, uint64_t word) {
        uint8_t *at = bytes_ + 8 * i;
        at[0] = static_cast<uint8_t>(word);
        at[1] = static_cast<uint8_t>(word >> 8);
        at[2] = static_cast<uint8_t>(word >> 16);
        at[3] = static_cast<uint8_t>(word >> 24);
        at[4] = static_cast<uint8_t>(word >> 32);
        at[5] = static_cast<uint8_t>(word >> 40);
        at[6] = static_cast<uint8_t>(word >> 48);
        at[7] = static_cast<uint8_t>(word >> 56);
    }

    alignas(8) uint8_t bytes_[bytes_max] = {}; // zeros behind the end
    uint8_t length_ = 0;
};

} // namespace seclua
