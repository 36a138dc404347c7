// SPDX-License-Identifier: Apache-2.0
// The files and texts of a load: where names lead, what was read, which line a mark shows.
//
// First station of a load; the lexer reads what lies here. Nothing here knows SecLang. Files are read whole,
// once each.
#pragma once

#include <deque>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "seclang/ast.hpp"

namespace seclua {

struct SourceFile {
    std::string name; // what diagnostics call it; positions point to this string
    std::string path; // what was opened, canonical; empty for a text
    std::string text; // without a byte order mark
    bool is_text = false;
    mutable std::vector<size_t> line_starts; // made when the first mark is asked for
};

// A file to be read: how to open it and what to call it.
struct FoundFile {
    std::string path;
    std::string name;
};

// Absolute paths where a load looked for files, whether there was one or not; any component may have wildcards. What
// appears, changes or goes away at one of them may change what the next load makes of the same configuration.
using Places = std::set<std::string>;

class Sources {
  public:
    Sources() = default;
    Sources(const Sources &) = delete; // positions point into it
    Sources &operator=(const Sources &) = delete;

    const SourceFile &add_text(std::string name, std::string_view text);
    // Reads a regular file of at most file_bytes_max; nullptr: reason says why not. A file read before is not
    // read again.
    const SourceFile *add_file(const FoundFile &found, std::string &reason);
    // A name that has no text behind it, for places of files that cannot be opened. Lives as long as the
    // sources.
    const std::string *keep_name(const std::string &name);
    // The physical line of a place, at most line_mark_bytes_max of it; empty when the place has no text.
    std::string line_of(const Position &at) const;

    Places places; // of all files of the load, also of those that are none of the sources

    static constexpr size_t file_bytes_max = size_t{64} << 20;
    static constexpr size_t line_mark_bytes_max = 4096;

  private:
    std::deque<SourceFile> files_; // addresses stay
    std::deque<std::string> names_;
    std::unordered_map<const std::string *, const SourceFile *> by_name_;
    std::unordered_map<std::string, const SourceFile *> by_path_;
};

bool has_wildcard(std::string_view pattern);
// `*`, `?` and `[…]` in one component of a path; a leading dot must be written. Time: pattern times name at
// worst.
bool wildcard_match(std::string_view pattern, std::string_view name);

// The files that an argument of Include or a caller's `files` entry means: beside `from` (unless that is a
// text or null), then in cwd; wildcards expanded in any component, in byte order of the paths. Never more
// than wildcard_matches_max. Notes where it looked.
std::vector<FoundFile> find_files(const std::string &argument, const Position *from, const std::string &cwd,
                                  Places &places);
inline constexpr size_t wildcard_matches_max = 10000;

// A path that is not looked for, such as that of a log: joined to cwd when it is relative.
std::string path_in(const std::string &folder, const std::string &path);

// Whole content of a regular file; false: reason says why not.
bool read_regular_file(const std::string &path, size_t bytes_max, std::string &content, std::string &reason);

} // namespace seclua
