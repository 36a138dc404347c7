// SPDX-License-Identifier: Apache-2.0
// Regular expressions from their other end: texts that a pattern matches, and patterns made up at random.
//
// The candidate index stands on what a pattern needs; a text drawn from the pattern, or nearly, is where a
// mistake in that would show. This reading of patterns is deliberately another one than the engine's, and
// need not be right: whether a text matches, PCRE2 says.
#pragma once

#include "../differential/random.hpp"

#include <string>
#include <vector>

namespace acceleration {

using differential::Random;

// A text that the pattern probably matches.
std::string sample_of(const std::string &pattern, Random &random);
// A pattern of random constructs, some of which PCRE2 refuses.
std::string random_pattern(Random &random);
// The same pattern with a few of its characters changed.
std::string mutated_pattern(std::string pattern, Random &random);

}  // namespace acceleration
