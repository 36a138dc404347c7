/* SPDX-License-Identifier: Apache-2.0 */
/* One thread's working set over one rule set: regex scratch, Lua state, counters, a pooled transaction memory. */
#ifndef SL_ENGINE_H
#define SL_ENGINE_H

#include "collections/collection.h"
#include "run/members.h"
#include "ruleset/ruleset.h"

#ifdef __cplusplus
extern "C" {
#endif

struct sl_scratch;
struct sl_lua;
struct sl_writers;
struct sl_value_cache;

enum { sl_pool_max = 64 };

typedef struct sl_engine {
    sl_ruleset *rules;
    sl_store *store;
    struct sl_scratch *scratch;
    struct sl_lua *lua;         /* made when the first script runs (lua/state.h) */
    struct sl_writers *writers; /* audit and debug files (log/writer.h); NULL = none configured */
    struct sl_value_cache *value_cache; /* NULL = off */
    struct sl_txn *running; /* whose step is under way; the inner one where a callback takes steps of another */
    struct sl_txn *idle[sl_pool_max]; /* finished transactions; their arenas are reset, not freed */
    size_t idle_count;
    size_t live_count; /* transactions not freed yet: each holds the engine */
    seclua_transformer transformer; /* NULL: nobody computes transformations */
    void *transformer_context;
    bool sheds_audit;  /* seclua_engine_shed_audit */
    bool is_closing;   /* seclua_engine_free was called; the last transaction ends it */
    bool probes_suspension; /* tests: suspend wherever that is possible; checked builds only */
    sl_arena environment_arena;
    sl_members environment; /* of the process, when the engine was made: ENV falls back to it */
    seclua_stats stats;
    uint64_t *match_counts; /* by ordinal of the starter */
    uint64_t next_serial;
    char id_prefix[17];
} sl_engine;

/* Ends an engine that was freed while transactions were alive; the last of them calls it. */
void sl_engine_end(sl_engine *engine);

#ifdef __cplusplus
}
#endif
#endif
