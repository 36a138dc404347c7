// SPDX-License-Identifier: Apache-2.0
// Drives a load: sources in order, Include where it stands, each directive to the function of its row. An
// error ends its directive only; the next logical line is read as if nothing had happened.
#include "seclang/parser.hpp"

#include <algorithm>

#include "seclang/loading.hpp"

namespace seclua {

namespace {

constexpr size_t include_depth_max = 32;
// Files that include two others each would be read without end long before they nest too deep.
constexpr size_t files_read_max = 10000;

std::string usage_of(const DirectiveRow &row) {
    const std::string arguments = row.arguments != nullptr ? row.arguments : row.words ? list_words(row.words) : "";
    return arguments.empty() ? std::string("write it alone") : std::string(row.name) + ' ' + arguments;
}

std::string arity_of(const DirectiveRow &row) {
    const std::string least = std::to_string(row.arguments_min);
    if (row.arguments_max == any_number) return "at least " + least;
    if (row.arguments_max == 0) return "no";
    if (row.arguments_min == row.arguments_max) return least;
    return least + " to " + std::to_string(row.arguments_max);
}

bool check_count(Loading &load, const Call &call) {
    const DirectiveRow &row = call.row;
    const size_t count = call.arguments.size();
    if (count < row.arguments_min) {
        load.diagnostics.add(Code::E_ARG_COUNT, call.at,
                             std::string(row.name) + " takes " + arity_of(row) +
                                 (row.arguments_max == 1 ? " argument" : " arguments") + ", not " +
                                 std::to_string(count),
                             usage_of(row));
        return false;
    }
    if (row.arguments_max != any_number && count > row.arguments_max) {
        load.diagnostics.add(Code::E_ARG_COUNT, call.place(row.arguments_max),
                             std::string("unexpected text after ") + row.name + " arguments", usage_of(row));
        return false;
    }
    return true;
}

bool check_words(Loading &load, const Call &call) {
    if (call.row.words == nullptr || call.arguments.empty() || find_word(call) != nullptr) {
        return true;
    }
    load.diagnostics.add(Code::E_BAD_VALUE, call.place(0),
                         std::string(call.row.name) + " does not take " + in_quotes(call.value(0)),
                         "it takes " + list_words(call.row.words));
    return false;
}

// Include may bring the next rule of the chain; a marker in a chain is an error of its own.
bool may_interrupt(const DirectiveRow &row) {
    return row.kind != DirectiveKind::rule && row.apply != follow_include && row.apply != follow_include_optional &&
           row.apply != add_marker;
}

bool is_in_chain(const Tree &tree) {
    const auto *rule = tree.statements.empty() ? nullptr : std::get_if<RuleStatement>(&tree.statements.back().body);
    if (rule == nullptr || (!tree.source_ends.empty() && tree.source_ends.back() == tree.statements.size())) return false;
    return std::any_of(rule->actions.begin(), rule->actions.end(), [](const ActionItem &item) {
        return sl_slice_equal_fold(sl_slice_of(item.name.value.data(), item.name.value.size()), SL_LIT("chain"));
    });
}

void apply(Loading &load, Call &call) {
    const DirectiveRow &row = call.row;
    if (row.support == Support::rejected) {
        load.diagnostics.add(Code::E_UNSUPPORTED, call.at, std::string(row.name) + " is not supported",
                             row.hint == nullptr ? "" : row.hint);
        return;
    }
    const bool is_rule = row.kind == DirectiveKind::rule;
    if (!call.broken) {
        call.broken = !check_count(load, call) || !check_words(load, call);
    }
    if (call.broken && !is_rule) {
        return;
    }
    if (may_interrupt(row) && is_in_chain(load.tree)) {
        load.diagnostics.add(Code::W_DEPRECATED, call.at, std::string(row.name) + " stands between the rules of a chain",
                             "move it before the chain or behind it");
    }
    if (row.support == Support::warned) {
        load.diagnostics.add(Code::W_IGNORED, call.at, std::string(row.name) + " has no effect",
                             row.hint == nullptr ? "" : row.hint);
    }
    if (row.apply != nullptr) {
        if (row.kind == DirectiveKind::setting && !call.arguments.empty()) {
            load.tree.settings[row.name] = call.place(0);
        }
        row.apply(load, call);
    }
}

// `<IfModule …>` stands in many installations around ModSecurity's settings; its content counts. Other
// containers choose by host or path, which a rule set without the server's configuration cannot follow.
void container(Loading &load, const LogicalLine &line) {
    const std::string_view text = line.text.view();
    const size_t name = text.starts_with("</") ? 2 : 1;
    const size_t name_end = std::min(text.find_first_of(" \t>", name), text.size());
    const std::string_view word = text.substr(name, name_end - name);
    const Position at = line.text.at(0, text.size());
    if (sl_slice_equal_fold(sl_slice_of(word.data(), word.size()), SL_LIT("IfModule")) &&
        text.find('>') != std::string_view::npos) {
        load.diagnostics.add(Code::W_IGNORED, at, "<IfModule> has no effect: what stands inside is always read");
        return;
    }
    load.diagnostics.add(Code::E_UNKNOWN_DIRECTIVE, at, "containers such as " + in_quotes(text.substr(0, name_end)) +
                                                            " are not SecLang",
                         "they belong to the configuration of the web server");
}

void directive(Loading &load, LineReader &reader, LogicalLine &line) {
    const std::string_view text = line.text.view();
    if (text.starts_with('<') && !line.damaged) {
        container(load, line);
        return;
    }
    const size_t name_end = std::min(text.find_first_of(" \t"), text.size());
    const std::string_view name = text.substr(0, name_end);
    const DirectiveRow *row = find_directive(name);
    const Position at = line.text.at(0, name_end);
    if (row == nullptr) {
        if (!line.damaged) {
            load.diagnostics.add(Code::E_UNKNOWN_DIRECTIVE, at, "unknown directive " + in_quotes(name),
                                 hint_for_unknown(name));
        }
        return;
    }
    std::string block;
    if (row->kind == DirectiveKind::block && text.find('`') == text.rfind('`') && text.ends_with('`') &&
        !reader.read_block(line.last_line, block)) {
        load.diagnostics.add(Code::E_UNTERMINATED, line.text.at(text.size() - 1), "the block has no closing `");
    }
    Call call{*row, at, line, {}, line.damaged, std::move(block)};
    Diagnostics unheard;
    const bool is_whole = split_arguments(line.text, name_end, variable_list_arguments(*row), call.arguments,
                                          line.damaged ? unheard : load.diagnostics);
    call.broken = call.broken || !is_whole;
    apply(load, call);
}

const sl_slice *to_arena(Loading &load, const std::vector<std::string> &texts) {
    if (texts.empty()) {
        return nullptr;
    }
    sl_slice *slices = SL_NEW_ARRAY(load.arena, sl_slice, texts.size());
    std::transform(texts.begin(), texts.end(), slices, [&](const std::string &text) { return load.keep(text); });
    return slices;
}

std::vector<std::string> to_strings(const sl_slice *slices, size_t count) {
    std::vector<std::string> texts;
    for (size_t i = 0; i < count; i++) {
        texts.emplace_back(reinterpret_cast<const char *>(slices[i].ptr), slices[i].len);
    }
    return texts;
}

} // namespace

void Loading::read(const SourceFile &file) {
    LineReader reader(file, diagnostics);
    LogicalLine line;
    open_files.push_back(&file);
    while (reader.next(line)) {
        directive(*this, reader, line);
    }
    open_files.pop_back();
}

void Loading::include(const std::string &name, const Position &at, bool is_optional, bool by_directive) {
    const std::vector<FoundFile> found = find_files(name, by_directive ? &at : nullptr, cwd, sources.places);
    if (found.empty() && !is_optional) {
        if (has_wildcard(name)) {
            diagnostics.add(Code::W_IGNORED, at, "no file matches " + in_quotes(name));
        } else {
            diagnostics.add(Code::E_FILE_OPEN, at, "cannot read " + in_quotes(name) + ": there is no such file",
                            "relative names are looked for beside the including file, then in the working folder");
        }
    }
    for (const FoundFile &file : found) {
        std::string reason;
        const SourceFile *source = sources.add_file(file, reason);
        if (source == nullptr) {
            diagnostics.add(Code::E_FILE_OPEN, at, "cannot read " + in_quotes(file.name) + ": " + reason);
            continue;
        }
        std::string chain;
        for (const SourceFile *open : open_files) chain += open->name + " > ";
        if (std::find(open_files.begin(), open_files.end(), source) != open_files.end()) {
            diagnostics.add(Code::E_INCLUDE_DEPTH, at, "a file includes itself: " + chain + source->name);
        } else if (open_files.size() > include_depth_max) {
            diagnostics.add(Code::E_INCLUDE_DEPTH, at, "Include nests deeper than 32 files: " + chain + source->name);
        } else if (files_read >= files_read_max) {
            diagnostics.add(Code::E_INCLUDE_DEPTH, at, "the configuration includes more than 10000 files");
            return;
        } else {
            files_read++;
            read(*source);
        }
    }
}

Tree parse_configuration(const std::vector<Source> &given, const std::string &cwd, Sources &sources, sl_config &config,
                         sl_arena &arena, Diagnostics &diagnostics) {
    Tree tree;
    Loading load{tree, config, &arena, diagnostics, sources, cwd, {}, {}, {}, {}, 0};
    load.component_signatures = to_strings(config.component_signatures, config.component_signature_count);
    load.mime_types = to_strings(config.response_mime_types, config.response_mime_type_count);
    diagnostics.set_line_source(
        [](void *context, const Position &at) { return static_cast<Sources *>(context)->line_of(at); }, &sources);

    bool has_text = false;
    for (const Source &source : given) {
        has_text |= source.is_text;
        if (source.is_text) {
            load.read(sources.add_text(source.name, source.text));
        } else {
            Position at;
            at.file = sources.keep_name(source.name);
            load.include(source.name, at, false, false);
        }
        tree.source_ends.push_back(tree.statements.size());
    }
    // A name that was mistyped must not leave a server without a rule.
    if (!given.empty() && !has_text && load.files_read == 0 && !diagnostics.has_errors()) {
        Position at;
        at.file = sources.keep_name(given[0].name);
        diagnostics.add(Code::E_FILE_OPEN, at, "there is nothing to load: no file matches");
    }

    config.component_signatures = to_arena(load, load.component_signatures);
    config.component_signature_count = load.component_signatures.size();
    config.dataset_count = load.datasets.size();
    sl_dataset *datasets = SL_NEW_ARRAY(load.arena, sl_dataset, load.datasets.size() + 1);
    std::copy(load.datasets.begin(), load.datasets.end(), datasets);
    config.datasets = datasets;
    config.response_mime_types = to_arena(load, load.mime_types);
    config.response_mime_type_count = load.mime_types.size();
    return tree;
}

} // namespace seclua
