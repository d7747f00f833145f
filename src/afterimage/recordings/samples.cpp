#include "afterimage/recordings/samples.h"

#include <algorithm>
#include <unordered_map>

#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>

#include <nlohmann/json.hpp>

#include "afterimage/base/batches.h"
#include "afterimage/base/content_hash.h"
#include "afterimage/base/rows.h"
#include "afterimage/formats/image.h"
#include "afterimage/recordings/share.h"

namespace afterimage {

Samples::Samples(const Recording& recording, const Normalisation& normalisation,
                 const Options& options)
    : recording_(recording), normalisation_(normalisation), options_(options) {
  group_trials();
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

int64_t Samples::bins() const {
  return options_.bins.empty() ? recording_.bins() : std::ssize(options_.bins);
}

int64_t Samples::response_bytes() const { return count() * sensors() * bins() * 4; }

bool Samples::keeps_responses() const { return response_bytes() <= options_.memory_limit; }

bool Samples::keeps_images() const {
  const int64_t left = options_.memory_limit - (keeps_responses() ? response_bytes() : 0);
  return std::ssize(image_stimulus_) * 3 * options_.image_size * options_.image_size <= left;
}

std::vector<std::string> Samples::photographs() const {
  const auto& info = recording_.info();
  std::vector<std::string> out;
  for (const auto stimulus : stimulus_) out.push_back(photograph_of(info, stimulus));
  return out;
}

std::string Samples::fingerprint() const {
  const nlohmann::json all = {{"recording", content_identity(recording_.path())},
                              {"trials", options_.trials},
                              {"average_repeats", options_.average_repeats},
                              {"bins", options_.bins},
                              {"image_size", options_.image_size},
                              {"normalisation", normalisation_.fingerprint()}};
  return sha256(all.dump());
}

at::Tensor Samples::read_trials(const std::vector<int64_t>& rows) const {
  std::vector<int64_t> trials, block;
  for (const int64_t row : rows) {
    for (const int64_t trial : trials_.at(static_cast<size_t>(row))) {
      trials.push_back(trial);
      block.push_back(recording_.info().trials.block[static_cast<size_t>(trial)]);
    }
  }
  return normalisation_.apply(recording_.responses(trials, options_.bins), block);
}

void Samples::read_responses(const std::vector<int64_t>& rows, at::Tensor out) const {
  int64_t most_trials = 1;
  for (const int64_t n : picked(trials_averaged_, rows)) most_trials = std::max(most_trials, n);
  // As read, standardised, and the statistics of their blocks.
  const int64_t row_bytes = most_trials * sensors() * bins() * 4 * 4;
  for_batches(rows, rows_per_batch(row_bytes), [&](int64_t first, const auto& part) {
    const at::Tensor trials = read_trials(part);
    at::Tensor to = out.narrow(0, first, std::ssize(part));
    if (trials.size(0) == to.size(0)) {
      to.copy_(trials);  // nothing to average
      return;
    }
    int64_t trial = 0;
    for (int64_t i = 0; i < to.size(0); ++i) {
      const auto row = static_cast<size_t>(part[static_cast<size_t>(i)]);
      to[i].copy_(trials.narrow(0, trial, trials_averaged_[row]).mean(0));
      trial += trials_averaged_[row];
    }
  });
}

void Samples::read_images(const std::vector<int64_t>& stimuli, at::Tensor out) const {
  const RecordingInfo& info = recording_.info();
  const int64_t size = options_.image_size;
  const int64_t row_bytes = 3 * 3 * std::max(info.height * info.width, size * size);
  for_batches(stimuli, rows_per_batch(row_bytes), [&](int64_t first, const auto& part) {
    const at::Tensor stored = recording_.images(part);  // (n, 3, H, W)
    const bool as_stored = info.height == size && info.width == size;
    out.narrow(0, first, std::ssize(part))
        .copy_(as_stored ? stored : resize_image(stored, size, size));
  });
}

at::Tensor Samples::responses(const std::vector<int64_t>& rows) const {
  const auto read = [this](const std::vector<int64_t>& wanted) {
    at::Tensor out = at::empty({std::ssize(wanted), sensors(), bins()}, at::kFloat);
    read_responses(wanted, out);
    return out;
  };
  if (!keeps_responses()) return read(rows);
  if (!responses_.defined()) responses_ = read(all_rows(count()));
  return responses_.index_select(0, at::tensor(rows, at::kLong));
}

at::Tensor Samples::images(const std::vector<int64_t>& rows) const {
  const int64_t size = options_.image_size;
  const auto read = [&](const std::vector<int64_t>& stimuli) {
    at::Tensor out = at::empty({std::ssize(stimuli), 3, size, size}, at::kByte);
    read_images(stimuli, out);
    return out;
  };
  if (keeps_images() && !images_.defined()) images_ = read(image_stimulus_);
  const at::Tensor bytes =
      keeps_images() ? images_.index_select(0, at::tensor(picked(image_, rows), at::kLong))
                     : read(picked(stimulus_, rows));
  return bytes.to(at::kFloat).div_(255);  // (n, 3, size, size)
}

}  // namespace afterimage
