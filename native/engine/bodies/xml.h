/* SPDX-License-Identifier: Apache-2.0 */
/* XML bodies: the tree, its text, XPath over it, its leaves as arguments.
 *
 * Nothing outside the body is ever read: no network, no files, no DTD; an external entity stands for the
 * empty text. Depth, nodes, entity expansion and XPath work are bounded. Nothing is written to stderr. A
 * tree belongs to one thread at a time; an sl_xpath is immutable and may be shared. */
#ifndef SL_XML_H
#define SL_XML_H

#include "base/arena.h"
#include "bodies/argument_sink.h"

#ifdef __cplusplus
extern "C" {
#endif

struct _xmlDoc;

typedef struct sl_xml sl_xml;     /* a parsed body: malloc'd, the transaction frees it at close */
typedef struct sl_xpath sl_xpath; /* an expression of a rule: the rule set frees it */

/* Never NULL but when memory ran out (then *well_formed is false). Not well-formed: the tree built so far
 * is kept and *error says why, without "XML parsing error: "; else *error is empty. Its text is static. */
sl_xml *sl_xml_parse(sl_slice body, bool *well_formed, sl_slice *error);
void sl_xml_free(sl_xml *xml); /* NULL is fine */

/* For the operators that validate. NULL when not even a document was begun. */
struct _xmlDoc *sl_xml_document(const sl_xml *xml);
/* All text of the root element: what the target XML:/ and a star gives. false when there is no root
 * element. Computed once, kept in arena. */
bool sl_xml_all_text(sl_xml *xml, sl_arena *arena, sl_slice *text);

/* prefix_uri_pairs: prefix, URI, prefix, URI, …, NULL; or NULL. Checks syntax, prefixes and function names,
 * so that evaluation has nothing left to find wrong. NULL: error holds the reason. */
sl_xpath *sl_xpath_compile(const char *expression, const char *const *prefix_uri_pairs, char *error,
                           size_t error_size);
void sl_xpath_free(sl_xpath *xpath); /* NULL is fine */

/* Offers the text of each selected node, in document order, with an empty name. Results other than node
 * sets offer nothing. false: gave up at a limit of work or size, or the sink refused one. */
bool sl_xpath_select(sl_xml *xml, const sl_xpath *xpath, sl_arena *arena, const sl_argument_sink *sink);

/* SecParseXmlIntoArgs: offers each leaf element as xml.root.child = text. false: a limit, or the sink
 * refused one. */
bool sl_xml_arguments(sl_xml *xml, sl_arena *arena, const sl_argument_sink *sink);

#ifdef __cplusplus
}
#endif
#endif
