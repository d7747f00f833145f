#include "afterimage/diffusion/spatial_transformer.h"

#include <ATen/ops/gelu.h>

namespace afterimage::diffusion {
namespace {

/// Attention of x (n, t, c) to `seen` (n, s, width), named as diffusers names it.
class Attention : public torch::nn::Module {
 public:
  Attention(int64_t channels, int64_t heads, int64_t width)
      : heads_(heads),
        q_(place_new<Linear>(*this, "to_q", channels, channels, false)),
        k_(place_new<Linear>(*this, "to_k", width, channels, false)),
        v_(place_new<Linear>(*this, "to_v", width, channels, false)),
        out_(place_new<Linear>(*this, "to_out.0", channels, channels)) {}

  at::Tensor forward(const at::Tensor& x, const at::Tensor& seen) const {
    return out_->forward(attend(q_->forward(x), k_->forward(seen), v_->forward(seen), heads_));
  }

 private:
  int64_t heads_;
  std::shared_ptr<Linear> q_, k_, v_, out_;
};

}  // namespace

/// Attention to itself, to the condition, and a gated feed-forward part (GEGLU, Shazeer 2020).
class TransformerBlock : public torch::nn::Module {
 public:
  TransformerBlock(int64_t channels, int64_t heads, int64_t condition_width)
      : norm1_(place_new<LayerNorm>(*this, "norm1", channels)),
        norm2_(place_new<LayerNorm>(*this, "norm2", channels)),
        norm3_(place_new<LayerNorm>(*this, "norm3", channels)),
        self_(place_new<Attention>(*this, "attn1", channels, heads, channels)),
        cross_(place_new<Attention>(*this, "attn2", channels, heads, condition_width)),
        widen_(place_new<Linear>(*this, "ff.net.0.proj", channels, 8 * channels)),
        narrow_(place_new<Linear>(*this, "ff.net.2", 4 * channels, channels)) {}

  at::Tensor forward(at::Tensor x, const at::Tensor& condition) const {  // (n, t, c)
    const auto seen = norm1_->forward(x);
    x = x + self_->forward(seen, seen);
    x = x + cross_->forward(norm2_->forward(x), condition);
    const auto halves = widen_->forward(norm3_->forward(x)).chunk(2, -1);  // (n, t, 4c) each
    return x + narrow_->forward(halves[0] * at::gelu(halves[1]));
  }

 private:
  std::shared_ptr<LayerNorm> norm1_, norm2_, norm3_;
  std::shared_ptr<Attention> self_, cross_;
  std::shared_ptr<Linear> widen_, narrow_;
};

SpatialTransformer::SpatialTransformer(int64_t channels, int64_t heads, int64_t condition_width,
                                       int64_t groups)
    : norm_(place_new<GroupNorm>(*this, "norm", groups, channels, 1e-6)),
      in_(place_new<Convolution>(*this, "proj_in", channels, channels, 1)),
      out_(place_new<Convolution>(*this, "proj_out", channels, channels, 1)),
      block_(place_new<TransformerBlock>(*this, "transformer_blocks.0", channels, heads,
                                         condition_width)) {}

at::Tensor SpatialTransformer::forward(const at::Tensor& x, const at::Tensor& condition) const {
  const auto tokens = in_->forward(norm_->forward(x)).flatten(2).transpose(1, 2);  // (n, yx, c)
  const auto y = block_->forward(tokens, condition).transpose(1, 2);               // (n, c, yx)
  return x + out_->forward(y.reshape(x.sizes()));
}

}  // namespace afterimage::diffusion
