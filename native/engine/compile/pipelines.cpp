// SPDX-License-Identifier: Apache-2.0
// Transformation lists, interned: equal lists are one pipeline, and a list's parent is the list without its last step.
#include "compile/compiler.hpp"

namespace seclua {

const sl_pipeline *Compiler::pipeline(const sl_transformation *const *steps, size_t count) {
    const std::vector<const sl_transformation *> key(steps, steps + count);
    if (const auto known = pipelines_.find(key); known != pipelines_.end()) return known->second;
    const uint16_t parent = count == 0 ? 0 : pipeline(steps, count - 1)->index;
    sl_pipeline *made = SL_NEW(&rules_->arena, sl_pipeline);
    const sl_transformation **kept = SL_NEW_ARRAY(&rules_->arena, const sl_transformation *, count == 0 ? 1 : count);
    std::copy(key.begin(), key.end(), kept);
    uint64_t *bits = SL_NEW_ARRAY(&rules_->arena, uint64_t, count == 0 ? 1 : count);
    for (size_t i = 0; i < count; i++) {
        const unsigned number = transformation_numbers_.emplace(steps[i], transformation_numbers_.size()).first->second;
        bits[i] = number < 64 ? uint64_t{1} << number : 0;
    }
    made->index = static_cast<uint16_t>(pipeline_order_.size());
    made->parent = parent;
    made->step_count = static_cast<uint16_t>(count);
    made->steps = kept;
    made->step_bits = bits;
    for (const sl_transformation *step : key) {
        made->triggers |= step->triggers;
        made->has_own = made->has_own || step->own != nullptr;
    }
    if (made->has_own || rules_->options.no_acceleration) made->triggers = ~uint32_t{0};
    pipelines_.emplace(key, made);
    pipeline_order_.push_back(made);
    return made;
}

} // namespace seclua
