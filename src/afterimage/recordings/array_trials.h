#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/recordings/normalisation.h"
#include "afterimage/recordings/recording.h"
#include "afterimage/recordings/sample_source.h"

namespace afterimage {

/// A recording in memory. Tensors may be views of arrays that others own, with any strides: they
/// are read batch by batch and never copied as a whole.
struct TrialArrays {
  at::Tensor responses;             ///< (trial, sensor, bin), as recorded; any real type
  at::Tensor images;                ///< (stimulus, 3, H, W) uint8, or floating in [0,1]
  std::vector<Bin> bins;            ///< of the responses
  std::vector<int64_t> stimulus;    ///< of each trial: row of the images
  std::vector<int64_t> block;       ///< of each trial; none: all of one
  std::vector<std::string> source;  ///< the photograph of each stimulus; none: each another

  /// Errors, at "responses", "images", "stimulus", "block" or "source": shapes, types and lengths
  /// that do not fit, stimuli that are not there, images without values from 0 to 1.
  void check() const;

  /// (n, sensor, bin) float32 of these trials and bins. Errors: NaN or infinite values (trial and
  /// sensor named).
  at::Tensor read_responses(const std::vector<int64_t>& trials,
                            const std::vector<int64_t>& bin_rows) const;
};

/// Trials of a recording in memory as a decoder wants them, as Samples are of one in a file: each
/// trial a sample, standardised, its image at the decoder's resolution.
class ArrayTrials : public SampleSource {
 public:
  /// `bin_rows` of the bins are given, in this order. The arrays must outlive it.
  ArrayTrials(const TrialArrays& arrays, std::vector<int64_t> trials, std::vector<int64_t> bin_rows,
              Normalisation normalisation, int64_t image_size);

  const std::vector<int64_t>& stimulus() const override { return stimulus_; }
  std::vector<std::string> photographs() const override;
  const std::vector<int64_t>& trials_averaged() const override { return trials_averaged_; }
  int64_t sensors() const override { return arrays_.responses.size(1); }
  int64_t bins() const override { return static_cast<int64_t>(bin_rows_.size()); }
  int64_t image_size() const override { return image_size_; }
  int64_t channels() const override { return 3; }
  at::Tensor responses(const std::vector<int64_t>& rows) const override;
  at::Tensor images(const std::vector<int64_t>& rows) const override;
  std::string where() const override { return "the arrays"; }

 private:
  const TrialArrays& arrays_;
  std::vector<int64_t> trials_, bin_rows_, stimulus_, trials_averaged_;
  Normalisation normalisation_;
  int64_t image_size_;
};

}  // namespace afterimage
