// SPDX-License-Identifier: Apache-2.0
// Walks a PCRE pattern and keeps, for each part, the texts it can match (while they are few) or a set of texts of which one
// has to occur. Concatenations multiply sets, alternations unite them, optional parts break a run; of all runs the rarest
// sets win. Assertions and look-around are taken as empty. Unknown syntax ends the walk without an answer.
//
// Evasion-tolerant patterns put an optional gap (quotes, backslashes, $…) between any two letters, and a break at each gap
// leaves single letters. So each pattern is walked twice: the second walk takes a gap as empty and remembers what a gap which is
// not empty must begin with, and the byte before it. A match then holds one of the joined texts, or, at its first gap that is
// not empty, one of those pairs.
//
// Soundness rests on three habits: every set is a superset of what the part can match; a part that is not understood is
// never skipped as if it were empty; everything is case folded, as the scan folds the text.
#include "prefilter/literals.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>

#include "base/ascii.h"

namespace seclua {

namespace {

constexpr size_t exact_max = 2048;                          // texts a part may be written out to
constexpr size_t open_max = 256;                            // pairs of bytes where something may stand between
constexpr size_t repeated_max = 512;                        // texts with a part repeated
constexpr size_t exact_length_max = ShortText::bytes_max;   // bytes of each
constexpr size_t united_max = 16384;                        // texts of an alternation
constexpr size_t class_max = 12;                            // members a character class may be written out to
constexpr int depth_max = 100;

using Set = std::vector<ShortText>; // sorted, unique

// Most sets are made in order, or of a few stretches that are: those are merged, two and two.
template <class Ordered> void tidy(std::vector<Ordered> &set) {
    std::vector<size_t> starts; // of stretches, but the first
    for (size_t i = 1; i < set.size(); i++) {
        if (!(set[i - 1] < set[i])) starts.push_back(i);
    }
    if (starts.empty()) return;
    starts.insert(starts.begin(), 0);
    std::vector<Ordered> merged;
    merged.reserve(set.size());
    while (starts.size() > 1) {
        const auto place = [&](size_t stretch) { return set.begin() + static_cast<std::ptrdiff_t>(stretch < starts.size() ? starts[stretch] : set.size()); };
        std::vector<size_t> merged_starts;
        merged.clear();
        for (size_t i = 0; i < starts.size(); i += 2) {
            merged_starts.push_back(merged.size());
            std::set_union(place(i), place(i + 1), place(i + 1), place(i + 2), std::back_inserter(merged));
        }
        set.swap(merged);
        starts = std::move(merged_starts);
    }
}

bool has_empty(const Set &set) { return !set.empty() && set.front().empty(); }

// Rough shares of bytes in request values, folded.
constexpr double share_of(uint8_t byte) {
    if (byte >= 'a' && byte <= 'z') {
        constexpr double shares[26] = {.060, .012, .030, .028, .080, .013, .014, .020, .055, .004, .008, .030, .022,
                                       .050, .055, .020, .002, .045, .048, .055, .020, .009, .010, .005, .010, .003};
        return shares[byte - 'a'];
    }
    if (byte >= '0' && byte <= '9') return .025;
    switch (byte) {
        case '/': case '-': case '.': case '_': case ' ': return .015;
        case '=': case ',': case ';': case ':': case '"': return .008;
        case text_start: case text_end: return .5;
        case '%': case '&': case '+': case '(': case ')': case '\'': return .003;
        default: return byte >= 0x80 ? .001 : .0015;
    }
}

constexpr std::array<double, 256> all_shares() {
    std::array<double, 256> shares{};
    for (unsigned b = 0; b < 256; b++) shares[b] = share_of(static_cast<uint8_t>(b));
    return shares;
}

constexpr std::array<double, 256> byte_frequency = all_shares();

class Bytes { // folded
  public:
    static Bytes all() {
        Bytes bytes;
        for (uint64_t &word : bytes.words_) word = ~uint64_t{0};
        return bytes;
    }
    bool has(uint8_t byte) const { return (words_[byte / 64] >> byte % 64 & 1) != 0; }
    void remove(const Bytes &others) {
        for (size_t i = 0; i < 4; i++) words_[i] &= ~others.words_[i];
    }
    void set(uint8_t byte) { words_[byte / 64] |= uint64_t{1} << byte % 64; }
    Bytes &operator|=(const Bytes &more) {
        for (size_t i = 0; i < 4; i++) words_[i] |= more.words_[i];
        return *this;
    }
    bool is_all() const { return (words_[0] & words_[1] & words_[2] & words_[3]) == ~uint64_t{0}; }
    bool is_none() const { return (words_[0] | words_[1] | words_[2] | words_[3]) == 0; }
    size_t count() const {
        return static_cast<size_t>(std::popcount(words_[0]) + std::popcount(words_[1]) + std::popcount(words_[2]) + std::popcount(words_[3]));
    }
    template <class Take> void each(Take take) const { // in order
        for (unsigned i = 0; i < 4; i++) {
            for (uint64_t left = words_[i]; left != 0; left &= left - 1) {
                take(static_cast<uint8_t>(i * 64 + static_cast<unsigned>(std::countr_zero(left))));
            }
        }
    }

  private:
    uint64_t words_[4] = {};
};

// How a gap begins, behind the byte before it if that is known. Numbers in the order of the texts: the first byte, the second
// one, then whether there is a second one.
class Gap {
  public:
    explicit Gap(uint8_t byte) : number_(uint32_t{byte} << 16) {}
    Gap(uint8_t before, uint8_t byte) : number_(uint32_t{before} << 16 | uint32_t{byte} << 8 | 1) {}
    bool operator<(const Gap &other) const { return number_ < other.number_; }
    bool operator==(const Gap &other) const { return number_ == other.number_; }
    ShortText text() const { return has_second() ? ShortText(first(), second()) : ShortText(first()); }
    double frequency() const { return has_second() ? byte_frequency[first()] * byte_frequency[second()] : byte_frequency[first()]; }

  private:
    uint8_t first() const { return static_cast<uint8_t>(number_ >> 16); }
    uint8_t second() const { return static_cast<uint8_t>(number_ >> 8); }
    bool has_second() const { return (number_ & 1) != 0; }
    uint32_t number_;
};

using Gaps = std::vector<Gap>; // sorted, unique

void unite_with(Gaps &set, const Gaps &more) {
    if (more.empty()) return;
    if (set.empty()) {
        set = more;
        return;
    }
    Gaps all;
    all.reserve(set.size() + more.size());
    std::set_union(set.begin(), set.end(), more.begin(), more.end(), std::back_inserter(all));
    set = std::move(all);
}

double frequency_of(const Set &texts, const Gaps &gaps) {
    double of_texts = 0, of_gaps = 0;
    for (const ShortText &text : texts) of_texts += expected_frequency(text.view());
    for (const Gap &gap : gaps) of_gaps += gap.frequency();
    return of_texts + of_gaps;
}

// One of the texts has to occur, unless a gap among them was not empty: then the match holds one of the gaps.
struct Need {
    Set texts;
    Gaps gaps;
    double frequency;

    Need(Set texts_of, Gaps gaps_of)
        : texts(std::move(texts_of)), gaps(std::move(gaps_of)), frequency(frequency_of(texts, gaps)) {}
    Set whole() const {
        Set more, all;
        for (const Gap &gap : gaps) more.push_back(gap.text());
        all.reserve(texts.size() + more.size());
        std::set_union(texts.begin(), texts.end(), more.begin(), more.end(), std::back_inserter(all));
        return all;
    }
};

constexpr double gap_frequency_max = .035;

const Bytes &breakers() {
    static const Bytes bytes = [] {
        Bytes out;
        for (const char c : std::string_view(sl_prefilter_breakers)) out.set(static_cast<uint8_t>(c));
        return out;
    }();
    return bytes;
}

// The rarest need of those that were seen, and the rarest of the others that is not akin to it: that one would say the same
// once more. Of equals the earlier one.
class Rarest {
  public:
    void add(Need &&need) {
        const auto is_rarer = [](const Need &a, const Need &b) { return a.frequency < b.frequency; };
        needs_.insert(std::upper_bound(needs_.begin(), needs_.end(), need, is_rarer), std::move(need));
        if (needs_.size() > kept_max) needs_.pop_back();
    }
    std::vector<Need> take() {
        if (needs_.size() < 2) return std::move(needs_);
        const auto is_akin = [&](const Need &need) { return are_akin(need, needs_[0]); };
        const auto second = std::find_if_not(needs_.begin() + 1, needs_.end(), is_akin);
        needs_.erase(needs_.begin() + 1, second);
        if (needs_.size() > 2) needs_.erase(needs_.begin() + 2, needs_.end());
        return std::move(needs_);
    }

  private:
    static constexpr size_t kept_max = 6;
    // Half of the texts are the same.
    static bool are_akin(const Need &a, const Need &b) {
        size_t common = 0;
        for (size_t i = 0, k = 0; i < a.texts.size() && k < b.texts.size();) {
            const bool is_less = a.texts[i] < b.texts[k], is_same = a.texts[i] == b.texts[k];
            common += is_same;
            i += is_less || is_same;
            k += !is_less;
        }
        return 2 * common >= std::min(a.texts.size(), b.texts.size());
    }
    std::vector<Need> needs_; // rarest first
};

struct Info {
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

Info exactly(ShortText text) {
    Info info;
    info.is_exact = true;
    info.is_nullable = text.empty();
    if (!text.empty()) info.first.set(text.front());
    info.texts.push_back(text);
    return info;
}

Info exactly(uint8_t byte) { return exactly(ShortText(byte)); }

Info exactly_empty() { return exactly(ShortText()); }

// Of a part that no text can match that is without breakers.
Info impossible() {
    Info info;
    info.is_exact = true;
    return info;
}

bool is_impossible(const Info &part) {
    const auto is_for_none = [](const Need &need) { return need.texts.empty() && need.gaps.empty(); };
    return part.is_exact ? part.texts.empty() : std::any_of(part.necessary.begin(), part.necessary.end(), is_for_none);
}

Info anything(bool is_nullable) {
    Info info;
    info.first = Bytes::all();
    info.is_nullable = is_nullable;
    return info;
}

struct GiveUp {};

class Walker {
  public:
    // plain_only: of values without breakers.
    Walker(std::string_view pattern, bool lines, bool skips_gaps, bool plain_only, bool joins_repeats)
        : pattern_(pattern), lines_(lines), skips_gaps_(skips_gaps), plain_only_(plain_only), joins_repeats_(joins_repeats) {}

    // After the walk: whether the other way of taking gaps would have made a difference.
    bool has_gaps() const { return has_gaps_; }
    // The same of repeated bytes.
    bool has_repeats() const { return has_repeats_; }

    // The sets of which every match needs one text each.
    std::vector<Need> walk() {
        Info info = alternation();
        if (at_ != pattern_.size()) throw GiveUp{};
        std::vector<Need> needs;
        if (!info.is_exact) {
            needs = std::move(info.necessary);
        } else if (is_impossible(info)) {
            needs.emplace_back(Set(), Gaps());
        } else if (!has_empty(info.texts)) {
            needs.emplace_back(std::move(info.texts), std::move(info.gaps));
        }
        return needs;
    }

  private:
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
        void add(const Info &part) { add(Info(part)); }
        void add(Info &&part) {
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
        void add_optional(const Info &part) {
            if (begins_) first_ |= part.first;
            flush();
        }
        // Taken as empty; how it begins when it is not is remembered.
        void add_gap(const Info &part) {
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
        void may_repeat(const Info &part) {
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
        bool can_repeat(const Info &part) const {
            const bool is_bytes = part.is_exact && !has_empty(part.texts) && longest(part.texts) == 1;
            return is_bytes && texts_.size() * part.texts.size() <= repeated_max && longest_ < exact_length_max;
        }
        // Any number of the part may stand here, none included: the byte before it is followed by one of its, or by one of what
        // comes next. To be called before the part is passed over in any other way.
        void leave_open(const Info &part) {
            if (!is_open_) {
                if (texts_.empty() || has_empty(texts_) || !gaps_.empty() || !rest_.empty() || !rest_gaps_.empty()) return;
                open_lasts_ = open_nexts_ = Bytes();
                for (const ShortText &text : texts_) open_lasts_.set(text.back());
                is_open_ = true;
            }
            open_nexts_ |= part.first;
        }
        void flush() { begin_again({ShortText()}, {}); }
        Info finish() {
            Info info;
            if (whole_) {
                info.is_exact = true;
                info.texts = std::move(texts_);
                info.gaps = std::move(gaps_);
            } else {
                info.has_tails = says_something(texts_);
                if (info.has_tails) {
                    info.tails = texts_;
                    info.tail_gaps = gaps_;
                    info.rest = rest_;
                    info.rest_gaps = rest_gaps_;
                }
                consider_run();
                info.necessary = needs_.take();
                info.heads = std::move(heads_);
                info.head_gaps = std::move(head_gaps_);
            }
            info.first = first_;
            info.is_nullable = begins_;
            return info;
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
        void add_heads(const Info &part) {
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
        void begin_with_tails(Info &&part) {
            texts_ = std::move(part.tails);
            gaps_ = std::move(part.tail_gaps);
            rest_ = std::move(part.rest);
            rest_gaps_ = std::move(part.rest_gaps);
            longest_ = longest(texts_);
        }
        // After leave_open.
        void follow(const Info &part) {
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

    bool at_end() const { return at_ >= pattern_.size(); }
    uint8_t peek() const { return static_cast<uint8_t>(pattern_[at_]); }
    uint8_t take() {
        if (at_end()) throw GiveUp{};
        return static_cast<uint8_t>(pattern_[at_++]);
    }
    bool accept(char c) {
        if (at_end() || pattern_[at_] != c) return false;
        at_++;
        return true;
    }

    Info alternation() {
        if (++depth_ > depth_max) throw GiveUp{};
        Info first = sequence();
        if (at_end() || peek() != '|') {
            depth_--;
            return first;
        }
        std::vector<Info> branches;
        branches.push_back(std::move(first));
        while (accept('|')) branches.push_back(sequence());
        depth_--;
        return unite(branches);
    }

    static Info unite(const std::vector<Info> &branches) {
        Info info;
        bool all_exact = true, all_known = true;
        size_t exact_count = 0, choices = 1;
        for (const Info &branch : branches) {
            info.first |= branch.first;
            info.is_nullable = info.is_nullable || branch.is_nullable;
            all_exact = all_exact && branch.is_exact;
            all_known = all_known && (branch.is_exact ? !has_empty(branch.texts) : !branch.necessary.empty());
            exact_count += branch.texts.size();
            choices = std::max(choices, branch.necessary.size());
        }
        if (all_exact) {
            Set exact;
            exact.reserve(exact_count);
            for (const Info &branch : branches) exact.insert(exact.end(), branch.texts.begin(), branch.texts.end());
            tidy(exact);
            if (exact.size() <= exact_max) {
                info.is_exact = true;
                info.texts = std::move(exact);
                for (const Info &branch : branches) info.gaps.insert(info.gaps.end(), branch.gaps.begin(), branch.gaps.end());
                tidy(info.gaps);
                return info;
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
            for (const Info &branch : branches) {
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
        info.necessary = needs.take();
        find_tails(branches, info);
        find_heads(branches, info);
        return info;
    }

    static void find_heads(const std::vector<Info> &branches, Info &info) {
        Set heads;
        for (const Info &branch : branches) {
            const Set &own = branch.is_exact ? branch.texts : branch.heads;
            const Gaps &own_gaps = branch.is_exact ? branch.gaps : branch.head_gaps;
            heads.insert(heads.end(), own.begin(), own.end());
            info.head_gaps.insert(info.head_gaps.end(), own_gaps.begin(), own_gaps.end());
        }
        tidy(heads);
        tidy(info.head_gaps);
        if (heads.size() <= exact_max && !has_empty(heads)) info.heads = std::move(heads);
    }

    // Of each branch what it ends with, or else what it holds.
    static void find_tails(const std::vector<Info> &branches, Info &info) {
        const auto add = [](Set &to, Gaps &to_gaps, const Set &texts, const Gaps &gaps) {
            to.insert(to.end(), texts.begin(), texts.end());
            to_gaps.insert(to_gaps.end(), gaps.begin(), gaps.end());
        };
        for (const Info &branch : branches) {
            if (branch.is_exact) {
                add(info.tails, info.tail_gaps, branch.texts, branch.gaps);
            } else if (ends_rarely(branch)) {
                add(info.tails, info.tail_gaps, branch.tails, branch.tail_gaps);
                add(info.rest, info.rest_gaps, branch.rest, branch.rest_gaps);
            } else if (!branch.necessary.empty()) {
                add(info.rest, info.rest_gaps, branch.necessary[0].texts, branch.necessary[0].gaps);
            } else {
                return;
            }
        }
        tidy(info.tails);
        tidy(info.rest);
        tidy(info.tail_gaps);
        tidy(info.rest_gaps);
        info.has_tails = info.tails.size() <= exact_max;
    }
    static bool ends_rarely(const Info &branch) {
        if (!branch.has_tails) return false;
        const double frequency = frequency_of(branch.tails, branch.tail_gaps) + frequency_of(branch.rest, branch.rest_gaps);
        return branch.necessary.empty() || frequency <= branch.necessary[0].frequency;
    }

    bool is_gap(const Info &part) {
        if (part.first.is_all() || part.first.is_none()) return false;
        double frequency = 0;
        part.first.each([&](uint8_t byte) { frequency += byte_frequency[byte]; });
        if (frequency > gap_frequency_max) return false;
        has_gaps_ = true;
        return skips_gaps_;
    }

    static bool is_plain(uint8_t c) { // nothing that atom() knows
        switch (c) {
            case '(': case '[': case '.': case '^': case '$': case '\\': return false;
            default: return true;
        }
    }

    Info sequence() {
        Sequence parts;
        while (!at_end() && peek() != '|' && peek() != ')') {
            unsigned least = 1, most = 1;
            if (is_plain(peek())) {
                const uint8_t byte = sl_ascii_lower(take());
                if (quantifier(least, most)) {
                    repeat(parts, byte_part(byte), least, most);
                } else if (is_left_out(byte)) {
                    parts.add(impossible());
                } else {
                    parts.add(byte);
                }
                continue;
            }
            Info part = atom();
            if (quantifier(least, most)) {
                repeat(parts, std::move(part), least, most);
            } else if (part.is_nullable && !part.is_exact && is_gap(part)) {
                parts.add_gap(part);
            } else {
                parts.add(std::move(part));
            }
        }
        return parts.finish();
    }

    bool is_left_out(uint8_t byte) const { return plain_only_ && breakers().has(byte); }
    Info byte_part(uint8_t byte) const { return is_left_out(byte) ? impossible() : exactly(byte); }

    void repeat(Sequence &parts, Info &&part, unsigned least, unsigned most) {
        if (least == 0) {
            if (is_impossible(part)) return;
            if (most != 0) parts.leave_open(part);
            if (is_gap(part)) {
                parts.add_gap(part);
            } else if (most == 1 && part.is_exact) {
                part.is_nullable = true;
                if (!has_empty(part.texts)) part.texts.insert(part.texts.begin(), ShortText());
                parts.add(std::move(part));
            } else if (most != 0) {
                parts.add_optional(part);
            }
            return;
        }
        for (unsigned i = 0; i < std::min(least, 4u); i++) parts.add(part);
        if (least == most && least <= 4) return;
        if (is_gap(part)) {
            parts.add_gap(part);
            return;
        }
        const bool can_repeat = parts.can_repeat(part);
        has_repeats_ = has_repeats_ || can_repeat;
        if (can_repeat && joins_repeats_) {
            parts.may_repeat(part);
        } else {
            parts.flush();
        }
    }

    // False: none follows. most is only compared with least.
    bool quantifier(unsigned &least, unsigned &most) {
        if (at_end()) return false;
        constexpr unsigned unbounded = ~0u;
        switch (peek()) {
            case '?': at_++; least = 0; most = 1; break;
            case '*': at_++; least = 0; most = unbounded; break;
            case '+': at_++; least = 1; most = unbounded; break;
            case '{':
                if (!braces(least, most)) return false; // a literal brace: the next atom takes it
                break;
            default: return false;
        }
        if (!at_end() && (peek() == '?' || peek() == '+')) at_++; // lazy, possessive
        if (!at_end() && (peek() == '*' || peek() == '?' || peek() == '+')) throw GiveUp{};
        return true;
    }

    bool braces(unsigned &least, unsigned &most) {
        size_t at = at_ + 1;
        const auto number = [&](unsigned &out) {
            const size_t start = at;
            unsigned value = 0;
            while (at < pattern_.size() && sl_ascii_is_digit(static_cast<uint8_t>(pattern_[at])) && value < 100000) {
                value = value * 10 + static_cast<unsigned>(pattern_[at++] - '0');
            }
            out = value;
            return at != start;
        };
        const auto has_blank = [&] { return at < pattern_.size() && (pattern_[at] == ' ' || pattern_[at] == '\t'); };
        if (has_blank()) throw GiveUp{}; // a quantifier or text, by version of PCRE2
        const bool has_least = number(least);
        if (has_blank()) throw GiveUp{};
        if (at < pattern_.size() && pattern_[at] == '}') {
            if (!has_least) return false;
            most = least;
            at_ = at + 1;
            return true;
        }
        if (at >= pattern_.size() || pattern_[at] != ',') return false;
        at++;
        if (!has_least) throw GiveUp{}; // {,n}: a quantifier in newer versions of PCRE2 only
        if (has_blank()) throw GiveUp{};
        if (!number(most)) most = ~0u;
        if (has_blank()) throw GiveUp{};
        if (at >= pattern_.size() || pattern_[at] != '}') return false;
        at_ = at + 1;
        return true;
    }

    Info atom() {
        switch (take()) {
            case '(': return group();
            case '[': return char_class();
            case '.': return anything(false);
            case '^': return lines_ ? exactly_empty() : end_of_text(text_start);
            case '$': return lines_ ? exactly_empty() : end_of_text(text_end);
            default: return escape(); // what is plain stands for itself, and has been taken
        }
    }

    // Zero-width: as a text it is its marker, as a part that consumes it is empty.
    static Info end_of_text(char marker) {
        Info info = exactly(static_cast<uint8_t>(marker));
        info.is_nullable = true;
        return info;
    }

    Info group() {
        bool is_assertion = false;
        if (accept('*')) throw GiveUp{};
        if (accept('?')) {
            const uint8_t c = take();
            switch (c) {
                case ':': case '>': case '|': break;
                case '=': case '!': is_assertion = true; break;
                case '#': throw GiveUp{}; // a quantifier behind a comment belongs to what stands before it
                case '<':
                    if (accept('=') || accept('!')) {
                        is_assertion = true;
                    } else {
                        while (take() != '>') {}
                    }
                    break;
                case '\'':
                    while (take() != '\'') {}
                    break;
                case 'P':
                    if (!accept('<')) throw GiveUp{};
                    while (take() != '>') {}
                    break;
                default: {
                    at_--;
                    if (flags()) return exactly_empty(); // (?i): for the rest of the group
                    break;                             // (?i:…)
                }
            }
        }
        Info inner = alternation();
        if (take() != ')') throw GiveUp{};
        return is_assertion ? exactly_empty() : inner;
    }

    // Case is folded anyway, the dot is never written out. From an `m` on, set or taken back, ^ and $ claim nothing any more.
    // True: ")" ended them.
    bool flags() {
        while (true) {
            const uint8_t c = take();
            if (c == 'm') lines_ = true;
            if (c == ')') return true;
            if (c == ':') return false;
            if (c != 'i' && c != 's' && c != 'm' && c != '-' && c != 'U' && c != 'J') throw GiveUp{};
        }
    }

    // One byte that an escape stands for; nothing when it stands for something else, which `what` then tells.
    enum class Escape { byte, nothing, start, anything, spaces };
    Escape read_escape(uint8_t &byte, bool in_class) {
        const uint8_t c = take();
        switch (c) {
            case 'n': byte = '\n'; return Escape::byte;
            case 'r': byte = '\r'; return Escape::byte;
            case 't': byte = '\t'; return Escape::byte;
            case 'f': byte = '\f'; return Escape::byte;
            case 'a': byte = 7; return Escape::byte;
            case 'e': byte = 27; return Escape::byte;
            case 'x': return hex(byte);
            case '0': {
                unsigned value = 0;
                for (int i = 0; i < 2 && !at_end() && peek() >= '0' && peek() <= '7'; i++) value = value * 8 + (take() - '0');
                byte = static_cast<uint8_t>(value);
                return Escape::byte;
            }
            case 'b':
                if (in_class) {
                    byte = 8;
                    return Escape::byte;
                }
                return Escape::nothing;
            case 'A':
                if (in_class) throw GiveUp{};
                return Escape::start;
            case 'B': case 'z': case 'Z': case 'G': case 'K':
                if (in_class) throw GiveUp{};
                return Escape::nothing;
            case 's': return Escape::spaces;
            case 'd': case 'D': case 'w': case 'W': case 'S': case 'h': case 'H': case 'v': case 'V': return Escape::anything;
            case 'N': case 'R':
                if (in_class || (!at_end() && peek() == '{')) throw GiveUp{};
                return Escape::anything;
            default: break;
        }
        if (sl_ascii_is_digit(c)) { // a back reference, or an octal code: only the plain case is told apart
            if (in_class || (!at_end() && sl_ascii_is_digit(peek()))) throw GiveUp{};
            return Escape::anything;
        }
        if (sl_ascii_is_alpha(c)) throw GiveUp{}; // \Q, \p, \g, \k, \c, \o, \X …
        byte = c;
        return Escape::byte;
    }

    Escape hex(uint8_t &byte) {
        unsigned value = 0;
        if (accept('{')) {
            while (!at_end() && peek() != '}') {
                const uint8_t digit = take();
                if (!sl_ascii_is_hex(digit) || value > 0xff) throw GiveUp{};
                value = value * 16 + sl_ascii_hex_value(digit);
            }
            if (take() != '}' || value > 0xff) throw GiveUp{};
        } else {
            for (int i = 0; i < 2 && !at_end() && sl_ascii_is_hex(peek()); i++) value = value * 16 + sl_ascii_hex_value(take());
        }
        byte = static_cast<uint8_t>(value);
        return Escape::byte;
    }

    Info escape() {
        uint8_t byte = 0;
        switch (read_escape(byte, false)) {
            case Escape::byte: return byte_part(sl_ascii_lower(byte));
            case Escape::nothing: return exactly_empty();
            case Escape::start: return end_of_text(text_start);
            default: return anything(false);
        }
    }

    // Of a letter both cases have to be left out.
    Info all_but(const Bytes &written) const {
        Info info;
        for (unsigned b = 0; b < 256; b++) {
            const auto byte = static_cast<uint8_t>(b);
            if (!written.has(byte)) info.first.set(sl_ascii_lower(byte));
        }
        if (plain_only_) info.first.remove(breakers());
        return info.first.is_none() ? impossible() : info;
    }

    Info char_class() {
        Bytes members, written; // folded, and as they stand there
        bool is_wide = false; // holds something that is not written out
        bool has_spaces = false;
        const bool is_negated = accept('^');
        bool is_first = true;
        while (true) {
            uint8_t c = take();
            if (c == ']' && !is_first) break;
            is_first = false;
            if (c == '[' && !at_end() && (peek() == ':' || peek() == '.' || peek() == '=')) {
                const uint8_t kind = take();
                while (true) {
                    const uint8_t inner = take();
                    if (inner == kind && accept(']')) break;
                    if (inner == ']') throw GiveUp{};
                }
                is_wide = true;
                continue;
            }
            bool is_byte = true;
            if (c == '\\') {
                if (!at_end() && (peek() == 'Q' || peek() == 'E')) throw GiveUp{};
                if (!at_end() && peek() == 'p') throw GiveUp{};
                switch (read_escape(c, true)) {
                    case Escape::byte: break;
                    case Escape::spaces:
                        for (const char space : {' ', '\t', '\n', '\v', '\f', '\r'}) members.set(static_cast<uint8_t>(space));
                        has_spaces = true;
                        is_byte = false;
                        break;
                    default:
                        is_wide = true;
                        is_byte = false;
                }
            }
            if (!is_byte) continue;
            uint8_t last = c;
            if (at_ + 1 < pattern_.size() && pattern_[at_] == '-' && pattern_[at_ + 1] != ']') {
                at_++;
                last = take();
                if (last == '[') throw GiveUp{};
                if (last == '\\' && read_escape(last, true) != Escape::byte) throw GiveUp{};
                if (last < c) throw GiveUp{};
            }
            for (unsigned b = c; b <= last; b++) {
                members.set(sl_ascii_lower(static_cast<uint8_t>(b)));
                written.set(static_cast<uint8_t>(b));
            }
        }
        if (is_wide || members.is_none() || (is_negated && has_spaces)) return anything(false);
        if (is_negated) return all_but(written);
        if (plain_only_) members.remove(breakers());
        if (members.is_none()) return impossible();
        Info info;
        info.first = members;
        info.is_exact = members.count() <= class_max;
        if (info.is_exact) members.each([&](uint8_t byte) { info.texts.emplace_back(byte); });
        return info;
    }

    std::string_view pattern_;
    bool lines_, skips_gaps_, plain_only_, has_gaps_ = false, has_repeats_ = false;
    bool joins_repeats_; // what stands before a repeated byte is joined to what stands behind it, as if there were one, or to two
    size_t at_ = 0;
    int depth_ = 0;
};

} // namespace

double expected_frequency(std::string_view literal) {
    double product = 1;
    for (size_t i = 0; i < literal.size() && i < 8; i++) product *= byte_frequency[static_cast<uint8_t>(literal[i])];
    return product;
}

namespace {

Rarest rarest_needs(std::string_view pattern, bool lines, bool plain_only) {
    Rarest rarest;
    Walker exact(pattern, lines, false, plain_only, false);
    for (Need &need : exact.walk()) rarest.add(std::move(need));
    if (exact.has_gaps()) {
        for (Need &need : Walker(pattern, lines, true, plain_only, false).walk()) rarest.add(std::move(need));
    }
    if (exact.has_repeats()) {
        for (Need &need : Walker(pattern, lines, false, plain_only, true).walk()) rarest.add(std::move(need));
    }
    return rarest;
}

} // namespace

Necessary necessary_literals(std::string_view pattern, bool lines) {
    constexpr double rare = .0005, much_more = 4;
    try {
        Necessary out;
        double least = 1;
        for (const Need &need : rarest_needs(pattern, lines, false).take()) {
            least = std::min(least, need.frequency);
            out.sets.push_back(need.whole());
        }
        if (least < rare) return out;
        const std::vector<Need> plain = rarest_needs(pattern, lines, true).take();
        if (!plain.empty() && plain[0].frequency * much_more < least) out.plain = plain[0].whole();
        return out;
    } catch (const GiveUp &) {
        return {};
    }
}

} // namespace seclua
