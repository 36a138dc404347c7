// SPDX-License-Identifier: Apache-2.0
// A text that remembers where each of its bytes stood in the file.
//
// Joining continued lines and removing escapes shift bytes; a mark must still point at what the user wrote.
// The text is kept as runs: stretches of bytes that are neighbours in the file, too. Nothing here knows the
// grammar.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "seclang/ast.hpp"

namespace seclua {

class MappedText {
  public:
    MappedText() = default;
    // Where the text comes from; runs are added with append.
    MappedText(const std::string *file, bool in_text) : file_(file), in_text_(in_text) {}
    // One run: a text that stands in the file as it is.
    explicit MappedText(const Text &text);

    void append(std::string_view bytes, uint32_t line, uint32_t column);
    // Bytes begin‥end of another text, with their places. An empty piece still leaves its place when it is
    // the first.
    void append(const MappedText &from, size_t begin, size_t end);

    MappedText piece(size_t begin, size_t end) const;

    std::string_view view() const { return bytes_; }
    size_t size() const { return bytes_.size(); }
    // Of the byte at offset; size() means the place just behind the text. length is cut at the end of the
    // physical line.
    Position at(size_t offset, size_t length = 1) const;
    // Bytes begin‥end and their place.
    Text text(size_t begin, size_t end) const;
    // The place of the piece, for a value that differs from it by its escapes.
    Text text(size_t begin, size_t end, std::string value) const;

  private:
    struct Run {
        uint32_t offset; // in bytes_
        uint32_t line;
        uint32_t column;
    };
    size_t run_of(size_t offset) const;
    void add_run(uint32_t line, uint32_t column);

    const std::string *file_ = nullptr;
    bool in_text_ = false;
    std::string bytes_;
    std::vector<Run> runs_;
};

} // namespace seclua
