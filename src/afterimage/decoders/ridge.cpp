#include "afterimage/decoders/ridge.h"

#include <ATen/ATen.h>

#include <numeric>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/decoders/folds.h"
#include "afterimage/decoders/ridge_regression.h"
#include "afterimage/decoders/state_tensor.h"

namespace afterimage {
namespace {

using Rows = std::vector<int64_t>;

/// The samples `chosen`, as row 0, 1, ... of the regression.
RidgeData data_of(const SampleSource& train, const Rows& chosen, int64_t predictors) {
  const auto channels = train.channels();
  const auto size = train.image_size();
  const auto samples = [&chosen](const Rows& rows) {
    Rows out;
    for (const auto row : rows) out.push_back(chosen[static_cast<size_t>(row)]);
    return out;
  };
  RidgeData data;
  data.rows = std::ssize(chosen);
  data.predictors = predictors;
  data.targets = channels * size * size;
  data.x = [&train, samples](const Rows& rows) {
    return train.responses(samples(rows)).flatten(1);
  };
  data.y = [&train, samples, channels](const Rows& rows) {
    return train.images(samples(rows)).narrow(1, 0, channels).flatten(1);  // (n, c y x)
  };
  return data;
}

}  // namespace

Fields RidgeOptions::fields() {
  return {
      Field("lambda", lambda, "penalty on the squared weights; 0 = choose by cross-validation")
          .range(0),
      Field("lambdas", lambdas, "penalties to choose from").range(1e-6),
      Field("folds", folds, "cross-validation folds").range(2, 100),
  };
}

void RidgeDecoder::build(const DecoderInput& input, const RunContext& run) {
  if (options_.lambda <= 0 && options_.lambdas.empty()) {
    throw Error("ridge.lambdas", "the list is empty", "Name at least one penalty");
  }
  size_ = input.image_size;
  predictors_ = input.sensors.count() * static_cast<int64_t>(input.bins.size());
  device_ = run.device();
}

void RidgeDecoder::fit(const SampleSource& train, const FitContext& context) {
  Rows rows(static_cast<size_t>(train.count()));
  std::iota(rows.begin(), rows.end(), 0);
  fit(train, rows, context.run);
}

void RidgeDecoder::fit(const SampleSource& train, const Rows& rows, const RunContext& run) {
  if (rows.size() < 2) {
    throw Error(train.where(), concat("ridge cannot learn from ", rows.size(), " sample(s)"),
                "Give it two or more");
  }
  RidgeSettings settings;
  settings.device = device_;
  settings.lambdas = options_.lambda > 0 ? std::vector<double>{options_.lambda} : options_.lambdas;
  const auto photographs = train.photographs();
  std::vector<std::string> groups;
  for (const auto row : rows) groups.push_back(photographs[static_cast<size_t>(row)]);
  settings.fold = grouped_folds(groups, options_.folds, run.generator("ridge folds"));
  const auto fit = fit_ridge(data_of(train, rows, predictors_), settings);

  state_ = {{"weight", fit.weight},
            {"response_mean", fit.x_mean.to(at::kFloat)},
            {"image_mean", fit.y_mean.to(at::kFloat)},
            {"lambda", at::scalar_tensor(fit.lambda, at::kDouble)}};
  if (fit.errors.empty()) return;
  state_["lambdas"] = at::tensor(settings.lambdas, at::kDouble);
  state_["errors"] = at::tensor(fit.errors, at::kDouble);
  const auto [least, most] = std::minmax_element(settings.lambdas.begin(), settings.lambdas.end());
  const bool edge = fit.lambda == *least || fit.lambda == *most;
  run.say(concat("ridge: lambda ", number_text(fit.lambda), " has the least held-out error",
                 edge ? "; it is at the end of the list (ridge.lambdas)" : ""));
}

at::Tensor RidgeDecoder::reconstruct(const at::Tensor& responses) {
  TORCH_INTERNAL_ASSERT(!state_.empty(), "fit or load first");
  const auto x = responses.flatten(1).to(device_) - state_.at("response_mean");  // (n, p)
  const auto y = at::addmm(state_.at("image_mean"), x, state_.at("weight"));     // (n, c y x)
  return y.clamp(0, 1)
      .view({y.size(0), -1, size_, size_})
      .expand({-1, 3, -1, -1})
      .cpu()
      .contiguous();
}

void RidgeDecoder::load(const TensorMap& state, const std::string& where) {
  const auto pixels = size_ * size_;
  const auto targets = state_tensor(state, "image_mean", {-1}, where).size(0);
  if (targets != pixels && targets != 3 * pixels) {
    throw Error(where, concat("image_mean has ", targets, " values"),
                concat("A decoder of ", size_, " px images has ", pixels, " or ", 3 * pixels));
  }
  state_tensor(state, "weight", {predictors_, targets}, where);
  state_tensor(state, "response_mean", {predictors_}, where);
  state_ = state;
  for (const auto* name : {"weight", "image_mean", "response_mean"}) {
    state_[name] = state_[name].to(device_, at::kFloat);
  }
}

}  // namespace afterimage
