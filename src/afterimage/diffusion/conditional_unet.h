#pragma once

#include <vector>

#include "afterimage/diffusion/layers.h"

namespace afterimage::diffusion {

class ResidualBlock;
class SpatialTransformer;

/// Sizes of a conditional U-Net; those of Stable Diffusion 1.x.
struct UNetSizes {
  int64_t in_channels = 4;
  int64_t out_channels = 4;
  std::vector<int64_t> channels = {320, 640, 1280, 1280};   ///< of each level
  std::vector<bool> attention = {true, true, true, false};  ///< in each level
  int64_t blocks = 2;                                       ///< residual blocks a level
  int64_t heads = 8;
  int64_t condition_width = 768;
  int64_t groups = 32;  ///< of GroupNorm
  double epsilon = 1e-5;

  /// Latents are multiples of this many pixels high and wide.
  int64_t multiple() const { return int64_t{1} << (channels.size() - 1); }
};

/// Stable Diffusion's denoiser: the noise in a latent, given its time step and a condition (Rombach
/// et al. 2022). Parameters are called as in diffusers' UNet2DConditionModel.
class ConditionalUNet : public torch::nn::Module {
 public:
  explicit ConditionalUNet(const UNetSizes& sizes);

  /// Latents (n, 4, y, x), time steps (n) and conditions (n, s, condition_width) of the latents'
  /// type to noise (n, 4, y, x). y and x are multiples of `sizes().multiple()`.
  at::Tensor forward(const at::Tensor& latents, const at::Tensor& times,
                     const at::Tensor& conditions) const;

  const UNetSizes& sizes() const { return sizes_; }

 private:
  /// One resolution: residual blocks, attention behind each (or none), and the convolution that
  /// changes the resolution (none in the last).
  struct Level {
    std::vector<std::shared_ptr<ResidualBlock>> blocks;
    std::vector<std::shared_ptr<SpatialTransformer>> attentions;
    std::shared_ptr<Convolution> sampler;
  };

  void build_down();
  void build_up();
  std::shared_ptr<ResidualBlock> block(const std::string& path, int64_t in, int64_t out);
  std::shared_ptr<SpatialTransformer> transformer(const std::string& path, int64_t channels);
  at::Tensor embedded(const at::Tensor& times, at::ScalarType type) const;

  UNetSizes sizes_;
  std::shared_ptr<Convolution> conv_in_, conv_out_;
  std::shared_ptr<Linear> time1_, time2_;
  std::vector<Level> down_, up_;
  std::shared_ptr<ResidualBlock> mid1_, mid2_;
  std::shared_ptr<SpatialTransformer> mid_attention_;
  std::shared_ptr<GroupNorm> norm_out_;
};

/// (cos, sin) of times over frequencies 1 to 1/10000: (n) -> (n, width), float32 (Vaswani et al.
/// 2017 in Stable Diffusion's order).
at::Tensor time_waves(const at::Tensor& times, int64_t width);

}  // namespace afterimage::diffusion
