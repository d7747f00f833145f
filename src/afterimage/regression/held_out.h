#pragma once

#include <functional>
#include <vector>

#include "afterimage/base/progress.h"
#include "afterimage/regression/band_reduction.h"
#include "afterimage/regression/ridge_system.h"

/// Errors on held-out rows; not for use outside RidgeRegression.
namespace afterimage::ridge {

/// Squared errors (lambda, target), summed over all rows; infinite where a lambda is too small.
at::Tensor fold_errors(const System& system);
at::Tensor leave_out_errors(const System& system, const BandReduction& band);

/// Turns residuals of rows into errors of leaving out their groups.
struct Completion {
  bool possible = true;
  double least = 1;                           ///< least part of a row's error that is its residual
  std::function<void(at::Tensor&)> complete;  ///< residual (rows, q) -> error
};

/// Rows predicted from one reduced matrix A = Q B Q': as left' (A + lambda)^-1 right.
struct HeldOut {
  const BandReduction& band;
  std::vector<Rows> batches;
  std::function<at::Tensor(const Rows&)> left;                                 // (m, rows)
  std::function<at::Tensor(int64_t, int64_t)> right;                           // (m, q)
  std::function<at::Tensor(const Rows&, int64_t, int64_t)> truth;              // (rows, q)
  std::function<Completion(const Rows&, const at::Tensor&, double)> complete;  // L^-1 Q' left, ...
};

/// Adds the squared errors of the rows to `errors` (lambda, target).
void add_errors(const HeldOut& held, const System& system, at::Tensor errors, Progress& progress);

}  // namespace afterimage::ridge
