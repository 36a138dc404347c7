/* SPDX-License-Identifier: Apache-2.0 */
/* State of the request body, the XML tree, the whole request (spec 02, sections 5 and 7). */
#include <stdio.h>

#include "base/digits.h"
#include "base/strbuf.h"
#include "run/values.h"
#include "run/host.h"
#include "variables/families.h"

static bool flag(bool is_set, sl_slice *value) {
    *value = is_set ? SL_LIT("1") : SL_LIT("0");
    return true;
}

static bool number(sl_txn *txn, uint64_t n, sl_slice *value) {
    *value = sl_digits(&txn->arena, (int64_t)n);
    return true;
}

static bool request_body(sl_txn *txn, sl_slice *value) {
    *value = txn->request_body;
    return txn->exposes_request_body;
}
static bool request_body_length(sl_txn *txn, sl_slice *value) { return number(txn, txn->request_body.len, value); }

static bool reqbody_processor(sl_txn *txn, sl_slice *value) {
    static const char *const names[] = {"", "URLENCODED", "MULTIPART", "JSON", "XML", "RAW"};
    *value = sl_slice_z(names[txn->processor]);
    return true;
}

static bool reqbody_error(sl_txn *txn, sl_slice *value) { return flag(txn->body_error, value); }
static bool reqbody_error_msg(sl_txn *txn, sl_slice *value) {
    *value = txn->body_error_text;
    return true;
}
static bool processor_error(sl_txn *txn, sl_slice *value) { return flag(txn->processor_error, value); }
static bool processor_error_msg(sl_txn *txn, sl_slice *value) {
    *value = txn->processor_error_text;
    return true;
}
static bool urlencoded_error(sl_txn *txn, sl_slice *value) { return flag(txn->has_invalid_escape, value); }
static bool inbound_data_error(sl_txn *txn, sl_slice *value) { return flag(txn->inbound_data_error, value); }

/* Spec 02, 5.1: request line, CRLF, header lines ended by LF, two LF, body. */
static bool full_request(sl_txn *txn, sl_slice *value) {
    sl_strbuf text;
    sl_strbuf_init(&text, &txn->arena, 256 + txn->uri_raw.len + txn->request_body.len);
    sl_strbuf_add(&text, txn->method);
    sl_strbuf_add_byte(&text, ' ');
    sl_strbuf_add(&text, txn->uri_raw);
    sl_strbuf_add_byte(&text, ' ');
    sl_strbuf_add(&text, txn->protocol);
    sl_strbuf_add_z(&text, "\r\n");
    for (size_t i = 0; i < txn->request_headers.count; i++) {
        const sl_member *header = txn->request_headers.items[i];
        sl_strbuf_add(&text, header->name->slice);
        sl_strbuf_add_z(&text, ": ");
        sl_strbuf_add(&text, header->value->slice);
        sl_strbuf_add_byte(&text, '\n');
    }
    sl_strbuf_add_z(&text, "\n\n");
    sl_strbuf_add(&text, txn->request_body);
    *value = sl_strbuf_slice(&text);
    return true;
}
static bool full_request_length(sl_txn *txn, sl_slice *value) {
    sl_slice text;
    full_request(txn, &text);
    return number(txn, text.len, value);
}

static bool stream_input_body(sl_txn *txn, sl_slice *value) { return sl_host_stream(txn, false, value); }

/* ---- XML ---- */

/* Values of one XPath over the tree: computed once for all the rules that name it. */
struct sl_xpath_result {
    struct sl_xpath_result *next;
    const sl_xpath *xpath;
    sl_text **texts;
    size_t count, capacity;
    sl_txn *txn;
};

static bool add_text(void *context, sl_slice name, sl_slice value) {
    struct sl_xpath_result *result = context;
    (void)name;
    if (result->count == result->capacity) {
        const size_t capacity = result->capacity == 0 ? 8 : result->capacity * 2;
        sl_text **texts = sl_arena_alloc(&result->txn->arena, capacity * sizeof *texts);
        if (result->count != 0) memcpy(texts, result->texts, result->count * sizeof *texts);
        result->texts = texts;
        result->capacity = capacity;
    }
    result->texts[result->count++] = sl_text_new(&result->txn->arena, value);
    return true;
}

static const struct sl_xpath_result *select_nodes(sl_txn *txn, const sl_xpath *xpath) {
    for (const struct sl_xpath_result *known = txn->xpath_results; known != NULL; known = known->next) {
        if (known->xpath == xpath) return known;
    }
    struct sl_xpath_result *result = SL_NEW(&txn->arena, struct sl_xpath_result);
    result->xpath = xpath;
    result->txn = txn;
    const sl_argument_sink sink = {result, add_text};
    sl_xpath_select(txn->xml, xpath, &txn->arena, &sink);
    result->next = txn->xpath_results;
    txn->xpath_results = result;
    return result;
}

static void expand_xml(sl_txn *txn, const sl_variable *self, const sl_target *target, sl_values *values) {
    if (txn->xml == NULL || txn->cursor.phase < 2) return;
    if (txn->hides_xml) return;
    if (target->selector != SL_SELECT_XPATH) {
        sl_values_add_scalar(txn, values, self, sl_text_new(&txn->arena, SL_LIT("[XML document tree]")));
        return;
    }
    if (target->xpath == NULL) { /* the whole text: the compiler leaves no expression for it */
        if (txn->scalars[SL_SLOT_XML_ALL] == NULL) {
            sl_slice text;
            if (!sl_xml_all_text(txn->xml, &txn->arena, &text)) return;
            txn->scalars[SL_SLOT_XML_ALL] = sl_text_new(&txn->arena, text);
        }
        sl_values_add(txn, values, self, target->key, txn->scalars[SL_SLOT_XML_ALL]);
        return;
    }
    const struct sl_xpath_result *result = select_nodes(txn, target->xpath);
    for (size_t i = 0; i < result->count; i++) sl_values_add(txn, values, self, target->key, result->texts[i]);
}

/* Under the name of the row that hides it: exclusions take it in, and logs show it so. */
static void expand_judged_body(sl_txn *txn, const sl_variable *self, const sl_target *target, sl_values *values) {
    (void)self;
    (void)target;
    if (!txn->exposes_request_body && (txn->processor != SL_BODY_JSON || !txn->has_request_body)) return;
    sl_values_add_scalar(txn, values, sl_variable_find(SL_LIT("REQUEST_BODY")), sl_text_new(&txn->arena, txn->request_body));
}

const sl_variable sl_variable_judged_body = {
    .name = "REQUEST_BODY", .kind = SL_COLLECTION, .first_phase = 2, .expand = expand_judged_body};

const sl_variable sl_variables_body[] = {
    SL_SCALAR_ROW("REQUEST_BODY", 2, SL_SLOT_REQUEST_BODY, request_body,
                  "the raw body: of URLENCODED and RAW bodies, or when forced"),
    SL_SCALAR_ROW("REQUEST_BODY_LENGTH", 2, SL_SLOT_NONE, request_body_length, "bytes buffered; 0 without a body"),
    SL_SCALAR_ROW("REQBODY_PROCESSOR", 1, SL_SLOT_NONE, reqbody_processor, "which parser the body gets"),
    SL_SCALAR_ROW("REQBODY_ERROR", 2, SL_SLOT_NONE, reqbody_error, "1 when the body could not be parsed or passed a limit"),
    SL_SCALAR_ROW("REQBODY_ERROR_MSG", 2, SL_SLOT_NONE, reqbody_error_msg, "what was wrong with the body"),
    SL_SCALAR_ROW("REQBODY_PROCESSOR_ERROR", 2, SL_SLOT_NONE, processor_error, "1 when the parser gave up"),
    SL_SCALAR_ROW("REQBODY_PROCESSOR_ERROR_MSG", 2, SL_SLOT_NONE, processor_error_msg, "what the parser said"),
    SL_SCALAR_ROW("URLENCODED_ERROR", 1, SL_SLOT_NONE, urlencoded_error, "1 when a percent sign lacks its two digits"),
    SL_SCALAR_ROW("INBOUND_DATA_ERROR", 2, SL_SLOT_NONE, inbound_data_error, "1 when the body passed a size limit"),
    SL_SCALAR_ROW("FULL_REQUEST", 2, SL_SLOT_FULL_REQUEST, full_request, "request line, headers and body"),
    SL_SCALAR_ROW("FULL_REQUEST_LENGTH", 2, SL_SLOT_NONE, full_request_length, "length of FULL_REQUEST"),
    {.name = "STREAM_INPUT_BODY", .kind = SL_SCALAR, .first_phase = 2, .scalar = stream_input_body, .is_stream = true,
     .manual = "the raw body with SecStreamInBodyInspection; @rsub rewrites it"},
    {.name = "XML", .kind = SL_COLLECTION, .first_phase = 2, .expand = expand_xml,
     .manual = "the tree of an XML body; XML:xpath selects nodes"},
    {.name = "REQUEST_XML", .kind = SL_COLLECTION, .first_phase = 2, .expand = expand_xml, .canonical = "XML",
     .manual = "the same as XML"},
    {0},
};
