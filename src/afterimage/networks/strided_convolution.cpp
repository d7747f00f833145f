#include "afterimage/networks/strided_convolution.h"

#include <ATen/ops/col2im.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/conv_transpose2d.h>
#include <ATen/ops/matmul.h>

namespace afterimage {
namespace {

constexpr int64_t kernel = 4;
constexpr int64_t stride = 2;
constexpr int64_t padding = 1;

/// Whether the product over `pixels` patches beats the convolution. Where they meet was measured
/// with benchmarks/training_step.cpp; oneDNN's bf16 product is far ahead of its bf16 convolution.
bool product_is_faster(const at::Tensor& x, int64_t pixels) {
  if (!x.device().is_cpu()) return false;
  return pixels <= (x.scalar_type() == at::kBFloat16 ? 256 : 72);
}

}  // namespace

at::Tensor halving_convolution(const at::Tensor& x, const at::Tensor& weight) {
  const int64_t n = x.size(0), height = x.size(2) / stride, width = x.size(3) / stride;
  if (!product_is_faster(x, n * height * width)) return at::conv2d(x, weight, {}, stride, padding);

  const auto patches = at::constant_pad_nd(x, {padding, padding, padding, padding})
                           .unfold(2, kernel, stride)
                           .unfold(3, kernel, stride)    // (n, in, y, x, 4, 4)
                           .permute({0, 2, 3, 4, 5, 1})  // (n, y, x, 4, 4, in)
                           .reshape({n * height * width, -1});
  // Channels-last weights lie in memory as (out, 4, 4, in): a view.
  const auto matrix = weight.permute({0, 2, 3, 1}).reshape({weight.size(0), -1});
  return at::matmul(patches, matrix.t())  // (n y x, out)
      .view({n, height, width, -1})
      .permute({0, 3, 1, 2});
}

at::Tensor doubling_convolution(const at::Tensor& x, const at::Tensor& weight) {
  const int64_t n = x.size(0), height = x.size(2), width = x.size(3), out = weight.size(1);
  if (!product_is_faster(x, n * height * width)) {
    return at::conv_transpose2d(x, weight, {}, stride, padding);
  }

  const auto pixels = x.permute({0, 2, 3, 1}).reshape({n * height * width, -1});
  const auto matrix = weight.permute({0, 2, 3, 1}).reshape({weight.size(0), -1});
  const auto patches = at::matmul(pixels, matrix)  // (n y x, 4 4 out)
                           .view({n, height * width, kernel * kernel, out})
                           .permute({0, 3, 2, 1})  // (n, out, 4 4, y x)
                           .reshape({n, out * kernel * kernel, height * width});
  return at::col2im(patches, {stride * height, stride * width}, {kernel, kernel}, {1, 1},
                    {padding, padding}, {stride, stride})
      .contiguous(at::MemoryFormat::ChannelsLast);
}

}  // namespace afterimage
