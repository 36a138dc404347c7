// SPDX-License-Identifier: Apache-2.0
// Random numbers that are the same everywhere: the standard's distributions differ between libraries.
#pragma once

#include <cstdint>
#include <vector>

namespace differential {

class Random {
  public:
    Random(std::uint64_t seed, std::uint64_t index)
        : state_(seed * 0x9e3779b97f4a7c15u ^ (index + 1) * 0xd1b54a32d192ed03u) {}

    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15u;
        auto z = state_;
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        return z ^ (z >> 31);
    }
    std::size_t below(std::size_t bound) { return static_cast<std::size_t>(next() % bound); }
    bool percent(unsigned chance) { return below(100) < chance; }
    template <typename T>
    const T &of(const std::vector<T> &list) {
        return list[below(list.size())];
    }

  private:
    std::uint64_t state_;
};

}  // namespace differential
