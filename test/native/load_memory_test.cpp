// SPDX-License-Identifier: Apache-2.0
// A load in which the nth allocation fails ends in SECLUA_E_MEMORY, for every n: nothing leaks, nothing is half loaded.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include "seclua.h"

namespace {

long allocations_left = -1; // the one after that many fails; negative: none

} // namespace

// Both forms are replaced, so that every delete meets memory of malloc.
void *operator new(size_t size, const std::nothrow_t &) noexcept {
    if (allocations_left == 0) {
        allocations_left = -1;
        return nullptr;
    }
    if (allocations_left > 0) allocations_left--;
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

// True when the load got through; *is_good: it did, or it said why not.
bool load_with(long allocations, bool *is_good) {
    seclua_options options;
    seclua_options_init(&options);
    options.cwd = slice("/");
    const seclua_source source = {true, slice("rules"), slice(rules)};
    seclua_diagnostics *found = seclua_diagnostics_new();
    allocations_left = allocations;
    seclua_ruleset *loaded = seclua_load(&source, 1, &options, found);
    allocations_left = -1;
    *is_good = loaded != nullptr;
    for (size_t i = 0; loaded == nullptr && i < seclua_diagnostics_count(found); i++) {
        seclua_diagnostic diagnostic;
        seclua_diagnostics_get(found, i, &diagnostic);
        if (std::strcmp(diagnostic.code, "SECLUA_E_MEMORY") == 0) *is_good = true;
    }
    const bool is_loaded = loaded != nullptr;
    seclua_ruleset_release(loaded);
    seclua_diagnostics_free(found);
    return is_loaded;
}

} // namespace

int main() {
    enum { allocations_max = 100000 };
    for (long n = 0; n < allocations_max; n++) {
        bool is_good = false;
        const bool is_loaded = load_with(n, &is_good);
        if (!is_good) {
            std::printf("a load whose allocation %ld fails does not say SECLUA_E_MEMORY\n", n);
            return 1;
        }
        if (is_loaded && n > 20) {
            std::printf("%ld allocations failed, one after the other\n", n);
            return 0;
        }
    }
    std::printf("no load got through\n");
    return 1;
}
