#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/base/options.h"
#include "afterimage/base/run_context.h"
#include "afterimage/recordings/sample_source.h"
#include "afterimage/regression/ridge_regression.h"

namespace afterimage {

struct ResponseModelOptions {
  double lambda = 0;
  std::vector<double> lambdas = {0.1, 1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7};
  int64_t folds = 5;

  Options options();
};

/// What decoders know of how responses come about: ridge regression from some description of the
/// image (features, principal components) to every sensor and bin,
///   r = (f - mean f) B + mean r + noise,   noise ~ N(0, diag v),
/// the penalty of each sensor and bin chosen on held-out photographs, and v its squared error
/// there, since residuals of the training samples themselves are too small.
class ResponseModel {
 public:
  using Features = std::function<at::Tensor(const std::vector<int64_t>& rows)>;

  /// `features` gives the description of training samples, (n, predictors). Errors: fewer than two
  /// samples; no penalties to choose from.
  ResponseModel(const SampleSource& train, int64_t predictors, const Features& features,
                const ResponseModelOptions& options, const RunContext& run);

  at::Tensor weights();  ///< B (predictors, sensor * bin), float64
  /// Responses to other images by their description (n, predictors): (n, sensor * bin) float32.
  at::Tensor predictions(const at::Tensor& features);

  const at::Tensor& mean_features() const { return regression_->x_mean(); }   ///< float64
  const at::Tensor& mean_responses() const { return regression_->y_mean(); }  ///< float64
  const at::Tensor& noise() const { return noise_; }    ///< v (sensor * bin) float64, above 0
  const at::Tensor& lambda() const { return lambda_; }  ///< chosen, (sensor * bin) float64

 private:
  std::unique_ptr<RidgeRegression> regression_;
  int64_t predictors_, targets_;
  at::Tensor choice_, noise_, lambda_;
};

}  // namespace afterimage
