#include "afterimage/decoders/linear_gaussian.h"

#include <ATen/ATen.h>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/decoders/image_components.h"
#include "afterimage/decoders/state_tensor.h"
#include "afterimage/regression/folds.h"
#include "afterimage/regression/ridge_regression.h"

namespace afterimage {
namespace {

/// Of standardised responses; what is smaller belongs to a sensor that was silenced.
constexpr double least_noise = 1e-6;

RidgeSettings ridge_settings(const LinearGaussianOptions& options, const SampleSource& train,
                             const RunContext& run) {
  RidgeSettings settings;
  settings.lambdas = options.lambda > 0 ? std::vector<double>{options.lambda} : options.lambdas;
  if (settings.lambdas.empty()) {
    throw Error("lambdas", "the list is empty", "Name at least one penalty");
  }
  settings.per_target = true;
  settings.dtype = at::kDouble;
  settings.group = grouped_folds(train.photographs(), options.folds,
                                 run.generator("folds of the linear map to responses"));
  return settings;
}

}  // namespace

at::Tensor posterior_gain(const at::Tensor& weights, const at::Tensor& prior,
                          const at::Tensor& noise) {
  const auto scaled = weights * prior.unsqueeze(1);  // L B (k, q)
  if (weights.size(1) <= weights.size(0)) {
    auto system = at::mm(weights.t(), scaled);
    system.diagonal().add_(noise);
    return at::cholesky_solve(scaled.t(), at::linalg_cholesky(system));
  }
  const auto precise = weights / noise;  // B D^-1 (k, q)
  auto system = at::mm(precise, weights.t());
  system.diagonal().add_(prior.reciprocal());
  return at::cholesky_solve(precise, at::linalg_cholesky(system)).t();
}

Options LinearGaussianOptions::options() {
  return Options{
      Option("components", components,
             "principal components of the training images; as many as there are samples "
             "approximate nothing")
          .range(1, 1e6),
      Option("lambda", lambda, "penalty on the squared weights; 0 = choose for each sensor and bin")
          .range(0),
      Option("lambdas", lambdas, "penalties to choose from").range(1e-6),
      Option("folds", folds, "folds by photograph: for the penalty, and for the noise")
          .range(2, 100)};
}

void LinearGaussianDecoder::build(const DecoderInput& input, const RunContext& run) {
  size_ = input.image_size;
  predictors_ = input.sensors.count() * static_cast<int64_t>(input.bins.size());
  device_ = run.device();
}

void LinearGaussianDecoder::fit(const SampleSource& train, const FitContext& context) {
  const auto images = image_components(train, options_.components, context.run);
  const auto count = images.variance.size(0);
  if (count == 0) {
    throw Error(train.where(), "all training images are alike", "Train on images that differ");
  }
  RegressionData data;
  data.rows = train.count();
  data.predictors = count;
  data.targets = predictors_;
  data.x = [&](const std::vector<int64_t>& rows) { return images.scores(train.images(rows)); };
  data.y = [&](const std::vector<int64_t>& rows, int64_t first, int64_t last) {
    return train.responses(rows).flatten(1).narrow(1, first, last - first);
  };
  const auto settings = ridge_settings(options_, train, context.run);
  RidgeRegression ridge(data, settings, context.run);
  const auto errors = ridge.errors();  // (lambda, p)
  const auto choice = ridge.best(errors);
  const auto noise =
      errors.gather(0, choice.to(errors.device()).unsqueeze(0)).squeeze(0).clamp_min(least_noise);
  auto weights = at::empty({count, predictors_}, images.mean.options());
  ridge.weights(choice, [&](int64_t first, int64_t last, const at::Tensor& weight) {
    weights.narrow(1, first, last - first).copy_(weight);
  });
  const auto gain = posterior_gain(weights, images.variance, noise);
  state_ = {{"gain", gain.to(at::kFloat).contiguous()},
            {"components", images.components.to(at::kFloat)},
            {"response_mean", ridge.y_mean().to(at::kFloat)},
            {"image_mean", images.mean.to(at::kFloat)},
            {"prior", images.variance.cpu()},
            {"noise", noise.cpu()},
            {"lambda", at::tensor(settings.lambdas, at::kDouble).index_select(0, choice.cpu())}};
}

at::Tensor LinearGaussianDecoder::images_of(const at::Tensor& responses,
                                            const ReconstructContext&) {
  TORCH_INTERNAL_ASSERT(!state_.empty(), "fit or load first");
  const auto r = responses.flatten(1).to(device_) - state_.at("response_mean");  // (n, p)
  const auto scores = at::mm(r, state_.at("gain"));                              // (n, k)
  return at::addmm(state_.at("image_mean"), scores, state_.at("components"))
      .clamp(0, 1)
      .view({r.size(0), -1, size_, size_})
      .expand({-1, 3, -1, -1})
      .cpu()
      .contiguous();
}

void LinearGaussianDecoder::load(const TensorMap& state, const std::string& where) {
  const auto pixels = state_tensor(state, "image_mean", {-1}, where).size(0);
  if (pixels != size_ * size_ && pixels != 3 * size_ * size_) {
    throw Error(where, concat("image_mean has ", pixels, " values"),
                concat("A decoder of ", size_, " px images has ", size_ * size_, " or ",
                       3 * size_ * size_));
  }
  const auto count = state_tensor(state, "components", {-1, pixels}, where).size(0);
  state_tensor(state, "gain", {predictors_, count}, where);
  state_tensor(state, "response_mean", {predictors_}, where);
  state_ = state;
  for (const auto* name : {"gain", "components", "response_mean", "image_mean"}) {
    state_[name] = state_[name].to(device_, at::kFloat);
  }
}

}  // namespace afterimage
