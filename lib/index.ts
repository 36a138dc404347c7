// SPDX-License-Identifier: Apache-2.0
// The package's public names. Everything else in this folder is its own business.

export { Waf } from './waf.js'
export { Transaction } from './transaction.js'
export { ConfigError, SecluaError, formatDiagnostic } from './errors.js'
export type { Diagnostic, DiagnosticCode, SecluaErrorCode } from './errors.js'
export type { BodyChanges, EvaluationResult, LogRecord, MatchedRule, Verdict, WafEvents } from './events.js'
export type { ConnectionInput, HeadersInput, RequestInput, ResponseInput } from './message.js'
export type { AdapterOptions } from './driver.js'
export type { AuditShipping, EngineMode, LuaOptions, OverloadOptions, Shed, WafOptions } from './options.js'
export { scriptTests } from './script-tests.js'
export type { ScriptTest } from './script-tests.js'
export { registerTransformation } from './transformations.js'
export type { Transformer } from './transformations.js'
export { redisStore } from './stores/redis.js'
export type { RedisStoreStats } from './stores/redis.js'
export type { CollectionChange, CollectionStore, RecordChange } from './store.js'
