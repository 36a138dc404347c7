/* SPDX-License-Identifier: Apache-2.0 */
/* Lua patterns with a bound on the work: the matcher behind string.find, match, gmatch and gsub. */
#ifndef SL_LUA_PATTERN_H
#define SL_LUA_PATTERN_H

#include "lua/state.h"

enum { sl_pattern_captures_max = 32 };

typedef struct sl_pattern_capture {
    const uint8_t *start;
    ptrdiff_t length; /* bytes; or one of the two below */
} sl_pattern_capture;

enum { sl_capture_open = -1, sl_capture_position = -2 };

/* One search: text and pattern stay where they are as long as it lasts. */
typedef struct sl_pattern {
    lua_State *L;
    const uint8_t *text, *text_end;
    const uint8_t *pattern, *pattern_end; /* without a leading ^ */
    bool is_anchored;
    sl_slice prefix; /* of the pattern: bytes that stand for themselves, once; a match can only start with them */
    int depth; /* of recursion still allowed */
    int capture_count;
    uint64_t *steps; /* counter of the run */
    uint64_t steps_max;
    sl_pattern_capture captures[sl_pattern_captures_max];
} sl_pattern;

/* anchors: does a leading ^ mean the start of the text? */
void sl_pattern_begin(sl_pattern *search, lua_State *L, sl_slice text, sl_slice pattern, bool anchors);
/* The next place from start on where a match may begin; NULL when there is none. Without a prefix: start. */
const uint8_t *sl_pattern_candidate(sl_pattern *search, const uint8_t *start);
/* End of the match that starts at this place, or NULL. Raises for malformed patterns and at the step
 * limit. */
const uint8_t *sl_pattern_match_at(sl_pattern *search, const uint8_t *start);
/* Pushes capture index; index 0 without captures is the whole match. Stack: ──▶ string or position */
void sl_pattern_push_capture(sl_pattern *search, int index, const uint8_t *start, const uint8_t *end);
/* Pushes all captures; without any, the whole match if whole. Returns their count. Stack: ──▶ captures */
int sl_pattern_push_captures(sl_pattern *search, bool whole, const uint8_t *start, const uint8_t *end);
/* No pattern item in it: a plain search gives the same. */
bool sl_pattern_is_plain(sl_slice pattern);

#endif
