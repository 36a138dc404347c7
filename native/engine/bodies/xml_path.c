/* SPDX-License-Identifier: Apache-2.0 */
/* XPath over a parsed body.
 *
 * libxml2 learns of unknown prefixes and functions only while it evaluates, and it writes to a compiled
 * expression then. So the check at load reads the names of the expression itself, and each evaluation
 * compiles anew: microseconds beside the parse of a body, and nothing is shared between threads. The two
 * paths that the Core Rule Set uses everywhere are walked without XPath. */
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>
#include <stdio.h>
#include <stdlib.h>

#include "bodies/xml_tree.h"

enum {
    /* Steps of one evaluation; each is some tens of nanoseconds, so this is about a tenth of a second. */
    operations_max = 4 * 1000 * 1000,
    pairs_max = 64,
};

typedef enum path_kind { ROOT_ELEMENT, ALL_ATTRIBUTES, ANY_PATH } path_kind;

struct sl_xpath {
    path_kind kind;
    char *expression;
    char *prefixes[pairs_max], *uris[pairs_max];
    size_t pair_count;
};

static void ignore_error(void *context, const xmlError *error) {
    (void)context;
    (void)error;
}

/* ---- at load --------------------------------------------------------------------------------------- */

static char *copy_text(const char *text) {
    const size_t size = strlen(text) + 1;
    char *const copy = malloc(size);
    if (copy != NULL) memcpy(copy, text, size);
    return copy;
}

static bool refuse(char *error, size_t error_size, const char *reason, const char *name, size_t name_len) {
    if (name_len > 64) name_len = 64;
    (void)snprintf(error, error_size, "%s%.*s", reason, (int)name_len, name);
    return false;
}

static bool keep_pairs(sl_xpath *xpath, const char *const *pairs) {
    if (pairs == NULL) return true;
    for (size_t i = 0; pairs[i] != NULL; i += 2) {
        if (xpath->pair_count == pairs_max) return false;
        char *const prefix = copy_text(pairs[i]), *const uri = copy_text(pairs[i + 1]);
        xpath->prefixes[xpath->pair_count] = prefix;
        xpath->uris[xpath->pair_count] = uri;
        xpath->pair_count++;
        if (prefix == NULL || uri == NULL) return false;
    }
    return true;
}

static bool is_known_prefix(const sl_xpath *xpath, const char *name, size_t len) {
    if (len == 3 && memcmp(name, "xml", 3) == 0) return true;
    for (size_t i = 0; i < xpath->pair_count; i++) {
        if (strlen(xpath->prefixes[i]) == len && memcmp(xpath->prefixes[i], name, len) == 0) return true;
    }
    return false;
}

static bool is_name_start(char c) {
    return c == '_' || sl_ascii_is_alpha((uint8_t)c) || (uint8_t)c >= 0x80;
}

static bool is_name_char(char c) {
    return is_name_start(c) || c == '-' || c == '.' || sl_ascii_is_digit((uint8_t)c);
}

/* What may stand before "(": functions of XPath 1.0, node types, and the operators that are words. */
static bool is_callable(xmlXPathContext *context, const char *name, size_t len) {
    static const char *const words[] = {"node", "text", "comment", "processing-instruction",
                                        "and",  "or",   "div",     "mod"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strlen(words[i]) == len && memcmp(words[i], name, len) == 0) return true;
    }
    char text[32];
    if (len >= sizeof text) return false;
    memcpy(text, name, len);
    text[len] = '\0';
    return xmlXPathFunctionLookup(context, (const xmlChar *)text) != NULL;
}

/* Reads the name at *at and moves behind it. */
static bool check_name(const sl_xpath *xpath, xmlXPathContext *context, const char **at, char *error,
                       size_t error_size) {
    const char *const name = *at;
    const char *end = name;
    while (is_name_char(*end)) end++;
    const size_t len = (size_t)(end - name);
    *at = end;
    if (end[0] == ':' && end[1] != ':') {
        if (!is_known_prefix(xpath, name, len)) {
            return refuse(error, error_size, "no xmlns action declares the prefix ", name, len);
        }
        end++;
        while (is_name_char(*end) || *end == '*') end++;
        *at = end;
        while (*end == ' ') end++;
        if (*end != '(') return true;
        return refuse(error, error_size, "there are no functions with the prefix ", name, len);
    }
    while (*end == ' ') end++;
    if (*end == '(' && !is_callable(context, name, len)) {
        return refuse(error, error_size, "XPath 1.0 has no function ", name, len);
    }
    return true;
}

static bool check_names(const sl_xpath *xpath, xmlXPathContext *context, char *error, size_t error_size) {
    const char *at = xpath->expression;
    while (*at != '\0') {
        if (*at == '"' || *at == '\'') {
            const char *const close = strchr(at + 1, *at);
            if (close == NULL) return refuse(error, error_size, "a quote is not closed", "", 0);
            at = close + 1;
        } else if (*at == '$') {
            return refuse(error, error_size, "XPath variables are not available here", "", 0);
        } else if (is_name_start(*at)) {
            if (!check_name(xpath, context, &at, error, error_size)) return false;
        } else {
            at++;
        }
    }
    return true;
}

/* Syntax first, so that the reading of names above may rely on it. */
static bool check(const sl_xpath *xpath, char *error, size_t error_size) {
    xmlXPathContext *const context = xmlXPathNewContext(NULL);
    if (context == NULL) return refuse(error, error_size, "out of memory", "", 0);
    xmlXPathSetErrorHandler(context, ignore_error, NULL);
    bool is_sound = false;
    xmlXPathCompExpr *const compiled = xmlXPathCtxtCompile(context, (const xmlChar *)xpath->expression);
    if (compiled == NULL) {
        (void)refuse(error, error_size, "this is not an XPath 1.0 expression", "", 0);
    } else {
        xmlXPathFreeCompExpr(compiled);
        is_sound = check_names(xpath, context, error, error_size);
    }
    xmlXPathFreeContext(context);
    return is_sound;
}

sl_xpath *sl_xpath_compile(const char *expression, const char *const *prefix_uri_pairs, char *error,
                           size_t error_size) {
    xmlInitParser();
    sl_xpath *const xpath = calloc(1, sizeof *xpath);
    if (xpath == NULL || (xpath->expression = copy_text(expression)) == NULL ||
        !keep_pairs(xpath, prefix_uri_pairs)) {
        (void)refuse(error, error_size, "too many prefixes, or out of memory", "", 0);
        sl_xpath_free(xpath);
        return NULL;
    }
    if (!check(xpath, error, error_size)) {
        sl_xpath_free(xpath);
        return NULL;
    }
    xpath->kind = strcmp(expression, "/*") == 0     ? ROOT_ELEMENT
                  : strcmp(expression, "//@*") == 0 ? ALL_ATTRIBUTES
                                                    : ANY_PATH;
    return xpath;
}

void sl_xpath_free(sl_xpath *xpath) {
    if (xpath == NULL) return;
    for (size_t i = 0; i < xpath->pair_count; i++) {
        free(xpath->prefixes[i]);
        free(xpath->uris[i]);
    }
    free(xpath->expression);
    free(xpath);
}

/* ---- on a request ---------------------------------------------------------------------------------- */

static bool offer(sl_slice text, const sl_argument_sink *sink, size_t *bytes_left) {
    if (text.len > *bytes_left) return false;
    *bytes_left -= text.len;
    return sink->add(sink->context, SL_EMPTY, text);
}

static bool select_attributes(sl_xml *xml, sl_arena *arena, const sl_argument_sink *sink) {
    const xmlNode *const root = (const xmlNode *)xml->document;
    size_t bytes_left = sl_xml_output_limit(xml);
    for (const xmlNode *node = root; node != NULL; node = sl_xml_next_node(root, node)) {
        if (node->type != XML_ELEMENT_NODE) continue;
        for (const xmlAttr *attribute = node->properties; attribute != NULL; attribute = attribute->next) {
            /* The first fields of an attribute are those of any node. */
            const sl_slice text = sl_xml_text_below((const xmlNode *)attribute, arena);
            if (!offer(text, sink, &bytes_left)) return false;
        }
    }
    return true;
}

static sl_slice text_of(const xmlNode *node, sl_arena *arena) {
    const xmlChar *text = NULL;
    switch (node->type) {
    case XML_NAMESPACE_DECL:
        text = ((const xmlNs *)node)->href;
        break;
    case XML_COMMENT_NODE:
    case XML_PI_NODE:
        text = node->content;
        break;
    default:
        return sl_xml_text_below(node, arena);
    }
    return text == NULL ? SL_EMPTY : sl_arena_copy(arena, sl_slice_z((const char *)text));
}

void sl_xml_drop_selection(sl_xml *xml) {
    xmlXPathFreeObject(xml->selection);
    xmlXPathFreeContext(xml->selection_context);
    xml->selection = NULL;
    xml->selection_context = NULL;
}

/* false: gave up. Leaves the result in xml->selection. */
static bool evaluate(sl_xml *xml, const sl_xpath *xpath) {
    if (!xml->is_ordered) {
        (void)xmlXPathOrderDocElems(xml->document);
        xml->is_ordered = true;
    }
    xmlXPathContext *const context = xmlXPathNewContext(xml->document);
    if (context == NULL) return false;
    xml->selection_context = context;
    xmlXPathSetErrorHandler(context, ignore_error, NULL);
    context->opLimit = operations_max;
    for (size_t i = 0; i < xpath->pair_count; i++) {
        if (xmlXPathRegisterNs(context, (const xmlChar *)xpath->prefixes[i],
                               (const xmlChar *)xpath->uris[i]) != 0) {
            return false;
        }
    }
    xmlXPathCompExpr *const compiled = xmlXPathCtxtCompile(context, (const xmlChar *)xpath->expression);
    if (compiled == NULL) return false;
    xml->selection = xmlXPathCompiledEval(compiled, context);
    xmlXPathFreeCompExpr(compiled);
    return xml->selection != NULL;
}

static bool offer_selection(sl_xml *xml, sl_arena *arena, const sl_argument_sink *sink) {
    if (xml->selection->type != XPATH_NODESET || xml->selection->nodesetval == NULL) return true;
    xmlNodeSet *const nodes = xml->selection->nodesetval;
    xmlXPathNodeSetSort(nodes);
    size_t bytes_left = sl_xml_output_limit(xml);
    for (int i = 0; i < nodes->nodeNr; i++) {
        if (!offer(text_of(nodes->nodeTab[i], arena), sink, &bytes_left)) return false;
    }
    return true;
}

bool sl_xpath_select(sl_xml *xml, const sl_xpath *xpath, sl_arena *arena, const sl_argument_sink *sink) {
    sl_slice text;
    if (xml->document == NULL) return true;
    switch (xpath->kind) {
    case ROOT_ELEMENT:
        return !sl_xml_all_text(xml, arena, &text) || sink->add(sink->context, SL_EMPTY, text);
    case ALL_ATTRIBUTES:
        return select_attributes(xml, arena, sink);
    case ANY_PATH:
        break;
    }
    sl_xml_drop_selection(xml);
    const bool is_complete = evaluate(xml, xpath) && offer_selection(xml, arena, sink);
    sl_xml_drop_selection(xml);
    return is_complete;
}
