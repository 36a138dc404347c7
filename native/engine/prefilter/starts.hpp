// SPDX-License-Identifier: Apache-2.0
// With which bytes a match of a regular expression may begin.
#pragma once

#include <optional>
#include <string_view>

#include "prefilter/starts.h"

namespace seclua {

struct Starts {
    sl_starts places;
    bool is_worthwhile; // not so of matches only at the start of the text, of too many places, or so few that PCRE2 finds them faster
};

// None where nothing can be said: a match may be empty, or the pattern is not understood. lines: ^ and $ match at lines.
std::optional<Starts> possible_starts(std::string_view pattern, bool lines);

} // namespace seclua
