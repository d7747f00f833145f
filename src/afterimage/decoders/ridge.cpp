#include "afterimage/decoders/ridge.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/decoders/state_tensor.h"
#include "afterimage/recordings/stimulus_hash.h"
#include "afterimage/regression/folds.h"

namespace afterimage {
namespace {

using Rows = std::vector<int64_t>;

/// The samples `chosen`, as row 0, 1, ... of the regression.
RegressionData data_of(const SampleSource& train, const Rows& chosen, int64_t predictors) {
  const auto channels = train.channels();
  const auto size = train.image_size();
  const auto samples = [&chosen](const Rows& rows) {
    Rows out;
    for (const auto row : rows) out.push_back(chosen[static_cast<size_t>(row)]);
    return out;
  };
  RegressionData data;
  data.rows = std::ssize(chosen);
  data.predictors = predictors;
  data.targets = channels * size * size;
  data.x = [&train, samples](const Rows& rows) {
    return train.responses(samples(rows)).flatten(1);
  };
  data.y = [&train, samples, channels](const Rows& rows, int64_t first, int64_t last) {
    const auto images = train.images(samples(rows)).narrow(1, 0, channels).flatten(1);
    return images.narrow(1, first, last - first);  // of (n, c y x)
  };
  return data;
}

/// Every `step`th pixel of them: enough to choose a lambda for all.
RegressionData thinned(RegressionData data, int64_t step) {
  const auto all = data.targets;
  data.targets = (all + step - 1) / step;
  data.y = [y = data.y, step, all](const Rows& rows, int64_t first, int64_t last) {
    return y(rows, 0, all).slice(1, first * step, std::min(last * step, all), step);
  };
  return data;
}

/// The first `repeats` rows of each stimulus shown by `rows`.
std::vector<Rows> by_stimulus(const SampleSource& train, const Rows& rows, int64_t repeats) {
  std::map<int64_t, Rows> found;
  for (const auto row : rows) {
    auto& of = found[train.stimulus()[static_cast<size_t>(row)]];
    if (std::ssize(of) < repeats) of.push_back(row);
  }
  std::vector<Rows> list;
  for (auto& entry : found) list.push_back(std::move(entry.second));
  return list;
}

}  // namespace

Options RidgeOptions::options() {
  return {
      Option("lambda", lambda, "penalty on the squared weights; 0 = choose by cross-validation")
          .range(0),
      Option("lambdas", lambdas, "penalties to choose from").range(1e-6),
      Option("validation", validation,
             "samples held out to choose lambda: folds, or one photograph at a time")
          .one_of({"folds", "leave-one-out"}),
      Option("folds", folds, "cross-validation folds").range(2, 100),
      Option("per_target", per_target, "choose a penalty for each pixel and channel"),
      Option("decoded_repeats", decoded_repeats,
             "trials that the responses to be decoded will average: above 1, lambda is chosen on "
             "held-out means of that many; 0 = as the training samples are")
          .range(0),
  };
}

void RidgeDecoder::build(const DecoderInput& input, const RunContext& run) {
  if (options_.lambda <= 0 && options_.lambdas.empty()) {
    throw Error("ridge.lambdas", "the list is empty", "Name at least one penalty");
  }
  if (options_.decoded_repeats > 1 && (options_.per_target || options_.validation != "folds")) {
    throw Error("ridge.decoded_repeats", "chooses one lambda for all pixels, by folds",
                "Give per_target = false and validation = \"folds\", or decoded_repeats = 0");
  }
  size_ = input.image_size;
  bins_ = std::ssize(input.bins);
  predictors_ = input.sensors.count() * bins_;
  device_ = run.device();
}

std::vector<Readout> RidgeDecoder::readouts() const {
  const auto weight = state_.at("weight");
  return {{"pixels", weight.size(1), [weight, bins = bins_](int64_t first, int64_t last) {
             return weight.slice(1, first, last).unflatten(0, {-1, bins});
           }}};
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
  settings.lambdas = options_.lambda > 0 ? std::vector<double>{options_.lambda} : options_.lambdas;
  settings.per_target = options_.per_target;
  const auto lambdas = settings.lambdas;
  at::Tensor errors;  // of each lambda, where it is chosen on means
  if (lambdas.size() > 1) hold_out(settings, train, rows, run);
  if (lambdas.size() > 1 && options_.decoded_repeats > 1) {
    errors = errors_of_means(settings, train, rows, run);
    settings.lambdas = {lambdas[static_cast<size_t>(errors.argmin().item<int64_t>())]};
  }
  auto fit = fit_ridge(data_of(train, rows, predictors_), settings, run);
  if (errors.defined()) fit.errors = errors.unsqueeze(1);

  state_ = {{"weight", fit.weight},
            {"response_mean", fit.x_mean.to(at::kFloat)},
            {"image_mean", fit.y_mean.to(at::kFloat)},
            {"lambda", options_.per_target ? fit.lambda : fit.lambda[0].clone()}};
  if (!fit.errors.defined()) return;
  state_["lambdas"] = at::tensor(lambdas, at::kDouble);
  state_["errors"] = fit.errors.mean(1);
  say_choice(fit.lambda, lambdas, run);
}

at::Tensor RidgeDecoder::errors_of_means(const RidgeSettings& settings, const SampleSource& train,
                                         const Rows& rows, const RunContext& run) const {
  if (by_stimulus(train, rows, 2).size() == rows.size()) {
    throw Error("ridge.decoded_repeats",
                "needs stimuli with several trials, and in " + train.where() +
                    " every training sample shows another one",
                "Give 0; with data.average_repeats = true there are no single trials either");
  }
  constexpr int64_t most_targets = 1024;
  const int64_t targets = train.channels() * size_ * size_;
  const int64_t step = (targets + most_targets - 1) / most_targets;
  auto errors = at::zeros({std::ssize(settings.lambdas)}, at::kDouble);
  int64_t values = 0;
  for (int64_t fold = 0; fold < options_.folds; ++fold) {
    Rows learned, held_out;
    for (size_t i = 0; i < rows.size(); ++i) {
      (settings.group[i] == fold ? held_out : learned).push_back(rows[i]);
    }
    if (held_out.empty() || learned.empty()) continue;
    std::vector<at::Tensor> means;
    Rows shown;  // a row of each stimulus
    for (const auto& of : by_stimulus(train, held_out, options_.decoded_repeats)) {
      means.push_back(train.responses(of).mean(0).flatten());
      shown.push_back(of.front());
    }
    RidgeSettings plain = settings;
    plain.group.clear();
    RidgeRegression regression(thinned(data_of(train, learned, predictors_), step), plain, run);
    const auto truth = thinned(data_of(train, shown, predictors_), step);
    Rows every(shown.size());
    std::iota(every.begin(), every.end(), 0);
    const auto images = truth.y(every, 0, truth.targets);
    for (int64_t l = 0; l < errors.size(0); ++l) {
      const auto choice = at::full({truth.targets}, l, at::kLong);
      const auto add = [&](int64_t first, int64_t last, const at::Tensor& made) {
        const auto wanted = images.narrow(1, first, last - first);
        errors[l] += (made.cpu() - wanted).square().sum(at::kDouble);
      };
      try {
        regression.predictions(at::stack(means), choice, add);
      } catch (const Error&) {  // too small for these responses
        errors[l].fill_(std::numeric_limits<double>::infinity());
      }
    }
    values += images.numel();
  }
  return errors / static_cast<double>(values);
}

void RidgeDecoder::hold_out(RidgeSettings& settings, const SampleSource& train, const Rows& rows,
                            const RunContext& run) const {
  const auto all = train.photographs();
  std::vector<std::string> photographs;
  for (const auto row : rows) photographs.push_back(all[static_cast<size_t>(row)]);
  if (options_.validation == "leave-one-out") {
    settings.validation = Validation::leave_out;
    settings.group = numbered_by_first(photographs);
    if (settings.group.empty() || *std::ranges::max_element(settings.group) == 0) {
      throw Error("ridge.validation", "all samples show one photograph, which cannot be left out",
                  "Use folds");
    }
  } else {
    settings.group = grouped_folds(photographs, options_.folds, run.generator("ridge folds"));
  }
}

void RidgeDecoder::say_choice(const at::Tensor& chosen, const std::vector<double>& lambdas,
                              const RunContext& run) const {
  const auto [least, most] = std::minmax_element(lambdas.begin(), lambdas.end());
  const auto at_end = chosen.eq(*least).logical_or(chosen.eq(*most));
  if (options_.per_target) {
    const auto share = at_end.to(at::kDouble).mean().item<double>();
    run.say(concat("ridge: median lambda ", number_text(chosen.median().item<double>()), "; ",
                   number_text(std::round(100 * share)),
                   " % of the targets chose an end of the list (ridge.lambdas)"));
    return;
  }
  run.say(concat("ridge: lambda ", number_text(chosen[0].item<double>()),
                 " has the least held-out error",
                 at_end[0].item<bool>() ? "; it is at the end of the list (ridge.lambdas)" : ""));
}

at::Tensor RidgeDecoder::images_of(const at::Tensor& responses, const ReconstructContext&) {
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
