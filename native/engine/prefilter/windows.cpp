// SPDX-License-Identifier: Apache-2.0
// Texts that hold others of their set go; long ones shrink to a window.
#include "prefilter/windows.hpp"

#include <algorithm>
#include <array>

#include "prefilter/literals.hpp"
#include "prefilter/prefilter.h"

namespace seclua {

namespace {

constexpr size_t literal_bytes_max = sl_prefilter_bytes_max;
constexpr size_t compared_max = 512; // texts of a set that are compared with each other

// Texts that are kept, by their first two bytes.
class Kept {
  public:
    Kept() { heads_.fill(none); }

    bool has_one_within(std::string_view text) const {
        for (size_t at = 0; at < text.size(); at++) {
            if (singles_[static_cast<uint8_t>(text[at])]) return true;
            if (at + 1 < text.size() && has_one_at(text.substr(at))) return true;
        }
        return false;
    }
    void add(std::string_view text) {
        if (text.size() == 1) {
            singles_[static_cast<uint8_t>(text[0])] = true;
            return;
        }
        uint16_t &head = heads_[bucket_of(text)];
        nexts_.push_back(head);
        head = static_cast<uint16_t>(texts_.size());
        texts_.push_back(text);
    }

  private:
    static constexpr uint16_t none = UINT16_MAX;
    static size_t bucket_of(std::string_view text) {
        return (static_cast<uint8_t>(text[0]) * size_t{37} + static_cast<uint8_t>(text[1])) % compared_max;
    }
    bool has_one_at(std::string_view text) const {
        for (uint16_t i = heads_[bucket_of(text)]; i != none; i = nexts_[i]) {
            if (text.starts_with(texts_[i])) return true;
        }
        return false;
    }
    std::array<bool, 256> singles_{};
    std::array<uint16_t, compared_max> heads_;
    std::vector<uint16_t> nexts_; // by text: the next one of its bucket
    std::vector<std::string_view> texts_;
};

// A text that holds another one says nothing more than that one.
void drop_longer(std::vector<std::string_view> &texts) {
    if (texts.size() < 2 || texts.size() > compared_max) return;
    std::stable_sort(texts.begin(), texts.end(), [](const auto &a, const auto &b) { return a.size() < b.size(); });
    Kept kept;
    std::erase_if(texts, [&](std::string_view text) {
        if (kept.has_one_within(text)) return true;
        kept.add(text);
        return false;
    });
}

std::string_view rarest_window(std::string_view text) {
    if (text.size() <= literal_bytes_max) return text;
    std::string_view best;
    double best_frequency = 0;
    for (size_t at = 0; at + literal_bytes_max <= text.size(); at++) {
        const std::string_view window = text.substr(at, literal_bytes_max);
        const double frequency = expected_frequency(window);
        if (!best.empty() && frequency >= best_frequency) continue;
        best = window;
        best_frequency = frequency;
    }
    return best;
}

uint64_t key_of(std::string_view literal) {
    uint64_t key = uint64_t{literal.size()} << 56;
    for (size_t i = 0; i < literal.size(); i++) key |= uint64_t{static_cast<uint8_t>(literal[i])} << (8 * i);
    return key;
}

} // namespace

std::vector<uint64_t> literal_keys(std::vector<std::string_view> texts) {
    const auto is_empty = [](std::string_view text) { return text.empty(); };
    if (std::any_of(texts.begin(), texts.end(), is_empty)) return {};
    drop_longer(texts);
    std::vector<uint64_t> keys;
    keys.reserve(texts.size());
    for (const std::string_view text : texts) {
        const std::string_view literal = rarest_window(text);
        if (literal.size() == 1 && (literal[0] == text_start || literal[0] == text_end)) return {}; // each text has two ends
        keys.push_back(key_of(literal));
    }
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    return keys;
}

} // namespace seclua
