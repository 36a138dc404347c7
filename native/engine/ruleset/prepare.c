/* SPDX-License-Identifier: Apache-2.0 */
/* The two things that every prepare function needs: reporting with a formatted message, and handing over a
 * resource.
 *
 * Load side only. Messages may quote the argument; the diagnostics escape what must not reach a terminal. */
#include "ruleset/prepare.h"

#include <stdarg.h>
#include <stdio.h>

#include "ruleset/ruleset.h"

void sl_prepare_report(sl_prepare *prepare, const char *code, const char *hint, size_t offset, size_t length,
                       const char *format, ...) {
    va_list measured, printed;
    va_start(measured, format);
    va_copy(printed, measured);
    const int len = vsnprintf(NULL, 0, format, measured);
    va_end(measured);
    const size_t size = len < 0 ? 1 : (size_t)len + 1;
    char *const message = sl_arena_alloc(prepare->arena, size);
    message[0] = '\0';
    (void)vsnprintf(message, size, format, printed);
    va_end(printed);
    prepare->report(prepare->context, code, message, hint, offset, length);
}

const char *sl_prepare_did_you_mean(sl_prepare *prepare, sl_slice wrong, sl_name_at *names) {
    static const char form[] = "did you mean %s?";
    const char *const near = sl_nearest(wrong, names);
    if (near == NULL) return NULL;
    const size_t size = sizeof form + strlen(near);
    char *const hint = sl_arena_alloc(prepare->arena, size);
    (void)snprintf(hint, size, form, near);
    return hint;
}

void sl_prepare_own(sl_prepare *prepare, void *resource, void (*release)(void *resource)) {
    sl_ruleset_own(prepare->rules, resource, release);
}

bool sl_prepare_program(sl_prepare *prepare, sl_slice name, sl_slice *path) {
    if (prepare->find_program != NULL) return prepare->find_program(prepare->context, name, path);
    sl_prepare_report(prepare, "SECLUA_E_PROGRAM", NULL, 0, name.len, "a script cannot run a program");
    return false;
}

bool sl_prepare_refuses_address(sl_prepare *prepare, sl_slice name, size_t offset) {
    const bool is_safe = sl_slice_starts_fold(name, SL_LIT("https://"));
    if (!is_safe && !sl_slice_starts_fold(name, SL_LIT("http://"))) return false;
    sl_prepare_report(prepare, "SECLUA_E_UNSUPPORTED",
                      is_safe ? "name it with its SHA-256 in option remoteFiles of Waf.load" : "only https:// can be fetched",
                      offset, name.len, "the engine fetches nothing from the network");
    return true;
}
