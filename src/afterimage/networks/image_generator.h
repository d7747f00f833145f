#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

namespace afterimage {

/// A network that makes an image of maps: (n, C, H, W) -> (n, 3, H, W) in [0,1] of the maps' type.
class ImageGenerator : public torch::nn::Module {
 public:
  ~ImageGenerator() override = default;
  virtual at::Tensor forward(const at::Tensor& maps) = 0;
  /// Where the next training passes draw their dropout from (CPU); networks without dropout need
  /// none.
  virtual void draw_from(const at::Generator&) {}
};

}  // namespace afterimage
