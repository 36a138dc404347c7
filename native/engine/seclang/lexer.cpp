// SPDX-License-Identifier: Apache-2.0
// One pass over the file, one over each logical line. Bytes from 0x80 on pass through untouched.
#include "seclang/lexer.hpp"

#include <algorithm>

#include "base/slice.h"

namespace seclua {

namespace {

bool ends_with_backslash(std::string_view line) { return !line.empty() && line.back() == '\\'; }

// `\` followed by blanks only: looks like a continuation to the eye and is none.
size_t blanks_after_backslash(std::string_view line) {
    const size_t last = line.find_last_not_of(" \t");
    return last != std::string_view::npos && line[last] == '\\' ? line.size() - last - 1 : 0;
}

// `# SecRule … \`: whoever comments a rule out by its first line means all of it (v3; v2 swallows the next
// line after any comment, Coraza never).
bool is_commented_directive(std::string_view comment, size_t hash) {
    const std::string_view words = comment.substr(skip_blanks(comment, hash + 1));
    return sl_slice_starts_fold(sl_slice_of(words.data(), words.size()), SL_LIT("sec"));
}

} // namespace

bool LineReader::peek(PhysicalLine &line) {
    if (cursor_ >= file_.text.size()) {
        return false;
    }
    const std::string_view rest = std::string_view(file_.text).substr(cursor_);
    line.text = rest.substr(0, rest.find('\n'));
    if (line.text.ends_with('\r')) {
        line.text.remove_suffix(1);
    }
    line.number = line_ + 1;
    return true;
}

bool LineReader::read(PhysicalLine &line) {
    if (!peek(line)) {
        return false;
    }
    const size_t end = file_.text.find('\n', cursor_);
    cursor_ = end == std::string::npos ? file_.text.size() : end + 1;
    line_++;
    return true;
}

Position LineReader::place(const PhysicalLine &line, size_t offset, size_t length) const {
    Position at;
    at.file = &file_.name;
    at.in_text = file_.is_text;
    at.line = line.number;
    at.column = static_cast<uint32_t>(offset + 1);
    at.length = static_cast<uint32_t>(std::max<size_t>(length, 1));
    return at;
}

void LineReader::skip_comment(const PhysicalLine &comment) {
    const size_t hash = skip_blanks(comment.text, 0);
    if (!ends_with_backslash(comment.text) || !is_commented_directive(comment.text, hash)) {
        return;
    }
    bool warned = false;
    PhysicalLine line;
    bool goes_on = true;
    while (goes_on && peek(line)) {
        const size_t start = skip_blanks(line.text, 0);
        if (start == line.text.size()) {
            return;
        }
        read(line);
        if (line.text[start] != '#' && !warned) {
            warned = true;
            diagnostics_.add(Code::W_CONTINUATION, place(line, start, line.text.size() - start),
                             "this line continues the comment above and is skipped",
                             "begin it with # too, or drop the \\ at the end of the comment");
        }
        goes_on = ends_with_backslash(line.text);
    }
}

void LineReader::add(LogicalLine &out, const PhysicalLine &line, size_t begin, size_t end) {
    if (out.damaged) {
        return;
    }
    std::string_view piece = line.text.substr(begin, end - begin);
    const size_t nul = piece.find('\0');
    const size_t room = logical_line_bytes_max - out.text.size();
    if (nul != std::string_view::npos && nul < room) {
        diagnostics_.add(Code::E_SYNTAX, place(line, begin + nul, 1), "NUL byte in the configuration",
                         "if the file was saved as UTF-16, save it as UTF-8");
        out.damaged = true;
        piece = piece.substr(0, nul);
    } else if (piece.size() > room) {
        Position at = out.text.size() == 0 ? place(line, begin, 1) : out.text.at(0);
        diagnostics_.add(Code::E_SYNTAX, at, "a directive is longer than 1 MiB");
        out.damaged = true;
        piece = piece.substr(0, room);
    }
    out.text.append(piece, line.number, static_cast<uint32_t>(begin + 1));
}

bool LineReader::next(LogicalLine &out) {
    PhysicalLine line;
    size_t start = 0;
    for (;;) {
        if (!read(line)) {
            return false;
        }
        start = skip_blanks(line.text, 0);
        if (start == line.text.size()) {
            continue;
        }
        if (line.text[start] != '#') {
            break;
        }
        skip_comment(line);
    }

    out.text = MappedText(&file_.name, file_.is_text);
    out.damaged = false;
    out.first_line = line.number;
    for (;;) {
        out.last_line = line.number;
        const bool goes_on = ends_with_backslash(line.text);
        add(out, line, start, line.text.size() - (goes_on ? 1 : 0));
        if (!goes_on) {
            break;
        }
        do { // the line that goes on: a blank one ends the directive, comments between are skipped
            if (!peek(line)) {
                return true;
            }
            start = skip_blanks(line.text, 0);
            read(line);
            if (start == line.text.size()) {
                return true;
            }
            if (line.text[start] == '#') {
                diagnostics_.add(Code::W_CONTINUATION, place(line, start, line.text.size() - start),
                                 "comment inside a continued directive", "move it above the directive");
            }
        } while (line.text[start] == '#');
    }
    if (const size_t blanks = blanks_after_backslash(line.text); blanks != 0) {
        diagnostics_.add(Code::W_CONTINUATION, place(line, line.text.size() - blanks - 1, blanks + 1),
                         "a backslash followed by blanks does not continue the directive",
                         "remove the blanks at the end of the line");
    }
    return true;
}

bool LineReader::read_block(uint32_t &last_line, std::string &content) {
    PhysicalLine line;
    while (read(line)) {
        last_line = line.number;
        const size_t last = line.text.find_last_not_of(" \t");
        if (last != std::string_view::npos && line.text[last] == '`') {
            content.append(line.text.substr(0, last));
            return true;
        }
        content.append(line.text).push_back('\n');
    }
    return false;
}

size_t find_closing_quote(std::string_view text, size_t from, char quote) {
    for (size_t i = from; i < text.size(); i++) {
        if (text[i] == '\\') {
            i++; // whatever it escapes, it is not the end; pairs of backslashes cancel out
        } else if (text[i] == quote) {
            return i;
        }
    }
    return std::string_view::npos;
}

namespace {

// Only `\"` (the quote in use) loses its backslash; `\\` stays, as regular expressions are written for v3 and
// Coraza.
MappedText unescape(const MappedText &line, size_t begin, size_t end, char quote) {
    const std::string_view text = line.view();
    MappedText plain = line.piece(begin, begin);
    size_t kept = begin;
    for (size_t i = begin; i + 1 < end; i++) {
        if (text[i] != '\\') {
            continue;
        }
        if (text[i + 1] == quote) {
            plain.append(line, kept, i);
            kept = i + 1;
        }
        i++;
    }
    plain.append(line, kept, end);
    return plain;
}

// End of an argument without quotes. In a variable list `:'` opens a selector that may hold blanks.
size_t find_bare_end(std::string_view text, size_t begin, bool is_variable_list, size_t &unclosed) {
    size_t i = begin;
    while (i < text.size() && !is_blank(text[i])) {
        if (is_variable_list && text[i] == '\'' && i > begin && text[i - 1] == ':') {
            const size_t closing = find_closing_quote(text, i + 1, '\'');
            if (closing == std::string_view::npos) {
                unclosed = i;
                return text.size();
            }
            i = closing;
        }
        i++;
    }
    return i;
}

} // namespace

bool split_arguments(const MappedText &line, size_t offset, uint32_t variable_lists, std::vector<Argument> &arguments,
                     Diagnostics &diagnostics) {
    const std::string_view text = line.view();
    bool is_whole = true;
    const auto unterminated = [&](size_t quote) {
        is_whole = false;
        diagnostics.add(Code::E_UNTERMINATED, line.at(quote, text.size() - quote), "unterminated quoted string",
                        std::string("a ") + text[quote] + " is missing; within the text it is written \\" +
                            text[quote]);
    };
    for (size_t i = skip_blanks(text, offset); i < text.size(); i = skip_blanks(text, i)) {
        const char quote = text[i];
        if (quote != '"' && quote != '\'') {
            const bool is_variable_list = arguments.size() < 32 && (variable_lists >> arguments.size() & 1) != 0;
            size_t unclosed = std::string_view::npos;
            const size_t end = find_bare_end(text, i, is_variable_list, unclosed);
            if (unclosed != std::string_view::npos) {
                unterminated(unclosed);
            }
            arguments.push_back({line.piece(i, end), false});
            i = end;
            continue;
        }
        const size_t closing = find_closing_quote(text, i + 1, quote);
        if (closing == std::string_view::npos) {
            unterminated(i);
        }
        const size_t end = std::min(closing, text.size());
        arguments.push_back({unescape(line, i + 1, end, quote), true});
        i = std::min(end + 1, text.size());
        if (i < text.size() && !is_blank(text[i])) {
            is_whole = false;
            diagnostics.add(Code::E_SYNTAX, line.at(i), "a blank must follow the closing quote",
                            std::string("a ") + quote + " within the text is written \\" + quote);
        }
    }
    return is_whole;
}

} // namespace seclua
