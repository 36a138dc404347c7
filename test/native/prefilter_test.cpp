// SPDX-License-Identifier: Apache-2.0
// Tests of the candidate index by itself: no literal that a text holds is missed, few are seen that it does not hold, and the
// sieve with vectors passes exactly what the plain one passes. And of what literals are made of at load.
#include <algorithm>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "base/classes.h"
#include "prefilter/builder.hpp"
#include "prefilter/literals.hpp"
#include "prefilter/prefilter.h"
#include "prefilter/short_text.hpp"
#include "prefilter/windows.hpp"

namespace {

int failures;

void expect(const char *sentence, bool holds) {
    if (holds) return;
    failures++;
    std::printf("does not hold: %s\n", sentence);
}

void no_memory(void *) { std::abort(); }

struct Arena {
    sl_arena arena{};
    Arena() { sl_arena_init(&arena, 0, no_memory, nullptr); }
    ~Arena() { sl_arena_free(&arena); }
};

using Random = std::mt19937;

// Of few letters, so that beginnings are shared and texts meet them.
std::string word(Random &random, size_t least, size_t most) {
    static const std::string letters = "abcdehlnorst_(;='/% 0123456789";
    std::string out(least + random() % (most - least + 1), ' ');
    for (char &c : out) c = letters[random() % letters.size()];
    return out;
}

std::vector<std::vector<std::string>> some_filters(Random &random, size_t count) {
    std::vector<std::vector<std::string>> filters(count);
    for (auto &literals : filters) {
        for (size_t i = 1 + random() % 12; i > 0; i--) literals.push_back(word(random, 1 + random() % 4, 9));
    }
    return filters;
}

std::string text_of(Random &random, const std::vector<std::vector<std::string>> &filters, size_t length) {
    std::string text;
    while (text.size() < length) {
        if (random() % 3 != 0) {
            text += word(random, 1, 12);
            continue;
        }
        const auto &literals = filters[random() % filters.size()];
        std::string literal = literals[random() % literals.size()];
        if (random() % 2 == 0) literal[random() % literal.size()] = static_cast<char>(random());
        for (char &c : literal) c = random() % 4 == 0 && c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
        text += literal;
    }
    text.resize(length);
    return text;
}

std::string lower(std::string text) {
    for (char &c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return text;
}

bool holds_one(const std::string &text, const std::vector<std::string> &literals) {
    for (const std::string &literal : literals) {
        if (text.find(literal) != std::string::npos) return true;
    }
    return false;
}

// Filters that a scan with these functions finds.
std::vector<uint64_t> scan(const sl_scanner &scanner, const sl_scan_functions &functions, const std::string &text) {
    sl_scanner with = scanner;
    with.functions = functions;
    std::vector<uint64_t> words(scanner.word_count);
    const sl_slice slice = {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
    const bool any = sl_prefilter_scan(&with, slice, sl_classes_of(slice), words.data());
    expect("the scan says whether there is any", any == std::any_of(words.begin(), words.end(), [](uint64_t word) { return word != 0; }));
    return words;
}

void what_a_text_holds_is_found(size_t filter_count, unsigned seed) {
    Random random(seed);
    const auto filters = some_filters(random, filter_count);
    Arena memory;
    seclua::PrefilterBuilder builder;
    std::vector<int> ids;
    for (const auto &literals : filters) ids.push_back(builder.add({seclua::literal_keys({literals.begin(), literals.end()}), {}}));
    std::vector<seclua::FilterIds> parts(3);
    for (const int id : ids) {
        if (id >= 0 && random() % 8 == 0) parts[random() % 3].push_back(id);
    }
    for (auto &part : parts) {
        std::sort(part.begin(), part.end());
        part.erase(std::unique(part.begin(), part.end()), part.end());
    }
    const sl_prefilter *prefilter = builder.build(&memory.arena, parts);
    size_t held = 0, seen = 0, asked = 0;
    for (size_t round = 0; round < 400; round++) {
        static const size_t lengths[] = {0, 1, 2, 3, 7, 8, 9, 31, 32, 33, 100, 4080, 4090, 4095, 4096, 4097, 4100, 9000};
        const std::string text = text_of(random, filters, lengths[round % std::size(lengths)]);
        const sl_scanner &everything = prefilter->scanners[0];
        const std::vector<uint64_t> found = scan(everything, everything.functions, text);
        expect("the plain scan finds the same", found == scan(everything, sl_scan_plainly, text));
        for (size_t p = 0; p < parts.size(); p++) {
            const sl_scanner &scanner = prefilter->scanners[p + 1];
            const std::vector<uint64_t> of_part = scan(scanner, scanner.functions, text);
            expect("the plain scan of a part finds the same", of_part == scan(scanner, sl_scan_plainly, text));
            for (const int id : parts[p]) {
                const bool is_same = sl_prefilter_lets(of_part.data(), id) == sl_prefilter_lets(found.data(), id);
                expect("a part finds of its filters what all find", is_same);
            }
        }
        const std::string folded = lower(text);
        for (size_t i = 0; i < filters.size(); i++) {
            if (ids[i] < 0) continue;
            const bool is_held = holds_one(folded, filters[i]), is_seen = sl_prefilter_lets(found.data(), ids[i]);
            if (is_held && !is_seen) expect("a literal that the text holds is found", false);
            held += is_held;
            seen += is_seen;
            asked++;
        }
    }
    expect("some are held and some are not", held != 0 && held < asked);
    expect("what is seen without being there is rare", seen - held < asked / 50);
}

uint64_t key_of(const std::string &text) {
    uint64_t key = uint64_t{text.size()} << 56;
    for (size_t i = 0; i < text.size(); i++) key |= uint64_t{static_cast<uint8_t>(text[i])} << (8 * i);
    return key;
}

// Long texts that share their rarest bytes, in texts of more than one piece, at each end of them and across.
void long_texts_are_found_as_a_whole(unsigned seed) {
    Random random(seed);
    for (size_t round = 0; round < 60; round++) {
        std::vector<std::vector<std::string>> filters(1 + random() % 6);
        for (auto &texts : filters) {
            texts.resize(1 + random() % 30);
            for (std::string &text : texts) text = word(random, 1, 20) + "qxzjqkv" + word(random, 1, round % 4 == 0 ? 90 : 20);
        }
        Arena memory;
        seclua::PrefilterBuilder builder;
        std::vector<int> ids;
        for (const auto &texts : filters) ids.push_back(builder.add(seclua::whole_literals({texts.begin(), texts.end()})));
        const sl_prefilter *prefilter = builder.build(&memory.arena, {});
        size_t held = 0, seen = 0;
        for (size_t i = 0; i < 60; i++) {
            std::string text = word(random, 0, 9000);
            const auto &texts = filters[random() % filters.size()];
            std::string put = texts[random() % texts.size()];
            if (random() % 2 == 0) put[random() % put.size()] = 'Q'; // perhaps in another case, perhaps another text
            const size_t places[] = {0, text.size(), random() % (text.size() + 1), std::min<size_t>(text.size(), 4060 + random() % 40)};
            text.insert(places[random() % 4], put);
            if (random() % 3 == 0) text.resize(random() % (text.size() + 1));
            const std::vector<uint64_t> found = scan(prefilter->scanners[0], prefilter->scanners[0].functions, text);
            const std::string folded = lower(text);
            for (size_t f = 0; f < filters.size(); f++) {
                const bool is_held = holds_one(folded, filters[f]), is_seen = sl_prefilter_lets(found.data(), ids[f]);
                if (is_held && !is_seen) expect("a long text is found", false);
                const bool is_exact = filters[f].size() <= 16 && round % 4 != 0;
                if (is_seen && !is_held && is_exact) expect("part of a long text is not taken for it", false);
                held += is_held;
                seen += is_seen;
            }
        }
        expect("some are held", held != 0 && held <= seen);
    }
    std::vector<std::string> many;
    for (const char c : std::string("etaoinsrhldcumfpg")) many.push_back(std::string(1, c) + "qxzjqkv");
    const seclua::LiteralSet shared = seclua::whole_literals({many.begin(), many.end()});
    expect("a literal that many texts share stands for them", shared.wholes.empty() && shared.keys == std::vector{key_of("qxzjqkv")});
    const seclua::LiteralSet two = seclua::whole_literals({"eqxzjqkv", "qxzjqkvZ", "abc"});
    expect("texts with an end are looked for by their literal", two.wholes.empty() && two.keys.size() == 2);
    expect("an empty text is no whole one", seclua::whole_literals({"abcabcabcabc", ""}).empty());
}

seclua::ShortText short_text(const std::string &text) {
    seclua::ShortText out;
    for (const char c : text) out.push_back(static_cast<uint8_t>(c));
    return out;
}

// Few bytes, the zero among them: it also stands behind the end.
std::string few_bytes(Random &random, size_t most) {
    std::string out(random() % (most + 1), ' ');
    for (char &c : out) c = "\0\1a\xff"[random() % 4];
    return out;
}

void short_texts_are_as_strings(unsigned seed) {
    Random random(seed);
    for (size_t round = 0; round < 20000; round++) {
        const std::string left = few_bytes(random, random() % 25), right = few_bytes(random, 24 - left.size());
        const seclua::ShortText a = short_text(left), b = short_text(right);
        expect("a short text has its bytes", a.view() == left);
        expect("short texts are ordered as strings are", (a < b) == (left < right) && (b < a) == (right < left));
        expect("short texts are equal when strings are", (a == b) == (left == right));
        seclua::ShortText joined = a;
        joined.append(b);
        expect("short texts are joined as strings are", joined.view() == left + right && joined == short_text(left + right));
        if (left.empty()) continue;
        seclua::ShortText shorter = a;
        shorter.pop_front();
        expect("the first byte goes", shorter == short_text(left.substr(1)));
        shorter = a;
        shorter.pop_back();
        expect("the last byte goes", shorter == short_text(left.substr(0, left.size() - 1)));
    }
}

void of_texts_within_each_other_the_shortest_is_looked_for(unsigned seed) {
    Random random(seed);
    size_t dropped = 0;
    for (size_t round = 0; round < 400; round++) {
        std::vector<std::string> texts(1 + random() % (round % 40 + 1));
        for (std::string &text : texts) text = word(random, 1 + random() % 3, 7);
        std::vector<uint64_t> expected;
        for (const std::string &text : texts) {
            const auto is_within = [&](const std::string &other) { return other != text && text.find(other) != std::string::npos; };
            if (std::none_of(texts.begin(), texts.end(), is_within)) expected.push_back(key_of(text));
        }
        std::sort(expected.begin(), expected.end());
        expected.erase(std::unique(expected.begin(), expected.end()), expected.end());
        dropped += texts.size() - expected.size();
        expect("what holds another text is left out, and nothing else", seclua::literal_keys({texts.begin(), texts.end()}) == expected);
    }
    expect("some are left out", dropped != 0);
    expect("of a long text the rarest bytes are looked for", seclua::literal_keys({"eeeeeqxzjqkveeee"}) == std::vector{key_of("qxzjqkv")});
    expect("an empty text is no literal", seclua::literal_keys({"abc", ""}).empty());
    expect("an end of the text alone is no literal", seclua::literal_keys({"abc", "A"}).empty());
}

void vectors_do_what_the_plain_functions_do(unsigned seed) {
    sl_scan_functions vectors;
    if (!sl_scan_with_vectors(&vectors)) {
        std::puts("skipped: this processor has no vectors for the scan");
        return;
    }
    Random random(seed);
    const auto filters = some_filters(random, 300);
    Arena memory;
    seclua::PrefilterBuilder builder;
    for (const auto &literals : filters) builder.add({seclua::literal_keys({literals.begin(), literals.end()}), {}});
    const sl_prefilter *prefilter = builder.build(&memory.arena, {});
    const sl_scanner &scanner = prefilter->scanners[0];
    static sl_places plain[3], fast[3];
    size_t passed = 0;
    for (size_t count = 0; count < 600; count++) {
        const std::string raw = text_of(random, filters, count);
        std::vector<uint8_t> folded[2] = {std::vector<uint8_t>(count + 32), std::vector<uint8_t>(count + 32)};
        const auto *from = reinterpret_cast<const uint8_t *>(raw.data());
        sl_scan_plainly.fold(from, count, folded[0].data());
        vectors.fold(from, count, folded[1].data());
        expect("the same bytes come out", std::equal(folded[0].begin(), folded[0].begin() + static_cast<ptrdiff_t>(count), folded[1].begin()));
        std::string text = lower(text_of(random, filters, count + sl_piece_ahead_bytes));
        text.append(sl_piece_behind_bytes, '\0');
        const auto *piece = reinterpret_cast<const uint8_t *>(text.data());
        sl_scan_plainly.sieve(&scanner, piece, count, &plain[0], &plain[1], &plain[2]);
        vectors.sieve(&scanner, piece, count, &fast[0], &fast[1], &fast[2]);
        const auto byte = static_cast<uint8_t>(count % 3 == 0 ? text[random() % (count + 1)] : random());
        const bool has = count != 0 && std::find(piece, piece + count, byte) != piece + count;
        const bool is_padded = std::find(piece + count, piece + count + sl_piece_ahead_bytes, byte) != piece + count + sl_piece_ahead_bytes;
        expect("a byte is found", sl_scan_plainly.has_byte(piece, count, byte) == has);
        if (byte != 0 && !is_padded) expect("vectors find the byte, too", vectors.has_byte(piece, count, byte) == has);
        for (int k = 0; k < 3; k++) {
            expect("as many places pass", plain[k].count == fast[k].count);
            expect("the same places pass", std::equal(plain[k].at, plain[k].at + plain[k].count, fast[k].at));
            passed += plain[k].count;
        }
    }
    expect("some places pass", passed > 1000);
}

} // namespace

int main() {
    what_a_text_holds_is_found(3, 1);
    what_a_text_holds_is_found(60, 2);
    what_a_text_holds_is_found(700, 3);
    long_texts_are_found_as_a_whole(7);
    vectors_do_what_the_plain_functions_do(4);
    short_texts_are_as_strings(5);
    of_texts_within_each_other_the_shortest_is_looked_for(6);
    if (failures == 0) std::puts("the candidate index misses nothing");
    return failures == 0 ? 0 : 1;
}
