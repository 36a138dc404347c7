// SPDX-License-Identifier: Apache-2.0
// Text to tree: the whole front end of a load behind one function.
#pragma once

#include <string>
#include <vector>

#include "base/arena.h"
#include "ruleset/config.h"
#include "seclang/ast.hpp"
#include "seclang/diagnostics.hpp"
#include "seclang/source.hpp"

namespace seclua {

struct Source { // as the caller gave it
    bool is_text;
    std::string name; // path or glob; for a text what diagnostics call it
    std::string text;
};

// Parses every source, follows Include, keeps files and texts in sources (for marks; they must outlive the Tree), applies
// settings to config (which init_config has filled; its slices go into arena, which lives as long as the rule set), and
// collects the rest. Never throws for bad input: errors go to diagnostics and parsing resumes at the next line.
Tree parse_configuration(const std::vector<Source> &given, const std::string &cwd, Sources &sources, sl_config &config,
                         sl_arena &arena, Diagnostics &diagnostics);

// Defaults of every setting, as the rows of directives.cpp say.
void init_config(sl_config &config);

// A file that a rule names, found beside `from` (the file that holds the directive), then in cwd (spec 01, 1.2).
// Returns the path that was read; empty when there is none. Notes where it looked.
std::string resolve_path(const std::string &name, const Position &from, const std::string &cwd, Places &places);

// For SecRuleUpdateTarget*, ctl:ruleRemoveTarget*: a variable list outside of a SecRule. False: errors were reported.
bool parse_targets(const Text &list, std::vector<TargetItem> &out, Diagnostics &diagnostics);

} // namespace seclua
