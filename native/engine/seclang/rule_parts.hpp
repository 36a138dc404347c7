// SPDX-License-Identifier: Apache-2.0
// The three small grammars inside a rule: variable list, operator, action list (spec 01, sections 4 to 6).
//
// They split and unquote; what a name means is the compiler's business. Each returns false when it reported
// an error, and leaves what it could read, so that the ids and chains of a broken rule stay in step.
#pragma once

#include <vector>

#include "seclang/ast.hpp"
#include "seclang/diagnostics.hpp"
#include "seclang/mapped_text.hpp"

namespace seclua {

bool parse_target_list(const MappedText &list, std::vector<TargetItem> &out, Diagnostics &diagnostics);
bool parse_operator(const MappedText &argument, OperatorCall &out, Diagnostics &diagnostics);
bool parse_action_list(const MappedText &list, ActionList &out, Diagnostics &diagnostics);

// A regular expression between slashes in a text without quotes. open: index of the first slash. Returns that
// of the closing one, npos when there is none: the first slash that is not escaped, has a byte before it and
// is followed by `|`, `,`, a blank or the end. Answers of one list are remembered in the caller's object, so
// that a list is read in linear time.
class RegexEnds {
  public:
    size_t find(std::string_view text, size_t open);

  private:
    size_t none_from_ = std::string_view::npos; // no end at or behind this index
};

// Undoes `\'` and `\\` between single quotes; every other backslash stays.
std::string unescape_quoted(std::string_view text);

} // namespace seclua
