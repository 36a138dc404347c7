// SPDX-License-Identifier: Apache-2.0
// Where names lead, by the rule of the specification (01, 1.2): beside the file that names them, then in cwd.
// There is no expansion by a shell or from the environment: a rule file must not be able to ask what the
// process knows.
#include "seclang/source.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "seclang/parser.hpp"

namespace fs = std::filesystem;

namespace seclua {

namespace {

bool is_regular(const std::string &path) {
    std::error_code failed;
    return fs::is_regular_file(path, failed);
}

bool exists(const std::string &path) {
    std::error_code failed;
    return fs::exists(path, failed);
}

std::string folder_of(const std::string &name) { return fs::path(name).parent_path().string(); }

bool is_absolute(const std::string &path) { return fs::path(path).is_absolute(); }

// Reads `[…]` of a pattern at `at`; returns the index behind it, or 0 when there is no closing bracket.
size_t match_bracket(std::string_view pattern, size_t at, unsigned char byte, bool &matches) {
    size_t i = at + 1;
    const bool negated = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
    if (negated) i++;
    const size_t first = i;
    bool found = false;
    for (; i < pattern.size() && (pattern[i] != ']' || i == first); i++) {
        const auto low = static_cast<unsigned char>(pattern[i]);
        unsigned char high = low;
        if (i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']') {
            high = static_cast<unsigned char>(pattern[i + 2]);
            i += 2;
        }
        found = found || (byte >= low && byte <= high);
    }
    matches = found != negated;
    return i < pattern.size() ? i + 1 : 0;
}

// One component further in every folder found so far.
std::vector<FoundFile> expand(const std::vector<FoundFile> &folders, const std::string &component, Places &places) {
    std::vector<FoundFile> found;
    for (const FoundFile &folder : folders) {
        if (!has_wildcard(component)) {
            found.push_back({path_in(folder.path, component), path_in(folder.name, component)});
            continue;
        }
        places.insert(path_in(folder.path, component));
        std::error_code failed;
        fs::directory_iterator entry(folder.path.empty() ? "." : folder.path, failed);
        while (!failed && entry != fs::directory_iterator() && found.size() < wildcard_matches_max) {
            const std::string name = entry->path().filename().string();
            if (wildcard_match(component, name)) {
                found.push_back({path_in(folder.path, name), path_in(folder.name, name)});
            }
            entry.increment(failed);
        }
    }
    return found;
}

// `shown` and `folder` name the same folder, for people and for opening.
std::vector<FoundFile> find_in(const std::string &folder, const std::string &shown, const std::string &argument,
                               Places &places) {
    if (!has_wildcard(argument)) {
        FoundFile file{path_in(folder, argument), path_in(shown, argument)};
        places.insert(file.path);
        return exists(file.path) ? std::vector<FoundFile>{file} : std::vector<FoundFile>{};
    }
    const fs::path pattern(argument);
    const std::string root = pattern.root_path().string();
    std::vector<FoundFile> found;
    found.push_back(root.empty() ? FoundFile{folder, shown} : FoundFile{root, root});
    for (const fs::path &component : pattern.relative_path()) {
        found = expand(found, component.string(), places);
    }
    for (const FoundFile &file : found) places.insert(file.path);
    std::erase_if(found, [](const FoundFile &file) { return !is_regular(file.path); });
    std::sort(found.begin(), found.end(), [](const FoundFile &a, const FoundFile &b) { return a.path < b.path; });
    return found;
}

} // namespace

bool has_wildcard(std::string_view pattern) { return pattern.find_first_of("*?[") != std::string_view::npos; }

bool wildcard_match(std::string_view pattern, std::string_view name) {
    if (!name.empty() && name.front() == '.' && (pattern.empty() || pattern.front() != '.')) {
        return false;
    }
    size_t p = 0;
    size_t n = 0;
    size_t star = std::string_view::npos; // the last `*`, and how much of the name it has taken
    size_t taken = 0;
    while (n < name.size()) {
        bool matches = false;
        size_t next = p + 1;
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            taken = n;
            continue;
        }
        if (p < pattern.size() && pattern[p] == '[') {
            next = match_bracket(pattern, p, static_cast<unsigned char>(name[n]), matches);
            if (next == 0) { // no closing bracket: an ordinary letter
                matches = name[n] == '[';
                next = p + 1;
            }
        } else if (p < pattern.size()) {
            matches = pattern[p] == '?' || pattern[p] == name[n];
        }
        if (matches) {
            p = next;
            n++;
            continue;
        }
        if (star == std::string_view::npos) {
            return false;
        }
        p = star + 1;
        n = ++taken;
    }
    while (p < pattern.size() && pattern[p] == '*') p++;
    return p == pattern.size();
}

std::string path_in(const std::string &folder, const std::string &path) {
    if (folder.empty() || is_absolute(path)) {
        return path;
    }
    return folder.back() == '/' ? folder + path : folder + '/' + path;
}

std::vector<FoundFile> find_files(const std::string &argument, const Position *from, const std::string &cwd,
                                  Places &places) {
    if (argument.empty()) {
        return {};
    }
    if (from != nullptr && from->file != nullptr && !from->in_text) {
        const std::string shown = folder_of(*from->file);
        std::vector<FoundFile> beside = find_in(path_in(cwd, shown), shown, argument, places);
        if (!beside.empty()) {
            return beside;
        }
    }
    return find_in(cwd, "", argument, places);
}

std::string resolve_path(const std::string &name, const Position &from, const std::string &cwd, Places &places) {
    if (name.empty()) {
        return {};
    }
    if (from.file != nullptr && !from.in_text) {
        std::string beside = path_in(path_in(cwd, folder_of(*from.file)), name);
        places.insert(beside);
        if (is_regular(beside)) {
            return beside;
        }
    }
    std::string in_cwd = path_in(cwd, name);
    places.insert(in_cwd);
    return is_regular(in_cwd) ? in_cwd : std::string();
}

bool read_regular_file(const std::string &path, size_t bytes_max, std::string &content, std::string &reason) {
    std::error_code failed;
    const fs::file_status status = fs::status(path, failed);
    if (status.type() == fs::file_type::not_found) {
        reason = "there is no such file";
        return false;
    }
    if (fs::is_directory(status)) {
        reason = "it is a folder";
        return false;
    }
    if (!fs::is_regular_file(status)) { // a pipe or a device could block the load or never end
        reason = failed ? failed.message() : "it is not a regular file";
        return false;
    }
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    if (!in) {
        reason = std::strerror(errno);
        return false;
    }
    char chunk[65536];
    while (in.read(chunk, sizeof chunk), in.gcount() > 0) {
        content.append(chunk, static_cast<size_t>(in.gcount()));
        if (content.size() > bytes_max) {
            reason = "it is larger than " + std::to_string(bytes_max) + " bytes";
            return false;
        }
    }
    if (in.bad()) {
        reason = std::strerror(errno);
        return false;
    }
    return true;
}

const SourceFile &Sources::add_text(std::string name, std::string_view text) {
    if (text.starts_with("\xEF\xBB\xBF")) {
        text.remove_prefix(3);
    }
    SourceFile &file = files_.emplace_back();
    file.name = std::move(name);
    file.text = text;
    file.is_text = true;
    by_name_.emplace(&file.name, &file);
    return file;
}

const SourceFile *Sources::add_file(const FoundFile &found, std::string &reason) {
    std::error_code failed;
    std::string canonical = fs::weakly_canonical(found.path, failed).string();
    if (failed) canonical = found.path;
    if (const auto known = by_path_.find(canonical); known != by_path_.end()) {
        return known->second;
    }
    std::string content;
    if (!read_regular_file(found.path, file_bytes_max, content, reason)) {
        return nullptr;
    }
    if (content.starts_with("\xEF\xBB\xBF")) {
        content.erase(0, 3);
    }
    SourceFile &file = files_.emplace_back();
    file.name = found.name;
    file.path = canonical;
    file.text = std::move(content);
    by_name_.emplace(&file.name, &file);
    by_path_.emplace(std::move(canonical), &file);
    return &file;
}

const std::string *Sources::keep_name(const std::string &name) { return &names_.emplace_back(name); }

std::string Sources::line_of(const Position &at) const {
    const auto known = by_name_.find(at.file);
    if (known == by_name_.end() || at.line == 0) {
        return {};
    }
    const SourceFile &file = *known->second;
    if (file.line_starts.empty()) {
        file.line_starts.push_back(0);
        for (size_t i = file.text.find('\n'); i != std::string::npos; i = file.text.find('\n', i + 1)) {
            file.line_starts.push_back(i + 1);
        }
    }
    if (at.line > file.line_starts.size()) {
        return {};
    }
    const size_t start = file.line_starts[at.line - 1];
    const size_t end = std::min(file.text.find('\n', start), file.text.size());
    std::string line = file.text.substr(start, std::min(end - start, line_mark_bytes_max));
    if (!line.empty() && line.back() == '\r') line.pop_back();
    return line;
}

} // namespace seclua
