#include "afterimage/evaluation/brain_responses.h"

#include <ATen/ATen.h>

#include <cmath>
#include <set>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/encoding/mean_responses.h"
#include "afterimage/evaluation/response_correlation.h"
#include "afterimage/formats/image.h"
#include "afterimage/recordings/bins.h"
#include "afterimage/recordings/samples.h"

namespace afterimage {
namespace {

constexpr int64_t kChannels = 4096;  // turned to float64 at a time
constexpr int64_t kFewest = 3;       // stimuli: a correlation of two says nothing

/// Each sensor counts alike, whatever the number of its bins that vary.
at::Tensor weights_of(const at::Tensor& varies, const at::Tensor& sensors) {
  const auto counted = varies.logical_and(sensors.unsqueeze(1));       // (sensor, bin)
  const auto bins = counted.sum(1, /*keepdim=*/true).to(at::kDouble);  // (sensor, 1)
  const auto how_many = (bins > 0).sum().clamp_min(1);
  return (counted.to(at::kDouble) / bins.clamp_min(1) / how_many).flatten();  // (channel)
}

std::optional<double> known(const at::Tensor& values, const at::Tensor& weights) {
  const auto sum = (values.masked_fill(weights == 0, 0) * weights).sum().item<double>();
  return std::isfinite(sum) ? std::optional(sum) : std::nullopt;
}

}  // namespace

BrainResponses::BrainResponses(const std::filesystem::path& folder, const Recording& recording,
                               const std::string& split, const std::vector<int64_t>& stimulus,
                               const RunContext& run)
    : encoder_(Encoder::load(folder, run)) {
  const auto& info = recording.info();
  const auto where = recording.path().string();
  encoder_.check_fits(recording, stimulus, folder.string());
  Samples::Options options;
  options.bins = find_bins(info.bins, encoder_.bins, where);
  const std::set<int64_t> wanted(stimulus.begin(), stimulus.end());
  for (const auto trial : info.trials_of(split, where)) {
    if (wanted.contains(info.trials.stimulus[static_cast<size_t>(trial)])) {
      options.trials.push_back(trial);
    }
  }
  if (options.trials.empty()) {
    throw Error(where, "has no trials of these images in '" + split + "'",
                "Evaluate its own split");
  }
  const Samples trials(recording, encoder_.normalisation, options);
  const auto responses = MeanResponses::of(trials, run);
  std::vector<int64_t> order;  // of the stimuli wanted among the means
  for (const auto row : stimulus) {
    const auto found = responses.rows_of.find(row);
    if (found == responses.rows_of.end()) {
      throw Error(where, concat("has no trial of stimulus ", row, " in '", split, "'"),
                  "Evaluate what was recorded");
    }
    order.push_back(std::distance(responses.rows_of.begin(), found));
  }
  channels_ = responses.varies.flatten().nonzero().flatten();
  const auto chosen = [&](const at::Tensor& all) { return all.index_select(-1, channels_); };
  measured_ = chosen(responses.means.index_select(0, at::tensor(order, at::kLong)).flatten(1));
  noise_ceiling_ = chosen(responses.ceiling.sqrt().flatten());
  const auto add = [&](const std::string& name, const at::Tensor& sensors) {
    const auto count = sensors.logical_and(responses.varies.any(1)).sum().item<int64_t>();
    if (count == 0) return;
    areas_.push_back({name, count});
    weights_.push_back(chosen(weights_of(responses.varies, sensors)));
  };
  for (const auto& roi : info.sensors.rois()) {
    add(roi.empty() ? "no ROI" : roi, info.sensors.in_rois({roi}, where));
  }
  add("all", at::ones({info.sensors.count()}, at::kBool));
}

at::Tensor BrainResponses::predict(const at::Tensor& images) const {
  const at::NoGradGuard no_grad;
  const auto size = encoder_.image_size;
  const auto wanted =
      images.size(2) == size && images.size(3) == size ? images : resize_image(images, size, size);
  return encoder_.model->predict(wanted.to(at::kCPU, at::kFloat))
      .flatten(1)
      .index_select(1, channels_);
}

Score BrainResponses::score(const at::Tensor& truth, const at::Tensor& made,
                            const Stimuli& stimuli) const {
  if (stimuli.count() < kFewest) {
    return score_not_computed(concat("a correlation over stimuli needs ", kFewest, " of them"));
  }
  const auto& all = weights_.back();
  std::vector<at::Tensor> own, best;
  auto values = at::zeros({stimuli.count()}, at::kDouble);
  for (int64_t from = 0; from < measured_.size(1); from += kChannels) {
    const auto part = [&](const at::Tensor& x) {
      const auto count = std::min(kChannels, x.size(-1) - from);
      return x.narrow(-1, from, count).to(at::kDouble);
    };
    const auto measured = part(measured_), predicted = part(made);
    own.push_back(response_correlation(measured, predicted, stimuli));
    best.push_back(response_correlation(measured, part(truth), stimuli));
    values += influence_values(measured, predicted, stimuli, part(all));
  }
  if (own.empty()) return score_not_computed("no response varies over these images");
  const auto r = at::cat(own), limit = at::cat(best);
  Score score;
  score.value = values.mean().item<double>();
  score.columns = at::stack({values, at::ones_like(values)}, 1);
  score.network = encoder_.network();
  for (size_t a = 0; a < areas_.size(); ++a) {
    auto& area = score.areas.emplace_back(areas_[a]);
    area.value = *known(r, weights_[a]);
    area.ceiling.true_images = known(limit, weights_[a]);
    area.ceiling.repeats = known(noise_ceiling_, weights_[a]);
  }
  score.ceiling = score.areas.back().ceiling;
  return score;
}

std::vector<Metric> brain_metrics() {
  Metric metric;
  metric.name = "brain-correlation";
  metric.label = "Brain correlation";
  metric.definition =
      "an encoding model fitted to other images (--encoder) predicts the responses to the "
      "reconstructions: Pearson correlation over stimuli with the mean measured responses, mean "
      "over sensors (and their bins); 0 where the prediction does not vary";
  metric.source = "after Kneeland et al. 2023, MindEye2 (Scotti et al. 2024)";
  metric.range = "-1 to 1";
  metric.compute = [](const ImagePairs& pairs) {
    const auto* brain = pairs.brain();
    if (brain == nullptr) {
      return score_not_computed(
          "needs an encoding model of the recording (--encoder, made by 'afterimage encode')");
    }
    const auto responses = pairs.described(
        "brain responses", [&](const at::Tensor& images) { return brain->predict(images); });
    return brain->score(responses.truth, responses.reconstruction, pairs.stimuli());
  };
  return {metric};
}

}  // namespace afterimage
