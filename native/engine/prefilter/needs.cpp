// SPDX-License-Identifier: Apache-2.0
#include "prefilter/needs.hpp"

#include <string_view>

namespace seclua {

void unite_with(Gaps &set, const Gaps &more) {
    if (more.empty()) return;
    if (set.empty()) {
        set = more;
        return;
    }
    Gaps all;
    all.reserve(set.size() + more.size());
    std::set_union(set.begin(), set.end(), more.begin(), more.end(), std::back_inserter(all));
    set = std::move(all);
}

double frequency_of(const Set &texts, const Gaps &gaps) {
    double of_texts = 0, of_gaps = 0;
    for (const ShortText &text : texts) of_texts += expected_frequency(text.view());
    for (const Gap &gap : gaps) of_gaps += gap.frequency();
    return of_texts + of_gaps;
}

double expected_frequency(std::string_view literal) {
    double product = 1;
    for (size_t i = 0; i < literal.size() && i < 8; i++) product *= byte_frequency[static_cast<uint8_t>(literal[i])];
    return product;
}

const Bytes &breakers() {
    static const Bytes bytes = [] {
        Bytes out;
        for (const char c : std::string_view(sl_prefilter_breakers)) out.set(static_cast<uint8_t>(c));
        return out;
    }();
    return bytes;
}

} // namespace seclua
