#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/formats/safetensors.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {

/// z-scores per sensor and bin, estimated on training trials only: one set for the whole recording
/// or one per block. A sensor that never varies is set to zero. Blocks with fewer than two training
/// trials use the statistics over all of them. The standard deviation is that of the population
/// (divided by n).
class Normalisation {
 public:
  Normalisation() = default;
  /// Of the bins of these rows; no rows: of all.
  static Normalisation fit(const Recording& recording, const std::vector<int64_t>& trials,
                           bool per_block, const std::vector<int64_t>& bins = {});
  /// The same from responses that come from elsewhere: `read(trials)` gives (n, sensor, bin)
  /// float32, `block` the block of each trial there is.
  static Normalisation fit(const std::function<at::Tensor(const std::vector<int64_t>&)>& read,
                           const std::vector<int64_t>& trials, const std::vector<int64_t>& block,
                           bool per_block);

  /// From now on these sensors, (sensor) bool, are zero whatever their responses.
  void silence(const at::Tensor& sensors);

  /// Sensors that are zero whatever their responses: silenced, or the same in all training trials.
  /// (sensor) bool
  at::Tensor silent() const;

  /// (n, sensor, bin) float32 -> the same, standardised; `block[i]` is the block of row i.
  at::Tensor apply(const at::Tensor& responses, const std::vector<int64_t>& block) const;

  TensorMap to_tensors() const;
  static Normalisation from_tensors(const TensorMap& tensors, const std::string& where);

 private:
  at::Tensor mean_, scale_;      // (1 + blocks, sensor, bin): row 0 over everything
  std::vector<int64_t> blocks_;  // the block of rows 1, 2, ...
};

/// One split of a recording as a decoder wants it: standardised responses, repeats averaged or
/// kept, and the target images at the decoder's resolution. Kept in memory when it fits, else read
/// by batch.
class Samples {
 public:
  struct Options {
    std::string split = "train";
    bool average_repeats = false;
    std::vector<int64_t> bins = {};           ///< rows of the recording's bins; none: all
    int64_t image_size = 64;                  ///< pixels, square
    int64_t memory_limit = int64_t{2} << 30;  ///< bytes; above it, rows are read when asked for
    std::vector<int64_t> trials = {};         ///< these rows in place of the split's
  };

  Samples(const Recording& recording, const Normalisation& normalisation, const Options& options);

  int64_t count() const { return static_cast<int64_t>(stimulus_.size()); }
  const Recording& recording() const { return recording_; }
  int64_t image_size() const { return options_.image_size; }
  /// How many bins each sample has.
  int64_t bins() const;
  bool in_memory() const { return responses_.defined(); }

  /// Row of the stimuli shown in each sample.
  const std::vector<int64_t>& stimulus() const { return stimulus_; }
  /// The photograph each sample's stimulus was cut from, its own name where that is unknown: what
  /// samples must share no part of when one is held out.
  std::vector<std::string> photographs() const;
  /// How many trials each sample averages.
  const std::vector<int64_t>& trials_averaged() const { return trials_averaged_; }

  /// (n, sensor, bin) float32.
  at::Tensor responses(const std::vector<int64_t>& rows) const;
  /// (n, 3, size, size) float32 in [0,1].
  at::Tensor images(const std::vector<int64_t>& rows) const;

 private:
  void group_trials();
  void load_all();
  at::Tensor load_responses(const std::vector<int64_t>& rows) const;
  at::Tensor load_images(const std::vector<int64_t>& stimuli) const;  // uint8

  const Recording& recording_;
  const Normalisation& normalisation_;
  Options options_;
  std::vector<int64_t> stimulus_, trials_averaged_;  // of each sample
  std::vector<std::vector<int64_t>> trials_;         // of each sample
  std::vector<int64_t> image_;                       // of each sample: row of images_
  std::vector<int64_t> image_stimulus_;              // the stimulus of each row of images_
  at::Tensor responses_;                             // in memory: (n, sensor, bin) float32
  at::Tensor images_;                                // in memory: (stimuli, 3, size, size) uint8
};

}  // namespace afterimage
