#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/base/run_context.h"
#include "afterimage/recordings/sample_source.h"

namespace afterimage {

/// The mean response to each stimulus over its trials, and what part of these means is noise.
struct MeanResponses {
  std::map<int64_t, std::vector<int64_t>> rows_of;  ///< samples that show each stimulus, ascending
  at::Tensor means;     ///< (stimulus, sensor, bin) float64, in the order of `rows_of`
  at::Tensor variance;  ///< of the means over stimuli (population), (sensor, bin) float64
  at::Tensor varies;    ///< (sensor, bin) bool
  /// The part of that variance that is not noise, from repeats (Allen et al. 2022): the R2 of a
  /// perfect model, whose correlation is its root. NaN where it is not known or nothing varies.
  at::Tensor ceiling;

  /// `trials`: single trials, not averaged.
  static MeanResponses of(const SampleSource& trials, const RunContext& run);
};

}  // namespace afterimage
