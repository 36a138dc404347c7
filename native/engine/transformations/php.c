/* SPDX-License-Identifier: Apache-2.0 */
/* phpArgsNames: the name under which PHP keeps an argument (spec 05, 4.31).
 *
 * Blanks at the beginning go, blanks and dots become underscores up to the first bracket. Subscripts stay, a blank at
 * the beginning of each left out; what follows the last of them goes. A bracket that nothing closes becomes an
 * underscore and ends the rewriting: the rest stays as it is, as PHP leaves it. */
#include "transformations/families.h"
#include "transformations/rewrite.h"

/* Past the subscript that begins at the bracket *at, written to r. False: nothing closes it. */
static bool put_subscript(sl_rewrite *r, sl_slice name, size_t *at) {
    size_t start = *at + 1;
    if (start < name.len && sl_ascii_is_space(name.ptr[start])) start++;
    const size_t len = sl_slice_find_byte(sl_slice_from(name, start), ']');
    if (len == SIZE_MAX) return false;
    sl_rewrite_put(r, '[');
    for (size_t i = start; i <= start + len; i++) sl_rewrite_put(r, name.ptr[i]);
    *at = start + len + 1;
    return true;
}

static sl_slice php_args_names(sl_arena *arena, const sl_unicode_map *map, sl_slice value) {
    (void)map;
    sl_rewrite r = sl_rewrite_begin(arena, value, 0, value.len);
    size_t at = 0;
    while (at < value.len && value.ptr[at] == ' ') at++;
    for (; at < value.len && value.ptr[at] != '['; at++) {
        const uint8_t c = value.ptr[at];
        sl_rewrite_put(&r, c == ' ' || c == '.' ? '_' : c);
    }
    if (r.len == 0) return sl_rewrite_end(arena, r, value); /* PHP drops an argument without a name */
    bool has_subscript = false;
    while (at < value.len && value.ptr[at] == '[' && put_subscript(&r, value, &at)) has_subscript = true;
    if (!has_subscript && at < value.len) {
        sl_rewrite_put(&r, '_');
        for (at++; at < value.len; at++) sl_rewrite_put(&r, value.ptr[at]);
    }
    return sl_rewrite_end(arena, r, value);
}

const sl_transformation sl_transformations_php[] = {
    {.name = "phpArgsNames", .triggers = SL_CLASS_SPACE | SL_CLASS_DOT | SL_CLASS_OTHER, .apply = php_args_names,
     .manual = "the name under which PHP keeps an argument: a.b[ c]d becomes a_b[c]"},
    {0},
};
