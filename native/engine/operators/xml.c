/* SPDX-License-Identifier: Apache-2.0 */
/* @validateDTD, @validateSchema: they match when the body does NOT follow the grammar. A schema whose file ends in .json is one of
 * JSON (json_schema.h), as in Coraza; everything else here is about XML.
 *
 * The grammar is read once, at load, and shared by all threads: validation only reads it. Nothing that a body
 * names is ever loaded; nothing is written to stderr. Schemas may include others beside them, since they are
 * the administrator's. */
#include <errno.h>
#include <libxml/hash.h>
#include <libxml/parser.h>
#include <libxml/valid.h>
#include <libxml/xmlschemas.h>

#include "operators/families.h"
#include "operators/host.h"
#include "operators/json_schema.h"

/* ---- load side ---- */

/* The first error that libxml2 reports while it reads a grammar; without a handler it would print. */
typedef struct complaint {
    char text[160];
    int line;
} complaint;

static void keep_first(void *context, const xmlError *error) {
    complaint *const first = context;
    if (error == NULL || error->message == NULL || first->text[0] != '\0') return;
    size_t len = 0;
    while (len + 1 < sizeof first->text && error->message[len] != '\0' && error->message[len] != '\n') {
        first->text[len] = error->message[len];
        len++;
    }
    first->text[len] = '\0';
    first->line = error->line;
}

static bool read_grammar(sl_prepare *prepare, sl_slice argument, const char *what, sl_slice *path,
                         sl_slice *content) {
    if (!prepare->read_file(prepare->context, argument, path, content)) {
        sl_prepare_report(prepare, "SECLUA_E_FILE_OPEN",
                          "a name is looked for beside the file of the rule, then in the working directory",
                          0, argument.len, "cannot read the %s %.*s: %s", what, (int)argument.len,
                          (const char *)argument.ptr, strerror(errno));
        return false;
    }
    if (content->len <= INT32_MAX) return true;
    sl_prepare_report(prepare, "SECLUA_E_OPERATOR_PARAM", NULL, 0, argument.len, "the %s is too large", what);
    return false;
}

static bool refuse_grammar(sl_prepare *prepare, sl_slice argument, const char *what, const complaint *first) {
    sl_prepare_report(prepare, "SECLUA_E_OPERATOR_PARAM", NULL, 0, argument.len,
                      "the %s %.*s is wrong at line %d: %s", what, (int)argument.len,
                      (const char *)argument.ptr, first->line,
                      first->text[0] != '\0' ? first->text : "it cannot be read");
    return false;
}

static void free_document(void *document) { xmlFreeDoc(document); }
static void free_schema(void *schema) { xmlSchemaFree(schema); }

static bool is_json_schema(sl_slice argument) {
    static const char extension[] = ".json";
    const size_t len = sizeof extension - 1;
    return argument.len > len && sl_slice_equal_fold(sl_slice_from(argument, argument.len - len), sl_slice_z(extension));
}

static bool prepare_json_schema(sl_prepare *prepare, sl_slice argument, sl_operand *operand) {
    sl_slice path, content;
    if (!read_grammar(prepare, argument, "JSON schema", &path, &content)) return false;
    operand->prepared = sl_json_schema_compile(prepare, argument, path, content);
    operand->judges_body = true;
    return operand->prepared != NULL;
}

static bool prepare_schema(sl_prepare *prepare, sl_slice argument, sl_operand *operand) {
    static const char what[] = "XML schema";
    sl_slice path, content;
    if (is_json_schema(argument)) return prepare_json_schema(prepare, argument, operand);
    if (!read_grammar(prepare, argument, what, &path, &content)) return false;
    complaint first = {.line = 0};
    xmlSchema *schema = NULL;
    xmlDoc *document = NULL;
    xmlParserCtxt *const parser = xmlNewParserCtxt();
    if (parser != NULL) {
        xmlCtxtSetErrorHandler(parser, keep_first, &first);
        const char *const url = sl_arena_z(prepare->arena, path); /* includes are relative to it */
        document = xmlCtxtReadMemory(parser, (const char *)content.ptr, (int)content.len, url, NULL,
                                     XML_PARSE_NONET);
        xmlFreeParserCtxt(parser);
    }
    xmlSchemaParserCtxt *const reader = document == NULL ? NULL : xmlSchemaNewDocParserCtxt(document);
    if (reader != NULL) {
        xmlSchemaSetParserStructuredErrors(reader, keep_first, &first);
        schema = xmlSchemaParse(reader);
        xmlSchemaFreeParserCtxt(reader);
    }
    if (schema == NULL) {
        xmlFreeDoc(document);
        return refuse_grammar(prepare, argument, what, &first);
    }
    sl_prepare_own(prepare, document,
                   free_document); /* the schema points into it; what came last goes first */
    sl_prepare_own(prepare, schema, free_schema);
    operand->prepared = schema;
    return true;
}

static void free_dtd(void *dtd) { xmlFreeDtd(dtd); }

static void ignore_message(void *context, const char *format, ...) {
    (void)context;
    (void)format;
}

/* The function is marked as internal, but nothing else builds a model before a document asks for it. */
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
#endif
static void build_content_model(void *declaration, void *context, const xmlChar *name) {
    (void)name;
    (void)xmlValidBuildContentModel(context, declaration);
}
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

/* libxml2 builds the automaton of an element when it first meets one. The threads share the DTD, so this must
 * be over before the first request. */
static bool finish_dtd(xmlDtd *dtd) {
    xmlValidCtxt *const validator = xmlNewValidCtxt();
    if (validator == NULL) return false;
    validator->error = ignore_message;
    validator->warning = ignore_message;
    xmlHashScan(dtd->elements, build_content_model, validator);
    xmlFreeValidCtxt(validator);
    return true;
}

static bool prepare_dtd(sl_prepare *prepare, sl_slice argument, sl_operand *operand) {
    static const char what[] = "DTD";
    sl_slice path, content;
    if (!read_grammar(prepare, argument, what, &path, &content)) return false;
    complaint first = {.line = 0};
    xmlDtd *dtd = NULL;
    xmlParserCtxt *const parser = xmlNewParserCtxt();
    if (parser != NULL) {
        xmlCtxtSetErrorHandler(parser, keep_first, &first);
        (void)xmlCtxtUseOptions(parser, XML_PARSE_NONET);
        const char *const url = sl_arena_z(prepare->arena, path);
        xmlParserInput *const input = xmlNewInputFromMemory(url, content.ptr, content.len, 0);
        if (input != NULL) dtd = xmlCtxtParseDtd(parser, input, NULL, BAD_CAST url);
        xmlFreeParserCtxt(parser);
    }
    if (dtd != NULL && !finish_dtd(dtd)) {
        xmlFreeDtd(dtd);
        dtd = NULL;
    }
    if (dtd == NULL) return refuse_grammar(prepare, argument, what, &first);
    sl_prepare_own(prepare, dtd, free_dtd);
    operand->prepared = dtd;
    return true;
}

/* ---- request side ---- */

static void ignore_error(void *context, const xmlError *error) {
    (void)context;
    (void)error;
}

/* NULL: the answer is *answer. A body that is not well-formed follows no grammar; a body that is no XML is
 * not judged. */
static xmlDoc *document_of(const sl_call *call, sl_answer *answer) {
    xmlDoc *const document = sl_txn_xml_document(call->txn);
    if (document == NULL) {
        sl_host_log(call->txn, 3, false, SL_LIT("there is no XML body to validate"), SL_EMPTY);
        *answer = SL_NO;
        return NULL;
    }
    *answer = SL_YES;
    return (document->properties & XML_DOC_WELLFORMED) != 0 ? document : NULL;
}

static sl_answer validate_schema(const sl_call *call, const sl_operand *operand, sl_slice value,
                                 sl_match *match) {
    (void)match;
    if (operand->judges_body) return sl_json_schema_ask(call, operand->prepared, value);
    sl_answer answer;
    xmlDoc *const document = document_of(call, &answer);
    if (document == NULL) return answer;
    xmlSchemaValidCtxt *const validator = xmlSchemaNewValidCtxt((xmlSchema *)operand->prepared);
    if (validator == NULL) return SL_ERROR;
    xmlSchemaSetValidStructuredErrors(validator, ignore_error, NULL);
    const int result = xmlSchemaValidateDoc(validator, document);
    xmlSchemaFreeValidCtxt(validator);
    if (result < 0) return SL_ERROR;
    return result == 0 ? SL_NO : SL_YES;
}

static sl_answer validate_dtd(const sl_call *call, const sl_operand *operand, sl_slice value,
                              sl_match *match) {
    (void)value;
    (void)match;
    sl_answer answer;
    xmlDoc *const document = document_of(call, &answer);
    if (document == NULL) return answer;
    xmlValidCtxt *const validator = xmlNewValidCtxt();
    if (validator == NULL) return SL_ERROR;
    validator->error = ignore_message;
    validator->warning = ignore_message;
    /* Hangs the DTD onto the document for as long as it runs; the document is this transaction's own. */
    const int is_valid = xmlValidateDtd(validator, document, (xmlDtd *)operand->prepared);
    xmlFreeValidCtxt(validator);
    return is_valid ? SL_NO : SL_YES;
}

const sl_operator sl_operators_xml[] = {
    {"validateDTD", "ValidateDTD", SL_ARGUMENT_TEXT, prepare_dtd, validate_dtd, NULL,
     "the XML body does not follow the DTD", SL_ASK_AGAIN},
    {"validateSchema", "ValidateSchema", SL_ARGUMENT_TEXT, prepare_schema, validate_schema, NULL,
     "the XML body does not follow the XML schema; with a file NAME.json: the JSON body does not follow the JSON schema", SL_ASK_AGAIN},
    {0},
};
