#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace afterimage {

/// The nearest neighbours of each row among the others.
struct Neighbours {
  at::Tensor index;     ///< (n, k) int64, nearest first
  at::Tensor distance;  ///< (n, k) float64, squared Euclidean
};

/// Exact search: distances by matrix products in tiles (float32), those kept computed anew in
/// float64. `rows` (n, d) floating, k < n.
Neighbours nearest_neighbours(const at::Tensor& rows, int64_t k);

}  // namespace afterimage
