#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/decoders/ridge_regression.h"

/// What the primal and the dual ridge solver share; not for use outside fit_ridge.
namespace afterimage::ridge {

RidgeFit fit_primal(const RidgeData& data, const RidgeSettings& settings);
RidgeFit fit_dual(const RidgeData& data, const RidgeSettings& settings);

at::TensorOptions float64(const c10::Device& device);

/// Number of folds the settings name.
int64_t fold_count(const RidgeSettings& settings);

/// Calls `visit(first, last)` for blocks of targets of which a column takes `column_bytes`.
void for_target_blocks(const RidgeData& data, int64_t column_bytes, int64_t memory,
                       const std::function<void(int64_t, int64_t)>& visit);

/// Held-out squared error e0 - 2 a'd + d'Qd of every lambda, d = 1 / (eigenvalue + lambda).
at::Tensor held_out_error(const std::vector<double>& lambdas, const at::Tensor& eigenvalues,
                          const at::Tensor& e0, const at::Tensor& a, const at::Tensor& q);

/// The lambda of least error; notes the mean error of each in `fit`.
double best_lambda(RidgeFit& fit, const RidgeData& data, const RidgeSettings& settings,
                   const at::Tensor& squared_error);

/// Lower Cholesky factor of gram + lambda (in place of gram). Errors: lambda too small.
at::Tensor cholesky_factor(at::Tensor gram, double lambda);

}  // namespace afterimage::ridge
