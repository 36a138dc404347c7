// SPDX-License-Identifier: Apache-2.0
// Stretches of a phase that are settled at once: for each block the views that its starters look at, and what a text has to
// hold for each of them. A starter with a target that no view covers is always a candidate.
#include "compile/compiler.hpp"

#include <algorithm>

namespace seclua {

namespace {

constexpr size_t block_units_max = 64;

bool is_gated(const sl_rule &starter) {
    return starter.kind == SL_RULE_OPERATOR && starter.op != nullptr &&
           std::all_of(starter.targets, starter.targets + starter.target_count, [](const sl_target &target) { return target.view >= 0; });
}

struct Gate {
    sl_gate of_all;
    sl_text_gate of_text;
};

// Of a starter that matches where a text has what its operator needs.
Gate gate_of(const sl_rule &starter, size_t unit) {
    Gate gate = {{{}, {}, static_cast<uint8_t>(unit)}, {starter.scanners, starter.question}};
    const int32_t first = starter.filters[0];
    for (size_t i = 0; i < std::size(gate.of_all.filters); i++) {
        const int32_t filter = starter.filters[i] >= 0 ? starter.filters[i] : first;
        gate.of_all.filters[i] = first >= 0 ? static_cast<uint16_t>(filter) : uint16_t{sl_no_filter};
    }
    std::copy(std::begin(starter.classes), std::end(starter.classes), std::begin(gate.of_all.classes));
    return gate;
}

// Of any other: there has to be a text at all.
Gate open_gate(const sl_rule &starter, size_t unit) {
    return {{{sl_class_any, sl_class_any}, {sl_no_filter, sl_no_filter, sl_no_filter}, static_cast<uint8_t>(unit)},
            {0, starter.is_multi_match ? -1 : starter.question}};
}

using ViewGates = std::pair<int32_t, bool>; // view, is_staged
using GatesByView = std::map<ViewGates, std::vector<Gate>>;

sl_view_gates frozen(sl_arena *arena, const ViewGates &key, const std::vector<Gate> &gates) {
    sl_gate *of_all = SL_NEW_LINES(arena, sl_gate, gates.size());
    sl_text_gate *of_text = SL_NEW_ARRAY(arena, sl_text_gate, gates.size());
    std::transform(gates.begin(), gates.end(), of_all, [](const Gate &gate) { return gate.of_all; });
    std::transform(gates.begin(), gates.end(), of_text, [](const Gate &gate) { return gate.of_text; });
    return {static_cast<uint32_t>(key.first), static_cast<uint32_t>(gates.size()), of_all, of_text, key.second};
}

sl_target_gates frozen(sl_arena *arena, int32_t raw, const GatesByView &by_view) {
    sl_target_gates out = {static_cast<uint32_t>(raw), nullptr, 0};
    sl_view_gates *views = SL_NEW_LINES(arena, sl_view_gates, by_view.size());
    for (const auto &[view, gates] : by_view) views[out.view_count++] = frozen(arena, view, gates);
    out.views = views;
    return out;
}

} // namespace

sl_block Compiler::make_block(const sl_program &program, size_t first, size_t count) {
    sl_arena *arena = &rules_->arena;
    sl_block block = {first, count, 0, nullptr, 0, nullptr};
    std::map<int32_t, GatesByView> by_target;
    for (size_t i = 0; i < count; i++) {
        const sl_rule &starter = *program.units[first + i];
        const bool is_certain = program.certain != nullptr && program.certain[first + i].is_certain;
        if (is_certain || !is_gated(starter)) {
            block.always |= uint64_t{1} << i;
            continue;
        }
        for (size_t t = 0; t < starter.target_count; t++) {
            const sl_target &target = starter.targets[t];
            GatesByView &by_view = by_target[views_[target.view].raw];
            if (is_decided_by_texts(starter)) {
                by_view[{view(target, starter.pipeline), starter.is_multi_match}].push_back(gate_of(starter, i));
            } else {
                by_view[{target.view, false}].push_back(open_gate(starter, i));
            }
        }
    }
    sl_target_gates *targets = SL_NEW_ARRAY(arena, sl_target_gates, by_target.size());
    std::map<int32_t, uint16_t> places;
    for (const auto &[raw, by_view] : by_target) {
        places.emplace(raw, static_cast<uint16_t>(block.target_count));
        targets[block.target_count++] = frozen(arena, raw, by_view);
    }
    block.targets = targets;
    const uint16_t **unit_targets = SL_NEW_ARRAY(arena, const uint16_t *, count);
    for (size_t i = 0; i < count; i++) {
        if ((block.always >> i & 1) != 0) continue;
        const sl_rule &starter = *program.units[first + i];
        uint16_t *of_unit = SL_NEW_ARRAY(arena, uint16_t, starter.target_count);
        for (size_t t = 0; t < starter.target_count; t++) of_unit[t] = places.at(views_[starter.targets[t].view].raw);
        unit_targets[i] = of_unit;
    }
    block.unit_targets = unit_targets;
    return block;
}

void Compiler::make_blocks(sl_program &program) {
    if (program.count == 0) return;
    std::vector<bool> begins(program.count + 1, false);
    for (size_t i = 0; i < program.count; i++) {
        if (program.jumps[i] == i + 1) continue;
        begins[i + 1] = true;
        begins[program.jumps[i]] = true;
    }
    std::vector<sl_block> blocks;
    uint32_t *block_of = SL_NEW_ARRAY(&rules_->arena, uint32_t, program.count);
    for (size_t first = 0; first < program.count;) {
        size_t end = first + 1;
        while (end < program.count && end - first < block_units_max && !begins[end]) end++;
        std::fill(block_of + first, block_of + end, static_cast<uint32_t>(blocks.size()));
        blocks.push_back(make_block(program, first, end - first));
        rules_->block_targets_max = std::max(rules_->block_targets_max, blocks.back().target_count);
        first = end;
    }
    sl_block *kept = SL_NEW_ARRAY(&rules_->arena, sl_block, blocks.size());
    std::copy(blocks.begin(), blocks.end(), kept);
    program.blocks = kept;
    program.block_of = block_of;
}

} // namespace seclua
