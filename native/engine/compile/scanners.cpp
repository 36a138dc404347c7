// SPDX-License-Identifier: Apache-2.0
// Who scans which texts. Few links look at most views (one, behind a long pipeline), so a text is scanned for what they look for,
// rather than for the literals of all rules: fewer of them begin anywhere, and their tables stay in the caches.
#include "compile/compiler.hpp"

#include <algorithm>
#include <numeric>

namespace seclua {

namespace {

// Filters that some views share a scanner for.
struct Part {
    FilterIds filters;
    size_t literals;
};

bool holds(const FilterIds &all, const FilterIds &some) { return std::includes(all.begin(), all.end(), some.begin(), some.end()); }

size_t count_literals(const PrefilterBuilder &builder, const FilterIds &filters) {
    size_t count = 0;
    for (const int filter : filters) count += builder.literal_count(filter);
    return count;
}

// The smallest one that has all of these filters, unless it looks for much more; -1: there is none.
int find_part(const std::vector<Part> &parts, const Part &wanted) {
    constexpr size_t small = 64;
    int best = -1;
    for (size_t i = 0; i < parts.size(); i++) {
        if (parts[i].literals > 2 * wanted.literals + small || !holds(parts[i].filters, wanted.filters)) continue;
        if (best < 0 || parts[i].literals < parts[static_cast<size_t>(best)].literals) best = static_cast<int>(i);
    }
    return best;
}

FilterIds ids_of(const int32_t (&filters)[3]) {
    FilterIds ids;
    for (const int32_t filter : filters) {
        if (filter >= 0) ids.push_back(filter);
    }
    std::sort(ids.begin(), ids.end());
    return ids;
}

} // namespace

// In a view, and in those that it is made of: where its last steps change none of its texts it is seen through those.
void Compiler::note_scanned(int32_t view, const sl_rule &link) {
    const FilterIds filters = ids_of(link.filters);
    for (; view >= 0; view = views_[view].parent) {
        for (size_t i = 0; i < std::size(link.classes); i++) views_[view].scan_classes[i] |= link.classes[i];
        looked_for_[view].insert(filters.begin(), filters.end());
    }
}

// One scanner for all filters, and more for views that need far less; those that need most choose first.
void Compiler::make_scanners() {
    constexpr size_t worthwhile = 3; // times fewer literals than all
    // Views of a target that end in the same step often have the same texts, for the steps before it changed nothing.
    std::map<std::pair<uint32_t, const sl_transformation *>, std::set<int>> groups;
    const auto group_of = [&](const sl_target_view &view) -> std::set<int> & {
        const sl_pipeline &pipeline = *view.pipeline;
        return groups[{view.selection, pipeline.step_count == 0 ? nullptr : pipeline.steps[pipeline.step_count - 1]}];
    };
    for (const auto &[view, filters] : looked_for_) group_of(views_[view]).insert(filters.begin(), filters.end());
    std::vector<Part> needs(views_.size());
    for (size_t view = 0; view < views_.size(); view++) {
        const std::set<int> &filters = group_of(views_[view]);
        needs[view].filters.assign(filters.begin(), filters.end());
        needs[view].literals = count_literals(prefilter_, needs[view].filters);
    }
    FilterIds everything(prefilter_.filter_count());
    std::iota(everything.begin(), everything.end(), 0);
    const size_t all = count_literals(prefilter_, everything);
    std::vector<size_t> order(views_.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](size_t left, size_t right) { return needs[left].literals > needs[right].literals; });
    std::vector<Part> parts;
    for (const size_t view : order) {
        const Part &need = needs[view];
        if (need.filters.empty() || need.literals * worthwhile > all) continue;
        int part = find_part(parts, need);
        if (part < 0 && parts.size() + 1 < sl_scanners_max) {
            part = static_cast<int>(parts.size());
            parts.push_back(need);
        }
        views_[view].scanner = static_cast<uint8_t>(part + 1);
    }
    const auto suited = [&](const FilterIds &filters) {
        sl_scanner_set scanners = 1;
        for (size_t i = 0; i < parts.size(); i++) {
            if (holds(parts[i].filters, filters)) scanners |= sl_scanner_set{1} << (i + 1);
        }
        return scanners;
    };
    for (size_t view = 0; view < views_.size(); view++) views_[view].scanners = suited(needs[view].filters);
    for (Unit *unit : starters_) {
        for (Link &link : unit->links) link.image->scanners = suited(ids_of(link.image->filters));
    }
    std::vector<FilterIds> filters;
    for (Part &part : parts) filters.push_back(std::move(part.filters));
    rules_->prefilter = prefilter_.build(&rules_->arena, filters);
    if (rules_->prefilter == nullptr) forget_filters();
}

} // namespace seclua
