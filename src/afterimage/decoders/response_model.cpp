#include "afterimage/decoders/response_model.h"

#include <ATen/ATen.h>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/regression/folds.h"

namespace afterimage {
namespace {

/// Of standardised responses; what is smaller belongs to a sensor that was silenced.
constexpr double least_noise = 1e-6;

}  // namespace

Options ResponseModelOptions::options() {
  return {
      Option("lambda", lambda,
             "penalty of the encoding model's squared weights; 0 = choose for each sensor and bin")
          .range(0),
      Option("lambdas", lambdas, "penalties to choose from").range(1e-6),
      Option("folds", folds, "folds by photograph: for the penalty, and for the noise")
          .range(2, 100),
  };
}

ResponseModel::ResponseModel(const SampleSource& train, int64_t predictors,
                             const Features& features, const ResponseModelOptions& options,
                             const RunContext& run)
    : predictors_(predictors), targets_(train.sensors() * train.bins()) {
  if (train.count() < 2) {
    throw Error(train.where(),
                concat("an encoding model cannot learn from ", train.count(), " sample(s)"),
                "Give it two or more");
  }
  RegressionData data;
  data.rows = train.count();
  data.predictors = predictors;
  data.targets = targets_;
  data.x = features;
  data.y = [&train](const std::vector<int64_t>& rows, int64_t first, int64_t last) {
    return train.responses(rows).flatten(1).narrow(1, first, last - first);
  };
  RidgeSettings settings;
  settings.lambdas = options.lambda > 0 ? std::vector<double>{options.lambda} : options.lambdas;
  if (settings.lambdas.empty()) {
    throw Error("response_model.lambdas", "the list is empty", "Name at least one penalty");
  }
  settings.per_target = true;
  settings.dtype = at::kDouble;
  settings.group = grouped_folds(train.photographs(), options.folds,
                                 run.generator("folds of the encoding model"));
  regression_ = std::make_unique<RidgeRegression>(data, settings, run);
  const auto errors = regression_->errors();  // (lambda, sensor * bin)
  choice_ = regression_->best(errors);
  noise_ = errors.gather(0, choice_.to(errors.device()).unsqueeze(0)).squeeze(0);
  noise_ = noise_.clamp_min(least_noise);
  lambda_ = at::tensor(settings.lambdas, at::kDouble).index_select(0, choice_.cpu());
}

at::Tensor ResponseModel::weights() {
  auto all = at::empty({predictors_, targets_}, mean_features().options());
  regression_->weights(choice_, [&](int64_t first, int64_t last, const at::Tensor& weight) {
    all.narrow(1, first, last - first).copy_(weight);
  });
  return all;
}

at::Tensor ResponseModel::predictions(const at::Tensor& features) {
  auto all = at::empty({features.size(0), targets_}, mean_features().options().dtype(at::kFloat));
  regression_->predictions(features, choice_,
                           [&](int64_t first, int64_t last, const at::Tensor& predicted) {
                             all.narrow(1, first, last - first).copy_(predicted);
                           });
  return all;
}

}  // namespace afterimage
