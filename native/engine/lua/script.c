/* SPDX-License-Identifier: Apache-2.0 */
/* Load side of a script: read the file, compile it, keep the bytecode in the rule set, say what looks
 * wrong.
 *
 * The temporary state knows no library and runs nothing: it turns text into bytecode and is closed. What
 * is kept is the only bytecode that ever gets loaded. */
#include "lua/script.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "lua/budget.h"
#include "lua/vm.h"
#include "ruleset/ruleset.h"

static const char byte_order_mark[] = "\xEF\xBB\xBF";

/* ---- what is reported ---- */

/* A script's file, as a rule names it and as it was found. */
typedef struct script_file {
    sl_slice name, path, source; /* path is empty when the file could not be read */
} script_file;

/* Names of users may hold any bytes; a message is C text. line 0: about the file as a whole. */
static void report(sl_prepare *prepare, const char *code, const script_file *file, int line,
                   const char *text) {
    char hint[320], message[1024];
    snprintf(hint, sizeof hint, "named by %.*s:%u",
             (int)(prepare->directive_file.len > 256 ? 256 : prepare->directive_file.len),
             (const char *)prepare->directive_file.ptr, (unsigned)prepare->directive_line);
    const int shown = file->name.len > 200 ? 200 : (int)file->name.len;
    const char *name = (const char *)file->name.ptr;
    if (line > 0) {
        snprintf(message, sizeof message, "%.*s:%d: %s", shown, name, line, text);
    } else {
        snprintf(message, sizeof message, "%.*s: %s", shown, name, text);
    }
    if (file->path.len == 0 || prepare->report_file == NULL) {
        sl_prepare_report(prepare, code, hint, 0, file->name.len, "%s", message);
        return;
    }
    prepare->report_file(prepare->context, code, message, hint, file->path, file->source,
                         line > 0 ? (uint32_t)line : 0);
}

/* Lua's text starts with "CHUNK:LINE: "; both are reported by themselves. */
static void report_compile_error(sl_prepare *prepare, const script_file *file, const char *text) {
    const char *at = text;
    int line = 0;
    for (; *at != '\0'; at++) {
        if (*at != ':') continue;
        char *end = NULL;
        const long number = strtol(at + 1, &end, 10);
        if (end == at + 1 || *end != ':') continue;
        line = (int)number;
        text = end + (end[1] == ' ' ? 2 : 1);
        break;
    }
    report(prepare, "SECLUA_E_SCRIPT", file, line, text);
}

/* ---- warnings ---- */

/* The option that opens a field of a library; NULL = it is open anyway. "" = nothing opens it. */
static const char *door_of(const char *library, const char *field, const seclua_lua_options *options) {
    static const char *const always[] = {
        "os.time", "os.clock",  "os.date",   "os.difftime", "os.setlocale",    "io.write", "io.read",
        "io.type", "io.stdout", "io.stderr", "io.stdin",    "debug.traceback", NULL};
    static const char *const never[] = {"os.exit", "debug.sethook", "debug.getregistry", "package.loadlib",
                                        NULL};
    char name[64];
    snprintf(name, sizeof name, "%s.%s", library, field);
    for (size_t i = 0; always[i] != NULL; i++) {
        if (strcmp(always[i], name) == 0) return NULL;
    }
    for (size_t i = 0; never[i] != NULL; i++) {
        if (strcmp(never[i], name) == 0) return "";
    }
    if (strcmp(name, "io.popen") == 0 || strcmp(library, "os") == 0)
        return options->allow_os ? NULL : "lua.allow.os";
    if (strcmp(library, "debug") == 0) return options->allow_debug ? NULL : "lua.allow.debug";
    if (strcmp(library, "require") == 0 || strcmp(library, "package") == 0) {
        return options->allow_require ? NULL : "lua.allow.require";
    }
    return options->allow_io ? NULL : "lua.allow.io"; /* io, dofile, loadfile */
}

static void warn_of_doors(sl_prepare *prepare, const script_file *file, const sl_vm_facts *facts) {
    for (size_t i = 0; i < facts->use_count; i++) {
        const char *library = facts->uses[i].library;
        const char *field = facts->uses[i].field;
        const bool is_library = strcmp(library, "io") == 0 || strcmp(library, "os") == 0 ||
                                strcmp(library, "debug") == 0 || strcmp(library, "package") == 0;
        if (is_library && field[0] == '\0') continue; /* it is only mentioned */
        const char *door = door_of(library, field, &prepare->rules->options.lua);
        if (door == NULL) continue;
        char message[160];
        snprintf(message, sizeof message, "%s%s%.60s is not allowed%s%s%s", library,
                 field[0] == '\0' ? "" : ".", field, door[0] == '\0' ? "" : " here (option ", door,
                 door[0] == '\0' ? "" : ")");
        report(prepare, "SECLUA_W_SCRIPT", file, facts->uses[i].line, message);
    }
}

static void warn_of_globals(sl_prepare *prepare, const script_file *file, const sl_vm_facts *facts) {
    for (size_t i = 0; i < facts->global_count; i++) {
        const sl_vm_global *global = &facts->globals[i];
        char message[200];
        if (global->is_made_in_chunk) continue;
        if (global->made_line > 0) {
            snprintf(message, sizeof message,
                     "%.60s becomes a global inside a function: if that is not meant, write local %.60s",
                     global->name, global->name);
            report(prepare, "SECLUA_W_SCRIPT", file, global->made_line, message);
        } else if (!facts->has_hidden_globals) {
            snprintf(message, sizeof message, "nothing defines the global %.60s: it is nil", global->name);
            report(prepare, "SECLUA_W_SCRIPT", file, global->read_line, message);
        }
    }
}

static void warn(sl_prepare *prepare, const script_file *file, const sl_vm_facts *facts) {
    if (!facts->sets_main) {
        report(prepare, "SECLUA_W_SCRIPT", file, 0,
               facts->has_local_main
                   ? "main is local: the engine calls the global function main, so every run will fail"
                   : "no global function main is defined, so every run will fail");
    }
    if (facts->old_name != NULL) {
        char message[96];
        snprintf(message, sizeof message, "%s is of Lua 5.1 and does not exist in Lua 5.4", facts->old_name);
        report(prepare, "SECLUA_W_SCRIPT", file, facts->old_name_line, message);
    }
    if (facts->reads_response_body && !prepare->rules->config.response_body_access) {
        report(prepare, "SECLUA_W_SCRIPT", file, 0, "reads RESPONSE_BODY, but SecResponseBodyAccess is Off");
    }
    if (facts->reads_request_body && !prepare->rules->config.request_body_access) {
        report(prepare, "SECLUA_W_SCRIPT", file, 0, "reads REQUEST_BODY, but SecRequestBodyAccess is Off");
    }
    warn_of_doors(prepare, file, facts);
    warn_of_globals(prepare, file, facts);
}

/* ---- compiling ---- */

typedef struct image {
    uint8_t *bytes;
    size_t count, capacity;
} image;

static int add_bytes(lua_State *L, const void *bytes, size_t count, void *ud) {
    (void)L;
    image *out = ud;
    if (out->capacity - out->count < count) {
        size_t capacity = out->capacity == 0 ? 4096 : out->capacity * 2;
        while (capacity - out->count < count) capacity *= 2;
        uint8_t *grown = realloc(out->bytes, capacity);
        if (grown == NULL) return 1;
        out->bytes = grown;
        out->capacity = capacity;
    }
    memcpy(out->bytes + out->count, bytes, count);
    out->count += count;
    return 0;
}

static void *allocate(void *ud, void *block, size_t old_size, size_t size) {
    (void)ud;
    (void)old_size;
    if (size == 0) {
        free(block);
        return NULL;
    }
    return realloc(block, size);
}

/* What the file loader of Lua skips: a byte order mark, and a first line that starts with #. The line feed
 * stays, so that line numbers are right. */
static sl_slice text_of(sl_slice source) {
    if (sl_slice_starts(source, sl_slice_of(byte_order_mark, 3))) source = sl_slice_from(source, 3);
    if (source.len == 0 || source.ptr[0] != '#') return source;
    const size_t end = sl_slice_find_byte(source, '\n');
    return end == SIZE_MAX ? SL_EMPTY : sl_slice_from(source, end);
}

typedef enum outcome { COMPILED, REFUSED, NO_MEMORY } outcome;

/* Fills out and facts; reports errors and warnings while the texts in the state still live. Stack of L:
 * ends empty */
static outcome compile(sl_prepare *prepare, lua_State *L, const script_file *file, image *out) {
    const sl_slice text = text_of(file->source), name = file->name;
    char *chunk = sl_arena_alloc(prepare->arena, name.len + 2);
    chunk[0] = '@';
    memcpy(chunk + 1, name.ptr, name.len);
    chunk[name.len + 1] = '\0';
    const int status = luaL_loadbufferx(L, (const char *)text.ptr, text.len, chunk, "t");
    if (status == LUA_ERRMEM) return NO_MEMORY;
    if (status != LUA_OK) {
        report_compile_error(prepare, file, lua_tostring(L, -1));
        return REFUSED;
    }
    if (lua_dump(L, add_bytes, out, 0) != 0) return NO_MEMORY;
    sl_vm_facts facts;
    sl_vm_facts_of(L, -1, &facts);
    warn(prepare, file, &facts);
    return COMPILED;
}

/* ---- the rule set's list ---- */

static const sl_script *known(const sl_ruleset *rules, sl_slice name, sl_slice source) {
    for (size_t i = 0; i < rules->script_count; i++) {
        const sl_script *script = rules->scripts[i];
        if (sl_slice_equal(script->name, name) && sl_slice_equal(script->source, source)) return script;
    }
    return NULL;
}

static void add(sl_ruleset *rules, sl_arena *arena, sl_script *script) {
    sl_script **scripts = sl_arena_alloc(arena, (rules->script_count + 1) * sizeof *scripts);
    if (rules->script_count != 0) memcpy(scripts, rules->scripts, rules->script_count * sizeof *scripts);
    scripts[rules->script_count] = script;
    rules->scripts = scripts;
    rules->script_count++;
}

static sl_slice folder_of(sl_slice path) {
    while (path.len != 0 && path.ptr[path.len - 1] != '/') path.len--;
    if (path.len > 1) path.len--;
    return path;
}

static bool is_acceptable(sl_prepare *prepare, const script_file *file) {
    const sl_slice source = file->source;
    if (source.len > sl_source_bytes_max) {
        report(prepare, "SECLUA_E_SCRIPT", file, 0, "a script has at most 1 MiB");
        return false;
    }
    if (source.len != 0 && source.ptr[0] == LUA_SIGNATURE[0]) {
        report(prepare, "SECLUA_E_SCRIPT", file, 0, "precompiled Lua is not accepted");
        return false;
    }
    return true;
}

const sl_script *sl_script_load(sl_prepare *prepare, sl_slice name) {
    script_file file = {.name = name};
    errno = 0;
    if (!prepare->read_file(prepare->context, name, &file.path, &file.source)) {
        file.path = SL_EMPTY;
        report(prepare, "SECLUA_E_SCRIPT", &file, 0,
               errno == 0 ? "the script cannot be read" : strerror(errno));
        return NULL;
    }
    const sl_script *shared = known(prepare->rules, name, file.source);
    if (shared != NULL) return shared;
    if (!is_acceptable(prepare, &file)) return NULL;
    sl_script *script = SL_NEW(prepare->arena, sl_script);
    script->name = file.name = sl_slice_of(sl_arena_z(prepare->arena, name), name.len);
    script->folder = folder_of(file.path);
    script->source = file.source;
    lua_State *L = lua_newstate(allocate, NULL);
    image out = {0};
    const outcome result = L == NULL ? NO_MEMORY : compile(prepare, L, &file, &out);
    if (L != NULL) lua_close(L);
    if (result != COMPILED) {
        if (result == NO_MEMORY)
            report(prepare, "SECLUA_E_MEMORY", &file, 0, "no memory to compile the script");
        free(out.bytes);
        return NULL;
    }
    script->bytes = out.bytes;
    script->byte_count = out.count;
    script->index = prepare->rules->script_count;
    sl_prepare_own(prepare, out.bytes, free);
    add(prepare->rules, prepare->arena, script);
    return script;
}

bool sl_script_is_named(sl_slice name) { return name.len > 4 && sl_slice_ends(name, SL_LIT(".lua")); }

sl_slice sl_script_name(const sl_script *script) { return script->name; }
