/* SPDX-License-Identifier: Apache-2.0 */
/* What the load side lends to the prepare functions of the tables (operators, actions, scripts, XPath).
 *
 * A prepare function allocates what it leaves behind from arena, or hands it to sl_prepare_own with the function that frees
 * it; both end with the rule set. It reports through sl_prepare_error / _warn; the place is that of the argument at hand. */
#ifndef SL_PREPARE_H
#define SL_PREPARE_H

#include "base/arena.h"
#include "base/nearest.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sl_ruleset;
struct sl_macro;
struct sl_target;
struct sl_rule_set_bits;
struct sl_starts;

typedef struct sl_prepare {
    struct sl_ruleset *rules; /* under construction; its config is complete */
    sl_arena *arena;          /* lives as long as the rule set */
    /* code: "SECLUA_E_…" or "SECLUA_W_…"; hint may be NULL. offset and length mark a part of the argument. */
    void (*report)(void *context, const char *code, const char *message, const char *hint, size_t offset, size_t length);
    /* The same about a file that a rule names: line of that file, 0 = the file as a whole. NULL: report is called instead. */
    void (*report_file)(void *context, const char *code, const char *message, const char *hint, sl_slice file, sl_slice content,
                        uint32_t line);
    /* A file named by a rule: looked for beside the file that holds the directive, then in cwd. false: not to be read (errno).
     * content and path live as long as the rule set. */
    bool (*read_file)(void *context, sl_slice name, sl_slice *path, sl_slice *content);
    /* A program named by a rule: looked for as a file is. False: an error was reported. NULL: no program may be run from here.
     * path lives as long as the rule set. */
    bool (*find_program)(void *context, sl_slice name, sl_slice *path);
    /* Macros of a text; reports unknown names. Never NULL. offset: where text stands in the argument at hand. */
    const struct sl_macro *(*macro)(void *context, sl_slice text, size_t offset);
    /* A variable list, as in SecRule. False: errors were reported. */
    bool (*targets)(void *context, sl_slice text, size_t offset, const struct sl_target **targets, size_t *count);
    /* The starters that a selection takes in; the bits are filled when all rules are known. by: 'i' ids, 't' tag, 'm' message.
     * NULL: an error was reported. */
    const struct sl_rule_set_bits *(*select)(void *context, char by, sl_slice text, size_t offset);
    /* Where matches of a pattern may begin (prefilter/starts.h); NULL: nothing is known, or no short-cut may be taken. The
     * member may be NULL, too. lines: as SL_REGEX_LINES. */
    const struct sl_starts *(*starts)(void *context, sl_slice pattern, bool lines);
    void *context;
    sl_slice directive_file; /* where the directive stands, for error texts and scripts */
    uint32_t directive_line;
} sl_prepare;

#if defined(__GNUC__)
__attribute__((format(printf, 6, 7)))
#endif
void sl_prepare_report(sl_prepare *prepare, const char *code, const char *hint, size_t offset, size_t length,
                       const char *format, ...);
/* After read_file failed: says so when name is an address of the network, which nobody has fetched. False: it is none. */
bool sl_prepare_refuses_address(sl_prepare *prepare, sl_slice name, size_t offset);
/* The hint for a name that is in no table: "did you mean …?", or NULL. */
const char *sl_prepare_did_you_mean(sl_prepare *prepare, sl_slice wrong, sl_name_at *names);
/* find_program, or the error that there is none to be run from here. */
bool sl_prepare_program(sl_prepare *prepare, sl_slice name, sl_slice *path);
/* The rule set calls release(resource) when it ends. */
void sl_prepare_own(sl_prepare *prepare, void *resource, void (*release)(void *resource));

#ifdef __cplusplus
}
#endif
#endif
