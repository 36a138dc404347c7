/* SPDX-License-Identifier: Apache-2.0 */
/* What an event says of its rule, whatever the request. */
#ifndef SL_RULESET_EVENT_H
#define SL_RULESET_EVENT_H

#include "ruleset/ruleset.h"

static inline void sl_event_describe(seclua_event *event, const sl_rule *starter) {
    event->rule = starter;
    event->rule_id = starter->id;
    event->rule_index = starter->ordinal;
    event->phase = starter->phase;
    event->severity = starter->severity;
    event->maturity = starter->maturity;
    event->accuracy = starter->accuracy;
    event->log = starter->log;
    event->audit = starter->audit;
    event->file = starter->file;
    event->line = starter->line;
    event->ver = starter->ver;
    event->rev = starter->rev;
}

/* Of the link that matched last. */
static inline void sl_event_describe_operator(seclua_event *event, const sl_rule *link) {
    event->operator_name = link->op->name;
    event->negated = link->is_negated;
}

#endif
