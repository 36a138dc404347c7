// SPDX-License-Identifier: Apache-2.0
// What prepare functions of the tables call back: reports with their place, files, macros, targets, selections.
#include "compile/compiler.hpp"

#include <algorithm>
#include <filesystem>

#ifndef _WIN32
#include <unistd.h>
#endif

#include "prefilter/starts.hpp"
#include "run/host.h"
#include "seclang/loading.hpp"

namespace seclua {

constexpr size_t shown_line_max = 400; // bytes of a script's line that a diagnostic shows

static std::string line_at(sl_slice text, uint32_t line) {
    for (uint32_t i = 1; i < line; i++) {
        const size_t end = sl_slice_find_byte(text, '\n');
        if (end == SIZE_MAX) return {};
        text = sl_slice_from(text, end + 1);
    }
    const std::string rest(reinterpret_cast<const char *>(text.ptr), std::min(text.len, shown_line_max));
    return line == 0 ? std::string() : rest.substr(0, rest.find_first_of("\r\n"));
}

Position Compiler::place(size_t offset, size_t length) const {
    Position at = argument_;
    at.column += static_cast<uint32_t>(offset);
    at.length = static_cast<uint32_t>(length == 0 ? 1 : length);
    return at;
}

void Compiler::begin_argument(const Position &at, bool) {
    argument_ = at;
    prepare_.directive_file = slice(*at.file);
    prepare_.directive_line = at.line;
}

void Compiler::report(void *context, const char *code, const char *message, const char *hint, size_t offset, size_t length) {
    auto *self = static_cast<Compiler *>(context);
    self->diagnostics_.add(code_of(code), self->place(offset, length), message, hint == nullptr ? "" : hint);
}

// The mark goes under the whole line but its indent: what is wrong in there is not known to the byte.
void Compiler::report_file(void *context, const char *code, const char *message, const char *hint, sl_slice file, sl_slice content,
                           uint32_t line) {
    auto *self = static_cast<Compiler *>(context);
    std::string shown = line_at(content, line);
    const size_t indent = std::min(shown.find_first_not_of(" \t"), shown.size());
    Position at{.file = self->sources_.keep_name(to_string(file)), .line = line};
    at.column = static_cast<uint32_t>(indent) + 1;
    at.length = static_cast<uint32_t>(std::max<size_t>(shown.size() - indent, 1));
    self->diagnostics_.add(code_of(code), at, message, hint == nullptr ? "" : hint, std::move(shown));
}

bool Compiler::read_file(void *context, sl_slice name, sl_slice *path, sl_slice *content) {
    auto *self = static_cast<Compiler *>(context);
    if (const auto data = self->data_.find(to_string(name)); data != self->data_.end()) {
        *path = self->keep(data->first);
        *content = self->keep(data->second);
        return true;
    }
    const std::string found = resolve_path(to_string(name), self->argument_, self->cwd_, self->sources_.places);
    if (found.empty()) return false;
    auto known = self->files_.find(found);
    if (known == self->files_.end()) {
        std::string text, reason;
        if (!read_regular_file(found, Sources::file_bytes_max, text, reason)) return false;
        known = self->files_.emplace(found, std::make_pair(std::move(text), nullptr)).first;
    }
    *path = self->keep(known->first);
    *content = self->keep(known->second.first);
    return true;
}

// The program itself, or a folder that it lies in, links followed.
static bool is_within(const std::filesystem::path &program, const sl_slice &allowed) {
    std::error_code failed;
    const auto place = std::filesystem::canonical(to_string(allowed), failed);
    if (failed) return false;
    const auto [rest, unused] = std::mismatch(place.begin(), place.end(), program.begin(), program.end());
    return rest == place.end();
}

static bool is_allowed(const seclua_options &options, const std::string &path) {
    if (options.allow_exec_any) return true;
    std::error_code failed;
    const auto program = std::filesystem::canonical(path, failed);
    const auto *end = options.allow_exec + options.allow_exec_count;
    return !failed && std::any_of(options.allow_exec, end, [&](const sl_slice &each) { return is_within(program, each); });
}

static bool is_executable(const std::string &path) {
#ifdef _WIN32
    return !path.empty();
#else
    return access(path.c_str(), X_OK) == 0;
#endif
}

bool Compiler::find_program(void *context, sl_slice name, sl_slice *path) {
    auto *self = static_cast<Compiler *>(context);
    const auto refuse = [&](const std::string &why, const char *hint) {
        self->diagnostics_.add(Code::E_PROGRAM, self->place(0, name.len), in_quotes(to_string(name)) + ' ' + why, hint);
        return false;
    };
    const seclua_options &options = self->rules_->options;
    if (!options.allow_exec_any && options.allow_exec_count == 0) {
        return refuse("is a program, and no program may be run",
                      "allow it with the option allowExec, or write the check as a Lua script: it runs inside the engine");
    }
    const std::string found = resolve_path(to_string(name), self->argument_, self->cwd_, self->sources_.places);
    if (found.empty()) return refuse("is a program that is not there", "");
    if (!is_allowed(options, found)) return refuse("is a program that allowExec does not allow", "");
    if (!is_executable(found)) return refuse("is no program: it may not be executed", "");
    self->rules_->can_wait = true;
    *path = self->keep(found);
    return true;
}

const sl_macro *Compiler::macro(void *context, sl_slice text, size_t offset) {
    struct Unknown {
        Compiler *self;
        size_t offset, length;
    } unknown{static_cast<Compiler *>(context), offset, text.len};
    return sl_macro_parse(
        unknown.self->rules_, &unknown.self->rules_->arena, text,
        [](void *at, sl_slice name) {
            const auto *u = static_cast<const Unknown *>(at);
            u->self->diagnostics_.add(Code::W_MACRO, u->self->place(u->offset, u->length),
                                      "the macro %{" + to_string(name) + "} names no variable: it expands to nothing");
        },
        &unknown);
}

bool Compiler::targets(void *context, sl_slice text, size_t offset, const sl_target **out, size_t *count) {
    auto *self = static_cast<Compiler *>(context);
    std::vector<TargetItem> items;
    const Text list{to_string(text), self->place(offset, text.len)};
    if (!parse_targets(list, items, self->diagnostics_)) return false;
    sl_target *made = SL_NEW_ARRAY(&self->rules_->arena, sl_target, items.size());
    for (size_t i = 0; i < items.size(); i++) {
        if (!self->compile_target(items[i], self->link_, made[i])) return false;
    }
    *out = made;
    *count = items.size();
    return true;
}

const sl_starts *Compiler::starts(void *context, sl_slice pattern, bool lines) {
    auto *self = static_cast<Compiler *>(context);
    if (self->rules_->options.no_acceleration) return nullptr;
    const auto found = possible_starts({reinterpret_cast<const char *>(pattern.ptr), pattern.len}, lines);
    if (!found || !found->is_worthwhile) return nullptr;
    auto *kept = SL_NEW_LINES(&self->rules_->arena, sl_starts, 1);
    *kept = found->places;
    return kept;
}

const sl_rule_set_bits *Compiler::select_later(void *context, char by, sl_slice text, size_t offset) {
    auto *self = static_cast<Compiler *>(context);
    sl_rule_set_bits *bits = SL_NEW(&self->rules_->arena, sl_rule_set_bits);
    const SelectBy kind = by == 'i' ? SelectBy::id : by == 't' ? SelectBy::tag : SelectBy::message;
    self->selections_.push_back({kind, to_string(text), self->place(offset, text.len), bits});
    return bits;
}

} // namespace seclua
