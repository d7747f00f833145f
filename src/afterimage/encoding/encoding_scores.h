#pragma once

#include <cstdint>

#include <ATen/core/Tensor.h>

#include "afterimage/base/run_context.h"
#include "afterimage/encoding/encoding_model.h"
#include "afterimage/recordings/sample_source.h"

namespace afterimage {

/// How well an encoding model predicts the responses to other stimuli, averaged over the trials of
/// each. All (sensor, bin) float64; NaN where it is not known.
struct EncodingScores {
  at::Tensor r2;  ///< 1 - mean squared error over variance of the means
  /// The part of that variance that is not noise, from repeats (Allen et al. 2022): what a perfect
  /// model would reach.
  at::Tensor ceiling;
  at::Tensor normalised;  ///< r2 / ceiling, where the ceiling is above 0.05
  int64_t stimuli = 0, samples = 0;

  /// `trials`: single trials, not averaged.
  static EncodingScores of(const EncodingModel& model, const SampleSource& trials,
                           const RunContext& run);
};

}  // namespace afterimage
