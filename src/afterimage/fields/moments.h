#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace afterimage {

/// All that least squares needs to know of predictors and responses: means and centred sums of
/// products, float64. F predictors, S responses.
struct Moments {
  double count = 0;
  at::Tensor mean;             ///< (F)
  at::Tensor gram;             ///< (F, F)
  at::Tensor response_mean;    ///< (S)
  at::Tensor cross;            ///< (F, S)
  at::Tensor response_square;  ///< (S)

  /// Of predictors (F, n) and responses (n, S), float32.
  static Moments of(const at::Tensor& predictors, const at::Tensor& responses);
};

/// Of both sets of rows together.
Moments operator+(const Moments& a, const Moments& b);

/// Ridge regression on standardised predictors, the penalty relative to their variance:
///     minimise |y - z w|^2 / n + penalty |w|^2.
struct MomentFit {
  at::Tensor weights;    ///< (F, S) for standardised predictors
  at::Tensor scale;      ///< (F) standard deviations of the predictors
  at::Tensor objective;  ///< (S)
};
MomentFit ridge_fit(const Moments& moments, double penalty);

/// Generalised cross-validation (Golub, Heath and Wahba 1979) of that regression for each penalty:
/// (penalty, S), an estimate of the mean squared error on new rows.
at::Tensor ridge_gcv(const Moments& moments, const std::vector<double>& penalties);

}  // namespace afterimage
