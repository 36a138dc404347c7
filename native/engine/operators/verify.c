/* SPDX-License-Identifier: Apache-2.0 */
/* @verifyCC, @verifySSN, @verifyCPF, @verifySVNR, @validateNid: numbers that carry their own check.
 *
 * A regular expression finds candidates, a checksum says which of them are real. The first four start again
 * one byte behind a candidate that fails, so that a number is found within a longer one, too. Since a pattern
 * may then match nearly the whole value again and again, the bytes that candidates may take together are
 * bounded. */
#include "operators/families.h"
#include "operators/result.h"
#include "operators/rx.h"

enum {
    candidate_bytes_max = 4 * 1024 * 1024,
    digits_max = 11, /* as many as the longest check reads */
    national_max = 10,
};

typedef bool (*check)(sl_slice candidate);

/* ---- the checks ---- */

typedef struct digits {
    uint8_t at[digits_max];
    size_t count; /* of all digits of the candidate */
} digits;

static digits digits_of(sl_slice text) {
    digits found = {.count = 0};
    for (size_t i = 0; i < text.len; i++) {
        if (!sl_ascii_is_digit(text.ptr[i])) continue;
        if (found.count < digits_max) found.at[found.count] = (uint8_t)(text.ptr[i] - '0');
        found.count++;
    }
    return found;
}

static bool are_equal(const digits *number, size_t count) {
    for (size_t i = 1; i < count; i++) {
        if (number->at[i] != number->at[0]) return false;
    }
    return true;
}

/* Each digit one more than the one before; with wraps, 9 is followed by 0. */
static bool are_ascending(const digits *number, size_t count, bool wraps) {
    for (size_t i = 1; i < count; i++) {
        const unsigned next = number->at[i - 1] + 1u;
        if (number->at[i] != (wraps ? next % 10 : next)) return false;
    }
    return true;
}

/* Payment cards: Luhn's sum over all digits, doubling every second one from the right. */
static bool is_card(sl_slice candidate) {
    unsigned sum = 0;
    size_t count = 0;
    for (size_t i = candidate.len; i > 0; i--) {
        if (!sl_ascii_is_digit(candidate.ptr[i - 1])) continue;
        const unsigned digit = candidate.ptr[i - 1] - (unsigned)'0';
        const unsigned doubled = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
        sum = (sum + (count % 2 == 1 ? doubled : digit)) % 10;
        count++;
    }
    return count > 0 && sum == 0;
}

/* United States: no check digit, but areas, groups and serials that were never given out. */
static bool is_social_security(const digits *number) {
    if (are_ascending(number, 9, false) || are_equal(number, 9)) return false;
    const uint8_t *const d = number->at;
    const unsigned area = d[0] * 100u + d[1] * 10u + d[2];
    const unsigned group = d[3] * 10u + d[4];
    const unsigned serial = d[5] * 1000u + d[6] * 100u + d[7] * 10u + d[8];
    return area != 0 && area != 666 && area < 740 && group != 0 && serial != 0;
}

static bool is_ssn(sl_slice candidate) {
    const digits number = digits_of(candidate);
    return number.count == 9 && is_social_security(&number);
}

/* The check digit behind count digits with the weights count + 1 down to 2. */
static unsigned cpf_digit(const uint8_t *digit, size_t count) {
    unsigned sum = 0;
    for (size_t i = 0; i < count; i++) sum += digit[i] * (unsigned)(count + 1 - i);
    const unsigned rest = sum % 11;
    return rest < 2 ? 0 : 11 - rest;
}

/* Brazil. */
static bool is_cpf(sl_slice candidate) {
    const digits number = digits_of(candidate);
    if (number.count < 11 || are_equal(&number, 11)) return false;
    if (number.at[0] == 0 && are_ascending(&number, 11, true)) return false;
    return cpf_digit(number.at, 9) == number.at[9] && cpf_digit(number.at, 10) == number.at[10];
}

/* Austria: the fourth of ten digits checks the others. */
static bool is_svnr(sl_slice candidate) {
    static const uint8_t weights[10] = {3, 7, 9, 0, 5, 8, 4, 2, 1, 6};
    const digits number = digits_of(candidate);
    if (number.count < 10 || are_equal(&number, 10)) return false;
    const bool is_counted = number.at[0] < 2 && are_ascending(&number, 10, true);
    if (is_counted) return false;
    unsigned sum = 0;
    for (size_t i = 0; i < 10; i++) sum += number.at[i] * (unsigned)weights[i];
    return sum % 11 % 10 == number.at[3];
}

/* Chile: digits with a check digit behind, in which k stands for ten. */
static bool is_chilean(sl_slice candidate) {
    unsigned sum = 0, weight = 2, given = 0;
    size_t count = 0;
    for (size_t i = candidate.len; i > 0; i--) {
        const uint8_t c = sl_ascii_lower(candidate.ptr[i - 1]);
        if (!sl_ascii_is_digit(c) && c != 'k') continue;
        if (count++ == 0) {
            given = c == 'k' ? 10 : c - (unsigned)'0';
            continue;
        }
        if (c == 'k') return false;
        sum = (sum + (c - (unsigned)'0') * weight) % 11;
        weight = weight == 7 ? 2 : weight + 1;
    }
    return count > 1 && (11 - sum) % 11 == given;
}

static bool is_american(sl_slice candidate) {
    const digits number = digits_of(candidate);
    return number.count >= 9 && is_social_security(&number);
}

/* ---- load side ---- */

static bool prepare_pattern(sl_prepare *prepare, sl_slice argument, sl_operand *operand) {
    operand->prepared = sl_prepare_regex(prepare, argument, SL_REGEX_LINES, 0, "SECLUA_E_OPERATOR_PARAM");
    return operand->prepared != NULL;
}

typedef struct national {
    const sl_regex *regex;
    check is_good;
} national;

static check national_check(sl_slice country) {
    if (sl_slice_equal_fold(country, SL_LIT("cl"))) return is_chilean;
    if (sl_slice_equal_fold(country, SL_LIT("us"))) return is_american;
    return NULL;
}

/* "cl regex" */
static bool prepare_national(sl_prepare *prepare, sl_slice argument, sl_operand *operand) {
    size_t end = 0;
    while (end < argument.len && !sl_ascii_is_space(argument.ptr[end])) end++;
    size_t start = end;
    while (start < argument.len && sl_ascii_is_space(argument.ptr[start])) start++;
    const check is_good = national_check(sl_slice_of(argument.ptr, end));
    if (is_good == NULL || start == argument.len) {
        sl_prepare_report(prepare, "SECLUA_E_OPERATOR_PARAM", "write cl or us, a blank and the pattern", 0,
                          argument.len, "@validateNid needs a known country and a regular expression");
        return false;
    }
    national *const prepared = SL_NEW(prepare->arena, national);
    prepared->is_good = is_good;
    prepared->regex =
        sl_prepare_regex(prepare, sl_slice_from(argument, start), 0, start, "SECLUA_E_OPERATOR_PARAM");
    operand->prepared = prepared;
    return prepared->regex != NULL;
}

/* ---- request side ---- */

static sl_answer verify(const sl_call *call, const sl_operand *operand, sl_slice value, sl_match *match,
                        check is_good) {
    size_t examined = 0;
    for (size_t start = 0; start < value.len;) {
        sl_groups groups;
        const sl_answer answer =
            sl_regex_match(operand->prepared, call->scratch, value, start, SL_SEARCH_NOT_EMPTY, &groups);
        if (answer != SL_YES) return answer;
        const size_t at = groups.at[0].start, len = groups.at[0].end - at;
        if (is_good(sl_slice_of(value.ptr + at, len))) {
            sl_match_part(match, value, at, len);
            return SL_YES;
        }
        examined += len;
        if (examined > candidate_bytes_max) return SL_LIMIT;
        /* Nothing begins between start and the candidate, so the next one is looked for just behind its first
         * byte. */
        start = at + 1;
    }
    return SL_NO;
}

static sl_answer verify_cc(const sl_call *call, const sl_operand *operand, sl_slice value, sl_match *match) {
    return verify(call, operand, value, match, is_card);
}

static sl_answer verify_ssn(const sl_call *call, const sl_operand *operand, sl_slice value, sl_match *match) {
    return verify(call, operand, value, match, is_ssn);
}

static sl_answer verify_cpf(const sl_call *call, const sl_operand *operand, sl_slice value, sl_match *match) {
    return verify(call, operand, value, match, is_cpf);
}

static sl_answer verify_svnr(const sl_call *call, const sl_operand *operand, sl_slice value,
                             sl_match *match) {
    return verify(call, operand, value, match, is_svnr);
}

/* The first ten candidates, side by side; all good ones are captured. */
static sl_answer validate_national(const sl_call *call, const sl_operand *operand, sl_slice value,
                                   sl_match *match) {
    const national *const prepared = operand->prepared;
    bool has_matched = false;
    size_t start = 0;
    for (int tried = 0; tried < national_max && start < value.len; tried++) {
        sl_groups groups;
        const sl_answer answer =
            sl_regex_match(prepared->regex, call->scratch, value, start, SL_SEARCH_NOT_EMPTY, &groups);
        if (answer == SL_NO) break;
        if (answer != SL_YES) return answer;
        const size_t at = groups.at[0].start, len = groups.at[0].end - at;
        if (prepared->is_good(sl_slice_of(value.ptr + at, len))) {
            sl_match_part(match, value, at, len);
            has_matched = true;
        }
        start = groups.at[0].end;
    }
    return has_matched ? SL_YES : SL_NO;
}

const sl_operator sl_operators_verify[] = {
    {"verifyCC", "VerifyCC", SL_ARGUMENT_TEXT, prepare_pattern, verify_cc, NULL,
     "a text that the pattern finds is a payment card number", SL_SAME_FOR_THE_ARGUMENT},
    {"verifySSN", "VerifySSN", SL_ARGUMENT_TEXT, prepare_pattern, verify_ssn, NULL,
     "a text that the pattern finds is a social security number of the United States", SL_SAME_FOR_THE_ARGUMENT},
    {"verifyCPF", "VerifyCPF", SL_ARGUMENT_TEXT, prepare_pattern, verify_cpf, NULL,
     "a text that the pattern finds is a Brazilian CPF number", SL_SAME_FOR_THE_ARGUMENT},
    {"verifySVNR", "VerifySVNR", SL_ARGUMENT_TEXT, prepare_pattern, verify_svnr, NULL,
     "a text that the pattern finds is an Austrian social security number", SL_SAME_FOR_THE_ARGUMENT},
    {"validateNid", "ValidateNid", SL_ARGUMENT_TEXT, prepare_national, validate_national, NULL,
     "a text that the pattern finds is a national identity number: cl or us, then the pattern", SL_SAME_FOR_THE_ARGUMENT},
    {0},
};
