/* SPDX-License-Identifier: Apache-2.0 */
/* What only the inside of the virtual machine can tell. */
#ifndef SL_LUA_VM_H
#define SL_LUA_VM_H

#include "lua/state.h"

enum { sl_vm_globals_max = 256 };

/* A global name that a script makes or reads, unless the engine defines it. */
typedef struct sl_vm_global {
    const char *name;
    bool is_made_in_chunk; /* assigned in the body of the file: on purpose */
    int made_line;         /* first assignment inside a function; 0 = none */
    int read_line;
} sl_vm_global;

/* What the bytecode of a script says about it, without running it. */
typedef struct sl_vm_facts {
    bool sets_main;       /* a field or global "main" is assigned somewhere */
    bool has_local_main;
    bool reads_response_body, reads_request_body, reads_files; /* by literal name */
    const char *old_name; /* a name of Lua 5.1 that is read as a global; NULL = none */
    int old_name_line;
    /* The first use of each library behind a door. */
    struct { const char *library, *field; int line; } uses[16];
    size_t use_count;
    sl_vm_global globals[sl_vm_globals_max];
    size_t global_count;
    bool has_hidden_globals; /* others may be made by _G, load or require */
} sl_vm_facts;

/* Of the Lua function at index. Texts live as long as the function. */
void sl_vm_facts_of(lua_State *L, int index, sl_vm_facts *facts);
/* Is block the value stack of L? Then it is being moved, and its frames hold offsets instead of pointers. */
bool sl_vm_is_stack(const lua_State *L, const void *block);
/* Instructions of this coroutine since its count hook was last called. */
unsigned sl_vm_counted(const lua_State *L);

#endif
