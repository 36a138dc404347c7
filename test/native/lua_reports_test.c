/* SPDX-License-Identifier: Apache-2.0 */
/* What scripts leave behind for people: alerts made by m.match, counters per script, diagnostics with the
 * script's own line, warnings of globals; and what is left when the transaction's memory ends inside a run. */
#include "lua_world.h"

static const char config[] = "SecRuleEngine On\n"
                             "SecRuleScript s.lua \"id:100,phase:2,log,deny,status:403,tag:'own',severity:5,"
                             "logdata:'of the rule'\"\n"
                             "SecRule TX:after \"@streq yes\" \"id:101,phase:2,log,pass\"\n";

static bool is_text(seclua_slice slice, const char *text) {
    return slice.len == strlen(text) && memcmp(slice.ptr, text, slice.len) == 0;
}

static void load(world *w, const char *script) {
    write_file(w, "s.lua", script);
    CHECK(world_load(w, config));
}

/* ---- m.match ---- */

static void test_match(world *w) {
    current = "m.match names the variable and adds data, severity and tags to the alert";
    load(w, "function main() return m.match('found it', {var = 'ARGS:a', logdata = 'more', severity = "
            "'CRITICAL', tags = {'t1', 't2'}}) end");
    seclua_txn *txn = start(w, "/?a=one");
    CHECK(seclua_txn_event_count(txn) == 1);
    const seclua_event *event = seclua_txn_event(txn, 0);
    CHECK(is_text(event->match_text, "found it"));
    CHECK(is_text(event->data, "more"));
    CHECK(event->severity == 2);
    CHECK(event->tag_count == 3 && is_text(event->tags[0], "own") && is_text(event->tags[2], "t2"));
    CHECK(event->variable_count == 1 && is_text(event->variables[0].name, "ARGS:a"));
    CHECK(event->variable_count == 1 && is_text(event->variables[0].value, "one"));
    seclua_txn_free(txn);

    current = "without options m.match is its text, and the rule speaks for itself";
    load(w, "function main() return m.match('plain') end");
    txn = start(w, "/");
    CHECK(seclua_txn_event_count(txn) == 1);
    event = seclua_txn_event(txn, 0);
    CHECK(is_text(event->match_text, "plain") && is_text(event->data, "of the rule"));
    CHECK(event->severity == 5 && event->tag_count == 1 && event->variable_count == 0);
    seclua_txn_free(txn);

    current = "MATCHED_VAR of m.match is there for macros";
    write_file(w, "s.lua", "function main() return m.match('x', {var = 'ARGS:b', value = 'given'}) end");
    CHECK(world_load(w, "SecRuleEngine On\nSecRuleScript s.lua \"id:1,phase:2,deny,log,"
                        "msg:'%{MATCHED_VAR_NAME}=%{MATCHED_VAR}'\"\n"));
    static outcome out;
    run(w, "/?b=sent", &out);
    CHECK(strstr(out.log, "[msg \"ARGS:b=given\"]") != NULL);

    current = "a match that is not returned means nothing, another userdata neither";
    load(w, "function main() m.match('x') return m.rule end");
    run(w, "/", &out);
    CHECK(out.status == 0 && strcmp(out.ids, " ") == 0);

    current = "wrong options of m.match are errors that name the option";
    static const char *const wrong[][2] = {{"severity = 9", "severity is 0 to 7"},
                                           {"tags = 'x'", "tags must be an array"},
                                           {"tags = {{}}", "each of the tags must be a string"},
                                           {"var = {}", "var must be a string"}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char script[200];
        snprintf(script, sizeof script, "function main() return m.match('x', {%s}) end", wrong[i][0]);
        load(w, script);
        run(w, "/", &out);
        CHECK(out.status == 0 && strstr(out.log, wrong[i][1]) != NULL);
    }
}

/* ---- counters ---- */

static void test_counters(world *w) {
    static outcome out;
    current = "each script has its own counters";
    write_file(w, "t.lua", "function main() return 'hit' end");
    write_file(w, "s.lua",
               "function main()\n"
               "  local what = m.getvar('ARGS.do')\n"
               "  if what == 'error' then error('x') end\n"
               "  if what == 'loop' then while true do end end\n"
               "  if what == 'grow' then local t = {} for i = 1, 1e9 do t[i] = {i} end end\n"
               "  if what == 'door' then pcall(io.open, 'f') pcall(require, 'x') end\n"
               "end");
    CHECK(world_load(w, "SecRuleEngine On\nSecRuleScript s.lua \"id:1,phase:2,pass\"\n"
                        "SecRuleScript t.lua \"id:2,phase:2,pass\"\n"));
    static const char *const uris[] = {"/?do=error", "/?do=loop", "/?do=grow", "/?do=door", "/", NULL};
    for (const char *const *uri = uris; *uri != NULL; uri++) run(w, *uri, &out);
    seclua_script_stats stats;
    CHECK(seclua_engine_script_stats(w->engine, 0, &stats));
    CHECK(is_text(stats.name, "s.lua"));
    CHECK(stats.runs == 5 && stats.matches == 0);
    CHECK(stats.failures[SECLUA_SCRIPT_ERROR] == 1);
    CHECK(stats.failures[SECLUA_SCRIPT_INSTRUCTIONS] == 1);
    CHECK(stats.failures[SECLUA_SCRIPT_MEMORY] == 1);
    CHECK(stats.failures[SECLUA_SCRIPT_TIME] == 0);
    CHECK(stats.closed_doors == 2);
    CHECK(stats.instructions > 1000000 && stats.instructions < 3000000);
    CHECK(stats.memory_bytes_max > 8 * 1024 * 1024 && stats.memory_bytes_max <= 16 * 1024 * 1024);
    CHECK(stats.max_ns > 0 && stats.total_ns >= stats.max_ns);
    CHECK(seclua_engine_script_stats(w->engine, 1, &stats));
    CHECK(is_text(stats.name, "t.lua") && stats.runs == 5 && stats.matches == 5 && stats.instructions >= 5);
    CHECK(!seclua_engine_script_stats(w->engine, 2, &stats));

    current = "a script without main is a failure of its own kind";
    write_file(w, "s.lua", "local x = 1");
    CHECK(world_load(w, config));
    run(w, "/", &out);
    CHECK(seclua_engine_script_stats(w->engine, 0, &stats));
    CHECK(stats.failures[SECLUA_SCRIPT_NO_MAIN] == 1 && stats.failures[SECLUA_SCRIPT_ERROR] == 0);

    current = "at level 9 a run tells what it returned";
    load(w, "function main() return nil end");
    CHECK(world_load(w, "SecRuleEngine On\nSecDebugLogLevel 9\nSecRuleScript s.lua \"id:1,phase:2,pass\"\n"));
    run(w, "/", &out);
    CHECK(strstr(out.log, "Lua: s.lua returned nil in ") != NULL);
}

/* ---- diagnostics ---- */

/* The diagnostic that has this text in its message. */
static bool find(const world *w, const char *text, seclua_diagnostic *item) {
    for (size_t i = 0; i < seclua_diagnostics_count(w->diagnostics); i++) {
        seclua_diagnostics_get(w->diagnostics, i, item);
        char message[1024];
        snprintf(message, sizeof message, "%.*s", (int)item->message.len, (const char *)item->message.ptr);
        if (strstr(message, text) != NULL) return true;
    }
    return false;
}

static void test_diagnostics(world *w) {
    seclua_diagnostic item;
    current = "an error of a script stands at its place in the script, and the hint at that of the rule";
    write_file(w, "s.lua", "-- a comment\n\nfunction main()\n    return return 1\nend\n");
    CHECK(!world_load(w, config));
    CHECK(find(w, "s.lua:4: ", &item));
    CHECK(item.line == 4 && item.column == 5 && item.length == 15);
    CHECK(item.file.len > 6 && memcmp(item.file.ptr + item.file.len - 6, "/s.lua", 6) == 0);
    CHECK(is_text(item.source_line, "    return return 1"));
    CHECK(is_text(item.hint, "named by test.conf:2"));

    current = "all scripts are compiled, also after an error";
    write_file(w, "t.lua", "function main(");
    CHECK(!world_load(w, "SecRuleScript s.lua \"id:1,phase:2\"\nSecRule ARGS \"@inspectFile t.lua\" "
                         "\"id:2,phase:2,pass,exec:u.lua\"\n"));
    CHECK(find(w, "s.lua:4: ", &item) && find(w, "t.lua:1: ", &item) && find(w, "u.lua", &item));

    current = "a global that a function makes, or that nobody makes, is warned of";
    write_file(w, "s.lua",
               "limit = 3\n"
               "function helper(n) return n + limit end\n"
               "function main()\n"
               "  count = helper(1)\n"
               "  limit = 4\n"
               "  return stirng.rep('x', count)\n"
               "end\n");
    CHECK(world_load(w, config));
    CHECK(find(w, "count becomes a global inside a function", &item) && item.line == 4 && !item.is_error);
    CHECK(find(w, "nothing defines the global stirng", &item) && item.line == 6);
    CHECK(!find(w, "limit", &item) && !find(w, "helper", &item));

    current = "where globals may be made out of sight, reading one is not warned of";
    load(w, "local lib = require('lib')\nfunction main() return shared end\n");
    CHECK(!find(w, "nothing defines", &item));
}

/* ---- the transaction's memory ---- */

static void test_exhaustion(world *w) {
    static outcome out;
    current = "a transaction that runs out of memory in a script ends; the engine goes on";
    w->options.lua.max_memory_bytes = 0;
    w->options.lua.max_instructions = 0;
    write_file(w, "s.lua",
               "local big = ('A'):rep(1 << 20)\n"
               "function main()\n"
               "  if not m.exists('ARGS.fill') then return 'whole' end\n"
               "  for i = 1, 4096 do pcall(m.setvar, 'tx.v' .. i, big) end\n"
               "  return 'outlived'\n"
               "end\n");
    CHECK(world_load(w, "SecRuleEngine On\nSecRequestBodyLimit 1024\nSecRequestBodyNoFilesLimit 1024\n"
                        "SecResponseBodyLimit 1024\nSecRuleScript s.lua \"id:100,phase:2,log,deny,status:403\"\n"));
    seclua_txn *txn = start(w, "/?fill=1");
    for (size_t i = 0; i < seclua_txn_event_count(txn); i++) {
        CHECK(!is_text(seclua_txn_event(txn, i)->match_text, "outlived"));
    }
    seclua_txn_free(txn);
    seclua_stats stats;
    seclua_engine_stats(w->engine, &stats);
    CHECK(stats.internal_errors == 1 && stats.script_limits == 1);
    seclua_script_stats script;
    CHECK(seclua_engine_script_stats(w->engine, 0, &script));
    CHECK(script.failures[SECLUA_SCRIPT_TRANSACTION_MEMORY] == 1);
    run(w, "/", &out);
    CHECK(out.status == 403 && strstr(out.log, "event: whole\n") != NULL);
}

int main(void) {
    static world w;
    world_open(&w);
    test_match(&w);
    test_counters(&w);
    test_diagnostics(&w);
    test_exhaustion(&w);
    static const char *const files[] = {"s.lua", "t.lua", NULL};
    world_close(&w, files);
    return failures == 0 ? 0 : 1;
}
