#include "afterimage/evaluation/euclidean.h"

#include <ATen/ATen.h>

namespace afterimage {

at::Tensor distance_of_moments(const at::Tensor& sums) {
  const auto squared = sums.select(1, 2) + sums.select(1, 3) - 2 * sums.select(1, 4);
  return squared.clamp_min(0).sqrt();
}

}  // namespace afterimage
