#pragma once

#include <vector>

#include "afterimage/diffusion/layers.h"

namespace afterimage::diffusion {

class AutoencoderStem;
class ResidualBlock;

/// Sizes of an AutoencoderKL; those of Stable Diffusion 1.x.
struct AutoencoderSizes {
  int64_t image_channels = 3;
  int64_t latent_channels = 4;
  std::vector<int64_t> channels = {128, 256, 512, 512};  ///< of each level
  int64_t blocks = 2;      ///< residual blocks a level; the decoder has one more
  int64_t groups = 32;     ///< of GroupNorm
  double scale = 0.18215;  ///< latents are multiplied by it

  /// Images are this many times as high and wide as their latents.
  int64_t reduction() const { return int64_t{1} << (channels.size() - 1); }
};

/// What the encoder says of images: a normal distribution for each element of the latent.
struct LatentDistribution {
  at::Tensor mean;       ///< (n, 4, y, x), times the scale
  at::Tensor deviation;  ///< likewise

  /// mean + deviation * noise, with standard normal noise of the mean's size.
  at::Tensor sample(const at::Tensor& noise) const { return mean + deviation * noise; }
};

/// The autoencoder between images and Stable Diffusion's latents (Rombach et al. 2022). Parameters
/// are called as in diffusers' AutoencoderKL.
class Autoencoder : public torch::nn::Module {
 public:
  explicit Autoencoder(const AutoencoderSizes& sizes);

  /// Images (n, 3, y, x) in [0,1], y and x multiples of `sizes().reduction()`.
  LatentDistribution encode(const at::Tensor& images) const;

  /// Images of latents that carry the scale: (n, 4, y, x) to (n, 3, 8y, 8x), RGB with [0,1] as the
  /// range of photographs, not clamped.
  at::Tensor decode(const at::Tensor& latents) const;

  const AutoencoderSizes& sizes() const { return sizes_; }

 private:
  /// One resolution: residual blocks and the convolution that changes it (none in the last).
  struct Level {
    std::vector<std::shared_ptr<ResidualBlock>> blocks;
    std::shared_ptr<Convolution> sampler;
  };

  void build_encoder();
  void build_decoder();
  std::shared_ptr<ResidualBlock> block(const std::string& path, int64_t in, int64_t out);

  AutoencoderSizes sizes_;
  std::shared_ptr<Convolution> encoder_in_, encoder_out_, quant_, post_quant_, decoder_in_,
      decoder_out_;
  std::vector<Level> down_, up_;
  std::shared_ptr<AutoencoderStem> encoder_mid_, decoder_mid_;
  std::shared_ptr<GroupNorm> encoder_norm_, decoder_norm_;
};

}  // namespace afterimage::diffusion
