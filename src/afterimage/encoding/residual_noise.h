#pragma once

#include <cstdint>

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

namespace afterimage {

/// A normal distribution around zero whose covariance is of low rank plus a diagonal,
/// L L' + diag(d): what sensors share, and what each has for itself.
struct ResidualNoise {
  at::Tensor loadings;  ///< L, (value, k) float32
  at::Tensor diagonal;  ///< d, (value) float32, >= 0

  /// From deviations (n, value): L is made of their leading principal components (of their second
  /// moments; found by subspace iteration, Halko, Martinsson & Tropp 2011), d of what variance is
  /// left.
  static ResidualNoise fit(const at::Tensor& deviations, int64_t rank, at::Generator generator);

  /// Rows x (n, value) times the inverse of the covariance (Woodbury's identity), as x is. A value
  /// keeps at least a thousandth of its variance for itself, and 1e-6, so that there is an inverse.
  at::Tensor solve(const at::Tensor& x) const;
  /// One draw, (value).
  at::Tensor draw(at::Generator generator) const;
  at::Tensor variance() const;  ///< (value)
};

}  // namespace afterimage
