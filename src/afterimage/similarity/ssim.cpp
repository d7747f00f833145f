#include "afterimage/similarity/ssim.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <iterator>
#include <numeric>

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

/// Means over the windows of one scale: (n) each.
struct Similarity {
  at::Tensor whole, contrast;  // with and without the term of luminance
};

Similarity similarity_at_scale(const at::Tensor& x, const at::Tensor& y) {
  TORCH_INTERNAL_ASSERT(x.size(2) >= kSsimWindow && x.size(3) >= kSsimWindow);
  const double c1 = 0.01 * 0.01;
  const double c2 = 0.03 * 0.03;
  const auto mx = window_mean(x);
  const auto my = window_mean(y);
  const auto vx = window_mean(x * x) - mx * mx;
  const auto vy = window_mean(y * y) - my * my;
  const auto vxy = window_mean(x * y) - mx * my;
  const auto contrast = (2 * vxy + c2) / (vx + vy + c2);
  const auto whole = (2 * mx * my + c1) / (mx * mx + my * my + c1) * contrast;
  return {whole.mean({1, 2, 3}), contrast.mean({1, 2, 3})};
}

constexpr double kScaleWeights[] = {0.0448, 0.2856, 0.3001, 0.2363, 0.1333};

}  // namespace

at::Tensor luminance(const at::Tensor& images) {
  const auto weights = at::tensor({0.2125, 0.7154, 0.0721}, at::kDouble).view({1, 3, 1, 1});
  return (images.to(at::kDouble) * weights.to(images.device())).sum(1, /*keepdim=*/true);
}

at::Tensor structural_similarity(const at::Tensor& x, const at::Tensor& y) {
  return similarity_at_scale(x, y).whole;
}

int64_t ssim_scales(int64_t side) {
  int64_t scales = 0;
  while (scales < std::ssize(kScaleWeights) && side >= kSsimWindow) {
    ++scales;
    side /= 2;
  }
  return scales;
}

at::Tensor multi_scale_similarity(const at::Tensor& x, const at::Tensor& y) {
  const auto scales = ssim_scales(std::min(x.size(2), x.size(3)));
  TORCH_INTERNAL_ASSERT(scales > 0);
  const auto sum_of = [](int64_t count) {
    return std::accumulate(kScaleWeights, kScaleWeights + count, 0.0);
  };
  const double enlarged = sum_of(std::ssize(kScaleWeights)) / sum_of(scales);
  auto product = at::ones({x.size(0)}, x.options());
  auto a = x, b = y;
  for (int64_t scale = 0; scale < scales; ++scale) {
    if (scale > 0) {
      a = at::avg_pool2d(a, 2);
      b = at::avg_pool2d(b, 2);
    }
    const auto found = similarity_at_scale(a, b);
    const auto& factor = scale + 1 == scales ? found.whole : found.contrast;
    product = product * factor.clamp_min(0).pow(kScaleWeights[scale] * enlarged);
  }
  return product;
}

}  // namespace afterimage
