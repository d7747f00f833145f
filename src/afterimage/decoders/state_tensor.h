#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "afterimage/formats/safetensors.h"

namespace afterimage {

/// The tensor called `name` of a model's state. Errors name `where`, the tensor, what was found and
/// what was expected; -1 stands for any size.
const at::Tensor& state_tensor(const TensorMap& state, const std::string& name,
                               const std::vector<int64_t>& shape, const std::string& where);

}  // namespace afterimage
