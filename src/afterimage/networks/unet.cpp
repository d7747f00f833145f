#include "afterimage/networks/unet.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sigmoid.h>

#include <algorithm>

#include "afterimage/networks/initialise.h"
#include "afterimage/networks/layout.h"
#include "afterimage/networks/strided_convolution.h"

namespace afterimage {
namespace {

constexpr double leak = 0.2;

template <typename LayerOptions>
LayerOptions strided(int64_t in, int64_t out, bool bias) {
  return LayerOptions(in, out, 4).stride(2).padding(1).bias(bias);
}

}  // namespace

Options UNetOptions::options() {
  return {
      Option("width", width, "channels after the U-Net's first convolution").range(1, 1024),
      Option("blocks", blocks, "nested skip blocks of the U-Net").range(1, 8),
      Option(
          "initialise", initialise,
          "its first weights: N(0, .02) (MXNet codes), Kaiming over the fan-out (IRFA's code), or "
          "LibTorch's own")
          .one_of(initialisations()),
      Option("norm_momentum", norm_momentum,
             "share of each batch in BatchNorm's running statistics (Brain2Pix's and MonkeySee's "
             "code: .9, which MXNet writes momentum=0.1)")
          .range(0.001, 1),
  };
}

UNetBlockImpl::UNetBlockImpl(const std::vector<int64_t>& widths, size_t level,
                             double norm_momentum) {
  const auto norm = [norm_momentum](int64_t channels) {
    return torch::nn::BatchNorm2d(torch::nn::BatchNormOptions(channels).momentum(norm_momentum));
  };
  const int64_t outer = widths[level];
  const int64_t inner = widths[level + 1];
  const bool innermost = level + 2 == widths.size();
  down_ = register_module(
      "down", torch::nn::Conv2d(strided<torch::nn::Conv2dOptions>(outer, inner, false)));
  down_norm_ = register_module("down_norm", norm(inner));
  if (!innermost) {
    inner_ =
        register_module("inner", std::make_shared<UNetBlockImpl>(widths, level + 1, norm_momentum));
  }
  up_ = register_module("up", torch::nn::ConvTranspose2d(strided<torch::nn::ConvTranspose2dOptions>(
                                  innermost ? inner : 2 * inner, outer, false)));
  up_norm_ = register_module("up_norm", norm(outer));
}

at::Tensor UNetBlockImpl::forward(const at::Tensor& x) {
  // In place is safe here: no convolution, normalisation or concatenation needs its own output to
  // differentiate, and a rectifier does with its result.
  at::Tensor y = down_norm_(halving_convolution(x, down_->weight));  // (n, inner, y/2, x/2)
  y = at::leaky_relu_(y, leak);
  if (inner_) y = inner_->forward(y);                  // (n, 2 inner, y/2, x/2)
  y = up_norm_(doubling_convolution(y, up_->weight));  // (n, c, y, x)
  return at::cat({x, y}, 1).relu_();                   // (n, 2c, y, x)
}

UNetImpl::UNetImpl(int64_t in_channels, const UNetOptions& options)
    : multiple_(int64_t{1} << (options.blocks + 1)) {
  std::vector<int64_t> widths;
  for (int64_t level = 0; level <= options.blocks; ++level) {
    widths.push_back(options.width * std::min<int64_t>(int64_t{1} << level, 8));
  }
  first_ = register_module("first", torch::nn::Conv2d(strided<torch::nn::Conv2dOptions>(
                                        in_channels, options.width, true)));
  block_ =
      register_module("block", std::make_shared<UNetBlockImpl>(widths, 0, options.norm_momentum));
  last_ =
      register_module("last", torch::nn::ConvTranspose2d(strided<torch::nn::ConvTranspose2dOptions>(
                                  2 * options.width, 3, true)));
  lay_channels_last(*this);
}

at::Tensor UNetImpl::forward(const at::Tensor& maps) {
  TORCH_INTERNAL_ASSERT(maps.dim() == 4 && maps.size(2) % multiple_ == 0 &&
                        maps.size(3) % multiple_ == 0);
  at::Tensor x = first_(maps);  // (n, width, H/2, W/2)
  x = block_->forward(at::leaky_relu_(x, leak));
  return last_(x).to(maps.scalar_type()).sigmoid_();  // (n, 3, H, W)
}

}  // namespace afterimage
