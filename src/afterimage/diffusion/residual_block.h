#pragma once

#include "afterimage/diffusion/layers.h"

namespace afterimage::diffusion {

/// The residual block of the U-Net and of the autoencoder: two convolutions, each behind GroupNorm
/// and SiLU, and a 1 x 1 convolution past them where the number of channels changes. In the U-Net
/// the embedded time is added between the two.
class ResidualBlock : public torch::nn::Module {
 public:
  /// `time_width` 0: no time.
  ResidualBlock(int64_t in, int64_t out, int64_t groups, double epsilon, int64_t time_width = 0);

  /// (n, in, y, x) and, where there is a time, SiLU of its embedding (n, time_width).
  at::Tensor forward(const at::Tensor& x, const at::Tensor& time = {}) const;

 private:
  std::shared_ptr<GroupNorm> norm1_, norm2_;
  std::shared_ptr<Convolution> conv1_, conv2_, shortcut_;
  std::shared_ptr<Linear> time_;
};

/// Twice as high and wide (each pixel four times), without its convolution.
at::Tensor doubled(const at::Tensor& x);

}  // namespace afterimage::diffusion
