#include "afterimage/networks/shen_discriminator.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/normal.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/tensor.h>

#include <cmath>
#include <string>

#include "afterimage/networks/dropout.h"
#include "afterimage/networks/layout.h"

namespace afterimage {
namespace {

constexpr double dropped = 0.5;
constexpr double first_share = 0.1;  // of the first convolution's and the dense layers' deviation

struct Layer {
  int64_t channels;  ///< over the width
  int64_t kernel, stride;
};
constexpr Layer layers[] = {{1, 7, 4}, {2, 5, 1}, {4, 3, 2}, {8, 3, 1}, {8, 3, 2}};

}  // namespace

ShenDiscriminatorImpl::ShenDiscriminatorImpl(int64_t width) {
  int64_t channels = 3;
  for (const auto& layer : layers) {
    convolutions_.push_back(register_module(
        "conv" + std::to_string(convolutions_.size() + 1),
        torch::nn::Conv2d(torch::nn::Conv2dOptions(channels, layer.channels * width, layer.kernel)
                              .stride(layer.stride))));
    channels = layer.channels * width;
  }
  dense1_ = register_module("dense1", torch::nn::Linear(channels, 8 * width));
  dense2_ = register_module("dense2", torch::nn::Linear(8 * width, 2));
  lay_channels_last(*this);
}

void ShenDiscriminatorImpl::initialise(const at::Generator& generator) {
  const at::NoGradGuard no_grad;
  for (auto& entry : named_parameters()) {
    at::Tensor& parameter = entry.value();
    if (parameter.dim() == 1) {
      parameter.zero_();
      continue;
    }
    const bool small = parameter.dim() == 2 || entry.key().starts_with("conv1");
    const auto fan_in = static_cast<double>(parameter.numel() / parameter.size(0));
    const double deviation = (small ? first_share : 1) * std::sqrt(2 / fan_in);
    parameter.copy_(at::normal(0, deviation, parameter.sizes(), generator));
  }
}

at::Tensor ShenDiscriminatorImpl::drop(const at::Tensor& x) const {
  return is_training() && random_.defined() ? dropout(x, dropped, random_) : x;
}

at::Tensor ShenDiscriminatorImpl::forward(const at::Tensor&, const at::Tensor& image) {
  const auto mean = at::tensor({123.0, 117.0, 104.0}, image.options()).view({1, 3, 1, 1});
  at::Tensor x = image * 255 - mean;
  for (auto& convolution : convolutions_) x = at::relu(convolution(x));
  x = x.mean({2, 3});  // (n, 8 width)
  x = dense2_(drop(at::relu(dense1_(drop(x)))));
  return x.narrow(1, 0, 1) - x.narrow(1, 1, 1);  // (n, 1)
}

}  // namespace afterimage
