#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

namespace afterimage {

/// Tells shown images from made ones: maps (n, C, H, W), no channels where it sees images alone,
/// and an image (n, 3, H, W) in [0,1] -> logits of any shape that begins with n, high for shown.
class Discriminator : public torch::nn::Module {
 public:
  ~Discriminator() override = default;
  virtual at::Tensor forward(const at::Tensor& maps, const at::Tensor& image) = 0;
  /// Where the next passes draw their dropout from (CPU); those without dropout need none.
  virtual void draw_from(const at::Generator&) {}
};

}  // namespace afterimage
