/* SPDX-License-Identifier: Apache-2.0 */
/* IP addresses as text: one strict reading for rules, files of rules and values.
 *
 * The C library's functions differ between systems in what they accept (octal parts, zones), and an address
 * that two readers understand differently is a way around a rule. */
#ifndef SL_ADDRESS_H
#define SL_ADDRESS_H

#include "base/slice.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sl_address {
    uint8_t bytes[16]; /* network order; IPv4 uses the first 4 */
    bool is_v6;
} sl_address;

/* Four decimal parts without leading zeros, or RFC 4291 text. No zone, brackets, port or blanks. */
bool sl_address_parse(sl_slice text, sl_address *address);
/* ::ffff:a.b.c.d, in which a dual-stack socket shows an IPv4 peer: what it stands for. */
bool sl_address_is_mapped(const sl_address *address, sl_address *v4);

#ifdef __cplusplus
}
#endif
#endif
