#pragma once

#include <vector>

#include "afterimage/diffusion/layers.h"

namespace afterimage::diffusion {

class TextLayer;

/// Sizes of CLIP's text encoder; those of ViT-L/14, which Stable Diffusion 1.x reads.
struct TextEncoderSizes {
  int64_t vocabulary = 49408;
  int64_t length = 77;  ///< tokens at most
  int64_t width = 768;
  int64_t hidden = 3072;  ///< of the feed-forward part
  int64_t layers = 12;
  int64_t heads = 12;
  bool quick_gelu = true;  ///< x sigmoid(1.702 x) for GELU
};

/// CLIP's causal text encoder (Radford et al. 2021): what conditions Stable Diffusion. Parameters
/// are called as in transformers' CLIPTextModel, without its "text_model.".
class TextEncoder : public torch::nn::Module {
 public:
  explicit TextEncoder(const TextEncoderSizes& sizes);

  /// Token numbers (n, t), t up to `length`, to the last hidden state after the final normalisation
  /// (n, t, width), computed in the type `compute`.
  at::Tensor forward(const at::Tensor& tokens, at::ScalarType compute = at::kFloat) const;

  const TextEncoderSizes& sizes() const { return sizes_; }

 private:
  TextEncoderSizes sizes_;
  std::shared_ptr<Embedding> token_, position_;
  std::vector<std::shared_ptr<TextLayer>> layers_;
  std::shared_ptr<LayerNorm> final_norm_;
};

}  // namespace afterimage::diffusion
