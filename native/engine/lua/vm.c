/* SPDX-License-Identifier: Apache-2.0 */
/* The only file that knows the inside of the virtual machine, of the very version that is vendored: it
 * reads function prototypes, to warn an author at load about what would fail at run time. It changes
 * nothing in there. */
#include "lua/vm.h"

#include <lobject.h>
#include <lopcodes.h>
#include <lstate.h>

enum { nesting_max = 200 }; /* Lua's own limit on nested functions */

static const char *const old_names[] = {"setfenv", "getfenv", "module", NULL};
static const char *const door_names[] = {"io",      "os",     "debug",    "package",
                                         "require", "dofile", "loadfile", NULL};

/* What every run finds without making it: sandbox.c. The names of doors and of Lua 5.1 have warnings of their
 * own. */
static const char *const known_names[] = {
    "_G",           "_VERSION", "assert",   "collectgarbage", "coroutine", "debug",  "dofile",   "error",
    "getmetatable", "io",       "ipairs",   "load",           "loadfile",  "loadstring", "m",    "main",
    "math",         "next",     "os",       "package",        "pairs",     "pcall",  "print",    "rawequal",
    "rawget",       "rawlen",   "rawset",   "require",        "select",    "setmetatable", "string",
    "table",        "tonumber", "tostring", "type",           "unpack",    "utf8",   "warn",     "xpcall",
    "setfenv",      "getfenv",  "module",   NULL};

static const char *const makers_of_globals[] = {"_G",       "load",   "loadstring", "require",
                                                "loadfile", "dofile", NULL};

unsigned sl_vm_counted(const lua_State *L) {
    return L->hookcount > L->basehookcount ? 0 : (unsigned)(L->basehookcount - L->hookcount);
}

bool sl_vm_is_stack(const lua_State *L, const void *block) { return block != NULL && L->stack.p == block; }

static const char *constant_text(const Proto *proto, int index) {
    if (index < 0 || index >= proto->sizek || !ttisstring(&proto->k[index])) return NULL;
    return getstr(tsvalue(&proto->k[index]));
}

static const char *listed(const char *const *names, const char *name) {
    for (; *names != NULL; names++) {
        if (strcmp(*names, name) == 0) return *names;
    }
    return NULL;
}

static bool is_environment(const Proto *proto, int upvalue) {
    if (upvalue >= proto->sizeupvalues || proto->upvalues[upvalue].name == NULL) return false;
    return strcmp(getstr(proto->upvalues[upvalue].name), "_ENV") == 0;
}

/* Line of an instruction: the deltas are summed up from the function's first line; the rare absolute
 * entries restart them. */
static int line_of(const Proto *proto, int pc) {
    if (proto->lineinfo == NULL) return 0;
    int line = proto->linedefined;
    for (int i = 0, absolute = 0; i <= pc; i++) {
        if (proto->lineinfo[i] != (ls_byte)-0x80) {
            line += proto->lineinfo[i];
            continue;
        }
        while (absolute < proto->sizeabslineinfo && proto->abslineinfo[absolute].pc < i) absolute++;
        if (absolute < proto->sizeabslineinfo) line = proto->abslineinfo[absolute].line;
    }
    return line;
}

/* The entry of a global that is not the engine's own; NULL when it is, or when there are too many. */
static sl_vm_global *global_of(sl_vm_facts *facts, const char *name) {
    if (name == NULL || listed(known_names, name) != NULL) return NULL;
    for (size_t i = 0; i < facts->global_count; i++) {
        if (strcmp(facts->globals[i].name, name) == 0) return &facts->globals[i];
    }
    if (facts->global_count == sl_vm_globals_max) return NULL;
    sl_vm_global *global = &facts->globals[facts->global_count++];
    *global = (sl_vm_global){.name = name};
    return global;
}

static void note_use(sl_vm_facts *facts, const char *library, const char *field, int line) {
    for (size_t i = 0; i < facts->use_count; i++) {
        if (facts->uses[i].library == library && strcmp(facts->uses[i].field, field) == 0) return;
    }
    if (facts->use_count == sizeof facts->uses / sizeof facts->uses[0]) return;
    facts->uses[facts->use_count].library = library;
    facts->uses[facts->use_count].field = field;
    facts->uses[facts->use_count].line = line;
    facts->use_count++;
}

/* A read of the global name into a register; the next instruction tells the field, if it takes one at
 * once. */
static void read_global(const Proto *proto, int pc, sl_vm_facts *facts) {
    const Instruction code = proto->code[pc];
    const char *name = constant_text(proto, GETARG_C(code));
    if (name == NULL) return;
    if (listed(makers_of_globals, name) != NULL) facts->has_hidden_globals = true;
    sl_vm_global *global = global_of(facts, name);
    if (global != NULL && global->read_line == 0) global->read_line = line_of(proto, pc);
    const char *old = listed(old_names, name);
    if (old != NULL && facts->old_name == NULL) {
        facts->old_name = old;
        facts->old_name_line = line_of(proto, pc);
    }
    const char *library = listed(door_names, name);
    if (library == NULL) return;
    const char *field = "";
    if (pc + 1 < proto->sizecode) {
        const Instruction next = proto->code[pc + 1];
        if (GET_OPCODE(next) == OP_GETFIELD && GETARG_B(next) == GETARG_A(code))
            field = constant_text(proto, GETARG_C(next));
    }
    note_use(facts, library, field == NULL ? "" : field, line_of(proto, pc));
}

static void write_global(const Proto *proto, int pc, bool is_chunk, sl_vm_facts *facts) {
    sl_vm_global *global = global_of(facts, constant_text(proto, GETARG_B(proto->code[pc])));
    if (global == NULL) return;
    if (is_chunk) {
        global->is_made_in_chunk = true;
    } else if (global->made_line == 0) {
        global->made_line = line_of(proto, pc);
    }
}

static bool sets_main(const Proto *proto, Instruction code) {
    const char *name = constant_text(proto, GETARG_B(code));
    return name != NULL && strcmp(name, "main") == 0;
}

static void read_code(const Proto *proto, bool is_chunk, sl_vm_facts *facts) {
    for (int pc = 0; pc < proto->sizecode; pc++) {
        const Instruction code = proto->code[pc];
        switch (GET_OPCODE(code)) {
        case OP_GETTABUP:
            if (is_environment(proto, GETARG_B(code))) read_global(proto, pc, facts);
            break;
        case OP_SETTABUP:
            if (is_environment(proto, GETARG_A(code))) write_global(proto, pc, is_chunk, facts);
            if (sets_main(proto, code)) facts->sets_main = true;
            break;
        case OP_SETFIELD: /* _G.main = … */
            if (sets_main(proto, code)) facts->sets_main = true;
            break;
        default:
            break;
        }
    }
}

static bool starts_like(const TValue *constant, const char *name) {
    return sl_slice_starts_fold(sl_slice_of(getstr(tsvalue(constant)), tsslen(tsvalue(constant))),
                                sl_slice_z(name));
}

static void read_constants(const Proto *proto, sl_vm_facts *facts) {
    for (int i = 0; i < proto->sizek; i++) {
        const TValue *constant = &proto->k[i];
        if (!ttisstring(constant)) continue;
        if (starts_like(constant, "RESPONSE_BODY")) facts->reads_response_body = true;
        if (starts_like(constant, "REQUEST_BODY")) facts->reads_request_body = true;
        if (starts_like(constant, "FILES_TMP_CONTENT")) facts->reads_files = true;
    }
    for (int i = 0; i < proto->sizelocvars; i++) {
        if (strcmp(getstr(proto->locvars[i].varname), "main") == 0) facts->has_local_main = true;
    }
}

static void read_function(const Proto *proto, sl_vm_facts *facts, int depth) {
    read_code(proto, depth == 0, facts);
    read_constants(proto, facts);
    if (depth == nesting_max) return;
    for (int i = 0; i < proto->sizep; i++) read_function(proto->p[i], facts, depth + 1);
}

void sl_vm_facts_of(lua_State *L, int index, sl_vm_facts *facts) {
    memset(facts, 0, sizeof *facts);
    if (lua_iscfunction(L, index) || !lua_isfunction(L, index)) return;
    const LClosure *closure = lua_topointer(L, index);
    read_function(closure->p, facts, 0);
}
