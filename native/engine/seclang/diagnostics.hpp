// SPDX-License-Identifier: Apache-2.0
// Everything a load has to say, in the order of places. Codes are rows of errors.def.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "seclang/ast.hpp"

namespace seclua {

enum class Code {
#define SECLUA_CODE(name, severity, meaning) name,
#include "seclang/errors.def"
#undef SECLUA_CODE
};

struct Diagnostic {
    Code code;
    std::string message;
    std::string hint;
    std::string file;
    uint32_t line, column, length;
    std::string source_line;
};

const char *code_name(Code code);  // "SECLUA_E_SYNTAX"
bool code_is_error(Code code);
// The code of a name such as "SECLUA_E_OPERATOR_PARAM", for reports that come from C; E_BAD_VALUE when unknown.
Code code_of(std::string_view name);

class Diagnostics {
  public:
    void add(Code code, const Position &at, std::string message, std::string hint = {});
    // The same about a file that is no source of the load: the text of its line comes along.
    void add(Code code, const Position &at, std::string message, std::string hint, std::string source_line);
    void adopt(const Diagnostic &diagnostic); // of another list, place and all
    bool has_errors() const { return errors_ != 0; }
    const std::vector<Diagnostic> &all() const { return all_; }
    // Text of a line for the mark; the sources of the load provide it.
    void set_line_source(std::string (*line_of)(void *context, const Position &at), void *context);
    void sort(); // by file order of first appearance, line, column; duplicates dropped

  private:
    std::vector<Diagnostic> all_;
    size_t errors_ = 0;
    std::string (*line_of_)(void *, const Position &) = nullptr;
    void *context_ = nullptr;
};

} // namespace seclua
