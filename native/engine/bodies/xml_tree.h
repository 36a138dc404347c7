/* SPDX-License-Identifier: Apache-2.0 */
/* What xml.c and xml_path.c share, and nobody else sees: the parsed body over libxml2's tree. */
#ifndef SL_XML_TREE_H
#define SL_XML_TREE_H

#include <libxml/tree.h>

#include "bodies/xml.h"

struct sl_xml {
    xmlDoc *document;  /* NULL when nothing was begun */
    size_t body_bytes; /* limits are measured by it */
    size_t node_count; /* while parsing */
    bool has_too_many_nodes;
    bool has_all_text;
    bool is_ordered;   /* elements are numbered in document order, which keeps sorting cheap */
    sl_slice all_text; /* in the arena of the transaction */
    /* The selection under way. It hangs here because the sink may leave by the arena's longjmp. */
    struct _xmlXPathObject *selection;
    struct _xmlXPathContext *selection_context;
};

void sl_xml_drop_selection(sl_xml *xml);
/* Bytes that may be made of the tree in one go. */
size_t sl_xml_output_limit(const sl_xml *xml);
/* The next node below root in document order, or NULL; not into entities and the DTD, where nodes may be
 * shared. */
const xmlNode *sl_xml_next_node(const xmlNode *root, const xmlNode *node);
/* Texts and CDATA sections of a node and below, concatenated. */
sl_slice sl_xml_text_below(const xmlNode *root, sl_arena *arena);

#endif
