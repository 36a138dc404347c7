// SPDX-License-Identifier: Apache-2.0
// Sets of texts of which every match has to hold one, and the choice among them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

#include "prefilter/bytes.hpp"
#include "prefilter/short_text.hpp"

namespace seclua {

using Set = std::vector<ShortText>; // sorted, unique

// Most sets are made in order, or of a few stretches that are: those are merged, two and two.
template <class Ordered> void tidy(std::vector<Ordered> &set) {
    std::vector<size_t> starts; // of stretches, but the first
    for (size_t i = 1; i < set.size(); i++) {
        if (!(set[i - 1] < set[i])) starts.push_back(i);
    }
    if (starts.empty()) return;
    starts.insert(starts.begin(), 0);
    std::vector<Ordered> merged;
    merged.reserve(set.size());
    while (starts.size() > 1) {
        const auto place = [&](size_t stretch) { return set.begin() + static_cast<std::ptrdiff_t>(stretch < starts.size() ? starts[stretch] : set.size()); };
        std::vector<size_t> merged_starts;
        merged.clear();
        for (size_t i = 0; i < starts.size(); i += 2) {
            merged_starts.push_back(merged.size());
            std::set_union(place(i), place(i + 1), place(i + 1), place(i + 2), std::back_inserter(merged));
        }
        set.swap(merged);
        starts = std::move(merged_starts);
    }
}

inline bool has_empty(const Set &set) { return !set.empty() && set.front().empty(); }

// How a gap begins, behind the byte before it if that is known. Numbers in the order of the texts: the first byte, the second
// one, then whether there is a second one.
class Gap {
  public:
    explicit Gap(uint8_t byte) : number_(uint32_t{byte} << 16) {}
    Gap(uint8_t before, uint8_t byte) : number_(uint32_t{before} << 16 | uint32_t{byte} << 8 | 1) {}
    bool operator<(const Gap &other) const { return number_ < other.number_; }
    bool operator==(const Gap &other) const { return number_ == other.number_; }
    ShortText text() const { return has_second() ? ShortText(first(), second()) : ShortText(first()); }
    double frequency() const { return has_second() ? byte_frequency[first()] * byte_frequency[second()] : byte_frequency[first()]; }

  private:
    uint8_t first() const { return static_cast<uint8_t>(number_ >> 16); }
    uint8_t second() const { return static_cast<uint8_t>(number_ >> 8); }
    bool has_second() const { return (number_ & 1) != 0; }
    uint32_t number_;
};

using Gaps = std::vector<Gap>; // sorted, unique

void unite_with(Gaps &set, const Gaps &more);
double frequency_of(const Set &texts, const Gaps &gaps);

// One of the texts has to occur, unless a gap among them was not empty: then the match holds one of the gaps.
struct Need {
    Set texts;
    Gaps gaps;
    double frequency;

    Need(Set texts_of, Gaps gaps_of)
        : texts(std::move(texts_of)), gaps(std::move(gaps_of)), frequency(frequency_of(texts, gaps)) {}
    Set whole() const {
        Set more, all;
        for (const Gap &gap : gaps) more.push_back(gap.text());
        all.reserve(texts.size() + more.size());
        std::set_union(texts.begin(), texts.end(), more.begin(), more.end(), std::back_inserter(all));
        return all;
    }
};

// The rarest need of those that were seen, and the rarest of the others that is not akin to it: that one would say the same
// once more. Of equals the earlier one.
class Rarest {
  public:
    void add(Need &&need) {
        const auto is_rarer = [](const Need &a, const Need &b) { return a.frequency < b.frequency; };
        needs_.insert(std::upper_bound(needs_.begin(), needs_.end(), need, is_rarer), std::move(need));
        if (needs_.size() > kept_max) needs_.pop_back();
    }
    std::vector<Need> take() {
        if (needs_.size() < 2) return std::move(needs_);
        const auto is_akin = [&](const Need &need) { return are_akin(need, needs_[0]); };
        const auto second = std::find_if_not(needs_.begin() + 1, needs_.end(), is_akin);
        needs_.erase(needs_.begin() + 1, second);
        if (needs_.size() > 2) needs_.erase(needs_.begin() + 2, needs_.end());
        return std::move(needs_);
    }

  private:
    static constexpr size_t kept_max = 6;
    // Half of the texts are the same.
    static bool are_akin(const Need &a, const Need &b) {
        size_t common = 0;
        for (size_t i = 0, k = 0; i < a.texts.size() && k < b.texts.size();) {
            const bool is_less = a.texts[i] < b.texts[k], is_same = a.texts[i] == b.texts[k];
            common += is_same;
            i += is_less || is_same;
            k += !is_less;
        }
        return 2 * common >= std::min(a.texts.size(), b.texts.size());
    }
    std::vector<Need> needs_; // rarest first
};

} // namespace seclua
