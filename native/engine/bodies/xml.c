/* SPDX-License-Identifier: Apache-2.0 */
/* XML bodies over libxml2: parsing with every door shut, and the text of what came out.
 *
 * All limits and switches belong to the parser context of one body: nothing global is set, so other users
 * of libxml2 in the process are not met. While libxml2 runs, nothing is taken from the arena, whose way out
 * may be a longjmp over its frames; what it allocates hangs on the sl_xml and ends with it. */
#include "bodies/xml.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdlib.h>

#include "base/strbuf.h"
#include "bodies/xml_tree.h"

enum {
    body_max_bytes = 1024 * 1024 * 1024, /* the parser counts in int */
    /* A node costs some 120 bytes, can be written in four, and may have a text behind it: this keeps a tree
     * below about 128 MiB. */
    nodes_max = 512 * 1024,
    entity_bytes_per_node = 4, /* the most nodes an expanded entity can hold: "<a/>" */
    /* Leaf names repeat the names above them, selected elements the text of selected ones below: what is made
     * of one body in one go may not grow past this. */
    output_bytes_free = 1024 * 1024,
    output_bytes_per_body_byte = 16,
};

size_t sl_xml_output_limit(const sl_xml *xml) {
    return output_bytes_free + xml->body_bytes * output_bytes_per_body_byte;
}

/* ---- parsing --------------------------------------------------------------------------------------- */

/* An external entity is declared as an empty internal one: references to it are sound and nobody can load
 * it. */
static void declare_entity(void *context, const xmlChar *name, int type, const xmlChar *public_id,
                           const xmlChar *system_id, xmlChar *content) {
    xmlChar nothing[1] = {0};
    switch (type) {
    case XML_EXTERNAL_GENERAL_PARSED_ENTITY:
        xmlSAX2EntityDecl(context, name, XML_INTERNAL_GENERAL_ENTITY, NULL, NULL, nothing);
        return;
    case XML_EXTERNAL_PARAMETER_ENTITY:
        xmlSAX2EntityDecl(context, name, XML_INTERNAL_PARAMETER_ENTITY, NULL, NULL, nothing);
        return;
    default:
        xmlSAX2EntityDecl(context, name, type, public_id, system_id, content);
    }
}

/* Stops the parser when the tree would hold too many nodes. */
static bool has_room(void *context, size_t nodes) {
    xmlParserCtxt *const parser = context;
    sl_xml *const xml = parser->_private;
    xml->node_count += nodes;
    if (xml->node_count <= nodes_max) return true;
    xml->has_too_many_nodes = true;
    xmlStopParser(parser);
    return false;
}

static void start_element(void *context, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                          int namespace_count, const xmlChar **namespaces, int attribute_count,
                          int defaulted_count, const xmlChar **attributes) {
    if (!has_room(context, 1 + (size_t)namespace_count + 2 * (size_t)attribute_count)) return;
    xmlSAX2StartElementNs(context, name, prefix, uri, namespace_count, namespaces, attribute_count,
                          defaulted_count, attributes);
}

static void add_cdata(void *context, const xmlChar *text, int len) {
    if (has_room(context, 1)) xmlSAX2CDataBlock(context, text, len);
}

static void add_comment(void *context, const xmlChar *text) {
    if (has_room(context, 1)) xmlSAX2Comment(context, text);
}

static void add_instruction(void *context, const xmlChar *target, const xmlChar *data) {
    if (has_room(context, 1)) xmlSAX2ProcessingInstruction(context, target, data);
}

/* A second reference copies the nodes of the first without passing the functions above. */
static xmlEntity *find_entity(void *context, const xmlChar *name) {
    xmlEntity *const entity = xmlSAX2GetEntity(context, name);
    if (entity == NULL || entity->etype == XML_INTERNAL_PREDEFINED_ENTITY) return entity;
    return has_room(context, 1 + entity->expandedSize / entity_bytes_per_node) ? entity : NULL;
}

static void ignore_error(void *context, const xmlError *error) {
    (void)context; /* well-formedness is asked for at the end; texts of libxml2 quote the body */
    (void)error;
}

static xmlParserCtxt *new_parser(sl_xml *xml) {
    xmlSAXHandler sax;
    memset(&sax, 0, sizeof sax);
    if (xmlSAXVersion(&sax, 2) != 0) return NULL;
    sax.entityDecl = declare_entity;
    sax.startElementNs = start_element;
    sax.getEntity = find_entity;
    sax.elementDecl = NULL;
    sax.attributeDecl = NULL;
    sax.cdataBlock = add_cdata;
    sax.comment = add_comment;
    sax.processingInstruction = add_instruction;
    sax.externalSubset = NULL;
    xmlParserCtxt *const parser = xmlCreatePushParserCtxt(&sax, NULL, NULL, 0, NULL);
    if (parser == NULL) return NULL;
    parser->_private = xml;
    xmlCtxtSetErrorHandler(parser, ignore_error, NULL);
    /* NOENT: references stand in the tree as their text. Without HUGE the limits of libxml2 hold: depth 256,
     * 10 MB in one text, and the guard against entities that multiply. */
    (void)xmlCtxtUseOptions(parser, XML_PARSE_NOENT | XML_PARSE_NONET | XML_PARSE_NO_XXE | XML_PARSE_NOERROR |
                                        XML_PARSE_NOWARNING);
    return parser;
}

sl_xml *sl_xml_parse(sl_slice body, bool *well_formed, sl_slice *error) {
    *well_formed = false;
    *error = SL_LIT("XML: Failed parsing document.");
    sl_xml *const xml = calloc(1, sizeof *xml);
    if (xml == NULL) return NULL;
    xml->body_bytes = body.len;
    if (body.len > body_max_bytes) return xml;
    xmlInitParser();
    xmlParserCtxt *const parser = new_parser(xml);
    if (parser == NULL) return xml;
    (void)xmlParseChunk(parser, (const char *)body.ptr, (int)body.len, 1);

    xml->document = parser->myDoc;
    parser->myDoc = NULL;
    *well_formed = parser->wellFormed && !xml->has_too_many_nodes && xml->document != NULL;
    if (*well_formed) *error = SL_EMPTY;
    if (xml->has_too_many_nodes) *error = SL_LIT("XML: Too many nodes.");
    xmlFreeParserCtxt(parser);
    return xml;
}

void sl_xml_free(sl_xml *xml) {
    if (xml == NULL) return;
    sl_xml_drop_selection(xml);
    xmlFreeDoc(xml->document);
    free(xml);
}

struct _xmlDoc *sl_xml_document(const sl_xml *xml) { return xml->document; }

/* ---- text ------------------------------------------------------------------------------------------ */

const xmlNode *sl_xml_next_node(const xmlNode *root, const xmlNode *node) {
    const bool may_enter = node->type != XML_ENTITY_REF_NODE && node->type != XML_DTD_NODE;
    if (may_enter && node->children != NULL) return node->children;
    while (node != root) {
        if (node->next != NULL) return node->next;
        node = node->parent;
    }
    return NULL;
}

static bool is_text(const xmlNode *node) {
    return (node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE) && node->content != NULL;
}

sl_slice sl_xml_text_below(const xmlNode *root, sl_arena *arena) {
    size_t len = 0;
    for (const xmlNode *node = root; node != NULL; node = sl_xml_next_node(root, node)) {
        if (is_text(node)) len += strlen((const char *)node->content);
    }
    if (len == 0) return SL_EMPTY;
    uint8_t *const text = sl_arena_alloc(arena, len);
    size_t at = 0;
    for (const xmlNode *node = root; node != NULL; node = sl_xml_next_node(root, node)) {
        if (!is_text(node)) continue;
        const size_t piece = strlen((const char *)node->content);
        memcpy(text + at, node->content, piece);
        at += piece;
    }
    return sl_slice_of(text, len);
}

bool sl_xml_all_text(sl_xml *xml, sl_arena *arena, sl_slice *text) {
    const xmlNode *const root = xml->document == NULL ? NULL : xmlDocGetRootElement(xml->document);
    if (root == NULL) return false;
    if (!xml->has_all_text) {
        xml->all_text = sl_xml_text_below(root, arena);
        xml->has_all_text = true;
    }
    *text = xml->all_text;
    return true;
}

/* ---- leaves as arguments --------------------------------------------------------------------------- */

static bool is_leaf(const xmlNode *element) {
    for (const xmlNode *child = element->children; child != NULL; child = child->next) {
        if (child->type == XML_ELEMENT_NODE) return false;
    }
    return true;
}

static bool offer_leaf(const xmlNode *leaf, const sl_strbuf *path, const sl_argument_sink *sink,
                       size_t *bytes_left) {
    if (path->len > *bytes_left) return false;
    *bytes_left -= path->len;
    const sl_slice name = sl_arena_copy(path->arena, sl_strbuf_slice(path));
    return sink->add(sink->context, name, sl_xml_text_below(leaf, path->arena));
}

/* From a node whose own subtree is done to the next one that is not, shortening the path; NULL at the end. */
static const xmlNode *leave(const xmlNode *root, const xmlNode *node, sl_strbuf *path) {
    for (;;) {
        if (node->type == XML_ELEMENT_NODE) path->len -= 1 + strlen((const char *)node->name);
        if (node == root) return NULL;
        if (node->next != NULL) return node->next;
        node = node->parent;
    }
}

bool sl_xml_arguments(sl_xml *xml, sl_arena *arena, const sl_argument_sink *sink) {
    const xmlNode *const root = xml->document == NULL ? NULL : xmlDocGetRootElement(xml->document);
    size_t bytes_left = sl_xml_output_limit(xml);
    sl_strbuf path;
    sl_strbuf_init(&path, arena, 256);
    sl_strbuf_add(&path, SL_LIT("xml"));

    for (const xmlNode *node = root; node != NULL;) {
        if (node->type == XML_ELEMENT_NODE) {
            sl_strbuf_add_byte(&path, '.');
            sl_strbuf_add_z(&path, (const char *)node->name);
            if (!is_leaf(node)) {
                node = node->children;
                continue;
            }
            if (!offer_leaf(node, &path, sink, &bytes_left)) return false;
        }
        node = leave(root, node, &path);
    }
    return true;
}
