// SPDX-License-Identifier: Apache-2.0
// What a text must contain in order to match a regular expression.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "prefilter/prefilter.h"

namespace seclua {

// Sets of texts, ASCII case folded, rarest first: every match of the pattern contains at least one text of each set (compared
// case folded). Empty when nothing can be derived: then the pattern has to be tried on every value. Never admits too little:
// whatever this walk does not understand makes it give up or widen.
//
// text_start and text_end, which no folded text contains, stand for the two ends of the value. lines: ^ and $ match at lines
// (SL_REGEX_LINES), so they say nothing of the ends.
std::vector<std::vector<std::string>> necessary_literals(std::string_view pattern, bool lines);

constexpr char text_start = sl_prefilter_start;
constexpr char text_end = sl_prefilter_end;

// How likely an ordinary text is to contain one of them; lower is better. For choosing between sets, nothing else.
double expected_frequency(const std::vector<std::string> &literals);

} // namespace seclua
