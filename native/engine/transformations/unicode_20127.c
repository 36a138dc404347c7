/* SPDX-License-Identifier: Apache-2.0 */
/* What code page 20127 (US-ASCII) makes of other characters: compat.unicodeMap 'builtin-20127'.
 *
 * Two rules give nearly all of it. A letter, a digit or a sign with marks, and one of another width, becomes what its
 * compatibility decomposition in Unicode begins with, when that is ASCII: é is e, ² is 2, a full-width < is <. What has
 * no such decomposition becomes what it looks like: ø is o, a quotation mark is a quote. The code page does this for
 * the characters of European scripts and of general punctuation only; so the table ends there, and the test compares it
 * with Unicode's decompositions. */
#include "transformations/unicode.h"

/* Consecutive code points from first on. # stands for those that have no entry: none becomes one here. */
typedef struct run {
    uint16_t first;
    const char *bytes;
} run;

static const run runs[] = {
    /* Latin-1 */
    {0x00A0, " !c#$Y|##Ca<#-R###23###.,1o>####"},
    {0x00C0, "AAAAAAACEEEEIIIIDNOOOOO#OUUUUY##"},
    {0x00E0, "aaaaaaaceeeeiiii#nooooo#ouuuuy#y"},
    /* Latin Extended-A: upper and lower case in turn */
    {0x0100, "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIi##JjKk#LlLlLl"},
    {0x0141, "LlNnNnNn###OoOoOoOoRrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZ#ZzZz"},
    /* Latin Extended-B */
    {0x0180, "b########D#######Ff####I##l####OOo#########t##TUu#####z"},
    {0x01CD, "AaIiOoUuUuUuUuUu#Aa####GgGgKkOoOo##j"},
    {0x0261, "g"},
    /* modifiers and marks that stand alone */
    {0x02B9, "'\"#'#######^#^#'##`#_##############~"},
    {0x0300, "`#^~"},
    {0x030E, "\""},
    {0x0331, "__"},
    /* spaces, dashes, quotes, dots */
    {0x2000, "       "},
    {0x2010, "--#--###'',#\"\"\"###.###."},
    {0x2032, "'##`###<>"},
    {0x2122, "T"},
};

void sl_unicode_map_20127(sl_unicode_map *out) {
    sl_unicode_map_clear(out);
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        for (size_t at = 0; runs[i].bytes[at] != '\0'; at++) {
            if (runs[i].bytes[at] != '#') out->byte_of[runs[i].first + at] = runs[i].bytes[at];
        }
    }
    for (unsigned code = 0xFF01; code <= 0xFF5E; code++) { /* full width, but the question mark */
        if (code != 0xFF1F) out->byte_of[code] = (int16_t)(code - 0xFEE0);
    }
}
