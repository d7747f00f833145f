#pragma once

#include <vector>

#include "afterimage/diffusion/layers.h"

namespace afterimage::diffusion {

class SmallBlock;

/// Sizes of a small decoder; those of TAESD for Stable Diffusion 1.x.
struct SmallDecoderSizes {
  int64_t latent_channels = 4;
  int64_t channels = 64;
  std::vector<int64_t> blocks = {3, 3, 3, 1};  ///< residual blocks at each resolution
};

/// A small decoder of Stable Diffusion's latents, distilled from the autoencoder's (TAESD,
/// github.com/madebyollin/taesd): 1.2 million parameters instead of 49, for previews or in the
/// autoencoder's place. Parameters are called as in diffusers' AutoencoderTiny, without its
/// "decoder."; in TAESD's own files the numbers are one higher.
class SmallDecoder : public torch::nn::Module {
 public:
  explicit SmallDecoder(const SmallDecoderSizes& sizes);

  /// Latents (n, 4, y, x) with the autoencoder's scale to images (n, 3, 8y, 8x), RGB with [0,1] as
  /// the range of photographs, not clamped.
  at::Tensor decode(const at::Tensor& latents) const;

 private:
  /// One resolution: its blocks and the convolution behind them.
  struct Level {
    std::vector<std::shared_ptr<SmallBlock>> blocks;
    std::shared_ptr<Convolution> out;
  };

  std::shared_ptr<Convolution> in_;
  std::vector<Level> levels_;
};

}  // namespace afterimage::diffusion
