/* SPDX-License-Identifier: Apache-2.0 */
/* Where body parsers put what they find: one call for each argument, in document order.
 *
 * The slices live as long as the arena and the input that the parser was given. The sink may leave by the
 * arena's exhausted callback: a parser keeps nothing that would be lost then. */
#ifndef SL_ARGUMENT_SINK_H
#define SL_ARGUMENT_SINK_H

#include "base/slice.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sl_argument_sink {
    void *context;
    /* false: there is room for no more. The parser offers nothing after that. */
    bool (*add)(void *context, sl_slice name, sl_slice value);
} sl_argument_sink;

#ifdef __cplusplus
}
#endif
#endif
