// SPDX-License-Identifier: Apache-2.0
#include "prefilter/parts.hpp"

#include <algorithm>
#include <utility>

namespace seclua {

Part exactly(ShortText text) {
    Part out;
    out.is_exact = true;
    out.is_nullable = text.empty();
    if (!text.empty()) out.first.set(text.front());
    out.texts.push_back(text);
    return out;
}

Part exactly(uint8_t byte) { return exactly(ShortText(byte)); }

Part exactly_empty() { return exactly(ShortText()); }

Part impossible() {
    Part out;
    out.is_exact = true;
    return out;
}

bool is_impossible(const Part &part) {
    const auto is_for_none = [](const Need &need) { return need.texts.empty() && need.gaps.empty(); };
    return part.is_exact ? part.texts.empty() : std::any_of(part.necessary.begin(), part.necessary.end(), is_for_none);
}

Part anything(bool is_nullable) {
    Part out;
    out.first = Bytes::all();
    out.is_nullable = is_nullable;
    return out;
}

// ---- branches ----

namespace {

bool ends_rarely(const Part &branch) {
    if (!branch.has_tails) return false;
    const double frequency = frequency_of(branch.tails, branch.tail_gaps) + frequency_of(branch.rest, branch.rest_gaps);
    return branch.necessary.empty() || frequency <= branch.necessary[0].frequency;
}

void find_heads(const std::vector<Part> &branches, Part &out) {
    Set heads;
    for (const Part &branch : branches) {
        const Set &own = branch.is_exact ? branch.texts : branch.heads;
        const Gaps &own_gaps = branch.is_exact ? branch.gaps : branch.head_gaps;
        heads.insert(heads.end(), own.begin(), own.end());
        out.head_gaps.insert(out.head_gaps.end(), own_gaps.begin(), own_gaps.end());
    }
    tidy(heads);
    tidy(out.head_gaps);
    if (heads.size() <= exact_max && !has_empty(heads)) out.heads = std::move(heads);
}

// Of each branch what it ends with, or else what it holds.
void find_tails(const std::vector<Part> &branches, Part &out) {
    const auto add = [](Set &to, Gaps &to_gaps, const Set &texts, const Gaps &gaps) {
        to.insert(to.end(), texts.begin(), texts.end());
        to_gaps.insert(to_gaps.end(), gaps.begin(), gaps.end());
    };
    for (const Part &branch : branches) {
        if (branch.is_exact) {
            add(out.tails, out.tail_gaps, branch.texts, branch.gaps);
        } else if (ends_rarely(branch)) {
            add(out.tails, out.tail_gaps, branch.tails, branch.tail_gaps);
            add(out.rest, out.rest_gaps, branch.rest, branch.rest_gaps);
        } else if (!branch.necessary.empty()) {
            add(out.rest, out.rest_gaps, branch.necessary[0].texts, branch.necessary[0].gaps);
        } else {
            return;
        }
    }
    tidy(out.tails);
    tidy(out.rest);
    tidy(out.tail_gaps);
    tidy(out.rest_gaps);
    out.has_tails = out.tails.size() <= exact_max;
}

} // namespace

Part unite(const std::vector<Part> &branches) {
    Part out;
    bool all_exact = true, all_known = true;
    size_t exact_count = 0, choices = 1;
    for (const Part &branch : branches) {
        out.first |= branch.first;
        out.is_nullable = out.is_nullable || branch.is_nullable;
        all_exact = all_exact && branch.is_exact;
        all_known = all_known && (branch.is_exact ? !has_empty(branch.texts) : !branch.necessary.empty());
        exact_count += branch.texts.size();
        choices = std::max(choices, branch.necessary.size());
    }
    if (all_exact) {
        Set exact;
        exact.reserve(exact_count);
        for (const Part &branch : branches) exact.insert(exact.end(), branch.texts.begin(), branch.texts.end());
        tidy(exact);
        if (exact.size() <= exact_max) {
            out.is_exact = true;
            out.texts = std::move(exact);
            for (const Part &branch : branches) out.gaps.insert(out.gaps.end(), branch.gaps.begin(), branch.gaps.end());
            tidy(out.gaps);
            return out;
        }
    }
    Rarest needs;
    for (size_t k = 0; all_known && k < choices; k++) { // the k-th set of each branch, its last one where there are fewer
        Set texts;
        Gaps gaps;
        const auto add = [&](const Set &more_texts, const Gaps &more_gaps) {
            texts.insert(texts.end(), more_texts.begin(), more_texts.end());
            gaps.insert(gaps.end(), more_gaps.begin(), more_gaps.end());
        };
        for (const Part &branch : branches) {
            if (branch.is_exact) {
                add(branch.texts, branch.gaps);
            } else {
                const Need &need = branch.necessary[std::min(k, branch.necessary.size() - 1)];
                add(need.texts, need.gaps);
            }
        }
        tidy(texts);
        tidy(gaps);
        if (texts.size() <= united_max) needs.add(Need(std::move(texts), std::move(gaps)));
    }
    out.necessary = needs.take();
    find_tails(branches, out);
    find_heads(branches, out);
    return out;
}

} // namespace seclua
