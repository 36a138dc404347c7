// SPDX-License-Identifier: Apache-2.0
// A load in which the nth allocation fails ends in SECLUA_E_MEMORY, for every n: nothing leaks, nothing is half loaded. Only
// where it can do without, as without a thread more, it gets through.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>

#include "seclua.h"

namespace {

std::atomic<long> allocations_left = -1; // the one after that many fails; negative: none

} // namespace

// Both forms are replaced, so that every delete meets memory of malloc.
void *operator new(size_t size, const std::nothrow_t &) noexcept {
    for (long left = allocations_left; left >= 0;) {
        if (!allocations_left.compare_exchange_weak(left, left - 1)) continue;
        if (left == 0) return nullptr;
        break;
    }
    return std::malloc(size == 0 ? 1 : size);
}
void *operator new(size_t size) {
    void *memory = operator new(size, std::nothrow);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}
void operator delete(void *memory) noexcept { std::free(memory); }
void operator delete(void *memory, size_t) noexcept { std::free(memory); }
void operator delete(void *memory, const std::nothrow_t &) noexcept { std::free(memory); }

namespace {

seclua_slice slice(const char *text) { return {reinterpret_cast<const uint8_t *>(text), std::strlen(text)}; }

const char rules[] = "SecRuleEngine On\n"
                     "SecRule ARGS|!ARGS:x \"@pm one two\" \"id:1,phase:2,deny,t:lowercase,tag:'a',msg:'%{MATCHED_VAR}',chain\"\n"
                     "    SecRule REQUEST_URI \"@rx ^/a\" \"setvar:tx.a=+1\"\n"
                     "SecRuleUpdateTargetById 1 !ARGS:y\n";

// So many that threads share them.
std::string many_patterns() {
    std::string text = "SecRuleEngine On\n";
    for (int i = 1; i <= 40; i++) {
        const std::string n = std::to_string(i);
        text += "SecRule ARGS \"@rx word" + n + "(?:one|two)[xy]z\" \"id:" + n + ",phase:2,deny\"\n";
    }
    return text;
}

// True when no allocation failed; *is_good: the load got through, or it said why not.
bool load_with(const char *text, long allocations, bool *is_good) {
    seclua_options options;
    seclua_options_init(&options);
    options.cwd = slice("/");
    const seclua_source source = {true, slice("rules"), slice(text)};
    seclua_diagnostics *found = seclua_diagnostics_new();
    allocations_left = allocations;
    seclua_ruleset *loaded = seclua_load(&source, 1, &options, found);
    const bool none_failed = allocations_left.exchange(-1) >= 0;
    *is_good = loaded != nullptr;
    for (size_t i = 0; loaded == nullptr && i < seclua_diagnostics_count(found); i++) {
        seclua_diagnostic diagnostic;
        seclua_diagnostics_get(found, i, &diagnostic);
        if (std::strcmp(diagnostic.code, "SECLUA_E_MEMORY") == 0) *is_good = true;
    }
    seclua_ruleset_release(loaded);
    seclua_diagnostics_free(found);
    return none_failed;
}

bool fails_one_by_one(const char *text, long step) {
    enum { allocations_max = 200000 };
    for (long n = 0, failed = 0; n < allocations_max; n += step, failed++) {
        bool is_good = false;
        const bool none_failed = load_with(text, n, &is_good);
        if (!is_good) {
            std::printf("a load whose allocation %ld fails does not say SECLUA_E_MEMORY\n", n);
            return false;
        }
        if (none_failed) {
            std::printf("%ld allocations failed, one after the other\n", failed);
            return failed > 20;
        }
    }
    std::printf("no load got through\n");
    return false;
}

} // namespace

int main() {
    const bool is_good = fails_one_by_one(rules, 1);
    return fails_one_by_one(many_patterns().c_str(), 3) && is_good ? 0 : 1;
}
