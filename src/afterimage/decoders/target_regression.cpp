#include "afterimage/decoders/target_regression.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "afterimage/base/batches.h"
#include "afterimage/base/rows.h"
#include "afterimage/base/text.h"
#include "afterimage/decoders/state_tensor.h"
#include "afterimage/regression/folds.h"
#include "afterimage/regression/selected_regression.h"

namespace afterimage {
namespace {

constexpr int64_t units_at_once = 1024;

}  // namespace

Options TargetRegressionOptions::options() {
  return {
      Option("kind", kind,
             "ridge, a penalty for each unit by cross-validation, or fastl2lir as MindDiffuser has "
             "it: a fixed penalty, and each unit sees the sensors that correlate most with it")
          .one_of({"ridge", "fastl2lir"}),
      Option("lambdas", lambdas, "penalties to choose from").range(1e-6),
      Option("folds", folds, "cross-validation folds, whole photographs").range(2, 100),
      Option("alpha", alpha, "fastl2lir's penalty").range(1e-12),
  };
}

TargetRegression::TargetRegression(TargetRegressionOptions options, Choice choice,
                                   const Sensors& sensors, int64_t bins, const std::string& where)
    : options_(std::move(options)),
      choice_(std::move(choice)),
      sensors_(sensors.count()),
      bins_(bins),
      predictors_(sensors.count() * bins) {
  if (choice_.regions.empty()) return;
  const auto seen = sensors.in_rois(choice_.regions, where).unsqueeze(1).expand({-1, bins});
  columns_ = seen.flatten().nonzero().squeeze(1);
  predictors_ = columns_.size(0);
}

int64_t TargetRegression::layer_units() const { return state_.at("layer_units").item<int64_t>(); }

at::Tensor TargetRegression::predictors_of(const at::Tensor& responses) const {
  const auto x = responses.flatten(1);  // (n, p)
  return columns_.defined() ? x.index_select(1, columns_) : x;
}

RegressionData TargetRegression::data(const SampleSource& train, const TrainingTargets& targets,
                                      const at::Tensor& units) const {
  RegressionData data;
  data.rows = train.count();
  data.predictors = predictors_;
  data.targets = units.size(0);
  data.x = [this, &train](const auto& rows) { return predictors_of(train.responses(rows)); };
  data.y = [&targets, units](const auto& rows, int64_t first, int64_t last) {
    const auto wanted = units.slice(0, first, last);
    const int64_t from = wanted[0].item<int64_t>(), to = wanted[-1].item<int64_t>() + 1;
    const auto read = targets.file.read(targets.layer, picked(targets.row, rows), from, to);
    return to - from == last - first ? read : read.index_select(1, wanted - from);
  };
  return data;
}

void TargetRegression::standardise(const RegressionData& data, const RunContext& run) {
  auto mean = at::empty({data.targets}, at::kDouble), deviation = at::empty_like(mean);
  const auto rows = all_rows(data.rows);
  for (int64_t first = 0; first < data.targets; first += units_at_once) {
    run.stop_if_cancelled("stopped; nothing was written");
    const int64_t last = std::min(first + units_at_once, data.targets);
    const auto y = data.y(rows, first, last).to(at::kDouble);
    mean.slice(0, first, last).copy_(y.mean(0));
    deviation.slice(0, first, last).copy_(y.std(0, /*unbiased=*/false));
  }
  state_["mean"] = mean;
  state_["deviation"] = deviation;
}

RidgeSettings TargetRegression::ridge_settings(const SampleSource& train,
                                               const RunContext& run) const {
  RidgeSettings settings;
  settings.lambdas = options_.lambdas;
  settings.per_target = true;
  settings.group = grouped_folds(train.photographs(), options_.folds, run.generator("ridge folds"));
  return settings;
}

/// Those with the least held-out error in units of their variance, in the order of the layer.
at::Tensor TargetRegression::best_units(const SampleSource& train, const TrainingTargets& targets,
                                        const RunContext& run) {
  const int64_t all = targets.file.units(targets.layer);
  const auto every = at::arange(all);
  if (choice_.share >= 1) return every;
  const auto whole = data(train, targets, every);
  standardise(whole, run);
  RidgeRegression regression(whole, ridge_settings(train, run), run);
  const auto error = regression.errors().amin(0).to(at::kDouble).cpu() /
                     state_.at("deviation").square().clamp_min(1e-12);
  const auto kept =
      std::max<int64_t>(1, static_cast<int64_t>(choice_.share * static_cast<double>(all)));
  return std::get<0>(std::get<1>(error.topk(kept, 0, /*largest=*/false)).sort());
}

void TargetRegression::fit(const SampleSource& train, const TrainingTargets& targets,
                           const RunContext& run) {
  const auto units = best_units(train, targets, run);
  state_.clear();
  state_["units"] = units;
  state_["layer_units"] = at::scalar_tensor(targets.file.units(targets.layer), at::kLong);
  auto chosen = data(train, targets, units);
  standardise(chosen, run);
  const auto mean = state_.at("mean"), deviation = state_.at("deviation").clamp_min(1e-12);
  chosen.y = [read = chosen.y, mean, deviation](const auto& rows, int64_t first, int64_t last) {
    const auto y = read(rows, first, last).to(at::kDouble);
    return ((y - mean.slice(0, first, last)) / deviation.slice(0, first, last)).to(at::kFloat);
  };
  if (options_.kind == "ridge") {
    fit_ridge(train, chosen, run);
  } else {
    fit_selected(chosen, run);
  }
}

void TargetRegression::fit_ridge(const SampleSource& train, const RegressionData& data,
                                 const RunContext& run) {
  RidgeRegression regression(data, ridge_settings(train, run), run);
  const auto choice = options_.lambdas.size() == 1 ? at::zeros({data.targets}, at::kLong)
                                                   : regression.best(regression.errors());
  const auto weight = at::empty({data.predictors, data.targets}, at::kFloat);
  regression.weights(choice, [&](int64_t first, int64_t last, const at::Tensor& part) {
    weight.slice(1, first, last).copy_(part);
  });
  state_["weight"] = weight;
  state_["x_mean"] = regression.x_mean().cpu();
  state_["lambda"] = at::tensor(options_.lambdas, at::kDouble).index_select(0, choice.cpu());
}

void TargetRegression::fit_selected(const RegressionData& data, const RunContext& run) {
  const SelectedRegression regression(data, {choice_.predictors, options_.alpha}, run);
  state_["chosen"] = regression.chosen();
  state_["weight"] = regression.weight().to(at::kFloat);
  state_["bias"] = regression.bias();
}

at::Tensor TargetRegression::predict(const at::Tensor& responses) const {
  const auto x = predictors_of(responses.cpu()).to(at::kDouble);  // (n, p)
  const int64_t units = state_.at("units").size(0);
  const auto result = at::empty({x.size(0), units}, at::kFloat);
  const bool selected = state_.contains("chosen");
  const auto &mean = state_.at("mean"), &deviation = state_.at("deviation");
  const auto& weight = state_.at("weight");
  for (int64_t first = 0; first < units; first += units_at_once) {
    const int64_t last = std::min(first + units_at_once, units);
    at::Tensor y;  // (n, last - first), standardised
    if (selected) {
      const auto part = weight.slice(0, first, last).to(at::kDouble);
      y = selected_prediction(x, state_.at("chosen").slice(0, first, last), part,
                              state_.at("bias").slice(0, first, last));
    } else {
      y = (x - state_.at("x_mean")).matmul(weight.slice(1, first, last).to(at::kDouble));
    }
    result.slice(1, first, last)
        .copy_(y * deviation.slice(0, first, last) + mean.slice(0, first, last));
  }
  return result;
}

Readout TargetRegression::readout(const std::string& name) const {
  return {name, units().size(0),
          [this](int64_t first, int64_t last) { return weights(first, last); }};
}

at::Tensor TargetRegression::weights(int64_t first, int64_t last) const {
  const auto& weight = state_.at("weight");
  auto seen = at::zeros({predictors_, last - first}, at::kFloat);
  if (state_.contains("chosen")) {
    seen.scatter_(0, state_.at("chosen").slice(0, first, last).t(),
                  weight.slice(0, first, last).t());
  } else {
    seen.copy_(weight.slice(1, first, last));
  }
  if (!columns_.defined()) return seen.view({sensors_, bins_, -1});
  const auto all = at::zeros({sensors_ * bins_, last - first}, at::kFloat);
  return all.index_copy(0, columns_, seen).view({sensors_, bins_, -1});
}

void TargetRegression::load(const TensorMap& state, const std::string& where) {
  const int64_t units = state_tensor(state, "units", {-1}, where).size(0);
  state_tensor(state, "layer_units", {}, where);
  for (const auto* name : {"mean", "deviation"}) state_tensor(state, name, {units}, where);
  if (options_.kind == "ridge") {
    state_tensor(state, "weight", {predictors_, units}, where);
    state_tensor(state, "x_mean", {predictors_}, where);
  } else {
    const int64_t k = state_tensor(state, "chosen", {units, -1}, where).size(1);
    state_tensor(state, "weight", {units, k}, where);
    state_tensor(state, "bias", {units}, where);
  }
  state_ = state;
}

}  // namespace afterimage
