/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the call stack of a script into text. Never calls back into Lua: it is used while errors and
 * limits are on their way. */
#include "lua/traceback.h"

#include <stdio.h>

enum { frames_max = 20, places_max = 64 };

void sl_traceback_place(lua_State *L, char *text, size_t size) {
    text[0] = '\0';
    lua_Debug frame;
    for (int level = 0; level < places_max && lua_getstack(L, level, &frame); level++) {
        if (lua_getinfo(L, "Sl", &frame) == 0 || frame.currentline <= 0) continue;
        snprintf(text, size, "%s:%d: ", frame.short_src, frame.currentline);
        return;
    }
}

static int describe(const lua_Debug *frame, bool is_first, char *text, size_t size) {
    const char *separator = is_first ? "" : ", ";
    if (frame->currentline <= 0)
        return snprintf(text, size, "%s[C] in %s", separator, frame->name ? frame->name : "?");
    if (*frame->what == 'm')
        return snprintf(text, size, "%s%s:%d in main chunk", separator, frame->short_src, frame->currentline);
    if (frame->name != NULL) {
        return snprintf(text, size, "%s%s:%d in %s", separator, frame->short_src, frame->currentline,
                        frame->name);
    }
    return snprintf(text, size, "%s%s:%d in function <line %d>", separator, frame->short_src,
                    frame->currentline, frame->linedefined);
}

void sl_traceback_frames(lua_State *L, char *text, size_t size) {
    text[0] = '\0';
    size_t length = 0;
    int frames = 0;
    lua_Debug frame;
    for (int level = 0; frames < frames_max && lua_getstack(L, level, &frame); level++) {
        if (lua_getinfo(L, "Sln", &frame) == 0) continue;
        /* The bridge's own frames above and below the script tell its author nothing. */
        if (frame.currentline <= 0 && frame.name == NULL) continue;
        const int written = describe(&frame, frames == 0, text + length, size - length);
        if (written < 0 || (size_t)written >= size - length) {
            text[length] = '\0';
            return;
        }
        length += (size_t)written;
        frames++;
    }
}
