/* SPDX-License-Identifier: Apache-2.0 */
/* @rbl: asks a DNS block list whether it has the address or the host name (spec 04, 5.3).
 *
 * match only makes the question and reads the answer; whoever runs the transaction asks the resolver and keeps what it
 * says. A value that is neither an address nor a host name is no question: it comes from the client and must not reach
 * a resolver. */
#include "base/strbuf.h"
#include "operators/address.h"
#include "operators/families.h"
#include "operators/host.h"
#include "operators/result.h"

enum { domain_bytes_max = 253, label_bytes_max = 63 };

typedef enum sl_list_kind { SL_LIST_PLAIN, SL_LIST_HTTP_BL, SL_LIST_URIBL, SL_LIST_SPAMHAUS } sl_list_kind;

typedef struct sl_block_list {
    sl_slice zone;
    sl_list_kind kind;
    sl_slice key; /* of the http:BL; it goes into the question, never into a log */
} sl_block_list;

/* ---- load side ---- */

static bool is_label_byte(uint8_t byte) {
    return sl_ascii_is_digit(byte) || (sl_ascii_lower(byte) >= 'a' && sl_ascii_lower(byte) <= 'z') || byte == '-' ||
           byte == '_';
}

static bool is_domain_name(sl_slice name) {
    if (name.len == 0 || name.len > domain_bytes_max) return false;
    size_t label = 0;
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '.') {
            if (label == 0) return false;
            label = 0;
        } else if (!is_label_byte(name.ptr[i]) || ++label > label_bytes_max) {
            return false;
        }
    }
    return label != 0;
}

static sl_slice without_root(sl_slice name) {
    if (name.len > 1 && name.ptr[name.len - 1] == '.') name.len--;
    return name;
}

static bool is_in_domain(sl_slice name, const char *domain) {
    return sl_slice_find(name, sl_slice_z(domain)) != SIZE_MAX;
}

static sl_list_kind kind_of(sl_slice zone) {
    if (is_in_domain(zone, "httpbl.org")) return SL_LIST_HTTP_BL;
    if (is_in_domain(zone, "uribl.com")) return SL_LIST_URIBL;
    return is_in_domain(zone, "spamhaus.org") ? SL_LIST_SPAMHAUS : SL_LIST_PLAIN;
}

static bool prepare_list(sl_prepare *prepare, sl_slice argument, sl_operand *operand) {
    sl_block_list *list = SL_NEW(prepare->arena, sl_block_list);
    list->zone = without_root(argument);
    if (!is_domain_name(list->zone)) {
        sl_prepare_report(prepare, "SECLUA_E_OPERATOR_PARAM", "write the zone of the list, such as zen.spamhaus.org", 0,
                          argument.len, "@rbl takes the name of a DNS zone");
        return false;
    }
    list->kind = kind_of(list->zone);
    if (list->kind == SL_LIST_HTTP_BL) list->key = sl_ruleset_http_bl_key(prepare->rules);
    if (list->kind == SL_LIST_HTTP_BL && list->key.len == 0) {
        sl_prepare_report(prepare, "SECLUA_W_UNREACHABLE", "set SecHttpBlKey", 0, argument.len,
                          "@rbl never matches here: the http:BL asks for an access key");
    } else {
        sl_ruleset_may_wait(prepare->rules);
    }
    operand->prepared = list;
    return true;
}

/* ---- the question ---- */

static void add_reversed_v4(sl_strbuf *out, const uint8_t *bytes) {
    sl_strbuf_add_format(out, "%u.%u.%u.%u.", bytes[3], bytes[2], bytes[1], bytes[0]);
}

static void add_reversed_v6(sl_strbuf *out, const uint8_t *bytes) {
    for (int i = 15; i >= 0; i--) sl_strbuf_add_format(out, "%x.%x.", bytes[i] & 15u, bytes[i] >> 4);
}

/* The name without a key; empty when the value is nothing that could be listed. */
static sl_slice listed_name(const sl_call *call, const sl_block_list *list, sl_slice value) {
    sl_strbuf out;
    sl_strbuf_init(&out, call->arena, 128);
    sl_address address, v4;
    if (sl_address_parse(value, &address)) {
        if (sl_address_is_mapped(&address, &v4)) address = v4;
        if (address.is_v6)
            add_reversed_v6(&out, address.bytes);
        else
            add_reversed_v4(&out, address.bytes);
    } else {
        value = without_root(value);
        if (!is_domain_name(value)) return SL_EMPTY;
        sl_strbuf_add(&out, value);
        sl_strbuf_add_byte(&out, '.');
    }
    sl_strbuf_add(&out, list->zone);
    return sl_strbuf_slice(&out);
}

static sl_slice with_key(const sl_call *call, const sl_block_list *list, sl_slice name) {
    if (list->key.len == 0) return name;
    sl_strbuf out;
    sl_strbuf_init(&out, call->arena, name.len + list->key.len + 1);
    sl_strbuf_add(&out, list->key);
    sl_strbuf_add_byte(&out, '.');
    sl_strbuf_add(&out, name);
    return sl_strbuf_slice(&out);
}

static sl_answer ask(const sl_call *call, const sl_block_list *list, sl_slice name, sl_match *match) {
    const sl_slice question = with_key(call, list, name);
    if (question.len > domain_bytes_max) return SL_NO;
    if (sl_txn_ask_dns(call, question)) return SL_WAIT;
    match->text = SL_LIT("it cannot wait here");
    return SL_ERROR;
}

/* ---- the answer ---- */

static const char *uribl_meaning(uint8_t last) {
    switch (last) {
        case 2:
            return "black";
        case 4:
            return "grey";
        case 8:
            return "red";
        case 14:
            return "black, grey, red";
        case 255:
            return "the list does not answer this resolver";
        default:
            return "white";
    }
}

static const char *spamhaus_meaning(uint8_t last) {
    if (last == 2 || last == 3) return "static UBE sources";
    if (last >= 4 && last <= 7) return "illegal 3rd party exploits";
    return last == 10 || last == 11 ? "delivers unauthenticated SMTP" : "no information";
}

static const char *http_bl_type(uint8_t type) {
    static const char *const names[] = {"search engine",
                                        "suspicious",
                                        "harvester",
                                        "suspicious harvester",
                                        "comment spammer",
                                        "suspicious comment spammer",
                                        "harvester and comment spammer",
                                        "suspicious harvester and comment spammer"};
    return type < sizeof names / sizeof *names ? names[type] : "unknown";
}

static void add_meaning(sl_strbuf *out, const sl_block_list *list, const uint8_t *address) {
    switch (list->kind) {
        case SL_LIST_URIBL:
            sl_strbuf_add_format(out, " (%s)", uribl_meaning(address[3]));
            break;
        case SL_LIST_SPAMHAUS:
            sl_strbuf_add_format(out, " (%s)", spamhaus_meaning(address[3]));
            break;
        case SL_LIST_HTTP_BL:
            sl_strbuf_add_format(out, " (%s: %u days since its last activity, threat score %u)",
                                 http_bl_type(address[3]), address[1], address[2]);
            break;
        case SL_LIST_PLAIN:
            break;
    }
}

static bool first_address(const seclua_answer *given, sl_address *address) {
    for (size_t i = 0; i < given->member_count; i++) {
        if (sl_address_parse(given->members[i].value, address) && !address->is_v6) return true;
    }
    return false;
}

static sl_answer read_answer(const sl_call *call, const sl_block_list *list, sl_slice name, sl_match *match) {
    if (call->given->status != SECLUA_ANSWERED) {
        match->text = sl_arena_copy(call->arena, call->given->reason);
        return SL_ERROR;
    }
    sl_address address;
    if (!first_address(call->given, &address)) return SL_NO;
    if (list->kind == SL_LIST_HTTP_BL && address.bytes[0] != 127) {
        match->text = SL_LIT("the http:BL gave an answer that means nothing");
        return SL_ERROR;
    }
    sl_strbuf text;
    sl_strbuf_init(&text, call->arena, 128);
    sl_strbuf_add_z(&text, "RBL lookup of ");
    sl_strbuf_add(&text, name);
    sl_strbuf_add_z(&text, " succeeded");
    add_meaning(&text, list, address.bytes);
    match->text = sl_strbuf_slice(&text);
    sl_match_capture(match, match->text);
    if (match->want_captures) sl_txn_set_tx(call->txn, "httpbl_msg", match->text);
    return SL_YES;
}

static sl_answer match_list(const sl_call *call, const sl_operand *operand, sl_slice value, sl_match *match) {
    const sl_block_list *list = operand->prepared;
    if (call->txn == NULL) return SL_ERROR;
    if (list->kind == SL_LIST_HTTP_BL && list->key.len == 0) return SL_NO;
    const sl_slice name = listed_name(call, list, value);
    if (name.len == 0) return SL_NO;
    return call->given == NULL ? ask(call, list, name, match) : read_answer(call, list, name, match);
}

const sl_operator sl_operators_rbl[] = {
    {"rbl", "Rbl", SL_ARGUMENT_TEXT, prepare_list, match_list, NULL,
     "the DNS block list of that zone has the address or host name", SL_ASK_AGAIN},
    {0},
};
