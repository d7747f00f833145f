#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>

#include "afterimage/base/run_context.h"
#include "afterimage/regression/regression_data.h"

namespace afterimage {

enum class Validation {
  folds,      ///< the rows of each group are predicted from those of all other groups, refitted
  leave_out,  ///< the same of each group by a closed form, without refitting: for many groups
};

struct RidgeSettings {
  std::vector<double> lambdas;  ///< one: used as it is; several: chosen by held-out error
  Validation validation = Validation::folds;
  /// Group of each row, 0, 1, ...: its fold, or what is left out together. Needed to choose among
  /// several lambdas; without it `leave_out` leaves out one row at a time.
  std::vector<int64_t> group;
  bool per_target = false;  ///< choose a lambda for each target; else one for all
  /// Of weights and predictions returned, and of the products of validation. Factorisations and
  /// the final solution are float64.
  c10::ScalarType dtype = c10::kFloat;
  /// Bytes for each of: predictors kept, targets kept (half), a block of targets being worked on.
  int64_t memory = int64_t{1} << 30;
};

/// Ridge regression with an intercept by centring (Hoerl & Kennard 1970): minimises
/// |Y - XW|^2 + lambda |W|^2. With fewer rows than predictors the dual form
/// W = X'(XX' + lambda)^-1 Y is solved, else the primal W = (X'X + lambda)^-1 X'Y.
///
/// Lambda is that of least squared error of prediction on held-out rows, summed over all targets
/// or for each. A reduction of the Gram matrix to a band (band_reduction.h), one a fold, serves
/// every lambda and target. Leaving out needs a single one: of a group g, with the smoother
/// S = X(X'X + lambda)^-1 X' + 11'/n or G = (XX' + lambda)^-1 (the mean projected out),
///   held-out error = (I - S_gg)^-1 (Y - SY)_g = (G_gg)^-1 (GY)_g
/// (Allen 1974; An, Liu & Venkatesh 2007 for groups), which is exact.
///
/// Memory, m = min(rows, predictors): the Gram matrix and one copy (16 m^2 bytes; dual folds at
/// most as much again), beside what RidgeSettings::memory allows, however many targets; in the
/// primal form also however many rows. Weights of many targets are streamed, never stored.
///
/// Progress is shown; Ctrl-C is answered between products of less than a second.
class RidgeRegression {
 public:
  /// Reads the predictors once where they fit in memory, and forms the Gram matrix.
  RidgeRegression(const RegressionData& data, const RidgeSettings& settings, const RunContext& run);
  ~RidgeRegression();
  RidgeRegression(const RidgeRegression&) = delete;
  RidgeRegression& operator=(const RidgeRegression&) = delete;

  const at::Tensor& x_mean() const;  ///< (predictors) float64
  const at::Tensor& y_mean() const;  ///< (targets) float64

  /// Held-out mean squared error of every lambda, (lambda, target) when lambda is chosen per
  /// target, else (lambda, 1) over all targets; float64, infinite for a lambda too small for the
  /// responses.
  at::Tensor errors();

  /// Index into `lambdas` of least error for each target, int64 (targets); `errors` is what
  /// errors() returned.
  at::Tensor best(const at::Tensor& errors) const;

  using Visit = std::function<void(int64_t first, int64_t last, const at::Tensor&)>;

  /// Weights (predictors, last - first) of targets first, ..., last - 1, block by block, on all
  /// rows; `choice` as from best(). Errors: a lambda too small for the responses.
  void weights(const at::Tensor& choice, const Visit& visit);

  /// Predictions (rows of x, last - first) for predictors x (rows, predictors), likewise. In the
  /// dual form no weights are formed: for few rows and many targets.
  void predictions(const at::Tensor& x, const at::Tensor& choice, const Visit& visit);

 private:
  struct Parts;
  void coefficients(const at::Tensor& choice, const Visit& visit);
  std::unique_ptr<Parts> parts_;
};

/// y = (x - x_mean) weight + y_mean.
struct RidgeFit {
  at::Tensor weight;  ///< (predictors, targets)
  at::Tensor x_mean;  ///< (predictors) float64
  at::Tensor y_mean;  ///< (targets) float64
  at::Tensor lambda;  ///< (targets) float64; all alike unless chosen for each target
  at::Tensor errors;  ///< held out, as from RidgeRegression::errors; undefined for one lambda
};

/// All of it for targets few enough to hold their weights.
RidgeFit fit_ridge(const RegressionData& data, const RidgeSettings& settings,
                   const RunContext& run);

}  // namespace afterimage
