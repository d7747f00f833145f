#pragma once

#include <ATen/core/Tensor.h>

namespace afterimage {

/// Rows of a cubic's tensor: four coefficients, then the least and the largest drive it was fitted
/// to, beyond which it stays as it is there.
inline constexpr int64_t kCubicRows = 6;

/// A cubic from drive to response for every value, least squares (a static nonlinearity). Rows are
/// seen once.
class CubicFit {
 public:
  /// `shape`: of a row of values.
  explicit CubicFit(at::IntArrayRef shape);
  /// Drives and responses, (n, shape...).
  void add(const at::Tensor& drive, const at::Tensor& response);
  /// (kCubicRows, shape...) float32.
  at::Tensor solve() const;

 private:
  at::Tensor products_, right_;  // (shape..., 4, 4), (shape..., 4) of powers of the drive
  at::Tensor least_, largest_;   // (shape...)
};

/// The curve at drives (n, shape...).
at::Tensor cubic_curve(const at::Tensor& curve, const at::Tensor& drive);

}  // namespace afterimage
