// SPDX-License-Identifier: Apache-2.0
// Parts of a pattern one behind the other. A run of those that can be written out grows text by text; where one cannot, the run
// ends, and what it has to hold is considered with the others.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>

#include "prefilter/parts.hpp"

namespace seclua {

constexpr size_t open_max = 256;     // pairs of bytes where something may stand between
constexpr size_t repeated_max = 512; // texts with a part repeated

// The parts of a sequence, joined as they come.
class Sequence {
  public:
    // One byte: what most parts are.
    void add(uint8_t byte) {
        if (is_open_) follow(exactly(byte));
        if (begins_) first_.set(byte);
        begins_ = false;
        if (texts_.size() > exact_max || longest_ + 1 > exact_length_max) {
            begin_again({ShortText(byte)}, {});
            return;
        }
        for (ShortText &text : texts_) append(text, ShortText(byte));
        settle();
    }
    void add(const Part &part) { add(Part(part)); }
    void add(Part &&part) {
        if (is_open_) follow(part);
        if (begins_) first_ |= part.first;
        if (!part.is_nullable) begins_ = false;
        if (!part.is_exact) {
            add_heads(part);
            flush();
            for (Need &need : part.necessary) consider(std::move(need));
            if (part.has_tails) begin_with_tails(std::move(part));
            return;
        }
        if (texts_.size() * part.texts.size() > exact_max || longest_ + longest(part.texts) > exact_length_max) {
            begin_again(std::move(part.texts), std::move(part.gaps));
            return;
        }
        multiply(std::move(part.texts));
        if (texts_.empty()) {
            gaps_.clear(); // nor can it with a gap that is not empty
        } else {
            unite_with(gaps_, part.gaps);
        }
    }
    // Any number of the part may stand here, none included.
    void add_optional(const Part &part) {
        if (begins_) first_ |= part.first;
        flush();
    }
    // Taken as empty; how it begins when it is not is remembered.
    void add_gap(const Part &part) {
        Bytes lasts;
        Gaps found;
        for (const ShortText &text : texts_) {
            if (!text.empty()) lasts.set(text.back());
        }
        if (has_empty(texts_)) part.first.each([&](uint8_t byte) { found.emplace_back(byte); });
        lasts.each([&](uint8_t last) { part.first.each([&](uint8_t byte) { found.emplace_back(last, byte); }); });
        tidy(found);
        unite_with(gaps_, found);
        if (begins_) first_ |= part.first;
    }
    // The part, which was added just now, may stand here again, any number of times. If it does not, the run goes on.
    void may_repeat(const Part &part) {
        Set twice;
        twice.reserve(texts_.size() * part.texts.size());
        for (const ShortText &left : texts_) {
            for (const ShortText &right : part.texts) append(twice.emplace_back(left), right);
        }
        if (whole_) {
            heads_ = texts_;
            head_gaps_ = gaps_;
        }
        whole_ = false;
        rest_.insert(rest_.end(), twice.begin(), twice.end());
        tidy(rest_);
        unite_with(rest_gaps_, gaps_);
    }
    bool can_repeat(const Part &part) const {
        const bool is_bytes = part.is_exact && !has_empty(part.texts) && longest(part.texts) == 1;
        return is_bytes && texts_.size() * part.texts.size() <= repeated_max && longest_ < exact_length_max;
    }
    // Any number of the part may stand here, none included: the byte before it is followed by one of its, or by one of what
    // comes next. To be called before the part is passed over in any other way.
    void leave_open(const Part &part) {
        if (!is_open_) {
            if (texts_.empty() || has_empty(texts_) || !gaps_.empty() || !rest_.empty() || !rest_gaps_.empty()) return;
            open_lasts_ = open_nexts_ = Bytes();
            for (const ShortText &text : texts_) open_lasts_.set(text.back());
            is_open_ = true;
        }
        open_nexts_ |= part.first;
    }
    void flush() { begin_again({ShortText()}, {}); }
    Part finish() {
        Part out;
        if (whole_) {
            out.is_exact = true;
            out.texts = std::move(texts_);
            out.gaps = std::move(gaps_);
        } else {
            out.has_tails = says_something(texts_);
            if (out.has_tails) {
                out.tails = texts_;
                out.tail_gaps = gaps_;
                out.rest = rest_;
                out.rest_gaps = rest_gaps_;
            }
            consider_run();
            out.necessary = needs_.take();
            out.heads = std::move(heads_);
            out.head_gaps = std::move(head_gaps_);
        }
        out.first = first_;
        out.is_nullable = begins_;
        return out;
    }

  private:
    static size_t longest(const Set &set) {
        size_t length = 0;
        for (const ShortText &text : set) length = std::max(length, text.size());
        return length;
    }
    // An end of the text that stands inside is left out: ^^a is ^a, and what has text on the wrong side of an end matches
    // the empty text only ($^), or nothing.
    static void append(ShortText &left, ShortText right) {
        if (!left.empty() && !right.empty()) {
            if (left.back() == text_end) left.pop_back();
            if (right.front() == text_start) right.pop_front();
        }
        left.append(right);
    }
    void multiply(Set &&parts) {
        if (parts.empty()) { // nothing goes on from here, whatever it began with
            texts_.clear();
            rest_.clear();
            rest_gaps_.clear();
        } else if (texts_.empty()) {
            return;
        } else if (parts.size() == 1) {
            if (parts.front().empty()) return;
            for (ShortText &text : texts_) append(text, parts.front());
        } else if (longest_ == 0) {
            texts_ = std::move(parts);
        } else {
            Set product;
            product.reserve(texts_.size() * parts.size());
            for (const ShortText &left : texts_) {
                for (const ShortText &right : parts) append(product.emplace_back(left), right);
            }
            texts_ = std::move(product);
        }
        settle();
    }
    void settle() {
        tidy(texts_);
        longest_ = longest(texts_);
    }
    void begin_again(Set &&texts, Gaps &&gaps) {
        if (whole_) {
            heads_ = texts_;
            head_gaps_ = gaps_;
        }
        consider_run();
        whole_ = false;
        texts_ = std::move(texts);
        gaps_ = std::move(gaps);
        rest_.clear();
        rest_gaps_.clear();
        longest_ = longest(texts_);
    }
    // The run goes on as far as what follows begins alike; longer heads are cut.
    void add_heads(const Part &part) {
        const size_t room = exact_length_max - longest_;
        if (room == 0 || has_empty(part.heads) || texts_.size() * part.heads.size() > exact_max) return;
        Set heads = part.heads;
        for (ShortText &head : heads) {
            while (head.size() > room) head.pop_back();
        }
        tidy(heads);
        multiply(std::move(heads));
        unite_with(gaps_, part.head_gaps);
    }
    // Behind a flush.
    void begin_with_tails(Part &&part) {
        texts_ = std::move(part.tails);
        gaps_ = std::move(part.tail_gaps);
        rest_ = std::move(part.rest);
        rest_gaps_ = std::move(part.rest_gaps);
        longest_ = longest(texts_);
    }
    // After leave_open.
    void follow(const Part &part) {
        open_nexts_ |= part.first;
        if (part.is_nullable) return;
        is_open_ = false;
        Set pairs;
        open_lasts_.each([&](uint8_t last) {
            open_nexts_.each([&](uint8_t next) {
                if (last == text_start || last == text_end) return;
                ShortText &pair = pairs.emplace_back(last);
                pair.push_back(next);
            });
        });
        const bool is_sound = !open_lasts_.has(text_start) && !open_lasts_.has(text_end) && !open_nexts_.is_all() && !open_nexts_.is_none();
        if (is_sound && pairs.size() <= open_max) consider(Need(std::move(pairs), {}));
    }
    static bool says_nothing(const ShortText &text) {
        return text.empty() || (text.size() == 1 && (text.front() == text_start || text.front() == text_end));
    }
    static bool says_something(const Set &texts) { return std::none_of(texts.begin(), texts.end(), says_nothing); }
    void consider(Need &&need) {
        if (says_something(need.texts)) needs_.add(std::move(need));
    }
    void consider_run() {
        if (!says_something(texts_)) return;
        if (!rest_.empty() || !rest_gaps_.empty()) {
            texts_.insert(texts_.end(), rest_.begin(), rest_.end());
            tidy(texts_);
            unite_with(gaps_, rest_gaps_);
        }
        if (texts_.size() <= united_max) needs_.add(Need(std::move(texts_), std::move(gaps_)));
    }
    Set texts_ = {ShortText()}; // of the run: what the parts since the last one that is not exact match
    Gaps gaps_;
    Set heads_; // of the first run, when another has begun
    Gaps head_gaps_;
    Set rest_; // what a match holds whose run is none of texts_
    Gaps rest_gaps_;
    size_t longest_ = 0; // of texts_
    bool whole_ = true;
    Rarest needs_;
    Bytes open_lasts_, open_nexts_; // with is_open_: see leave_open
    bool is_open_ = false;
    Bytes first_;
    bool begins_ = true; // all parts so far may be empty
};

} // namespace seclua
