#include "afterimage/evaluation/response_correlation.h"

#include <ATen/ATen.h>

#include <limits>

#include "afterimage/similarity/correlation.h"

namespace afterimage {
namespace {

/// Squares and products of a stimulus with a channel, z-scored over stimuli.
struct Products {
  at::Tensor xx, yy, xy;  ///< (stimuli, channel)
  at::Tensor r;           ///< (channel)
  at::Tensor x_varies;    ///< (channel) bool
};

/// Means over stimuli of the squares of `centred`, against that of the values themselves: what
/// rounding leaves of a constant does not vary.
at::Tensor varies(const at::Tensor& variance, const at::Tensor& mean) {
  return variance > kConstant * (variance + mean.square());
}

Products products_of(const at::Tensor& measured, const at::Tensor& predicted,
                     const Stimuli& stimuli) {
  TORCH_INTERNAL_ASSERT(measured.size(0) == stimuli.count() && stimuli.count() > 1 &&
                        predicted.size(0) == stimuli.rows());
  const auto of_stimulus = stimuli.mean(predicted);  // (stimuli, channel)
  const auto x_mean = measured.mean(0), y_mean = of_stimulus.mean(0);
  const auto x = measured - x_mean, y = of_stimulus - y_mean;
  const auto y_squared = stimuli.mean((predicted - y_mean).square());
  const auto x_variance = x.square().mean(0), y_variance = y_squared.mean(0);
  Products out;
  out.x_varies = varies(x_variance, x_mean);
  const auto both = out.x_varies.logical_and(varies(y_variance, y_mean));
  const auto over = [&](const at::Tensor& sums, const at::Tensor& scale) {
    return (sums / scale).masked_fill(~both, 0);
  };
  out.xx = over(x.square(), x_variance);
  out.yy = over(y_squared, y_variance);
  out.xy = over(x * y, (x_variance * y_variance).sqrt());
  out.r = out.xy.mean(0);
  return out;
}

}  // namespace

at::Tensor response_correlation(const at::Tensor& measured, const at::Tensor& predicted,
                                const Stimuli& stimuli) {
  const auto products = products_of(measured, predicted, stimuli);
  return products.r.masked_fill(~products.x_varies, std::numeric_limits<double>::quiet_NaN());
}

at::Tensor influence_values(const at::Tensor& measured, const at::Tensor& predicted,
                            const Stimuli& stimuli, const at::Tensor& weights) {
  const auto [xx, yy, xy, r, varies] = products_of(measured, predicted, stimuli);
  return (r + xy - r * (xx + yy) / 2).mv(weights);
}

}  // namespace afterimage
