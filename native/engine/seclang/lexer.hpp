// SPDX-License-Identifier: Apache-2.0
// Physical lines to logical lines, logical lines to arguments. Knows quoting, comments and continuations; no
// directive.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "seclang/diagnostics.hpp"
#include "seclang/mapped_text.hpp"
#include "seclang/source.hpp"

namespace seclua {

inline bool is_blank(char c) { return c == ' ' || c == '\t'; }

inline size_t skip_blanks(std::string_view text, size_t at) {
    while (at < text.size() && is_blank(text[at])) at++;
    return at;
}

inline constexpr size_t logical_line_bytes_max = size_t{1} << 20;

// A directive with its continuation lines joined. damaged: it had a NUL byte or was too long (reported, cut
// there).
struct LogicalLine {
    MappedText text;
    uint32_t first_line = 0;
    uint32_t last_line = 0;
    bool damaged = false;
};

class LineReader {
  public:
    LineReader(const SourceFile &file, Diagnostics &diagnostics) : file_(file), diagnostics_(diagnostics) {}

    // The next directive, past blank lines and comments. False at the end of the file.
    bool next(LogicalLine &out);
    // For a block between back-ticks: reads up to the line that ends with one. False: there is none.
    bool read_block(uint32_t &last_line, std::string &content);

  private:
    struct PhysicalLine {
        std::string_view text; // without its end
        uint32_t number = 0;
    };
    bool read(PhysicalLine &line);
    bool peek(PhysicalLine &line);
    void skip_comment(const PhysicalLine &comment);
    void add(LogicalLine &out, const PhysicalLine &line, size_t begin, size_t end);
    Position place(const PhysicalLine &line, size_t offset, size_t length) const;

    const SourceFile &file_;
    Diagnostics &diagnostics_;
    size_t cursor_ = 0;
    uint32_t line_ = 0; // the last one that was read
};

// One argument: unquoted, with `\"` undone.
struct Argument {
    MappedText text;
    bool is_quoted = false;
};

// Splits line from offset on. Bit N of variable_lists: argument N is a variable list, in which a quoted
// selector may hold blanks. False: a quote is not closed or text sticks to it (reported); arguments has what
// could be read.
bool split_arguments(const MappedText &line, size_t offset, uint32_t variable_lists, std::vector<Argument> &arguments,
                     Diagnostics &diagnostics);

// Index of the quote that closes what began before `from`, npos if none: the first that no backslash escapes.
size_t find_closing_quote(std::string_view text, size_t from, char quote);

} // namespace seclua
