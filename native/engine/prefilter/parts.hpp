// SPDX-License-Identifier: Apache-2.0
// What is known of a part of a pattern, and how parts are joined: one behind the other, or as branches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "prefilter/bytes.hpp"
#include "prefilter/needs.hpp"
#include "prefilter/short_text.hpp"

namespace seclua {

constexpr size_t exact_max = 2048;                        // texts a part may be written out to
constexpr size_t exact_length_max = ShortText::bytes_max; // bytes of each
constexpr size_t united_max = 16384;                      // texts of an alternation

struct Part {
    bool is_exact = false;
    bool is_nullable = false;    // may match the empty text
    Set texts;                   // with is_exact: all the part can match; else empty
    Gaps gaps;                   // with is_exact: see Need
    std::vector<Need> necessary; // without is_exact; rarest first
    // Without is_exact, where has_tails: each match ends with one of these texts, as what is exact does, or holds one of rest.
    bool has_tails = false;
    Set tails, rest;
    Gaps tail_gaps, rest_gaps;
    Set heads = {ShortText()}; // without is_exact: each match begins with one of these, as what is exact does
    Gaps head_gaps;
    Bytes first;                 // what a match that is not empty may begin with
};

Part exactly(ShortText text);
Part exactly(uint8_t byte);
Part exactly_empty();
// Of a part that no text can match that is without breakers.
Part impossible();
bool is_impossible(const Part &part);
Part anything(bool is_nullable);

// One of the branches.
Part unite(const std::vector<Part> &branches);

} // namespace seclua
