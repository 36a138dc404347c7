/* SPDX-License-Identifier: Apache-2.0 */
/* The annotations for editors name every function and field of m, and nothing else. A script compares
 * them. */
#include "lua_world.h"

static const char compare[] =
    "local function missing(path)\n"
    "  local told, out = {}, {}\n"
    "  for line in io.lines(path) do\n"
    "    local name = line:match('^function m%.([%w_]+)%(')\n"
    "    if name then told[name] = 'function' end\n"
    "    if line:match('^%-%-%-@class seclua%.') then class = line:match('seclua%.(%w+)') end\n"
    "    local field = line:match('^%-%-%-@field ([%w_]+) ')\n"
    "    if field and class == 'm' then told[field] = 'field' end\n"
    "  end\n"
    "  for name, value in pairs(m) do\n"
    "    local kind = type(value) == 'function' and 'function' or 'field'\n"
    "    if told[name] ~= kind then out[#out + 1] = 'untold ' .. name end\n"
    "    told[name] = nil\n"
    "  end\n"
    "  for name in pairs(told) do out[#out + 1] = 'unknown ' .. name end\n"
    "  return #out == 0 and 'complete' or table.concat(out, ' ')\n"
    "end\n"
    "function main() return missing('" SECLUA_SOURCE_DIR "/lua/m.d.lua') end\n";

int main(void) {
    static world w;
    static outcome out;
    world_open(&w);
    current = "the annotations name what m has";
    w.options.lua.allow_io = true;
    write_file(&w, "s.lua", compare);
    CHECK(world_load(&w, "SecRuleEngine On\nSecRuleScript s.lua \"id:1,phase:2,log,deny,status:403\"\n"));
    run(&w, "/", &out);
    if (strstr(out.log, "event: complete\n") == NULL) {
        failures++;
        fprintf(stderr, "%s: %s\n", current, out.log);
    }
    static const char *const files[] = {"s.lua", NULL};
    world_close(&w, files);
    return failures == 0 ? 0 : 1;
}
