#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/recordings/normalisation.h"
#include "afterimage/recordings/recording.h"
#include "afterimage/recordings/sample_source.h"

namespace afterimage {

/// One split of a recording as a decoder wants it: standardised responses, repeats averaged or
/// kept, and the target images at the decoder's resolution. Of the file, only the bins asked for
/// are read. What fits into `memory_limit` is kept when it is first asked for, responses before
/// images; the rest is read by batch.
class Samples : public SampleSource {
 public:
  struct Options {
    std::string split = "train";
    bool average_repeats = false;
    std::vector<int64_t> bins = {};           ///< rows of the recording's bins; none: all
    int64_t image_size = 64;                  ///< pixels, square
    int64_t memory_limit = int64_t{2} << 30;  ///< bytes
    std::vector<int64_t> trials = {};         ///< these rows in place of the split's
  };

  /// The recording and the normalisation must outlive it. Errors: a split without trials.
  Samples(const Recording& recording, const Normalisation& normalisation, const Options& options);

  const Recording& recording() const { return recording_; }

  const std::vector<int64_t>& stimulus() const override { return stimulus_; }
  std::vector<std::string> photographs() const override;
  Captions captions() const override { return {recording_.info(), where()}; }
  const std::vector<int64_t>& trials_averaged() const override { return trials_averaged_; }
  int64_t sensors() const override { return recording_.sensors(); }
  int64_t bins() const override;
  int64_t image_size() const override { return options_.image_size; }
  int64_t channels() const override { return recording_.info().channels; }
  at::Tensor responses(const std::vector<int64_t>& rows) const override;
  at::Tensor images(const std::vector<int64_t>& rows) const override;
  std::string where() const override { return recording_.path().string(); }
  std::string fingerprint() const override;

  /// Whether they are kept in memory once they were asked for.
  bool keeps_responses() const;
  bool keeps_images() const;

 private:
  void group_trials();
  int64_t response_bytes() const;
  /// Trials of these samples, one after the other, standardised.
  at::Tensor read_trials(const std::vector<int64_t>& rows) const;
  /// Of these samples, into `out`, (n, sensor, bin).
  void read_responses(const std::vector<int64_t>& rows, at::Tensor out) const;
  /// Of these stimuli, into `out`, (n, 3, size, size) uint8.
  void read_images(const std::vector<int64_t>& stimuli, at::Tensor out) const;

  const Recording& recording_;
  const Normalisation& normalisation_;
  Options options_;
  std::vector<int64_t> stimulus_, trials_averaged_;  // of each sample
  std::vector<std::vector<int64_t>> trials_;         // of each sample
  std::vector<int64_t> image_;                       // of each sample: row of image_stimulus_
  std::vector<int64_t> image_stimulus_;              // the stimuli shown, each once
  mutable at::Tensor responses_;                     // kept: (n, sensor, bin) float32
  mutable at::Tensor images_;                        // kept: (stimuli, 3, size, size) uint8
};

}  // namespace afterimage
