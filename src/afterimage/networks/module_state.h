#pragma once

#include <torch/nn/module.h>

#include <string>

#include "afterimage/formats/safetensors.h"

namespace afterimage {

/// A module's parameters and buffers by name, each with `prefix` before it ("unet." gives
/// "unet.first.weight"). The tensors are the module's own, detached: copy what must outlive a
/// change.
TensorMap module_state(const torch::nn::Module& module, const std::string& prefix = {});

/// Copies such a state back into a module of the same shape, whatever its device, type or memory
/// layout; other keys in `state` are left to others. Errors name `where` and the first tensor that
/// is missing or has another shape.
void load_module_state(torch::nn::Module& module, const TensorMap& state, const std::string& prefix,
                       const std::string& where);

}  // namespace afterimage
