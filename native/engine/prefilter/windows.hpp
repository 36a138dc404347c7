// SPDX-License-Identifier: Apache-2.0
// From the necessary texts of an operand to the literals that its filter looks for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace seclua {

// A text longer than its literal, or as much of it as is compared.
struct WholeText {
    uint64_t key;  // of the literal
    size_t before; // bytes before it
    std::string text;
    auto operator<=>(const WholeText &) const = default;
};

// What a filter looks for: literals, as keys, in order, each once; and texts that are looked for by a literal and then compared.
struct LiteralSet {
    std::vector<uint64_t> keys;
    std::vector<WholeText> wholes;
    bool empty() const { return keys.empty() && wholes.empty(); }
    auto operator<=>(const LiteralSet &) const = default;
};

// Of folded texts (literals.hpp) one of which has to occur: the literals, as keys, in order, each once: the bytes, the first one lowest, and in the
// highest byte how many they are. Of a long text the rarest few bytes in a row are kept: they are necessary, too. Empty: this is no filter, for any
// text has one of them.
std::vector<uint64_t> literal_keys(std::vector<std::string_view> texts);

// The same, but that long texts are wanted as a whole.
LiteralSet whole_literals(std::vector<std::string_view> texts);

// Bytes of the literal of a key.
inline unsigned key_length(uint64_t key) { return static_cast<unsigned>(key >> 56); }

inline uint64_t key_bytes(uint64_t key) { return key & ((uint64_t{1} << 56) - 1); }

} // namespace seclua
