// SPDX-License-Identifier: Apache-2.0
// Reads the Markdown cases of test/cases: headings, fenced blocks, lists and tables into plain structs. What
// the format means is written in test/cases/README.md; what an expectation means is the runner's business.
#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace cases {

struct Expectation {
    std::string text;
    unsigned line = 0;
};

struct Exchange {
    std::string request, response; // as written, escapes included
    bool has_response = false;
    std::vector<std::string> steps; // empty: all that request and response allow
    std::vector<Expectation> expectations;
};

struct File {
    std::string name, text;
};

struct Case {
    std::string title;
    unsigned line = 0;
    std::map<std::string, std::string> options;
    std::vector<File> files; // rules.conf among them
    std::vector<Expectation> load;
    std::vector<Exchange> exchanges;
    std::vector<std::vector<std::string>> table; // first row: column names
};

inline std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    size_t start = 0;
    for (size_t at = text.find(separator); at != std::string_view::npos; at = text.find(separator, start)) {
        parts.emplace_back(text.substr(start, at - start));
        start = at + 1;
    }
    parts.emplace_back(text.substr(start));
    return parts;
}

inline std::string trimmed(std::string_view text) {
    const size_t first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

// \n \r \t \\ \xHH, and \{text*N\} for a text N times.
inline std::string unescaped(std::string_view text) {
    std::string out;
    for (size_t i = 0; i < text.size(); i++) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            out += text[i];
            continue;
        }
        const char letter = text[++i];
        if (letter == 'x') {
            out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
            i += 2;
        } else if (letter == '{') {
            const size_t end = text.find("\\}", i);
            if (end == std::string_view::npos) throw std::runtime_error("\\{ without \\}");
            const std::string_view inside = text.substr(i + 1, end - i - 1);
            const size_t star = inside.rfind('*');
            const std::string piece = unescaped(inside.substr(0, star));
            for (int left = std::stoi(std::string(inside.substr(star + 1))); left > 0; left--) out += piece;
            i = end + 1;
        } else {
            out += letter == 'n' ? '\n' : letter == 'r' ? '\r' : letter == 't' ? '\t' : letter;
        }
    }
    return out;
}

// The code spans of a line, unescaped.
inline std::vector<std::string> spans(std::string_view text) {
    std::vector<std::string> found;
    const std::vector<std::string> parts = split(text, '`');
    for (size_t i = 1; i < parts.size(); i += 2) found.push_back(unescaped(parts[i]));
    return found;
}

class Reader {
public:
    explicit Reader(std::string_view text) : lines_(split(text, '\n')) {}

    std::vector<Case> read() {
        for (at_ = 0; at_ < lines_.size(); at_++) {
            const std::string &line = lines_[at_];
            if (line.starts_with("## ")) begin(line.substr(3));
            else if (line.starts_with("```")) block(line.substr(3));
            else if (line.starts_with("- ")) expectation(line.substr(2));
            else if (line.starts_with("|")) row(line);
        }
        return cases_;
    }

private:
    std::vector<std::string> lines_;
    size_t at_ = 0;
    std::string preamble_;
    std::vector<Case> cases_;

    void begin(std::string title) {
        Case fresh;
        fresh.title = std::move(title);
        fresh.line = static_cast<unsigned>(at_ + 1);
        if (!preamble_.empty()) fresh.files.push_back({"preamble.conf", preamble_});
        cases_.push_back(std::move(fresh));
    }

    std::string body() {
        std::string text;
        for (at_++; at_ < lines_.size() && lines_[at_] != "```"; at_++) text += lines_[at_] + '\n';
        if (at_ == lines_.size()) throw std::runtime_error("a fenced block does not end");
        return text;
    }

    void block(const std::string &info) {
        const std::vector<std::string> words = split(trimmed(info), ' ');
        const std::string text = body();
        if (cases_.empty()) {
            if (words[0] == "seclang") preamble_ += text;
            return;
        }
        Case &current = cases_.back();
        if (words[0] == "http") {
            message(current, text);
        } else if (words[0] == "steps") {
            last(current).steps = split(std::string_view(text).substr(0, text.size() - 1), '\n');
        } else {
            std::string name = words[0] == "seclang" ? "rules.conf" : "";
            for (size_t i = 1; i < words.size(); i++) {
                const size_t equals = words[i].find('=');
                if (equals == std::string::npos) name = words[i];
                else current.options[words[i].substr(0, equals)] = words[i].substr(equals + 1);
            }
            if (!name.empty()) current.files.push_back({name, text});
        }
    }

    // The end of line before the closing fence is not part of a message.
    static void message(Case &current, const std::string &text) {
        const std::string kept = text.substr(0, text.size() - 1);
        if (!kept.starts_with("HTTP/")) {
            current.exchanges.emplace_back().request = kept;
            return;
        }
        Exchange &exchange = last(current);
        exchange.response = kept;
        exchange.has_response = true;
    }

    static Exchange &last(Case &current) {
        if (current.exchanges.empty()) throw std::runtime_error(current.title + ": no request yet");
        return current.exchanges.back();
    }

    void expectation(const std::string &text) {
        if (cases_.empty()) return;
        Case &current = cases_.back();
        auto &list = current.exchanges.empty() ? current.load : current.exchanges.back().expectations;
        list.push_back({text, static_cast<unsigned>(at_ + 1)});
    }

    void row(const std::string &line) {
        if (cases_.empty() || line.starts_with("|-") || line.starts_with("| -")) return;
        std::vector<std::string> cells;
        std::string cell; // "\\|" is a bar inside a cell
        for (size_t i = 1; i < line.size(); i++) {
            const bool is_bar = line[i] == '|';
            if (is_bar && line[i - 1] == '\\') {
                cell.back() = '|';
            } else if (is_bar) {
                cells.push_back(trimmed(cell));
                cell.clear();
            } else {
                cell += line[i];
            }
        }
        cases_.back().table.push_back(std::move(cells));
    }
};

// What is said of the load may stand behind a request.
inline void move_load_expectations(Case &given) {
    for (Exchange &exchange : given.exchanges) {
        std::vector<Expectation> kept;
        for (Expectation &expected : exchange.expectations) {
            const bool of_load = expected.text.starts_with("error ") || expected.text.starts_with("warning ");
            (of_load ? given.load : kept).push_back(std::move(expected));
        }
        exchange.expectations = std::move(kept);
    }
}

// A case with a table stands for one case a row: <column> is that row's cell, wherever it is written.
inline std::vector<Case> rows_of(const Case &given) {
    std::vector<Case> made;
    if (given.table.empty()) {
        made.push_back(given);
        move_load_expectations(made.back());
        return made;
    }
    for (size_t row = 1; row < given.table.size(); row++) {
        Case copy = given;
        const auto fill = [&](std::string &text) {
            for (size_t i = 0; i < given.table[0].size(); i++) {
                const std::string mark = '<' + given.table[0][i] + '>';
                const std::string &cell = given.table[row].at(i);
                for (size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at)) {
                    text.replace(at, mark.size(), cell);
                    at += cell.size();
                }
            }
        };
        copy.title += " [";
        for (const std::string &cell : given.table[row]) {
            copy.title += (copy.title.back() == '[' ? "" : " | ") + cell;
        }
        copy.title += ']';
        for (auto &[name, value] : copy.options) fill(value);
        for (File &file : copy.files) fill(file.text);
        for (Expectation &expected : copy.load) fill(expected.text);
        for (Exchange &exchange : copy.exchanges) {
            fill(exchange.request);
            fill(exchange.response);
            for (std::string &step : exchange.steps) fill(step);
            for (Expectation &expected : exchange.expectations) fill(expected.text);
        }
        move_load_expectations(copy);
        made.push_back(std::move(copy));
    }
    return made;
}

} // namespace cases
