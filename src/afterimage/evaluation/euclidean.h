#pragma once

#include <ATen/core/Tensor.h>

namespace afterimage {

/// Euclidean distance of each row from its moments (correlation.h): (n, 6) -> (n).
at::Tensor distance_of_moments(const at::Tensor& sums);

}  // namespace afterimage
