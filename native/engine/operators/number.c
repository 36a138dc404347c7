/* SPDX-License-Identifier: Apache-2.0 */
/* @eq @ge @gt @le @lt: the value, as a number, against the argument, as a number.
 *
 * Both are read alike (sl_number_of): leading digits count, none means 0, too large ones saturate. v2 wraps
 * at 32 bits and v3 turns an overflow into 0, which lets a large number slip past a limit. */
#include "base/hash.h"
#include "operators/families.h"

static bool prepare_number(sl_prepare *prepare, sl_slice argument, sl_operand *operand) {
    (void)prepare;
    operand->number = sl_number_of(argument);
    return true;
}

/* A macro's number is known only now. */
static int64_t argument_number(const sl_operand *operand) {
    return operand->macro == NULL ? operand->number : sl_number_of(operand->text);
}

static sl_answer eq(const sl_call *call, const sl_operand *operand, sl_slice value, sl_match *match) {
    (void)call;
    (void)match;
    return sl_number_of(value) == argument_number(operand) ? SL_YES : SL_NO;
}

static sl_answer ge(const sl_call *call, const sl_operand *operand, sl_slice value, sl_match *match) {
    (void)call;
    (void)match;
    return sl_number_of(value) >= argument_number(operand) ? SL_YES : SL_NO;
}

static sl_answer gt(const sl_call *call, const sl_operand *operand, sl_slice value, sl_match *match) {
    (void)call;
    (void)match;
    return sl_number_of(value) > argument_number(operand) ? SL_YES : SL_NO;
}

static sl_answer le(const sl_call *call, const sl_operand *operand, sl_slice value, sl_match *match) {
    (void)call;
    (void)match;
    return sl_number_of(value) <= argument_number(operand) ? SL_YES : SL_NO;
}

static sl_answer lt(const sl_call *call, const sl_operand *operand, sl_slice value, sl_match *match) {
    (void)call;
    (void)match;
    return sl_number_of(value) < argument_number(operand) ? SL_YES : SL_NO;
}

const sl_operator sl_operators_number[] = {
    {"eq", "Eq", SL_ARGUMENT_MACRO, prepare_number, eq, NULL, "the value is equal to the number", SL_SAME_FOR_THE_ARGUMENT},
    {"ge", "Ge", SL_ARGUMENT_MACRO, prepare_number, ge, NULL, "the value is at least the number", SL_SAME_FOR_THE_ARGUMENT},
    {"gt", "Gt", SL_ARGUMENT_MACRO, prepare_number, gt, NULL, "the value is greater than the number", SL_SAME_FOR_THE_ARGUMENT},
    {"le", "Le", SL_ARGUMENT_MACRO, prepare_number, le, NULL, "the value is at most the number", SL_SAME_FOR_THE_ARGUMENT},
    {"lt", "Lt", SL_ARGUMENT_MACRO, prepare_number, lt, NULL, "the value is less than the number", SL_SAME_FOR_THE_ARGUMENT},
    {0},
};
