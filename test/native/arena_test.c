/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of what an arena keeps over a reset. */
#include <setjmp.h>
#include <stdio.h>

#include "base/arena.h"

static int failures;

static void expect(const char *sentence, bool holds) {
    if (holds) return;
    failures++;
    printf("does not hold: %s\n", sentence);
}

static void exhausted(void *context) { longjmp(*(jmp_buf *)context, 1); }

static void take(sl_arena *arena, size_t count, size_t size) {
    for (size_t i = 0; i < count; i++) memset(sl_arena_alloc(arena, size), 1, size);
}

static void what_is_usual_is_kept_and_serves_again(sl_arena *arena) {
    take(arena, 40, 1024);
    const size_t used = arena->used_bytes;
    const uint8_t *const end = arena->cursor;
    expect("forty kilobytes take more than one block", used > 16 * 1024);
    sl_arena_reset(arena);
    expect("a reset keeps the blocks", arena->used_bytes == used);
    take(arena, 40, 1024);
    expect("the same again takes no further memory", arena->used_bytes == used);
    expect("and ends at the same place", arena->cursor == end);
}

static void what_is_large_is_given_back(sl_arena *arena) {
    sl_arena_reset(arena);
    take(arena, 1, 4 * 1024 * 1024);
    sl_arena_reset(arena);
    expect("a large block is freed", arena->used_bytes <= 128 * 1024);
    take(arena, 400, 1024);
    sl_arena_reset(arena);
    expect("of many blocks the first stay, as far as they fit", arena->used_bytes <= 128 * 1024);
    take(arena, 400, 1024);
}

static void what_is_kept_counts_towards_the_limit(void) {
    jmp_buf unwind;
    sl_arena arena;
    sl_arena_init(&arena, 64 * 1024, exhausted, &unwind);
    volatile int rounds = 0;
    if (setjmp(unwind) == 0) {
        for (; rounds < 10; rounds++) {
            take(&arena, 40, 1024);
            sl_arena_reset(&arena);
        }
    }
    expect("what fits once fits after each reset", rounds == 10);
    bool is_exhausted = true;
    if (setjmp(unwind) == 0) {
        take(&arena, 70, 1024);
        is_exhausted = false;
    }
    expect("the limit holds after resets", is_exhausted && arena.used_bytes <= 64 * 1024);
    sl_arena_free(&arena);
}

int main(void) {
    jmp_buf unwind;
    sl_arena arena;
    sl_arena_init(&arena, 0, exhausted, &unwind);
    if (setjmp(unwind) == 0) {
        what_is_usual_is_kept_and_serves_again(&arena);
        what_is_large_is_given_back(&arena);
    } else {
        expect("there is memory", false);
    }
    sl_arena_free(&arena);
    what_is_kept_counts_towards_the_limit();
    if (failures != 0) printf("%d failures\n", failures);
    return failures == 0 ? 0 : 1;
}
