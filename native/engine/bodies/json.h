/* SPDX-License-Identifier: Apache-2.0 */
/* JSON bodies as arguments, named by their path: {"a":[{"b":1}]} is json.a.array_0.b = 1. */
#ifndef SL_JSON_H
#define SL_JSON_H

#include "base/arena.h"
#include "bodies/argument_sink.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Strict RFC 8259, one top-level value; an empty body is sound and has no members. Members before an error
 * are delivered. false: *error says why (without "JSON parsing error: "). When the sink refused a member
 * the text is "SecArgumentsLimit exceeded"; when more than depth_limit containers are open it ends with "
 * Parsing depth limit exceeded". true: *error is empty. */
bool sl_json_parse(sl_arena *arena, sl_slice body, uint32_t depth_limit, const sl_argument_sink *sink,
                   sl_slice *error);

#ifdef __cplusplus
}
#endif
#endif
