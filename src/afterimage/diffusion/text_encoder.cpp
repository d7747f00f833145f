#include "afterimage/diffusion/text_encoder.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/sigmoid.h>

#include "afterimage/base/text.h"

namespace afterimage::diffusion {

/// One residual layer: attention to earlier tokens, then a feed-forward part, each normalised
/// before.
class TextLayer : public torch::nn::Module {
 public:
  explicit TextLayer(const TextEncoderSizes& sizes)
      : heads_(sizes.heads),
        quick_(sizes.quick_gelu),
        norm1_(place_new<LayerNorm>(*this, "layer_norm1", sizes.width)),
        norm2_(place_new<LayerNorm>(*this, "layer_norm2", sizes.width)),
        q_(place_new<Linear>(*this, "self_attn.q_proj", sizes.width, sizes.width)),
        k_(place_new<Linear>(*this, "self_attn.k_proj", sizes.width, sizes.width)),
        v_(place_new<Linear>(*this, "self_attn.v_proj", sizes.width, sizes.width)),
        out_(place_new<Linear>(*this, "self_attn.out_proj", sizes.width, sizes.width)),
        widen_(place_new<Linear>(*this, "mlp.fc1", sizes.width, sizes.hidden)),
        narrow_(place_new<Linear>(*this, "mlp.fc2", sizes.hidden, sizes.width)) {}

  at::Tensor forward(const at::Tensor& x) const {  // (n, t, c)
    const auto seen = norm1_->forward(x);
    const auto attended = attend(q_->forward(seen), k_->forward(seen), v_->forward(seen), heads_,
                                 /*causal=*/true);
    const auto y = x + out_->forward(attended);
    const auto hidden = widen_->forward(norm2_->forward(y));  // (n, t, hidden)
    return y + narrow_->forward(quick_ ? hidden * at::sigmoid(1.702 * hidden) : at::gelu(hidden));
  }

 private:
  int64_t heads_;
  bool quick_;
  std::shared_ptr<LayerNorm> norm1_, norm2_;
  std::shared_ptr<Linear> q_, k_, v_, out_, widen_, narrow_;
};

TextEncoder::TextEncoder(const TextEncoderSizes& sizes)
    : sizes_(sizes),
      token_(
          place_new<Embedding>(*this, "embeddings.token_embedding", sizes.vocabulary, sizes.width)),
      position_(
          place_new<Embedding>(*this, "embeddings.position_embedding", sizes.length, sizes.width)) {
  for (int64_t i = 0; i < sizes.layers; ++i) {
    layers_.push_back(place_new<TextLayer>(*this, concat("encoder.layers.", i), sizes));
  }
  final_norm_ = place_new<LayerNorm>(*this, "final_layer_norm", sizes.width);
}

at::Tensor TextEncoder::forward(const at::Tensor& tokens, at::ScalarType compute) const {
  TORCH_INTERNAL_ASSERT(tokens.dim() == 2 && tokens.size(1) <= sizes_.length);
  const auto places = at::arange(tokens.size(1), tokens.options());
  at::Tensor x = token_->forward(tokens, compute) + position_->forward(places, compute);
  for (const auto& layer : layers_) x = layer->forward(x);
  return final_norm_->forward(x);
}

}  // namespace afterimage::diffusion
