// SPDX-License-Identifier: Apache-2.0
// The order of a compilation, and freezing: after run() nothing writes to the rule set again.
#include "compile/compiler.hpp"

#include <new>

#include "variables/variable.h"

namespace seclua {

Compiler::Compiler(sl_ruleset *rules, const Tree &tree, Sources &sources, const NamedData &data, const std::string &cwd, Diagnostics &diagnostics)
    : rules_(rules), tree_(tree), sources_(sources), data_(data), cwd_(cwd), diagnostics_(diagnostics),
      scratch_(sl_scratch_new(rules), sl_scratch_free) {
    if (!scratch_) throw std::bad_alloc();
    prepare_.rules = rules;
    prepare_.arena = &rules->arena;
    prepare_.report = report;
    prepare_.report_file = report_file;
    prepare_.read_file = read_file;
    prepare_.find_program = find_program;
    prepare_.macro = macro;
    prepare_.targets = targets;
    prepare_.select = select_later;
    prepare_.starts = starts;
    prepare_.context = this;
    pipeline(nullptr, 0); // index 0 is the empty list
}

void Compiler::run(const Position &start) {
    add_own_transformations(start);
    name_own_collections(); // first: rules anywhere may use them
    build_units();
    apply_removals_and_updates();
    for (Unit &unit : units_) {
        if (unit.is_marker || unit.removed) continue;
        unit.ordinal = static_cast<uint32_t>(starters_.size());
        starters_.push_back(&unit);
    }
    for (Unit *unit : starters_) {
        for (size_t i = 0; i < unit->links.size(); i++) {
            compile_link(*unit, i);
            unit->links[i].image->starter = unit->links.front().image;
            if (i != 0) unit->links[i - 1].image->next = unit->links[i].image;
        }
    }
    fill_selections();
    resolve_jumps();
    for (unsigned phase = 0; phase < SL_PHASES; phase++) rules_->phases[phase] = make_program(phase);
    if (!rules_->options.no_acceleration) fold_phases();
    note_left_out();
    walk_patterns();
    for (Unit *unit : starters_) {
        for (Link &link : unit->links) index_link(link, !unit->is_left_out);
    }
    freeze();
    describe();
}

// Messages of later rules of a chain count where the starter has none.
static void inherit_from_links(Unit &unit) {
    sl_rule *starter = unit.links.front().image;
    for (size_t i = 1; i < unit.links.size(); i++) {
        const sl_rule *link = unit.links[i].image;
        if (starter->message == nullptr) starter->message = link->message;
        if (starter->data == nullptr) starter->data = link->data;
        if (starter->severity < 0) starter->severity = link->severity;
        if (starter->status == 0) starter->status = link->status;
        if (starter->rev.len == 0) starter->rev = link->rev;
        if (starter->ver.len == 0) starter->ver = link->ver;
    }
}

sl_program Compiler::make_program(unsigned phase) {
    std::vector<const sl_rule *> found;
    for (Unit *unit : starters_) {
        if (unit->phase == phase) found.push_back(unit->links.front().image);
    }
    const sl_rule **units = SL_NEW_ARRAY(&rules_->arena, const sl_rule *, found.size() + 1);
    uint32_t *jumps = SL_NEW_ARRAY(&rules_->arena, uint32_t, found.size() + 1);
    for (uint32_t i = 0; i < found.size(); i++) {
        units[i] = found[i];
        jumps[i] = found[i]->has_jump ? found[i]->jump : i + 1;
    }
    sl_program program{};
    program.units = units;
    program.count = found.size();
    program.jumps = jumps;
    return program;
}

void Compiler::freeze() {
    sl_arena *arena = &rules_->arena;
    make_scanners();
    const sl_rule **starters = SL_NEW_ARRAY(arena, const sl_rule *, starters_.size() + 1);
    if (!rules_->options.no_acceleration) {
        for (sl_program &program : rules_->phases) make_blocks(program);
        for (sl_program *program : folded_) make_blocks(*program);
    }
    for (Unit *unit : starters_) {
        inherit_from_links(*unit);
        starters[unit->ordinal] = unit->links.front().image;
    }
    sl_target_view *views = SL_NEW_LINES(arena, sl_target_view, views_.size());
    std::copy(views_.begin(), views_.end(), views);
    rules_->views = views;
    uint32_t *selection_views = SL_NEW_ARRAY(arena, uint32_t, selection_views_.size());
    std::copy(selection_views_.begin(), selection_views_.end(), selection_views);
    rules_->selection_views = selection_views;
    rules_->selection_count = selection_views_.size();
    rules_->question_count = static_cast<uint32_t>(question_of_.size());
    rules_->starters = starters;
    rules_->starter_count = starters_.size();
    const sl_pipeline **pipelines = SL_NEW_ARRAY(arena, const sl_pipeline *, pipeline_order_.size());
    std::copy(pipeline_order_.begin(), pipeline_order_.end(), pipelines);
    rules_->pipelines = pipelines;
    rules_->pipeline_count = pipeline_order_.size();
}

void Compiler::describe() {
    seclua_ruleset_info &info = rules_->info;
    const sl_config &config = rules_->config;
    info.rule_count = starters_.size();
    info.script_count = rules_->script_count;
    info.can_wait = rules_->can_wait || (rules_->has_persistent && rules_->options.has_remote_store);
    info.store = config.persistent_store;
    if (config.audit_type == SL_AUDIT_HTTPS) {
        info.audit_address = config.audit_log;
        info.audit_folder = config.audit_storage_dir;
    }
    info.has_body_access = config.request_body_access;
    info.request_body_limit_bytes = config.request_body_limit_bytes;
    info.wants_audit = info.wants_audit || config.audit_engine != SL_OFF; // a ctl may have said so
    info.inspects_response_body = info.inspects_response_body || config.response_body_access;
    info.inspects_response_headers = info.inspects_response_headers || config.content_injection;
    for (const Unit *unit : starters_) {
        for (const Link &link : unit->links) {
            for (size_t i = 0; i < link.image->target_count; i++) {
                if (link.image->targets[i].variable->first_phase >= 3) info.inspects_response_headers = true;
            }
        }
        if (unit->phase == 3 || unit->phase == 4) info.inspects_response_headers = true;
        if (unit->phase == 5 && info.script_count != 0) info.inspects_response_headers = true; // scripts may read RESPONSE_STATUS
    }
}

} // namespace seclua
