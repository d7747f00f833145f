#include "afterimage/analysis/conditions.h"

#include <ATen/ATen.h>

#include <numeric>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/decoders/controls.h"
#include "afterimage/recordings/bins.h"
#include "afterimage/recordings/stimulus_hash.h"

namespace afterimage {
namespace {

constexpr int64_t batch = 128;

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

at::Tensor baseline_responses(const std::string& kind, const Model& model,
                              const Recording& recording) {
  const auto& input = model.input();
  const auto sensors = input.sensors.count(), bins = static_cast<int64_t>(input.bins.size());
  if (kind == "mean") return at::zeros({sensors, bins});
  const std::string where = recording.path().string();
  check_same_sensors(input.sensors, recording);
  const auto before = bins_before_onset(recording.info().bins);
  if (before.empty()) {
    throw Error(where, "has no bin before stimulus onset",
                concat("Its bins are ", bins_text(recording.info().bins),
                       "; name a recording that has some (baseline_recording), or use "
                       "baseline = mean"));
  }
  const auto trials = recording.info().trials_of(model.train_split(), where);
  auto sum = at::zeros({sensors}, at::kDouble);
  constexpr size_t step = 256;
  for (size_t first = 0; first < trials.size(); first += step) {
    const std::vector<int64_t> part(
        trials.begin() + static_cast<std::ptrdiff_t>(first),
        trials.begin() + static_cast<std::ptrdiff_t>(std::min(first + step, trials.size())));
    sum += select_bins(recording.responses(part), before).mean(2).sum(0).to(at::kDouble);
  }
  const auto raw = (sum / static_cast<double>(trials.size())).to(at::kFloat);
  constexpr int64_t no_block = -1;  // over all blocks
  return model.normalisation()
      .apply(raw.view({1, sensors, 1}).expand({1, sensors, bins}).contiguous(), {no_block})
      .squeeze(0);
}

Conditions::Conditions(Model& model, const Recording& recording, const std::string& split,
                       at::Tensor baseline, const RunContext& run)
    : model_(model), recording_(recording), baseline_(std::move(baseline)) {
  const Samples samples = model.samples(recording, split, /*average=*/true);
  std::vector<int64_t> rows(static_cast<size_t>(samples.count()));
  std::iota(rows.begin(), rows.end(), 0);
  responses_ = samples.responses(rows);
  stimulus_ = samples.stimulus();
  const Stimuli stimuli(numbered_by_first(stimulus_hashes(recording, stimulus_, run)));
  truth_ = std::make_shared<TruthFeatures>(samples.images(rows), stimuli, run);
}

std::vector<std::string> Conditions::stimulus_names(int64_t first) const {
  std::vector<std::string> names;
  for (int64_t i = 0; i < first; ++i) {
    const auto row = static_cast<size_t>(stimulus_[static_cast<size_t>(i)]);
    names.push_back(recording_.info().stimulus_name[row]);
  }
  return names;
}

at::Tensor Conditions::of_responses(const at::Tensor& responses) {
  return reconstruct_in_batches(model_.decoder(), responses, batch);
}

at::Tensor Conditions::reconstruct(const at::Tensor& kept) {
  return of_responses(kept.defined() ? at::where(kept, responses_, baseline_) : responses_);
}

std::map<std::string, double> Conditions::score(const at::Tensor& images,
                                                const std::vector<const Metric*>& metrics) const {
  const ImagePairs pairs(truth_, images);
  std::map<std::string, double> values;
  for (const auto* metric : metrics) {
    const Score score = metric->compute(pairs);
    values[metric->name] = score.not_computed.empty() ? score.value : NAN;
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
