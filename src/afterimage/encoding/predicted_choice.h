#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/base/run_context.h"
#include "afterimage/recordings/sample_source.h"

namespace afterimage {

/// How well a linear decoder that learned from `train` reconstructs held-out samples: the
/// correlation of each sample's pixels (at most 16 x 16) with what was shown, (sample) float64.
/// Ridge, penalty by cross-validation over photographs.
at::Tensor linear_scores(const SampleSource& train, const SampleSource& held,
                         const RunContext& run);

/// Whether one list of scores is greater than another of the same samples: the mean difference and
/// its standard error, over photographs.
struct PairedGain {
  double mean = 0, error = 0;
  static PairedGain of(const at::Tensor& scores, const at::Tensor& than,
                       const std::vector<std::string>& photographs);
  /// By more than its standard error.
  bool convincing() const { return mean > error; }
};

}  // namespace afterimage
