// SPDX-License-Identifier: Apache-2.0
// The C door of the load side: seclua_load and its diagnostics. Exceptions end here.
#include <algorithm>
#include <cstring>
#include <filesystem>
#include <new>
#include <utility>

#include "compile/compiler.hpp"
#include "operators/geo.h"
#include "operators/rx.h"
#include "transformations/unicode.h"

struct seclua_diagnostics {
    seclua::Diagnostics list;
    std::vector<std::string> places;
};

namespace seclua {

namespace {

[[noreturn]] void out_of_memory(void *) { throw std::bad_alloc(); }

sl_slice keep(sl_arena &arena, sl_slice text) { return sl_arena_copy(&arena, text); }

// The caller's options, with every text copied into the rule set.
void keep_options(sl_ruleset *rules, const seclua_options *given) {
    rules->options = *given;
    const auto copy_list = [&](const seclua_slice *list, size_t count) {
        seclua_slice *kept = SL_NEW_ARRAY(&rules->arena, seclua_slice, count + 1);
        for (size_t i = 0; i < count; i++) kept[i] = keep(rules->arena, list[i]);
        return kept;
    };
    seclua_options &options = rules->options;
    options.cwd = keep(rules->arena, given->cwd);
    if (given->lua.require_names != nullptr) {
        options.lua.require_names = copy_list(given->lua.require_names, given->lua.require_name_count);
    }
    options.allow_exec = copy_list(given->allow_exec, given->allow_exec_count);
    auto *own = SL_NEW_ARRAY(&rules->arena, seclua_own_transformation, given->transformation_count + 1);
    for (size_t i = 0; i < given->transformation_count; i++) {
        own[i] = {keep(rules->arena, given->transformations[i].name), keep(rules->arena, given->transformations[i].script)};
    }
    options.transformations = own;
}

void apply_engine_option(sl_ruleset *rules) {
    switch (rules->options.engine) {
        case SECLUA_ENGINE_OFF: rules->config.rule_engine = SL_OFF; break;
        case SECLUA_ENGINE_DETECTION_ONLY: rules->config.rule_engine = SL_DETECTION_ONLY; break;
        case SECLUA_ENGINE_ON: rules->config.rule_engine = SL_ON; break;
        default: return;
    }
    rules->config.rule_engine_set = true;
}

bool is_address(sl_slice log) { return sl_slice_starts_fold(log, SL_LIT("https://")); }

// What settings name: the Unicode map, the relevant status, the GEO database.
void open_resources(sl_ruleset *rules, const Tree &tree, Diagnostics &diagnostics) {
    const sl_config &config = rules->config;
    const auto place = [&](const char *setting) { return tree.settings.at(setting); };
    if (config.unicode_map_file.len != 0) {
        sl_unicode_map *map = SL_NEW(&rules->arena, sl_unicode_map);
        if (!sl_unicode_map_read(config.unicode_map_file, config.unicode_code_page, map)) {
            diagnostics.add(Code::W_UNREACHABLE, place("SecUnicodeMapFile"),
                            "the Unicode map has no code page " + std::to_string(config.unicode_code_page));
        }
        rules->unicode_map = map;
    } else if (rules->options.unicode_map_20127) {
        sl_unicode_map *map = SL_NEW(&rules->arena, sl_unicode_map);
        sl_unicode_map_20127(map);
        rules->unicode_map = map;
    }
    if (config.audit_relevant_status.len != 0) {
        sl_regex_error error;
        sl_regex *regex = sl_regex_compile(config.audit_relevant_status, 0, &error);
        if (regex == nullptr) {
            diagnostics.add(Code::E_BAD_VALUE, place("SecAuditLogRelevantStatus"),
                            std::string("SecAuditLogRelevantStatus cannot be compiled: ") + error.message);
        } else {
            sl_ruleset_own(rules, regex, sl_regex_free);
            rules->relevant_status = regex;
        }
    }
    const bool is_https = config.audit_type == SL_AUDIT_HTTPS;
    if (is_https != is_address(config.audit_log)) {
        diagnostics.add(Code::E_BAD_VALUE, place(is_https ? "SecAuditLogType" : "SecAuditLog"),
                        is_https ? "SecAuditLogType HTTPS needs an address in SecAuditLog"
                                 : "SecAuditLog is an address, and SecAuditLogType is not HTTPS",
                        "write SecAuditLogType HTTPS and SecAuditLog https://…");
    }
    if (config.geo_db_path.len != 0) {
        const char *error = nullptr;
        void *database = sl_geo_open(to_string(config.geo_db_path).c_str(), &error);
        if (database == nullptr) {
            diagnostics.add(Code::E_FILE_OPEN, place("SecGeoLookupDb"),
                            "SecGeoLookupDb " + to_string(config.geo_db_path) + " cannot be opened: " + error,
                            "only MaxMind databases (.mmdb) are read");
        } else {
            sl_ruleset_own(rules, database, sl_geo_close);
            rules->geo_database = database;
        }
    }
}

using Rules = std::unique_ptr<sl_ruleset, void (*)(sl_ruleset *)>;

Rules new_rules() {
    Rules rules(sl_ruleset_new(out_of_memory, nullptr),
                [](sl_ruleset *r) { seclua_ruleset_release(reinterpret_cast<seclua_ruleset *>(r)); });
    if (!rules) throw std::bad_alloc();
    return rules;
}

// ---- SecIgnoreRuleCompilationErrors ----

struct Lines {
    std::string file;
    uint32_t first, last;
};

// Rules that are left out, whole chains.
struct LeftOut {
    std::vector<Lines> lines;

    bool holds(const std::string &file, uint32_t line) const {
        return std::any_of(lines.begin(), lines.end(), [&](const Lines &each) {
            return each.file == file && each.first <= line && line <= each.last;
        });
    }
    // In the place of each a statement that says nothing.
    void take_from(Tree &tree) const {
        for (Statement &statement : tree.statements) {
            if (holds(*statement.at.file, statement.at.line)) statement.body = RemoveStatement{};
        }
    }
    void note_chain(const std::vector<Lines> &chain, const Diagnostics &diagnostics) {
        const LeftOut candidate{chain};
        const auto &all = diagnostics.all();
        const bool is_broken = std::any_of(all.begin(), all.end(), [&](const Diagnostic &each) {
            return code_is_error(each.code) && candidate.holds(each.file, each.line);
        });
        if (is_broken) lines.insert(lines.end(), chain.begin(), chain.end());
    }
};

bool goes_on(const RuleStatement &rule) {
    return std::any_of(rule.actions.begin(), rule.actions.end(), [](const ActionItem &item) {
        return sl_slice_equal_fold(slice(item.name.value), SL_LIT("chain"));
    });
}

LeftOut broken_rules(const Tree &tree, const Diagnostics &diagnostics) {
    LeftOut left_out;
    std::vector<Lines> chain;
    for (const Statement &statement : tree.statements) {
        const auto *rule = std::get_if<RuleStatement>(&statement.body);
        if (rule == nullptr) continue;
        chain.push_back({*statement.at.file, statement.at.line, statement.last_line});
        if (goes_on(*rule)) continue;
        left_out.note_chain(chain, diagnostics);
        chain.clear();
    }
    left_out.note_chain(chain, diagnostics);
    return left_out;
}

// What was wrong with the rules that are left out, as warnings; whatever else the second attempt had to say.
void merge(const Diagnostics &first, const Diagnostics &second, const LeftOut &left_out, Diagnostics &out) {
    const auto is_about_them = [&](const Diagnostic &each) {
        return code_is_error(each.code) && left_out.holds(each.file, each.line);
    };
    for (Diagnostic each : first.all()) {
        if (!is_about_them(each)) continue;
        each.code = Code::W_DROPPED;
        each.message = "the rule is left out: " + each.message;
        out.adopt(each);
    }
    for (const Diagnostic &each : second.all()) {
        if (!is_about_them(each)) out.adopt(each);
    }
}

// ---- one attempt ----

void complete_config(sl_ruleset *rules) {
    apply_engine_option(rules);
    if (rules->config.tmp_dir.len == 0) { // SecTmpDir's default
        std::error_code none;
        const std::string folder = std::filesystem::temp_directory_path(none).string();
        if (!none) rules->config.tmp_dir = keep(rules->arena, slice(folder));
    }
}

// Modules are looked for when a run asks for them: whatever Lua file lies where they are looked for may be one.
void note_modules(const std::string &cwd, Places &places) {
    Places modules;
    for (const std::string &path : places) {
        if (path.ends_with(".lua")) modules.insert(path_in(std::filesystem::path(path).parent_path().string(), "*.lua"));
    }
    if (!modules.empty()) modules.insert(path_in(cwd, "*.lua"));
    places.merge(modules);
}

// left_out: rules to pass over. places: added to. broken: filled when there are errors and the configuration lives with them.
Rules attempt(const std::vector<Source> &given, const NamedData &data, const seclua_options *options, const LeftOut &left_out,
              Diagnostics &diagnostics, Places &places, LeftOut *broken) {
    Rules rules = new_rules();
    keep_options(rules.get(), options);
    const std::string cwd = to_string(options->cwd);
    Sources sources;
    const auto line_of = [](void *context, const Position &at) { return static_cast<Sources *>(context)->line_of(at); };
    diagnostics.set_line_source(line_of, &sources);
    init_config(rules->config);
    Tree tree = parse_configuration(given, cwd, sources, rules->config, rules->arena, diagnostics);
    left_out.take_from(tree);
    complete_config(rules.get());
    const std::string nowhere = given.empty() ? "configuration" : given[0].name;
    const Position start{.file = sources.keep_name(nowhere), .line = 1, .column = 1, .length = 1};
    open_resources(rules.get(), tree, diagnostics);
    if (options->has_remote_store && options->collections.deprecate_own_age) {
        diagnostics.add(Code::E_UNSUPPORTED, start, "variables cannot age by themselves in a store on another machine",
                        "leave collections.deprecateMode at 'record', or use the store memory or lmdb");
    }
    Compiler(rules.get(), tree, sources, data, cwd, diagnostics).run(start);
    if (options->lua.allow_require) note_modules(cwd, sources.places);
    places.merge(sources.places);
    if (!rules->config.rule_engine_set && !diagnostics.has_errors()) { // a wrong value of it has had its error
        diagnostics.add(Code::W_IGNORED, start, "SecRuleEngine is never set: no rule will run",
                        "add SecRuleEngine On, or give the engine option");
    }
    if (broken != nullptr && rules->config.drop_broken_rules && diagnostics.has_errors()) {
        *broken = broken_rules(tree, diagnostics);
    }
    diagnostics.sort();
    diagnostics.set_line_source(nullptr, nullptr);
    return rules;
}

sl_ruleset *load(const seclua_source *given, size_t count, const seclua_options *options, Diagnostics &diagnostics,
                 Places &places) {
    std::vector<Source> sources;
    NamedData data;
    for (size_t i = 0; i < count; i++) {
        if (given[i].is_data) data[to_string(given[i].name)] = to_string(given[i].text);
        else sources.push_back({given[i].is_text, to_string(given[i].name), to_string(given[i].text)});
    }
    LeftOut broken;
    Rules rules = attempt(sources, data, options, {}, diagnostics, places, &broken);
    if (!broken.lines.empty()) {
        const Diagnostics first = std::exchange(diagnostics, {});
        Diagnostics second;
        rules = attempt(sources, data, options, broken, second, places, nullptr);
        merge(first, second, broken, diagnostics);
        diagnostics.sort();
    }
    return diagnostics.has_errors() ? nullptr : rules.release();
}

} // namespace

} // namespace seclua

void seclua_options_init(seclua_options *options) {
    std::memset(options, 0, sizeof *options);
    options->lua.max_instructions = 1000000;
    options->lua.max_memory_bytes = 16u * 1024 * 1024;
    options->lua.timeout_ms = 50;
    options->lua.max_pattern_steps = 1000000;
    options->value_cache_bytes_max = 4u << 20;
    options->collections.name_bytes_max = 64;
    options->collections.value_bytes_max = 4096;
    options->collections.variables_max = 64;
    options->collections.opened_max = 16; /* as many as there can be */
}

seclua_ruleset *seclua_load(const seclua_source *sources, size_t count, const seclua_options *options, seclua_diagnostics *out) {
    try {
        seclua::Places places;
        sl_ruleset *rules = seclua::load(sources, count, options, out->list, places);
        out->places.assign(places.begin(), places.end());
        return reinterpret_cast<seclua_ruleset *>(rules);
    } catch (const std::exception &) {
        static const std::string where = "configuration";
        const seclua::Position at{.file = &where, .line = 1, .column = 1, .length = 1};
        out->list.set_line_source(nullptr, nullptr);
        out->list.add(seclua::Code::E_MEMORY, at, "memory ran out during the load");
        return nullptr;
    }
}

seclua_diagnostics *seclua_diagnostics_new(void) { return new (std::nothrow) seclua_diagnostics; }
void seclua_diagnostics_free(seclua_diagnostics *diagnostics) { delete diagnostics; }
size_t seclua_diagnostics_count(const seclua_diagnostics *diagnostics) { return diagnostics->list.all().size(); }

size_t seclua_diagnostics_place_count(const seclua_diagnostics *diagnostics) { return diagnostics->places.size(); }

seclua_slice seclua_diagnostics_place(const seclua_diagnostics *diagnostics, size_t index) {
    return seclua::slice(diagnostics->places[index]);
}

bool seclua_wildcard_match(seclua_slice pattern, seclua_slice name) {
    const auto view = [](seclua_slice text) { return std::string_view(reinterpret_cast<const char *>(text.ptr), text.len); };
    return seclua::wildcard_match(view(pattern), view(name));
}

void seclua_diagnostics_get(const seclua_diagnostics *diagnostics, size_t index, seclua_diagnostic *out) {
    const seclua::Diagnostic &from = diagnostics->list.all()[index];
    out->code = seclua::code_name(from.code);
    out->is_error = seclua::code_is_error(from.code);
    out->message = seclua::slice(from.message);
    out->file = seclua::slice(from.file);
    out->line = from.line;
    out->column = from.column;
    out->hint = seclua::slice(from.hint);
    out->source_line = seclua::slice(from.source_line);
    out->length = from.length;
}
