#pragma once

#include <array>
#include <cstdint>

#include <ATen/core/Tensor.h>

namespace afterimage {

/// A Gaussian receptive field in stimulus coordinates.
struct GaussianField {
  double x = 0.5, y = 0.5;
  double size = 0.1;  ///< standard deviation
};

/// A Gaussian along one axis over cells whose centres are `cells` (k, float64), summing to one, and
/// its derivatives: by the centre in units of `size`, and by the logarithm of the size. The field
/// on a plane is the product of one along y and one along x.
struct GaussianAxis {
  GaussianAxis(const at::Tensor& cells, double centre, double size);

  at::Tensor value, by_centre, by_log_size;  ///< (k) float64
  int64_t first = 0, count = 0;              ///< the cells that weigh more than 1 % of the heaviest
};

/// Centres of the cells of a grid that divides the stimulus evenly: (k) float64.
at::Tensor even_cells(int64_t count);

}  // namespace afterimage
