/* SPDX-License-Identifier: Apache-2.0 */
/* Three rows of the table of edit distances, on the stack; names longer than any known one are not looked at. */
#include "base/nearest.h"

#include "base/ascii.h"

enum { name_bytes_max = 64 };

static bool same_letter(uint8_t a, uint8_t b) { return sl_ascii_lower(a) == sl_ascii_lower(b); }

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

static size_t edits(sl_slice a, sl_slice b) {
    size_t rows[3][name_bytes_max + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];
    for (size_t j = 0; j <= b.len; j++) last[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            const size_t change = same_letter(a.ptr[i - 1], b.ptr[j - 1]) ? 0 : 1;
            now[j] = least(least(last[j] + 1, now[j - 1] + 1), last[j - 1] + change);
            if (i > 1 && j > 1 && same_letter(a.ptr[i - 1], b.ptr[j - 2]) && same_letter(a.ptr[i - 2], b.ptr[j - 1])) {
                now[j] = least(now[j], before[j - 2] + 1);
            }
        }
        size_t *const oldest = before;
        before = last;
        last = now;
        now = oldest;
    }
    return last[b.len];
}

const char *sl_nearest(sl_slice wrong, sl_name_at *names) {
    if (wrong.len < 2 || wrong.len > name_bytes_max) return NULL;
    size_t best = (wrong.len < 3 ? 1 : wrong.len / 3) + 1;
    const char *found = NULL;
    for (size_t i = 0;; i++) {
        const char *const text = names(i);
        if (text == NULL) return found;
        const sl_slice name = sl_slice_z(text);
        const size_t difference = name.len > wrong.len ? name.len - wrong.len : wrong.len - name.len;
        if (name.len > name_bytes_max || difference >= best) continue;
        const size_t distance = edits(wrong, name);
        if (distance >= best) continue;
        best = distance;
        found = text;
    }
}
