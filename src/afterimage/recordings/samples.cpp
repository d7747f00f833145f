#include "afterimage/recordings/samples.h"

#include <algorithm>
#include <numeric>
#include <unordered_map>

#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>

#include "afterimage/formats/image.h"
#include "afterimage/recordings/bins.h"
#include "afterimage/recordings/sample_batches.h"

namespace afterimage {
namespace {

std::vector<int64_t> picked(const std::vector<int64_t>& values, const std::vector<int64_t>& rows) {
  std::vector<int64_t> out;
  out.reserve(rows.size());
  for (const int64_t row : rows) out.push_back(values.at(static_cast<size_t>(row)));
  return out;
}

}  // namespace

Samples::Samples(const Recording& recording, const Normalisation& normalisation,
                 const Options& options)
    : recording_(recording), normalisation_(normalisation), options_(options) {
  group_trials();
  const int64_t size = options_.image_size;
  const auto images = static_cast<int64_t>(image_stimulus_.size());
  const int64_t bytes = count() * recording_.sensors() * bins() * 4 + images * 3 * size * size;
  if (bytes <= options_.memory_limit) load_all();
}

// Trials of one stimulus make one sample when averaged, in order of first appearance.
void Samples::group_trials() {
  const RecordingInfo& info = recording_.info();
  std::unordered_map<int64_t, size_t> sample_of, image_of;  // stimulus -> sample, image
  if (options_.trials.empty()) {
    options_.trials = info.trials_of(options_.split, recording_.path().string());
  }
  for (const int64_t trial : options_.trials) {
    const int64_t stimulus = info.trials.stimulus[static_cast<size_t>(trial)];
    if (options_.average_repeats) {
      const auto [found, added] = sample_of.try_emplace(stimulus, trials_.size());
      if (!added) {
        trials_[found->second].push_back(trial);
        continue;
      }
    }
    const auto [image, is_new] = image_of.try_emplace(stimulus, image_stimulus_.size());
    if (is_new) image_stimulus_.push_back(stimulus);
    image_.push_back(static_cast<int64_t>(image->second));
    stimulus_.push_back(stimulus);
    trials_.push_back({trial});
  }
  for (const auto& trials : trials_) {
    trials_averaged_.push_back(static_cast<int64_t>(trials.size()));
  }
}

void Samples::load_all() {
  responses_ = at::empty({count(), recording_.sensors(), bins()}, at::kFloat);
  std::vector<int64_t> rows(static_cast<size_t>(count()));
  std::iota(rows.begin(), rows.end(), 0);
  const int64_t most_trials = *std::max_element(trials_averaged_.begin(), trials_averaged_.end());
  const int64_t row_bytes = recording_.sensors() * recording_.bins() * 4 * most_trials;
  for_batches(rows, rows_per_batch(row_bytes), [&](int64_t first, const auto& part) {
    responses_.narrow(0, first, static_cast<int64_t>(part.size())).copy_(load_responses(part));
  });

  const RecordingInfo& info = recording_.info();
  const int64_t size = options_.image_size;
  images_ = at::empty({static_cast<int64_t>(image_stimulus_.size()), 3, size, size}, at::kByte);
  for_batches(
      image_stimulus_, rows_per_batch(info.height * info.width * 3),
      [&](int64_t first, const auto& part) {
        images_.narrow(0, first, static_cast<int64_t>(part.size())).copy_(load_images(part));
      });
}

at::Tensor Samples::load_responses(const std::vector<int64_t>& rows) const {
  std::vector<int64_t> trials, block;
  for (const int64_t row : rows) {
    for (const int64_t trial : trials_.at(static_cast<size_t>(row))) {
      trials.push_back(trial);
      block.push_back(recording_.info().trials.block[static_cast<size_t>(trial)]);
    }
  }
  const at::Tensor all =
      normalisation_.apply(select_bins(recording_.responses(trials), options_.bins), block);
  if (trials.size() == rows.size()) return all;  // nothing to average
  at::Tensor out = at::empty({static_cast<int64_t>(rows.size()), all.size(1), all.size(2)},
                             all.options());  // (n, sensor, bin)
  int64_t first = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const int64_t repeats = trials_averaged_[static_cast<size_t>(rows[i])];
    out[static_cast<int64_t>(i)].copy_(all.narrow(0, first, repeats).mean(0));
    first += repeats;
  }
  return out;
}

at::Tensor Samples::load_images(const std::vector<int64_t>& stimuli) const {
  const at::Tensor stored = recording_.images(stimuli);  // (n, 3, H, W)
  const int64_t size = options_.image_size;
  if (stored.size(2) == size && stored.size(3) == size) return stored;
  return resize_image(stored, size, size);
}

int64_t Samples::bins() const {
  return options_.bins.empty() ? recording_.bins() : std::ssize(options_.bins);
}

std::vector<std::string> Samples::photographs() const {
  const auto& info = recording_.info();
  std::vector<std::string> out;
  for (const auto stimulus : stimulus_) {
    const auto row = static_cast<size_t>(stimulus);
    const auto& source = info.stimulus_source[row];
    out.push_back(source.empty() ? info.stimulus_name[row] : source);
  }
  return out;
}

at::Tensor Samples::responses(const std::vector<int64_t>& rows) const {
  if (!in_memory()) return load_responses(rows);
  return responses_.index_select(0, at::tensor(rows, at::kLong));
}

at::Tensor Samples::images(const std::vector<int64_t>& rows) const {
  const at::Tensor bytes =
      in_memory() ? images_.index_select(0, at::tensor(picked(image_, rows), at::kLong))
                  : load_images(picked(stimulus_, rows));
  return bytes.to(at::kFloat).div_(255);  // (n, 3, size, size)
}

}  // namespace afterimage
