#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace afterimage {

/// Parameters that learn alike.
struct ParameterGroup {
  std::vector<at::Tensor> parameters;
  double rate = 1;  ///< their learning rate over that of the training
};

}  // namespace afterimage
