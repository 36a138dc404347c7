// SPDX-License-Identifier: Apache-2.0
// What a text must contain in order to match a regular expression.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "prefilter/prefilter.h"
#include "prefilter/short_text.hpp"

namespace seclua {

struct Necessary {
    // Of texts, ASCII case folded, rarest first: every match of the pattern contains at least one text of each set (compared case
    // folded). None when nothing can be derived.
    std::vector<std::vector<ShortText>> sets;
    // The same for a value without any of sl_prefilter_breakers, where that says much more; without a text in it: such a value
    // cannot match. Patterns that look through quotes and brackets between the letters of a word need the whole word here.
    std::optional<std::vector<ShortText>> plain;
};

// Never admits too little: whatever this walk does not understand makes it give up or widen.
//
// text_start and text_end, which no folded text contains, stand for the two ends of the value. lines: ^ and $ match at lines
// (SL_REGEX_LINES), so they say nothing of the ends.
Necessary necessary_literals(std::string_view pattern, bool lines);

constexpr char text_start = sl_prefilter_start;
constexpr char text_end = sl_prefilter_end;

// How likely an ordinary text is to contain it; lower is better. For choosing between texts, nothing else.
double expected_frequency(std::string_view literal);

} // namespace seclua
