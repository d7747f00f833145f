#pragma once

#include <ATen/core/Tensor.h>

#include "afterimage/base/run_context.h"
#include "afterimage/regression/regression_data.h"

namespace afterimage {

struct SelectedRegressionOptions {
  int64_t predictors = 500;
  double alpha = 0.15;

  Options options();
};

/// Ridge regression in which each target sees only the predictors that correlate most with it
/// (FastL2LiR, github.com/KamitaniLab/PyFastL2LiR, as MindDiffuser and the Kamitani laboratory's
/// decoders use it). For each target, on the `predictors` columns of largest |r| and a column of
/// ones, w = (X'X + alpha I)^-1 X'y, so that the intercept is penalised too; in float64. Predictors
/// of variance below 1e-8 are chosen last.
class SelectedRegression {
 public:
  /// X is held whole, twice its Gram matrix beside it (p x p, float64); targets come in blocks.
  /// More predictors asked for than there are: all. Errors: alpha 0 with dependent predictors.
  SelectedRegression(const RegressionData& data, const SelectedRegressionOptions& options,
                     const RunContext& run);

  /// (m, p) to (m, targets).
  at::Tensor predict(const at::Tensor& x) const;

  const at::Tensor& chosen() const { return chosen_; }  ///< (targets, k) columns, int32
  const at::Tensor& weight() const { return weight_; }  ///< (targets, k) theirs, float64
  const at::Tensor& bias() const { return bias_; }      ///< (targets) float64

 private:
  at::Tensor chosen_, weight_, bias_;
};

/// What such a regression says of predictors x (m, p): (m, targets), in float64.
at::Tensor selected_prediction(const at::Tensor& x, const at::Tensor& chosen,
                               const at::Tensor& weight, const at::Tensor& bias);

}  // namespace afterimage
