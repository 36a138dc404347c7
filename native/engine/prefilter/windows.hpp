// SPDX-License-Identifier: Apache-2.0
// From the necessary texts of an operand to the literals that its filter looks for.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace seclua {

// Of folded texts (literals.hpp) one of which has to occur: the literals, as keys, in order, each once: the bytes, the first one lowest, and in the
// highest byte how many they are. Of a long text the rarest few bytes in a row are kept: they are necessary, too. Empty: this is no filter, for any
// text has one of them.
std::vector<uint64_t> literal_keys(std::vector<std::string_view> texts);

// Bytes of the literal of a key.
inline unsigned key_length(uint64_t key) { return static_cast<unsigned>(key >> 56); }

inline uint64_t key_bytes(uint64_t key) { return key & ((uint64_t{1} << 56) - 1); }

} // namespace seclua
