#pragma once

#include <ATen/core/Tensor.h>

namespace afterimage {

/// A row that varies by less than this share of its mean square counts as constant (a gray square);
/// its correlation with anything is 0, never NaN.
inline constexpr double kConstant = 1e-12;

/// Correlations nearer than this are equal: identification counts ties as losses, and rounding must
/// not decide them.
inline constexpr double kTie = 1e-12;

/// What a Pearson correlation over the units of each row adds up from: x, y (n, units) of any float
/// type -> (n, 6) float64 on the CPU: sums of x, y, xx, yy, xy and 1.
at::Tensor moments(const at::Tensor& x, const at::Tensor& y);

/// Pearson correlation of each row of (sums of) moments: (n, 6) -> (n).
at::Tensor pearson_of_moments(const at::Tensor& sums);

/// r_ij = Pearson(truth_i, reconstruction_j) over units: (n, units), (m, units) -> (n, m) float64
/// on the CPU, one matrix product of standardised rows.
at::Tensor similarity(const at::Tensor& truth, const at::Tensor& reconstruction);

/// Pairwise (2-way) identification: for each reconstruction j the share of other images i with
/// r_ij < r_jj; ties are losses. (n, n) -> (n) float64; n > 1.
at::Tensor two_way_identification(const at::Tensor& similarity);

/// 1 where reconstruction j is more like its own image than like any other, else 0.
at::Tensor top_identification(const at::Tensor& similarity);

}  // namespace afterimage
