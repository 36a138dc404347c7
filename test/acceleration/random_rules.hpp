// SPDX-License-Identifier: Apache-2.0
// Rule sets at random, with what the candidate index, shared values and views have to do with: patterns,
// phrases, pipelines with common beginnings, lists and selectors, chains, captures and what rules remove from
// one another.
#pragma once

#include "../differential/grammar.hpp"
#include "pattern.hpp"
#include "sources.hpp"

namespace acceleration {

// Loads: rules that the engine refuses have been taken out.
Config random_config(const differential::Grammar &grammar, const Sources &sources, const std::string &folder,
                     Random &random);

}  // namespace acceleration
