/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the value cache: who is kept, who is not, what is held, and what it says of a text. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/siphash.h"
#include "run/value_cache.h"

static int failures;

static void expect(const char *sentence, bool holds) {
    if (holds) return;
    failures++;
    printf("does not hold: %s\n", sentence);
}

typedef struct world_of {
    seclua_ruleset *rules;
    seclua_engine *engine;
} world_of;

static world_of make_world(const char *text, uint64_t bytes_max) {
    seclua_options options;
    seclua_options_init(&options);
    options.cwd = SL_LIT("/");
    options.value_cache_bytes_max = bytes_max;
    const seclua_source source = {.is_text = true, .name = SL_LIT("rules.conf"), .text = sl_slice_z(text)};
    seclua_diagnostics *said = seclua_diagnostics_new();
    world_of made = {seclua_load(&source, 1, &options, said), NULL};
    seclua_diagnostics_free(said);
    if (made.rules == NULL) exit(2);
    made.engine = seclua_engine_new(made.rules, NULL);
    return made;
}

static void end_world(world_of *world) {
    seclua_engine_free(world->engine);
    seclua_ruleset_release(world->rules);
}

static sl_value_cache *cache_of(const world_of *world) { return ((sl_engine *)world->engine)->value_cache; }

static seclua_txn *begin(world_of *world, sl_slice value) {
    const seclua_connection connection = {.client_address = SL_LIT("192.0.2.1"), .server_address = SL_LIT("192.0.2.80")};
    seclua_txn *txn = seclua_txn_new(world->engine, &connection);
    const seclua_header header = {SL_LIT("X-Value"), value};
    const seclua_request request = {.method = SL_LIT("GET"), .uri = SL_LIT("/"), .protocol = SL_LIT("HTTP/1.1"), .headers = &header, .header_count = 1};
    seclua_txn_request_headers(txn, &request);
    return txn;
}

/* The text of the header's value, when it is a kept one. */
static const sl_text *kept_text(const seclua_txn *txn) {
    const sl_text *text = ((const sl_txn *)txn)->request_headers.items[0]->value;
    return text->known == NULL ? NULL : text;
}

/* What the text of that header was in a transaction that is over; only to be compared. */
static const sl_text *send(world_of *world, sl_slice value) {
    seclua_txn *txn = begin(world, value);
    const sl_text *text = kept_text(txn);
    seclua_txn_free(txn);
    return text;
}

static sl_slice numbered(char *buffer, size_t size, const char *start, unsigned number) {
    snprintf(buffer, size, "%s %u", start, number);
    return sl_slice_z(buffer);
}

static const char rules_text[] = "SecRuleEngine On\n"
                                 "SecRule REQUEST_HEADERS:X-Value \"@rx evil\" \"id:1,phase:1,deny,t:urlDecodeUni,t:lowercase\"\n";

static void a_text_is_kept_from_its_second_sighting_on(void) {
    world_of world = make_world(rules_text, 1 << 20);
    expect("the first time it is the transaction's own", send(&world, SL_LIT("a usual value")) == NULL);
    const sl_text *kept = send(&world, SL_LIT("a usual value"));
    expect("the second time it is kept", kept != NULL);
    expect("the third time it is the same", send(&world, SL_LIT("a usual value")) == kept);
    expect("another text is another text", send(&world, SL_LIT("a usual Value")) != kept);
    char longest[1100];
    memset(longest, 'x', sizeof longest);
    for (int i = 0; i < 3; i++) expect("long texts are not kept", send(&world, sl_slice_of(longest, sizeof longest)) == NULL);
    for (int i = 0; i < 3; i++) expect("nor empty ones", send(&world, SL_EMPTY) == NULL);
    end_world(&world);
}

static void it_can_be_off(void) {
    world_of world = make_world(rules_text, 0);
    for (int i = 0; i < 4; i++) expect("without a cache nothing is kept", send(&world, SL_LIT("a usual value")) == NULL);
    end_world(&world);
}

static void a_flood_of_texts_does_not_push_out_those_that_keep_coming(void) {
    enum { usual_count = 24, rounds = 40, flood = 60000, sent_again = 3 };
    world_of world = make_world(rules_text, 4 << 20);
    char text[64];
    const sl_text *usual[usual_count];
    for (unsigned round = 0; round < rounds; round++) {
        for (unsigned i = 0; i < usual_count; i++) usual[i] = send(&world, numbered(text, sizeof text, "usual", i));
    }
    size_t bytes_max = 0;
    unsigned lost = 0;
    for (unsigned i = 0; i < flood; i++) {
        for (int again = 0; again < sent_again; again++) send(&world, numbered(text, sizeof text, "flood", i));
        const size_t bytes = sl_value_cache_bytes(cache_of(&world));
        if (bytes > bytes_max) bytes_max = bytes;
        if (i % 4 == 0) { /* one in thirteen requests is a usual one */
            const unsigned which = i / 4 % usual_count;
            lost += send(&world, numbered(text, sizeof text, "usual", which)) != usual[which];
        }
    }
    expect("those that keep coming are still the same texts", lost == 0);
    expect("the flood took no more memory than it may", bytes_max <= 4 << 20);
    end_world(&world);
}

static void a_text_that_a_transaction_holds_outlives_its_place(void) {
    enum { tight = 66 * 1024 };
    world_of world = make_world(rules_text, tight);
    char text[64];
    for (unsigned i = 0; i < 3; i++) send(&world, SL_LIT("held"));
    seclua_txn *txn = begin(&world, SL_LIT("held"));
    const sl_text *held = kept_text(txn);
    expect("it is held", held != NULL);
    for (unsigned i = 0; i < 20000; i++) {
        for (int again = 0; again < 40; again++) send(&world, numbered(text, sizeof text, "more frequent", i % 1000));
        if (send(&world, SL_LIT("held")) != held) break;
    }
    expect("it still reads as it did", held != NULL && sl_slice_equal(held->slice, SL_LIT("held")));
    seclua_txn_free(txn);
    expect("memory stays within its bound", sl_value_cache_bytes(cache_of(&world)) <= tight);
    end_world(&world);
}

static void what_is_remembered_changes_no_verdict(void) {
    static const char *const texts[] = {"good", "EVIL", "ev%69l", "e%76%49L x", "evi", "%65vil", "evi%6"};
    static const bool is_denied[] = {false, true, true, true, false, true, false};
    world_of world = make_world(rules_text, 1 << 20);
    for (int round = 0; round < 6; round++) {
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
            seclua_txn *txn = begin(&world, sl_slice_z(texts[i]));
            seclua_verdict verdict;
            seclua_txn_verdict(txn, &verdict);
            expect(texts[i], (verdict.action == SECLUA_DENY) == is_denied[i]);
            seclua_txn_free(txn);
        }
    }
    end_world(&world);
}

/* The answers come from another implementation. */
static void the_hash_is_siphash_1_3(void) {
    static const uint64_t key[2] = {0, 0};
    expect("of one byte", sl_siphash(key, SL_LIT("a")) == UINT64_C(0x407448d2b89b1813));
    expect("of a word", sl_siphash(key, SL_LIT("abcdefgh")) == UINT64_C(0x3f7b849c0b8e35ea));
    expect("of a word and more", sl_siphash(key, SL_LIT("abcdefghijklmno")) == UINT64_C(0x1fd27a29b0e9dc7a));
}

int main(void) {
    a_text_is_kept_from_its_second_sighting_on();
    it_can_be_off();
    a_flood_of_texts_does_not_push_out_those_that_keep_coming();
    a_text_that_a_transaction_holds_outlives_its_place();
    what_is_remembered_changes_no_verdict();
    the_hash_is_siphash_1_3();
    if (failures == 0) puts("the value cache keeps what it says");
    return failures == 0 ? 0 : 1;
}
