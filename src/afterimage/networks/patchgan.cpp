#include "afterimage/networks/patchgan.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/leaky_relu.h>

#include "afterimage/networks/layout.h"

namespace afterimage {
namespace {

constexpr double leak = 0.2;

torch::nn::Conv2d convolution(int64_t in, int64_t out, int64_t kernel, int64_t stride, bool bias) {
  return torch::nn::Conv2d(
      torch::nn::Conv2dOptions(in, out, kernel).stride(stride).padding(1).bias(bias));
}

}  // namespace

PatchGanImpl::PatchGanImpl(int64_t in_channels, int64_t width) {
  conv1_ = register_module("conv1", convolution(in_channels, width, 4, 2, true));
  conv2_ = register_module("conv2", convolution(width, 2 * width, 4, 2, false));
  norm2_ = register_module("norm2", torch::nn::BatchNorm2d(2 * width));
  conv3_ = register_module("conv3", convolution(2 * width, 4 * width, 4, 2, false));
  norm3_ = register_module("norm3", torch::nn::BatchNorm2d(4 * width));
  conv4_ = register_module("conv4", convolution(4 * width, 8 * width, 4, 1, false));
  norm4_ = register_module("norm4", torch::nn::BatchNorm2d(8 * width));
  conv5_ = register_module("conv5", convolution(8 * width, 1, 3, 2, true));
  lay_channels_last(*this);
}

at::Tensor PatchGanImpl::forward(const at::Tensor& maps, const at::Tensor& image) {
  // The rectifiers work in place: neither convolution nor normalisation needs its own output again.
  at::Tensor x = conv1_(at::cat({maps, image}, 1));
  x = norm2_(conv2_(at::leaky_relu_(x, leak)));  // (n, 2 width, H/4, W/4)
  x = norm3_(conv3_(at::leaky_relu_(x, leak)));  // (n, 4 width, H/8, W/8)
  x = norm4_(conv4_(at::leaky_relu_(x, leak)));  // (n, 8 width, H/8 - 1, W/8 - 1)
  return conv5_(at::leaky_relu_(x, leak));       // (n, 1, h, w)
}

}  // namespace afterimage
