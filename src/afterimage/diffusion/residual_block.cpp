#include "afterimage/diffusion/residual_block.h"

#include <ATen/ops/silu.h>
#include <ATen/ops/upsample_nearest2d.h>

namespace afterimage::diffusion {

ResidualBlock::ResidualBlock(int64_t in, int64_t out, int64_t groups, double epsilon,
                             int64_t time_width)
    : norm1_(place_new<GroupNorm>(*this, "norm1", groups, in, epsilon)),
      norm2_(place_new<GroupNorm>(*this, "norm2", groups, out, epsilon)),
      conv1_(place_new<Convolution>(*this, "conv1", in, out, 3, 1, 1)),
      conv2_(place_new<Convolution>(*this, "conv2", out, out, 3, 1, 1)) {
  if (in != out) shortcut_ = place_new<Convolution>(*this, "conv_shortcut", in, out, 1);
  if (time_width > 0) time_ = place_new<Linear>(*this, "time_emb_proj", time_width, out);
}

at::Tensor ResidualBlock::forward(const at::Tensor& x, const at::Tensor& time) const {
  at::Tensor y = conv1_->forward(at::silu(norm1_->forward(x)));  // (n, out, y, x)
  if (time_) y = y + time_->forward(time).unsqueeze(2).unsqueeze(3);
  y = conv2_->forward(at::silu(norm2_->forward(y)));
  return (shortcut_ ? shortcut_->forward(x) : x) + y;
}

at::Tensor doubled(const at::Tensor& x) {
  return at::upsample_nearest2d(x, {2 * x.size(2), 2 * x.size(3)});
}

}  // namespace afterimage::diffusion
