/* SPDX-License-Identifier: Apache-2.0 */
/* %{NAME.key}: parsed into parts at load, joined on a request (spec 01, section 7). */
#include "run/host.h"
#include "variables/variable.h"

enum { parts_max = 256 }; /* per text; what follows stays literal */

static bool is_volatile(const sl_variable *variable) {
    const sl_slice name = sl_slice_z(variable->name);
    return sl_slice_equal(name, SL_LIT("TX")) || sl_slice_equal(name, SL_LIT("RULE")) ||
           sl_slice_starts(name, SL_LIT("MATCHED_"));
}

static void parse_name(const sl_ruleset *rules, sl_slice inside, sl_macro_part *part, void (*unknown)(void *context, sl_slice name),
                       void *context) {
    size_t split = 0;
    while (split < inside.len && inside.ptr[split] != '.' && inside.ptr[split] != ':') split++;
    const sl_slice name = sl_slice_of(inside.ptr, split);
    part->variable = sl_variable_of(rules, name);
    if (part->variable == NULL) {
        if (unknown != NULL) unknown(context, name);
        part->text = SL_EMPTY;
        return;
    }
    part->has_key = split < inside.len && part->variable->kind == SL_COLLECTION;
    part->text = part->has_key ? sl_slice_from(inside, split + 1) : SL_EMPTY;
    part->key_hash = sl_hash_fold(part->text);
}

const sl_macro *sl_macro_parse(const sl_ruleset *rules, sl_arena *arena, sl_slice text,
                               void (*unknown)(void *context, sl_slice name), void *context) {
    sl_macro *macro = SL_NEW(arena, sl_macro);
    macro->source = sl_arena_copy(arena, text);
    macro->is_literal = true;
    sl_macro_part parts[parts_max];
    size_t count = 0, literal_start = 0, at = 0;
    const sl_slice source = macro->source;
    while (at + 1 < source.len && count + 2 < parts_max) {
        if (source.ptr[at] != '%' || source.ptr[at + 1] != '{') {
            at++;
            continue;
        }
        const size_t close = sl_slice_find_byte(sl_slice_from(source, at), '}');
        if (close == SIZE_MAX) break;
        if (at > literal_start) {
            parts[count++] = (sl_macro_part){.text = sl_slice_of(source.ptr + literal_start, at - literal_start)};
        }
        sl_macro_part part = {0};
        parse_name(rules, sl_slice_of(source.ptr + at + 2, close - 2), &part, unknown, context);
        macro->is_literal = false;
        if (part.variable != NULL) {
            if (is_volatile(part.variable)) macro->per_value = true;
            parts[count++] = part;
        }
        at += close + 1;
        literal_start = at;
    }
    if (source.len > literal_start) {
        parts[count++] = (sl_macro_part){.text = sl_slice_from(source, literal_start)};
    }
    macro->count = count;
    if (count != 0) {
        sl_macro_part *kept = sl_arena_alloc(arena, count * sizeof *kept);
        memcpy(kept, parts, count * sizeof *kept);
        macro->parts = kept;
    }
    return macro;
}

static sl_slice variable_value(sl_txn *txn, const sl_macro_part *part) {
    const sl_text *text = sl_variable_first(txn, part->variable, part->has_key, part->text, part->key_hash);
    return text == NULL ? SL_EMPTY : text->slice;
}

static inline sl_slice part_value(sl_txn *txn, const sl_macro_part *part) {
    return part->variable == NULL ? part->text : variable_value(txn, part);
}

static sl_slice join(sl_txn *txn, const sl_macro *macro) {
    sl_slice values[parts_max];
    size_t length = 0;
    for (size_t i = 0; i < macro->count; i++) {
        values[i] = part_value(txn, &macro->parts[i]);
        length += values[i].len;
    }
    uint8_t *out = sl_arena_alloc(&txn->arena, length), *end = out;
    for (size_t i = 0; i < macro->count; i++) {
        if (values[i].len != 0) memcpy(end, values[i].ptr, values[i].len);
        end += values[i].len;
    }
    return sl_slice_of(out, length);
}

sl_slice sl_macro_expand(sl_txn *txn, const sl_macro *macro) {
    if (macro->is_literal) return macro->source;
    if (macro->count == 0) return SL_EMPTY;
    return macro->count == 1 ? part_value(txn, &macro->parts[0]) : join(txn, macro);
}

sl_slice sl_macro_keep(sl_txn *txn, const sl_macro *macro, sl_slice expanded) {
    const bool is_someones = !macro->is_literal && macro->count == 1;
    return is_someones ? sl_arena_copy(&txn->arena, expanded) : expanded;
}
