#include "afterimage/evaluation/checks/check_data.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "afterimage/base/batches.h"
#include "afterimage/base/progress.h"
#include "afterimage/evaluation/statistics.h"
#include "afterimage/formats/image.h"
#include "afterimage/recordings/stimulus_hash.h"
#include "afterimage/similarity/correlation.h"

namespace afterimage {
namespace {

/// What a decoder learned from where its file does not say.
constexpr const char* kTrainSplit = "train";

/// Raw looks of stimuli, read and reduced to the size at which they are judged.
at::Tensor looks_of_stimuli(const Recording& recording, const std::vector<int64_t>& stimuli,
                            const at::Tensor& like, const RunContext& run) {
  const auto& info = recording.info();
  const int64_t height = like.size(2), width = like.size(3);
  Progress progress(run, "training images", std::ssize(stimuli), "image");
  std::vector<at::Tensor> looks;
  const int64_t bytes = 3 * 5 * info.height * info.width;
  for_batches(stimuli, std::min<int64_t>(256, rows_per_batch(bytes)),
              [&](int64_t, const std::vector<int64_t>& part) {
                auto images = recording.images(part);  // (n, 3, H, W) uint8
                if (images.size(2) != height || images.size(3) != width) {
                  images = resize_image(images, height, width);
                }
                looks.push_back(ImageLooks::raw(images.to(at::kFloat).div_(255), run));
                progress.advance(std::ssize(part));
              });
  return at::cat(looks);
}

at::Tensor pixel_correlations(const at::Tensor& truth, const at::Tensor& images) {
  return pearson_of_moments(moments(truth.flatten(1), images.flatten(1)));
}

}  // namespace

Estimated estimated(const at::Tensor& values, const Stimuli& stimuli) {
  const auto each = stimuli.mean(values.to(at::kDouble).unsqueeze(1)).squeeze(1);
  const auto n = each.size(0);
  const double mean = each.mean().item().toDouble();
  if (n < 2) return {mean, NAN, NAN};
  const double half = student_quantile(n - 1) * each.std(/*unbiased=*/true).item().toDouble() /
                      std::sqrt(static_cast<double>(n));
  return {mean, mean - half, std::min(1.0, mean + half)};  // a share or a correlation
}

bool undecided(const Estimated& estimate) {
  return !(estimate.low > 0.5) && !(estimate.high < kWellAboveChance);
}

CheckData::CheckData(const std::vector<Reconstruction>& reconstructions, const Recording& recording,
                     const Scores& scores, const at::Tensor& truth, const Stimuli& stimuli,
                     const RunContext& run)
    : reconstructions_(reconstructions),
      recording_(recording),
      scores_(scores),
      truth_(truth),
      stimuli_(stimuli),
      run_(run) {}

const TrainingImages* CheckData::training_of(const std::string& split) {
  const auto found = training_.find(split);
  if (found != training_.end()) return found->second.get();
  auto& images = training_[split];
  const auto splits = recording_.info().splits();
  const auto has = [&](const std::string& name) {
    return std::find(splits.begin(), splits.end(), name) != splits.end();
  };
  if (!has(split) || !has(scores_.split)) return nullptr;
  images = std::make_unique<TrainingImages>();
  images->stimulus = stimuli_of(recording_.info(), split);
  images->looks = looks_of_stimuli(recording_, images->stimulus, truth_, run_);
  if (standard_ == nullptr) standard_ = std::make_unique<ImageLooks>(images->looks);
  images->looks = standard_->standardised(images->looks);
  return images.get();
}

const TrainingImages* CheckData::training(size_t decoder) {
  const auto& split = reconstructions_[decoder].train_split;
  return training_of(split.empty() ? kTrainSplit : split);
}

const ImageLooks& CheckData::standard() {
  for (size_t d = 0; standard_ == nullptr && d < reconstructions_.size(); ++d) training(d);
  if (standard_ == nullptr) {
    standard_ = std::make_unique<ImageLooks>(ImageLooks::raw(stimuli_.firsts(truth_), run_));
  }
  return *standard_;
}

at::Tensor CheckData::looks_of(const at::Tensor& images) {
  return standard().standardised(ImageLooks::raw(images, run_));
}

const at::Tensor& CheckData::true_looks() {
  if (!true_looks_.defined()) true_looks_ = looks_of(truth_);
  return true_looks_;
}

const at::Tensor& CheckData::looks(size_t decoder) {
  auto& looks = looks_[decoder];
  if (!looks.defined()) looks = looks_of(reconstructions_[decoder].images);
  return looks;
}

const Identification& CheckData::identification(size_t decoder) {
  const auto found = identification_.find(decoder);
  if (found != identification_.end()) return found->second;
  return identification_
      .emplace(decoder, identification(reconstructions_[decoder].images, all_rows(stimuli_.rows())))
      .first->second;
}

Identification CheckData::identification(const at::Tensor& images,
                                         const std::vector<int64_t>& rows) {
  const auto index = at::tensor(rows, at::kLong);
  const auto own = stimuli_.of_row().index_select(0, index);
  const auto candidates = stimuli_.firsts(true_looks());
  const auto likeness = at::mm(candidates, looks_of(images).t()).to(at::kDouble);  // (s, n)
  std::vector<std::string> labels;
  for (int64_t i = 0; i < own.size(0); ++i) {
    labels.push_back(std::to_string(own[i].item<int64_t>()));
  }
  Identification result;
  result.stimuli = Stimuli(numbered_by_first(labels));
  result.shares = candidates.size(0) > 1 ? two_way_identification(likeness, own)
                                         : at::full({own.size(0)}, 0.5, at::kDouble);
  result.mean = estimated(result.shares, result.stimuli);
  result.pixels = estimated(
      pixel_correlations(truth_.index_select(0, index), images.to(at::kFloat)), result.stimuli);
  return result;
}

std::unique_ptr<Identification> CheckData::probe(size_t decoder, const std::string& name) {
  const auto& probes = reconstructions_[decoder].probes;
  const auto found = probes.find(name);
  if (found == probes.end()) return nullptr;
  const auto images = found->second.images.to(at::kFloat).div_(255);
  return std::make_unique<Identification>(identification(images, found->second.row));
}

}  // namespace afterimage
