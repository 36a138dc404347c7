/* SPDX-License-Identifier: Apache-2.0 */
/* ctl: settings of the running transaction (spec 01, section 13; spec 03, section 8; spec 06, 4.9).
 *
 * Which rules a removal takes in is decided at load, as a set of starters; on a request it is a union of two bit sets. */
#include "actions/action.h"
#include "base/hash.h"
#include "run/host.h"

typedef struct sl_ctl sl_ctl;

typedef struct sl_ctl_option {
    const char *name;
    uint8_t last_phase; /* too late after this one; 5 = never */
    bool (*prepare)(sl_prepare *prepare, sl_slice value, size_t offset, sl_ctl *ctl);
    void (*run)(sl_txn *txn, const sl_ctl *ctl);
} sl_ctl_option;

struct sl_ctl {
    const sl_ctl_option *option;
    int64_t number;
    int8_t sign; /* auditLogParts: +1, -1, 0 = the whole list */
    const sl_rule_set_bits *rules;
    const sl_target *targets;
    size_t target_count;
};

static bool bad_value(sl_prepare *prepare, const sl_ctl *ctl, sl_slice value, size_t offset, const char *hint) {
    sl_prepare_report(prepare, "SECLUA_E_ACTION_VALUE", hint, offset, value.len, "ctl:%s cannot use \"%.*s\"",
                      ctl->option->name, (int)(value.len > 60 ? 60 : value.len), (const char *)value.ptr);
    return false;
}

static bool on_off(sl_prepare *prepare, sl_slice value, size_t offset, sl_ctl *ctl) {
    if (sl_slice_equal_fold(value, SL_LIT("On")) || sl_slice_equal_fold(value, SL_LIT("true")) ||
        sl_slice_equal(value, SL_LIT("1"))) {
        ctl->number = 1;
        return true;
    }
    if (sl_slice_equal_fold(value, SL_LIT("Off")) || sl_slice_equal_fold(value, SL_LIT("false")) ||
        sl_slice_equal(value, SL_LIT("0"))) {
        return true;
    }
    return bad_value(prepare, ctl, value, offset, "use On or Off");
}

static bool response_access(sl_prepare *prepare, sl_slice value, size_t offset, sl_ctl *ctl) {
    if (!on_off(prepare, value, offset, ctl)) return false;
    if (ctl->number != 0) prepare->rules->info.inspects_response_body = true;
    return true;
}

static bool engine_mode(sl_prepare *prepare, sl_slice value, size_t offset, sl_ctl *ctl) {
    ctl->number = -1;
    if (sl_slice_equal_fold(value, SL_LIT("On"))) ctl->number = SL_ON;
    if (sl_slice_equal_fold(value, SL_LIT("Off"))) ctl->number = SL_OFF;
    if (sl_slice_equal_fold(value, SL_LIT("DetectionOnly"))) ctl->number = SL_DETECTION_ONLY;
    return ctl->number >= 0 || bad_value(prepare, ctl, value, offset, "use On, Off or DetectionOnly");
}

static bool audit_mode(sl_prepare *prepare, sl_slice value, size_t offset, sl_ctl *ctl) {
    ctl->number = -1;
    if (sl_slice_equal_fold(value, SL_LIT("On"))) ctl->number = SL_ON;
    if (sl_slice_equal_fold(value, SL_LIT("Off"))) ctl->number = SL_OFF;
    if (sl_slice_equal_fold(value, SL_LIT("RelevantOnly"))) ctl->number = SL_RELEVANT_ONLY;
    if (ctl->number != SL_OFF) prepare->rules->info.wants_audit = true; /* whatever SecAuditEngine says */
    return ctl->number >= 0 || bad_value(prepare, ctl, value, offset, "use On, Off or RelevantOnly");
}

static bool audit_parts(sl_prepare *prepare, sl_slice value, size_t offset, sl_ctl *ctl) {
    sl_slice letters = value;
    if (letters.len != 0 && (letters.ptr[0] == '+' || letters.ptr[0] == '-')) {
        ctl->sign = letters.ptr[0] == '+' ? 1 : -1;
        letters = sl_slice_from(letters, 1);
    }
    uint32_t parts = 0;
    for (size_t i = 0; i < letters.len; i++) {
        const uint8_t letter = sl_ascii_upper(letters.ptr[i]);
        if ((letter < 'A' || letter > 'K') && letter != 'Z') {
            return bad_value(prepare, ctl, value, offset, "parts are the letters A to K and Z");
        }
        parts |= SL_AUDIT_PART(letter);
    }
    ctl->number = parts;
    return parts != 0 || bad_value(prepare, ctl, value, offset, "name at least one part");
}

static bool whole_number(sl_prepare *prepare, sl_slice value, size_t offset, sl_ctl *ctl, int64_t max) {
    bool good = value.len != 0 && value.len < 16;
    for (size_t i = 0; i < value.len; i++) good = good && sl_ascii_is_digit(value.ptr[i]);
    ctl->number = good ? sl_number_of(value) : -1;
    return (ctl->number >= 0 && ctl->number <= max) || bad_value(prepare, ctl, value, offset, "give a whole number in range");
}
static bool body_limit(sl_prepare *prepare, sl_slice value, size_t offset, sl_ctl *ctl) {
    return whole_number(prepare, value, offset, ctl, 1024 * 1024 * 1024);
}
static bool debug_level(sl_prepare *prepare, sl_slice value, size_t offset, sl_ctl *ctl) {
    return whole_number(prepare, value, offset, ctl, 9);
}

static bool processor(sl_prepare *prepare, sl_slice value, size_t offset, sl_ctl *ctl) {
    static const char *const names[] = {"", "URLENCODED", "MULTIPART", "JSON", "XML", "RAW"};
    for (int i = 1; i <= SL_BODY_RAW; i++) {
        if (sl_slice_equal_fold(sl_slice_z(names[i]), value)) {
            ctl->number = i;
            return true;
        }
    }
    return bad_value(prepare, ctl, value, offset, "use URLENCODED, MULTIPART, JSON, XML or RAW");
}

static bool response_processor(sl_prepare *prepare, sl_slice value, size_t offset, sl_ctl *ctl) {
    ctl->number = SL_BODY_JSON;
    return sl_slice_equal_fold(value, SL_LIT("JSON")) || bad_value(prepare, ctl, value, offset, "use JSON");
}

static bool xml_args(sl_prepare *prepare, sl_slice value, size_t offset, sl_ctl *ctl) {
    ctl->number = -1;
    if (sl_slice_equal_fold(value, SL_LIT("Off"))) ctl->number = SL_XML_ARGS_OFF;
    if (sl_slice_equal_fold(value, SL_LIT("On"))) ctl->number = SL_XML_ARGS_ON;
    if (sl_slice_equal_fold(value, SL_LIT("OnlyArgs"))) ctl->number = SL_XML_ARGS_ONLY;
    return ctl->number >= 0 || bad_value(prepare, ctl, value, offset, "use On, Off or OnlyArgs");
}

static bool rules_by(sl_prepare *prepare, char by, sl_slice value, size_t offset, sl_ctl *ctl) {
    ctl->rules = prepare->select(prepare->context, by, value, offset);
    return ctl->rules != NULL;
}
static bool rules_by_id(sl_prepare *prepare, sl_slice value, size_t offset, sl_ctl *ctl) {
    return rules_by(prepare, 'i', value, offset, ctl);
}
static bool rules_by_tag(sl_prepare *prepare, sl_slice value, size_t offset, sl_ctl *ctl) {
    return rules_by(prepare, 't', value, offset, ctl);
}
static bool rules_by_msg(sl_prepare *prepare, sl_slice value, size_t offset, sl_ctl *ctl) {
    return rules_by(prepare, 'm', value, offset, ctl);
}

static bool targets_by(sl_prepare *prepare, char by, sl_slice value, size_t offset, sl_ctl *ctl) {
    const size_t semicolon = sl_slice_find_byte(value, ';');
    if (semicolon == SIZE_MAX || semicolon == 0 || semicolon + 1 == value.len) {
        return bad_value(prepare, ctl, value, offset, "write selection;TARGET, as in 942100;ARGS:comment");
    }
    if (!rules_by(prepare, by, sl_slice_of(value.ptr, semicolon), offset, ctl)) return false;
    return prepare->targets(prepare->context, sl_slice_from(value, semicolon + 1), offset + semicolon + 1, &ctl->targets,
                            &ctl->target_count);
}
static bool targets_by_id(sl_prepare *prepare, sl_slice value, size_t offset, sl_ctl *ctl) {
    return targets_by(prepare, 'i', value, offset, ctl);
}
static bool targets_by_tag(sl_prepare *prepare, sl_slice value, size_t offset, sl_ctl *ctl) {
    return targets_by(prepare, 't', value, offset, ctl);
}
static bool targets_by_msg(sl_prepare *prepare, sl_slice value, size_t offset, sl_ctl *ctl) {
    return targets_by(prepare, 'm', value, offset, ctl);
}

static bool ignored(sl_prepare *prepare, sl_slice value, size_t offset, sl_ctl *ctl) {
    if (!on_off(prepare, value, offset, ctl)) return false;
    sl_prepare_report(prepare, "SECLUA_W_IGNORED", NULL, offset, value.len, "ctl:%s has no effect here", ctl->option->name);
    return true;
}

/* ---- request side ---- */

static void run_engine(sl_txn *txn, const sl_ctl *ctl) { txn->engine_mode = (uint8_t)ctl->number; }
static void run_audit_engine(sl_txn *txn, const sl_ctl *ctl) { txn->audit_engine = (uint8_t)ctl->number; }
static void run_audit_parts(sl_txn *txn, const sl_ctl *ctl) {
    if (ctl->sign > 0) txn->audit_parts |= (uint32_t)ctl->number;
    if (ctl->sign < 0) txn->audit_parts &= ~(uint32_t)ctl->number;
    if (ctl->sign == 0) txn->audit_parts = (uint32_t)ctl->number;
}
static void run_debug_level(sl_txn *txn, const sl_ctl *ctl) { txn->debug_level = (uint8_t)ctl->number; }
static void run_request_access(sl_txn *txn, const sl_ctl *ctl) { txn->request_body_access = ctl->number != 0; }
static void run_response_access(sl_txn *txn, const sl_ctl *ctl) { txn->response_body_access = ctl->number != 0; }
static void run_request_limit(sl_txn *txn, const sl_ctl *ctl) { txn->request_body_limit_bytes = (uint64_t)ctl->number; }
static void run_response_limit(sl_txn *txn, const sl_ctl *ctl) { txn->response_body_limit_bytes = (uint64_t)ctl->number; }
static void run_force(sl_txn *txn, const sl_ctl *ctl) { txn->force_request_body = ctl->number != 0; }
static void run_processor(sl_txn *txn, const sl_ctl *ctl) { txn->processor = (uint8_t)ctl->number; }
static void run_response_processor(sl_txn *txn, const sl_ctl *ctl) { txn->response_processor = (uint8_t)ctl->number; }
static void run_force_response(sl_txn *txn, const sl_ctl *ctl) { txn->force_response_body = ctl->number != 0; }
static void run_xml_args(sl_txn *txn, const sl_ctl *ctl) { txn->parse_xml_into_args = (uint8_t)ctl->number; }

static void add_rules(sl_txn *txn, uint64_t **all, const sl_rule_set_bits *rules) {
    if (*all == NULL) *all = SL_NEW_ARRAY(&txn->arena, uint64_t, rules->word_count);
    for (size_t i = 0; i < rules->word_count; i++) (*all)[i] |= rules->words[i];
}

static void run_remove(sl_txn *txn, const sl_ctl *ctl) { add_rules(txn, &txn->removed, ctl->rules); }

static void run_remove_target(sl_txn *txn, const sl_ctl *ctl) {
    add_rules(txn, &txn->narrowed, ctl->rules);
    sl_target_removal *removal = SL_NEW(&txn->arena, sl_target_removal);
    removal->rules = ctl->rules;
    removal->targets = ctl->targets;
    removal->target_count = ctl->target_count;
    removal->next = txn->target_removals;
    txn->target_removals = removal;
}

static void run_nothing(sl_txn *txn, const sl_ctl *ctl) { (void)txn, (void)ctl; }

static const sl_ctl_option options[] = {
    {"ruleEngine", 5, engine_mode, run_engine},
    {"ruleRemoveById", 5, rules_by_id, run_remove},
    {"ruleRemoveByTag", 5, rules_by_tag, run_remove},
    {"ruleRemoveByMsg", 5, rules_by_msg, run_remove},
    {"ruleRemoveTargetById", 5, targets_by_id, run_remove_target},
    {"ruleRemoveTargetByTag", 5, targets_by_tag, run_remove_target},
    {"ruleRemoveTargetByMsg", 5, targets_by_msg, run_remove_target},
    {"requestBodyAccess", 1, on_off, run_request_access},
    {"requestBodyProcessor", 1, processor, run_processor},
    {"forceRequestBodyVariable", 1, on_off, run_force},
    {"requestBodyLimit", 1, body_limit, run_request_limit},
    {"parseXmlIntoArgs", 1, xml_args, run_xml_args},
    {"responseBodyAccess", 3, response_access, run_response_access},
    {"responseBodyLimit", 3, body_limit, run_response_limit},
    {"responseBodyProcessor", 3, response_processor, run_response_processor},
    {"forceResponseBodyVariable", 3, on_off, run_force_response},
    {"auditEngine", 5, audit_mode, run_audit_engine},
    {"auditLogParts", 5, audit_parts, run_audit_parts},
    {"debugLogLevel", 5, debug_level, run_debug_level},
    {"hashEngine", 5, ignored, run_nothing},
    {"hashEnforcement", 5, ignored, run_nothing},
};

const char *sl_ctl_option_at(size_t index) {
    return index < sizeof options / sizeof options[0] ? options[index].name : NULL;
}

bool sl_ctl_option_is_inert(size_t index) { return options[index].run == run_nothing; }

static bool ctl_prepare(sl_prepare *prepare, sl_slice value, sl_draft *draft, const void **prepared) {
    const size_t equals = sl_slice_find_byte(value, '=');
    const sl_slice name = equals == SIZE_MAX ? value : sl_slice_of(value.ptr, equals);
    if (equals == SIZE_MAX) {
        sl_prepare_report(prepare, "SECLUA_E_ACTION_VALUE", "write ctl:option=value", 0, value.len, "ctl needs an option and a value");
        return false;
    }
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        if (!sl_slice_equal_fold(sl_slice_z(options[i].name), name)) continue;
        sl_ctl *ctl = SL_NEW(prepare->arena, sl_ctl);
        ctl->option = &options[i];
        *prepared = ctl;
        if (!options[i].prepare(prepare, sl_slice_from(value, equals + 1), equals + 1, ctl)) return false;
        if (!draft->is_default && draft->rule->phase > options[i].last_phase) {
            sl_prepare_report(prepare, "SECLUA_W_PHASE", "move the rule to an earlier phase", 0, name.len,
                              "ctl:%s has no effect after phase %u", options[i].name, (unsigned)options[i].last_phase);
        }
        return true;
    }
    const char *const hint = sl_prepare_did_you_mean(prepare, name, sl_ctl_option_at);
    sl_prepare_report(prepare, "SECLUA_E_ACTION_VALUE", hint, 0, name.len, "unknown ctl option \"%.*s\"",
                      (int)(name.len > 60 ? 60 : name.len), (const char *)name.ptr);
    return false;
}

static void run_ctl(sl_txn *txn, const sl_rule *rule, const void *prepared) {
    const sl_ctl *ctl = prepared;
    if (rule->phase > ctl->option->last_phase) {
        if (sl_host_debugs(txn, 3)) sl_host_debug(txn, 3, "ctl:%s is too late in phase %u", ctl->option->name, rule->phase);
        return;
    }
    ctl->option->run(txn, ctl);
}

const sl_action_row sl_actions_ctl[] = {
    {.name = "ctl", .action_class = SL_NON_DISRUPTIVE, .value = SL_VALUE_REQUIRED, .is_many = true,
     .places = SL_IN_LINK | SL_IN_DEFAULT | SL_IN_UPDATE, .runs_once = true, .prepare = ctl_prepare, .run = run_ctl,
     .manual = "change a setting for the rest of this transaction"},
    {0},
};
