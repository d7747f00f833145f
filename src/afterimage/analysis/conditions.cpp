#include "afterimage/analysis/conditions.h"

#include <ATen/ATen.h>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/decoders/controls.h"
#include "afterimage/evaluation/statistics.h"
#include "afterimage/recordings/bins.h"
#include "afterimage/recordings/stimulus_hash.h"

namespace afterimage {
namespace {

constexpr int64_t batch = 128;
constexpr int64_t bootstrap = 1000;  // resamples of the images

std::vector<std::string> all_and_each(const Sensors& sensors) {
  std::vector<std::string> names = {"all"};
  for (const auto& roi : sensors.rois()) names.push_back(roi);
  return names;
}

/// Keeps these sensors in these windows.
Condition condition(const Sensors& sensors, const std::string& regions, const std::string& windows,
                    const at::Tensor& bins) {
  const auto rows = regions == "all" ? at::ones({sensors.count()}, at::kBool)
                                     : sensors.in_rois({regions}, "conditions");
  const std::string name = windows == "all" ? regions : concat(regions, ", ", windows);
  return {name, regions, windows, rows.unsqueeze(1).logical_and(bins.unsqueeze(0))};
}

}  // namespace

std::vector<Condition> conditions_in_space(const DecoderInput& input) {
  const auto every_bin = at::ones({std::ssize(input.bins)}, at::kBool);
  std::vector<Condition> conditions;
  for (const auto& regions : all_and_each(input.sensors)) {
    conditions.push_back(condition(input.sensors, regions, "all", every_bin));
  }
  return conditions;
}

std::vector<Condition> conditions_in_time(const DecoderInput& input) {
  const Sensors& sensors = input.sensors;
  const auto bins = std::ssize(input.bins);
  std::vector<Condition> conditions;
  for (const auto& regions : all_and_each(sensors)) {
    conditions.push_back(condition(sensors, regions, "all", at::ones({bins}, at::kBool)));
    if (bins < 2) continue;
    for (const bool only : {true, false}) {
      for (int64_t bin = 0; bin < bins; ++bin) {
        auto kept = at::full({bins}, !only, at::kBool);
        kept[bin] = only;
        const auto windows = concat(only ? "only " : "all but ", bin + 1);
        conditions.push_back(condition(sensors, regions, windows, kept));
      }
    }
  }
  return conditions;
}

Baseline baseline_before_onset(const Model& model, const Recording& recording,
                               const Recording& with_bins) {
  check_same_sensors(model.input().sensors, with_bins);
  const Trials &ours = recording.info().trials, &theirs = with_bins.info().trials;
  const bool same_trials = ours.stimulus == theirs.stimulus && ours.block == theirs.block;
  return Baseline::before_onset(with_bins, model.trials(with_bins, model.train_split()),
                                model.normalisation(), std::ssize(model.input().bins), same_trials);
}

Estimate mean_over_images(const at::Tensor& values, const RunContext& run) {
  const auto column = values.to(at::kDouble);
  if (values.numel() < 2) return {column.mean().item<double>(), NAN, NAN};
  const auto counts =
      bootstrap_counts(values.numel(), bootstrap, run.generator("intervals of analyses"));
  const auto interval = bootstrap_interval(at::stack({column, at::ones_like(column)}, 1), counts);
  return {column.mean().item<double>(), interval.low, interval.high};
}

Conditions::Conditions(Model& model, const Recording& recording, const std::string& split,
                       const Baseline& baseline, const RunContext& run)
    : model_(model),
      recording_(recording),
      samples_(model.samples(recording, split, /*average=*/true)),
      baseline_(baseline),
      blocks_(blocks_of_samples(recording.info(), model.trials(recording, split))),
      run_(run) {
  const Stimuli stimuli(numbered_by_first(stimulus_hashes(recording, samples_.stimulus(), run)));
  resamples_ = bootstrap_counts(stimuli.count(), bootstrap, run.generator("intervals of analyses"));
  truth_ = std::make_shared<TruthFeatures>(samples_.images(all_rows(count())), stimuli, run);
}

std::vector<std::string> Conditions::stimulus_names(int64_t first) const {
  std::vector<std::string> names;
  for (int64_t i = 0; i < first; ++i) {
    const auto row = static_cast<size_t>(samples_.stimulus()[static_cast<size_t>(i)]);
    names.push_back(recording_.info().stimulus_name[row]);
  }
  return names;
}

at::Tensor Conditions::reconstruct(const Change& change) {
  const ToReconstruct changed{
      {[&](const std::vector<int64_t>& rows) { return change(samples_.responses(rows), rows); },
       3 * samples_.sensors() * samples_.bins() * 4},
      all_rows(count())};
  return reconstruct_in_batches(model_.decoder(), changed, batch, run_);
}

at::Tensor Conditions::reconstruct(const at::Tensor& kept) {
  return reconstruct([&](const at::Tensor& responses, const std::vector<int64_t>& rows) {
    if (!kept.defined()) return responses;
    std::vector<std::vector<int64_t>> blocks;
    for (const auto row : rows) blocks.push_back(blocks_[static_cast<size_t>(row)]);
    return at::where(kept, responses, baseline_.of(blocks));
  });
}

std::map<std::string, Estimate> Conditions::score(const at::Tensor& images,
                                                  const std::vector<const Metric*>& metrics) const {
  const ImagePairs pairs(truth_, images);
  std::map<std::string, Estimate> values;
  for (const auto* metric : metrics) {
    const Score score = metric->compute(pairs);
    Estimate& estimate = values[metric->name] = {NAN, NAN, NAN};
    if (!score.not_computed.empty()) continue;
    estimate.value = score.value;
    if (!score.columns.defined() || count() < 2) continue;
    const auto interval = bootstrap_interval(score.columns, resamples_);
    estimate = {score.value, interval.low, interval.high};
  }
  return values;
}

std::vector<const Metric*> computable_metrics(const std::vector<std::string>& names,
                                              const at::Tensor& images, const RunContext& run) {
  const auto few = images.narrow(0, 0, std::min<int64_t>(2, images.size(0)));
  const ImagePairs pairs(few, few, run);
  std::vector<const Metric*> metrics;
  for (const auto* metric : find_metrics(names)) {
    if (metric->compute(pairs).not_computed.empty()) metrics.push_back(metric);
  }
  return metrics;
}

std::vector<const Metric*> layer_metrics(const at::Tensor& images, const RunContext& run) {
  const auto all = computable_metrics({"all"}, images, run);
  for (const std::string network : {"alexnet-", "vgg19-", "squeezenet-"}) {
    std::vector<const Metric*> layers;
    for (const auto* metric : all) {
      if (metric->name.starts_with(network) && metric->name.ends_with("-correlation")) {
        layers.push_back(metric);
      }
    }
    if (!layers.empty()) return layers;
  }
  throw Error("networks", "no feature network's weights are at hand",
              "See 'afterimage doctor' for how to get them");
}

}  // namespace afterimage
