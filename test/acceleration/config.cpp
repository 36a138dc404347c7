// SPDX-License-Identifier: Apache-2.0
#include "config.hpp"

#include <algorithm>

namespace acceleration {

namespace {

constexpr const char *blanks = " \t";

// A word or a quoted text from at on; the quotes are taken off and \" is a quote.
std::string take_word(const std::string &line, size_t &at) {
    std::string word;
    at = std::min(line.find_first_not_of(blanks, at), line.size());
    if (at == line.size()) return word;
    if (line[at] != '"') {
        const size_t end = std::min(line.find_first_of(blanks, at), line.size());
        word = line.substr(at, end - at);
        at = end;
        return word;
    }
    for (at++; at < line.size() && line[at] != '"'; at++) {
        if (line[at] == '\\' && at + 1 < line.size() && line[at + 1] == '"') at++;
        word += line[at];
    }
    at++;
    return word;
}

std::vector<std::string> split_targets(const std::string &written) {
    std::vector<std::string> targets;
    std::string current;
    bool in_pattern = false;
    for (const char c : written + "|") {
        if (c == '/' && (in_pattern || current.ends_with(':'))) in_pattern = !in_pattern;
        if (c != '|' || in_pattern) {
            current += c;
            continue;
        }
        if (!current.empty() && current[0] != '!')
            targets.push_back(current[0] == '&' ? current.substr(1) : current);
        current.clear();
    }
    return targets;
}

Question question_of(const std::string &line, size_t at) {
    Question question;
    question.targets = split_targets(take_word(line, at));
    std::string asked = take_word(line, at);
    const size_t start = asked.starts_with("!") ? 1 : 0;
    if (asked.size() > start && asked[start] == '@') {
        const size_t end = std::min(asked.find_first_of(blanks, start), asked.size());
        question.op = asked.substr(start + 1, end - start - 1);
        const size_t value = asked.find_first_not_of(blanks, end);
        if (value != std::string::npos) question.parameter = asked.substr(value);
    } else {
        question.op = "rx";
        question.parameter = asked.substr(start);
    }
    const std::string actions = take_word(line, at);
    for (size_t found = actions.find("t:"); found != std::string::npos;
         found = actions.find("t:", found + 2)) {
        if (found != 0 && actions[found - 1] != ',' && actions[found - 1] != ' ') continue;
        size_t end = found + 2;
        while (end < actions.size() && std::isalnum(static_cast<unsigned char>(actions[end]))) end++;
        question.transformations.push_back(actions.substr(found + 2, end - found - 2));
    }
    return question;
}

}  // namespace

std::vector<std::string> lines_of(const std::string &text) {
    std::vector<std::string> lines;
    std::string current;
    for (size_t at = 0; at < text.size();) {
        const size_t end = std::min(text.find('\n', at), text.size());
        std::string line = text.substr(at, end - at);
        at = end + 1;
        if (line.ends_with('\r')) line.pop_back();
        const size_t first = line.find_first_not_of(blanks);
        if (current.empty() && (first == std::string::npos || line[first] == '#')) continue;
        const bool goes_on = line.ends_with('\\');
        if (goes_on) line.pop_back();
        current += current.empty() || first == std::string::npos ? line : line.substr(first);
        if (goes_on) continue;
        lines.push_back(current);
        current.clear();
    }
    if (!current.empty()) lines.push_back(current);
    return lines;
}

std::string joined(const std::vector<std::string> &lines) {
    std::string text;
    for (const std::string &line : lines) text += line + "\n";
    return text;
}

std::string in_quotes(const std::string &text) {
    std::string quoted;
    for (const char c : text) {
        if (c == '"') quoted += '\\';
        quoted += c == '\n' ? ' ' : c;
    }
    return quoted;
}

std::vector<Question> questions_of(const std::string &text) {
    std::vector<Question> questions;
    for (const std::string &line : lines_of(text)) {
        size_t at = 0;
        if (take_word(line, at) == "SecRule") questions.push_back(question_of(line, at));
    }
    return questions;
}

}  // namespace acceleration
