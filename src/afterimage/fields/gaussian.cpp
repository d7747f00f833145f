#include "afterimage/fields/gaussian.h"

#include <ATen/ATen.h>

namespace afterimage {

at::Tensor even_cells(int64_t count) {
  return (at::arange(count, at::kDouble) + 0.5) / static_cast<double>(count);
}

GaussianAxis::GaussianAxis(const at::Tensor& cells, double centre, double size) {
  const auto u = (cells - centre) / size;
  const auto square = u.square();
  value = at::softmax(-0.5 * square, 0);  // normalised over the stimulus, also for tiny fields
  by_centre = value * (u - (value * u).sum());
  by_log_size = value * (square - (value * square).sum());
  const auto heavy = (value > 0.01 * value.max()).nonzero();
  first = heavy[0].item<int64_t>();
  count = heavy[-1].item<int64_t>() - first + 1;
}

}  // namespace afterimage
