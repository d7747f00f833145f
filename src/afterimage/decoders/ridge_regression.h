#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

namespace afterimage {

/// Predictors and targets, read by rows when asked for, so that neither must fit in memory.
struct RidgeData {
  int64_t rows = 0;
  int64_t predictors = 0;
  int64_t targets = 0;
  std::function<at::Tensor(const std::vector<int64_t>&)> x;  ///< rows -> (n, predictors)
  std::function<at::Tensor(const std::vector<int64_t>&)> y;  ///< rows -> (n, targets)
};

struct RidgeSettings {
  std::vector<double> lambdas;  ///< one: used as it is; several: chosen by cross-validation
  std::vector<int64_t> fold;    ///< of each row; needed to choose among several lambdas
  c10::Device device = c10::kCPU;
  c10::ScalarType dtype = c10::kFloat;  ///< of the weights returned; the arithmetic is float64
  int64_t memory = int64_t{1} << 30;    ///< bytes for sums over targets (a floor, not a total)
};

/// y = (x - x_mean) weight + y_mean.
struct RidgeFit {
  at::Tensor weight;  ///< (predictors, targets)
  at::Tensor x_mean;  ///< (predictors) float64
  at::Tensor y_mean;  ///< (targets) float64
  double lambda = 0;
  std::vector<double> errors;  ///< held-out mean squared error per lambda; empty when there was one
};

/// Ridge regression with an intercept by centring (Hoerl & Kennard 1970): minimises
/// |Y - XW|^2 + lambda |W|^2 over all targets with one lambda. With fewer rows than predictors the
/// dual form W = X'(XX' + lambda)^-1 Y is solved, else the primal W = (X'X + lambda)^-1 X'Y; both
/// by Cholesky in float64.
///
/// Lambda is the one of least squared error on held-out folds, over all targets. One
/// eigendecomposition a fold serves every lambda, and the error is a quadratic form of
/// d_i = 1 / (eigenvalue_i + lambda), so no prediction is ever formed:
///   e(d) = e0 - 2 a'd + d'Qd      (ridge_primal.cpp, ridge_dual.cpp).
/// Data are read in batches; in the primal form memory does not grow with the rows, in the dual
/// form by one rows x rows matrix and a block of targets.
RidgeFit fit_ridge(const RidgeData& data, const RidgeSettings& settings);

}  // namespace afterimage
