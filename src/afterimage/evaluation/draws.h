#pragma once

#include <cstdint>
#include <map>

#include <ATen/core/Tensor.h>

#include "afterimage/base/run_context.h"

namespace afterimage {

/// What resampling draws of stimuli (statistics.h), once for each number of them there is: scores
/// of the same stimuli share it, so that differences are paired.
class Draws {
 public:
  struct Weights {
    at::Tensor counts, signs;  ///< (resample, stimulus), int16 or, where they are few, float64
  };
  /// The run must outlive it.
  Draws(int64_t resamples, const RunContext& run) : resamples_(resamples), run_(run) {}

  const Weights& of(int64_t stimuli);

 private:
  int64_t resamples_;
  const RunContext& run_;
  std::map<int64_t, Weights> weights_;
};

}  // namespace afterimage
