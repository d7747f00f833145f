#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/encoding/encoder.h"
#include "afterimage/evaluation/metric.h"

namespace afterimage {

/// The responses that were measured to the images shown, means over the trials of each, and an
/// encoding model that predicts responses to whatever is made of them: what brain correlation is
/// computed of.
class BrainResponses {
 public:
  /// `stimulus`: rows of the recording's stimuli, each once; `split`: whose trials are averaged.
  /// Errors: no encoder, or one that does not fit (Encoder::check_fits); a split that the recording
  /// does not have.
  BrainResponses(const std::filesystem::path& encoder, const Recording& recording,
                 const std::string& split, const std::vector<int64_t>& stimulus,
                 const RunContext& run);

  /// Responses to images (n, 3, H, W) in [0,1], resized as the encoder wants them: (n, channel)
  /// float32, standardised; a channel is a sensor and bin.
  at::Tensor predict(const at::Tensor& images) const;

  /// The score of predictions for reconstructions, (rows, channel), with what those for the true
  /// images, of as many rows, would have.
  Score score(const at::Tensor& truth, const at::Tensor& made, const Stimuli& stimuli) const;

 private:
  Encoder encoder_;
  at::Tensor measured_;              // (stimuli, channel) float64, the channels that vary
  at::Tensor noise_ceiling_;         // (channel) float64, of a correlation; NaN: unknown
  at::Tensor channels_;              // (channel) int64: which of all they are
  std::vector<AreaScore> areas_;     // names and numbers of sensors
  std::vector<at::Tensor> weights_;  // of the channels in each area's mean, then in all sensors'
};

/// The metric made of them.
std::vector<Metric> brain_metrics();

}  // namespace afterimage
