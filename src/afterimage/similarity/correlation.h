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

/// Cosine of each row of moments: (n, 6) -> (n); 0 where a row is 0.
at::Tensor cosine_of_moments(const at::Tensor& sums);

/// r_ij = Pearson(truth_i, reconstruction_j) over units: (s, units), (n, units) -> (s, n) float64
/// on the CPU, one matrix product of standardised rows.
at::Tensor similarity(const at::Tensor& truth, const at::Tensor& reconstruction);

/// Pairwise (2-way) identification: for each reconstruction j the share of stimuli i other than its
/// own with r_ij < r_oj, o = `own`[j]; ties are losses. (s, n), (n) int64 -> (n) float64; s > 1.
at::Tensor two_way_identification(const at::Tensor& similarity, const at::Tensor& own);

/// 1 where reconstruction j is more like its own stimulus than like any other, else 0.
at::Tensor top_identification(const at::Tensor& similarity, const at::Tensor& own);

}  // namespace afterimage
