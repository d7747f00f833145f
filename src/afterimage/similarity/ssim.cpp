#include "afterimage/similarity/ssim.h"

#include <ATen/ATen.h>

namespace afterimage {
namespace {

/// Weighted mean over every window inside the image.
at::Tensor window_mean(const at::Tensor& images) {
  const auto offset = at::arange(kSsimWindow, images.options()) - kSsimWindow / 2;
  const auto bell = (-offset.square() / (2 * 1.5 * 1.5)).exp();
  const auto weights = bell / bell.sum();
  const auto rows = at::conv2d(images, weights.view({1, 1, -1, 1}));  // (n, 1, y - 10, x)
  return at::conv2d(rows, weights.view({1, 1, 1, -1}));               // (n, 1, y - 10, x - 10)
}

}  // namespace

at::Tensor luminance(const at::Tensor& images) {
  const auto weights = at::tensor({0.2125, 0.7154, 0.0721}, at::kDouble).view({1, 3, 1, 1});
  return (images.to(at::kDouble) * weights.to(images.device())).sum(1, /*keepdim=*/true);
}

at::Tensor structural_similarity(const at::Tensor& x, const at::Tensor& y) {
  TORCH_INTERNAL_ASSERT(x.size(2) >= kSsimWindow && x.size(3) >= kSsimWindow);
  const double c1 = 0.01 * 0.01;
  const double c2 = 0.03 * 0.03;
  const auto mx = window_mean(x);
  const auto my = window_mean(y);
  const auto vx = window_mean(x * x) - mx * mx;
  const auto vy = window_mean(y * y) - my * my;
  const auto vxy = window_mean(x * y) - mx * my;
  const auto map =
      ((2 * mx * my + c1) * (2 * vxy + c2)) / ((mx * mx + my * my + c1) * (vx + vy + c2));
  return map.mean({1, 2, 3});
}

}  // namespace afterimage
