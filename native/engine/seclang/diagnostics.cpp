// SPDX-License-Identifier: Apache-2.0
// Collects what a load has to say; knows codes and order, not what they are about.
#include "seclang/diagnostics.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>

namespace seclua {

namespace {

enum class Severity { error, warning };

struct CodeRow {
    const char *name;
    Severity severity;
};

constexpr CodeRow codes[] = {
#define SECLUA_CODE(name, severity, meaning) {"SECLUA_" #name, Severity::severity},
#include "seclang/errors.def"
#undef SECLUA_CODE
};

// Nobody reads further, and each one holds a copy of its line.
constexpr size_t diagnostics_max = 10000;

} // namespace

const char *code_name(Code code) { return codes[static_cast<size_t>(code)].name; }

bool code_is_error(Code code) { return codes[static_cast<size_t>(code)].severity == Severity::error; }

Code code_of(std::string_view name) {
    for (size_t i = 0; i < std::size(codes); i++) {
        if (name == codes[i].name) {
            return static_cast<Code>(i);
        }
    }
    return Code::E_BAD_VALUE;
}

void Diagnostics::adopt(const Diagnostic &diagnostic) {
    all_.push_back(diagnostic);
    if (code_is_error(diagnostic.code)) errors_++;
}

void Diagnostics::add(Code code, const Position &at, std::string message, std::string hint) {
    const bool is_first_error = code_is_error(code) && errors_ == 0;
    if (code_is_error(code)) {
        errors_++;
    }
    // A load with errors must say at least one of them, however many warnings came before it.
    if (all_.size() >= diagnostics_max && !is_first_error) {
        return;
    }
    Diagnostic &added = all_.emplace_back();
    added.code = code;
    added.message = std::move(message);
    added.hint = std::move(hint);
    added.file = at.file == nullptr ? std::string() : *at.file;
    added.line = std::max<uint32_t>(at.line, 1);
    added.column = std::max<uint32_t>(at.column, 1);
    added.length = std::max<uint32_t>(at.length, 1);
    if (line_of_ != nullptr && at.file != nullptr) {
        added.source_line = line_of_(context_, at);
    }
}

void Diagnostics::add(Code code, const Position &at, std::string message, std::string hint, std::string source_line) {
    const size_t before = all_.size();
    add(code, at, std::move(message), std::move(hint));
    if (all_.size() > before) {
        all_.back().source_line = std::move(source_line);
    }
}

void Diagnostics::set_line_source(std::string (*line_of)(void *context, const Position &at), void *context) {
    line_of_ = line_of;
    context_ = context;
}

void Diagnostics::sort() {
    std::map<std::string, size_t> order; // of files, by first appearance
    for (const Diagnostic &each : all_) {
        order.emplace(each.file, order.size());
    }
    const auto place = [&](const Diagnostic &each) {
        return std::tuple(order.at(each.file), each.line, each.column);
    };
    std::stable_sort(all_.begin(), all_.end(),
                     [&](const Diagnostic &a, const Diagnostic &b) { return place(a) < place(b); });
    const auto same = [](const Diagnostic &a, const Diagnostic &b) {
        return a.code == b.code && a.line == b.line && a.column == b.column && a.file == b.file &&
               a.message == b.message;
    };
    all_.erase(std::unique(all_.begin(), all_.end(), same), all_.end());
}

} // namespace seclua
