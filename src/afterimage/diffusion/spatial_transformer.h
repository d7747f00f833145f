#pragma once

#include "afterimage/diffusion/layers.h"

namespace afterimage::diffusion {

class TransformerBlock;

/// The U-Net's attention over places (Rombach et al. 2022, section 3.3): every pixel attends to all
/// others and then to the condition, as a residual.
class SpatialTransformer : public torch::nn::Module {
 public:
  SpatialTransformer(int64_t channels, int64_t heads, int64_t condition_width, int64_t groups);

  /// (n, c, y, x) with a condition (n, s, condition_width).
  at::Tensor forward(const at::Tensor& x, const at::Tensor& condition) const;

 private:
  std::shared_ptr<GroupNorm> norm_;
  std::shared_ptr<Convolution> in_, out_;
  std::shared_ptr<TransformerBlock> block_;
};

}  // namespace afterimage::diffusion
