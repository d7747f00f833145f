#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/base/run_context.h"

namespace afterimage {

/// What SensorRidge has found. `weight` and `intercept` begin with those fitted without fold 0, 1,
/// ...; the last are fitted to all rows.
struct SensorRidgeFit {
  at::Tensor weight;     ///< (fold + 1, sensor, predictor, target) float64
  at::Tensor intercept;  ///< (fold + 1, sensor, target) float64
  at::Tensor lambda;     ///< (sensor) float64
  at::Tensor errors;     ///< (lambda, sensor) float64: held-out squared errors, summed
};

/// Ridge regression with an intercept (Hoerl & Kennard 1970) of many sensors at once, each on few
/// predictors of its own, with a penalty of its own: that of least squared error on held-out folds,
/// summed over the sensor's targets. Rows are seen once; what is kept of them are sums of products,
/// 8 (folds) (sensors) (predictors + targets + 1)^2 bytes.
class SensorRidge {
 public:
  SensorRidge(int64_t sensors, int64_t predictors, int64_t targets, int64_t folds);

  /// Rows of one fold: x (sensor, n, predictor), or (1, n, predictor) for all; y (sensor, n,
  /// target).
  void add(const at::Tensor& x, const at::Tensor& y, int64_t fold);

  /// `standardise`: the penalty holds for predictors of unit variance (over all rows).
  SensorRidgeFit solve(const std::vector<double>& lambdas, bool standardise,
                       const RunContext& run) const;

 private:
  int64_t sensors_, predictors_, targets_, folds_;
  at::Tensor sums_;  // (fold, sensor, q, q) of products of [x, y, 1]
};

}  // namespace afterimage
