// SPDX-License-Identifier: Apache-2.0
// Texts that hold others of their set go; long ones shrink to a window.
#include "prefilter/windows.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "prefilter/literals.hpp"
#include "prefilter/prefilter.h"

namespace seclua {

namespace {

constexpr size_t literal_bytes_max = sl_prefilter_bytes_max;
constexpr size_t compared_max = 512; // texts of a set that are compared with each other
// Each occurrence of a literal costs a few comparisons at most, whatever it is that sends many.
constexpr size_t wholes_max = 16; // of a literal
constexpr size_t whole_bytes_max = 64;

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

// Where in a text its literal begins.
size_t rarest_window(std::string_view text) {
    size_t best = 0;
    double best_frequency = 2; // more than any
    for (size_t at = 0; at + literal_bytes_max <= text.size(); at++) {
        const double frequency = expected_frequency(text.substr(at, literal_bytes_max));
        if (frequency >= best_frequency) continue;
        best = at;
        best_frequency = frequency;
    }
    return best;
}

uint64_t key_of(std::string_view literal) {
    uint64_t key = uint64_t{literal.size()} << 56;
    for (size_t i = 0; i < literal.size(); i++) key |= uint64_t{static_cast<uint8_t>(literal[i])} << (8 * i);
    return key;
}

bool is_end(char byte) { return byte == text_start || byte == text_end; }

template <class List> void put_in_order(List &list) {
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
}

// The part of a text around its literal that is compared.
WholeText whole_text(std::string_view text, size_t at) {
    const size_t before = std::min(at, whole_bytes_max / 2);
    return {key_of(text.substr(at, literal_bytes_max)), before, std::string(text.substr(at - before, whole_bytes_max))};
}

// A literal that many texts share, or that is looked for anyway, stands for all of them.
void leave_to_literals(LiteralSet &set) {
    put_in_order(set.wholes);
    for (size_t first = 0, end; first < set.wholes.size(); first = end) {
        end = first + 1;
        while (end < set.wholes.size() && set.wholes[end].key == set.wholes[first].key) end++;
        if (end - first > wholes_max) set.keys.push_back(set.wholes[first].key);
    }
    put_in_order(set.keys);
    std::erase_if(set.wholes, [&](const WholeText &whole) { return std::binary_search(set.keys.begin(), set.keys.end(), whole.key); });
}

LiteralSet literals_of(std::vector<std::string_view> texts, bool wants_wholes) {
    if (std::any_of(texts.begin(), texts.end(), [](std::string_view text) { return text.empty(); })) return {};
    drop_longer(texts);
    LiteralSet out;
    for (const std::string_view text : texts) {
        if (text.size() == 1 && is_end(text[0])) return {}; // each text has two ends
        const size_t at = rarest_window(text);
        if (wants_wholes && text.size() > literal_bytes_max && std::none_of(text.begin(), text.end(), is_end)) {
            out.wholes.push_back(whole_text(text, at));
        } else {
            out.keys.push_back(key_of(text.substr(at, literal_bytes_max)));
        }
    }
    leave_to_literals(out);
    return out;
}

} // namespace

std::vector<uint64_t> literal_keys(std::vector<std::string_view> texts) { return literals_of(std::move(texts), false).keys; }

LiteralSet whole_literals(std::vector<std::string_view> texts) { return literals_of(std::move(texts), true); }

} // namespace seclua
