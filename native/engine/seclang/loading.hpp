// SPDX-License-Identifier: Apache-2.0
// What a directive sees and may change while the configuration is read. Between parser.cpp, which makes it,
// and the functions of the rows.
#pragma once

#include <string>
#include <vector>

#include "base/arena.h"
#include "ruleset/config.h"
#include "seclang/directives.hpp"
#include "seclang/lexer.hpp"

namespace seclua {

// A word of the user's in a message.
inline std::string in_quotes(std::string_view text) { return '"' + std::string(text) + '"'; }

// One directive of a file, split.
struct Call {
    const DirectiveRow &row;
    Position at; // of its name
    const LogicalLine &line;
    std::vector<Argument> arguments;
    bool broken = false; // reported already
    std::string block;   // what stands between back-ticks, line by line

    std::string_view value(size_t index) const { return arguments[index].text.view(); }
    Position place(size_t index) const { return arguments[index].text.at(0, arguments[index].text.size()); }
};

struct Loading {
    Tree &tree;
    sl_config &config;
    sl_arena *arena; // null while init_config applies the defaults of the rows, whose texts are static
    Diagnostics &diagnostics;
    Sources &sources;
    const std::string &cwd;

    // Grow during the load, go to the arena at its end.
    std::vector<std::string> component_signatures;
    std::vector<std::string> mime_types;
    std::vector<sl_dataset> datasets;

    // Files that are being read, outermost first; and how many were read in all.
    std::vector<const SourceFile *> open_files;
    size_t files_read = 0;

    // Reads a file and applies all that it says. from: the directive that names it; null when the caller did.
    void include(const std::string &name, const Position &at, bool is_optional, bool by_directive);
    void read(const SourceFile &file);
    sl_slice keep(std::string_view text) { return sl_arena_copy(arena, sl_slice_of(text.data(), text.size())); }
};

// The functions of rows that add statements: statements.cpp.

void add_rule(Loading &load, const Call &call);
void add_action(Loading &load, const Call &call);
void add_script(Loading &load, const Call &call);
void add_marker(Loading &load, const Call &call);
void add_default_action(Loading &load, const Call &call);
template <SelectBy by> void add_removal(Loading &load, const Call &call);
template <SelectBy by> void add_target_update(Loading &load, const Call &call);
void add_action_update(Loading &load, const Call &call);
void follow_include(Loading &load, const Call &call);
void follow_include_optional(Loading &load, const Call &call);

extern template void add_removal<SelectBy::id>(Loading &, const Call &);
extern template void add_removal<SelectBy::tag>(Loading &, const Call &);
extern template void add_removal<SelectBy::message>(Loading &, const Call &);
extern template void add_target_update<SelectBy::id>(Loading &, const Call &);
extern template void add_target_update<SelectBy::tag>(Loading &, const Call &);
extern template void add_target_update<SelectBy::message>(Loading &, const Call &);

// Arguments that are variable lists, as bits: SecRule's first, the second and third of SecRuleUpdateTarget….
uint32_t variable_list_arguments(const DirectiveRow &row);

} // namespace seclua
