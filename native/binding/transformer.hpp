// SPDX-License-Identifier: Apache-2.0
// Transformations that JavaScript computes: the one place from which the engine calls it.
#ifndef SECLUA_BINDING_TRANSFORMER_HPP
#define SECLUA_BINDING_TRANSFORMER_HPP

#include <node_api.h>

#include "environment.hpp"

namespace seclua::binding {

// functions: an array, by the number of the transformation. While one of them runs, the functions of transaction.cpp throw: the
// engine is in the middle of a step.
void set_transformers(napi_env env, Engine &engine, napi_value functions);

} // namespace seclua::binding

#endif
