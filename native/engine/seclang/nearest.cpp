// SPDX-License-Identifier: Apache-2.0
// Three rows of the table of edit distances, on the stack; names longer than any known one are not looked at.
#include "seclang/nearest.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "base/ascii.h"

namespace seclua {

namespace {

constexpr size_t name_bytes_max = 64;
using Row = std::array<uint8_t, name_bytes_max + 1>;

bool same_letter(char a, char b) {
    return sl_ascii_lower(static_cast<uint8_t>(a)) == sl_ascii_lower(static_cast<uint8_t>(b));
}

size_t edits(std::string_view a, std::string_view b) {
    Row rows[3];
    Row *before = &rows[0];
    Row *last = &rows[1];
    Row *now = &rows[2];
    for (size_t j = 0; j <= b.size(); j++) (*last)[j] = static_cast<uint8_t>(j);
    for (size_t i = 1; i <= a.size(); i++) {
        (*now)[0] = static_cast<uint8_t>(i);
        for (size_t j = 1; j <= b.size(); j++) {
            const int change = same_letter(a[i - 1], b[j - 1]) ? 0 : 1;
            int best = std::min({(*last)[j] + 1, (*now)[j - 1] + 1, (*last)[j - 1] + change});
            if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) && same_letter(a[i - 2], b[j - 1])) {
                best = std::min(best, (*before)[j - 2] + 1);
            }
            (*now)[j] = static_cast<uint8_t>(best);
        }
        Row *const oldest = before;
        before = last;
        last = now;
        now = oldest;
    }
    return (*last)[b.size()];
}

} // namespace

std::string nearest(std::string_view wrong, std::span<const std::string_view> names) {
    if (wrong.size() < 2 || wrong.size() > name_bytes_max) {
        return {};
    }
    size_t best = std::max<size_t>(1, wrong.size() / 3) + 1;
    std::string_view found;
    for (const std::string_view name : names) {
        const size_t difference = std::max(name.size(), wrong.size()) - std::min(name.size(), wrong.size());
        if (name.size() > name_bytes_max || difference >= best) {
            continue;
        }
        const size_t distance = edits(wrong, name);
        if (distance < best) {
            best = distance;
            found = name;
        }
    }
    return std::string(found);
}

} // namespace seclua
