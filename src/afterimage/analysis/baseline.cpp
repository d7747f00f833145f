#include "afterimage/analysis/baseline.h"

#include <ATen/ATen.h>

#include <unordered_map>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/recordings/bins.h"

namespace afterimage {
namespace {

/// Mean of the trials over the given bins: (sensor) float32.
at::Tensor mean_level(const Recording& recording, const std::vector<int64_t>& trials,
                      const std::vector<int64_t>& bins) {
  auto sum = at::zeros({recording.sensors()}, at::kDouble);
  const int64_t rows = rows_per_batch(recording.sensors() * recording.bins() * 4);
  for_batches(trials, rows, [&](int64_t, const std::vector<int64_t>& part) {
    sum += select_bins(recording.responses(part), bins).mean(2).to(at::kDouble).sum(0);
  });
  return (sum / static_cast<double>(trials.size())).to(at::kFloat);
}

}  // namespace

Baseline Baseline::before_onset(const Recording& recording, const std::vector<int64_t>& trials,
                                const Normalisation& normalisation, int64_t bins, bool by_block) {
  const auto before = bins_before_onset(recording.info().bins);
  if (before.empty()) {
    throw Error(recording.path().string(), "has no bin before stimulus onset",
                concat("Its bins are ", bins_text(recording.info().bins),
                       "; name a recording that has some (baseline_recording), or use "
                       "baseline = mean"));
  }
  std::map<int64_t, std::vector<int64_t>> trials_of;
  for (const int64_t trial : trials) {
    trials_of[recording.info().trials.block[static_cast<size_t>(trial)]].push_back(trial);
  }
  Baseline out;
  out.normalisation_ = &normalisation;
  out.bins_ = bins;
  out.overall_ = at::zeros({recording.sensors()});
  for (const auto& [block, part] : trials_of) {
    const auto level = mean_level(recording, part, before);
    out.overall_ += level * (static_cast<double>(part.size()) / static_cast<double>(trials.size()));
    if (by_block) out.level_[block] = level;
  }
  return out;
}

at::Tensor Baseline::of(const std::vector<std::vector<int64_t>>& blocks) const {
  if (normalisation_ == nullptr) return at::zeros({1, 1, 1});
  std::unordered_map<int64_t, at::Tensor> standard;  // of each block: (1, sensor, bin)
  const auto level_in = [&](int64_t block) {
    auto& level = standard[block];
    if (level.defined()) return level;
    const auto found = level_.find(block);
    const auto raw = (found == level_.end() ? overall_ : found->second).view({1, -1, 1});
    level = normalisation_->apply(raw.expand({1, -1, bins_}).contiguous(), {block});
    return level;
  };
  std::vector<at::Tensor> rows;
  for (const auto& of_sample : blocks) {
    auto sum = level_in(of_sample.front()).clone();
    for (size_t i = 1; i < of_sample.size(); ++i) sum += level_in(of_sample[i]);
    rows.push_back(sum.div_(static_cast<double>(of_sample.size())));
  }
  return at::cat(rows);
}

std::vector<std::vector<int64_t>> blocks_of_samples(const RecordingInfo& info,
                                                    const std::vector<int64_t>& trials) {
  std::vector<std::vector<int64_t>> blocks;
  std::unordered_map<int64_t, size_t> sample_of;
  for (const int64_t trial : trials) {
    const auto t = static_cast<size_t>(trial);
    const auto [place, is_new] = sample_of.try_emplace(info.trials.stimulus[t], blocks.size());
    if (is_new) blocks.emplace_back();
    blocks[place->second].push_back(info.trials.block[t]);
  }
  return blocks;
}

}  // namespace afterimage
