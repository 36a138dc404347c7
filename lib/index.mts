// SPDX-License-Identifier: Apache-2.0
// The ESM side: the very classes of the CommonJS side under the same names, so that `instanceof` holds across
// both.

export {
  ConfigError,
  SecluaError,
  Transaction,
  Waf,
  formatDiagnostic,
  redisStore,
  registerTransformation,
  scriptTests,
} from './index.js'
export type {
  AdapterOptions,
  AuditShipping,
  CollectionChange,
  CollectionStore,
  ConnectionInput,
  Diagnostic,
  DiagnosticCode,
  EngineMode,
  BodyChanges,
  EvaluationResult,
  HeadersInput,
  LogRecord,
  LuaOptions,
  MatchedRule,
  OverloadOptions,
  RecordChange,
  RedisStoreStats,
  RequestInput,
  ResponseInput,
  ScriptTest,
  SecluaErrorCode,
  Shed,
  Transformer,
  Verdict,
  WafEvents,
  WafOptions,
} from './index.js'
