#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/base/run_context.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {

/// What a recording shows outside the trials that are learned from: what no image that a decoder
/// learns from may show.
struct OtherStimuli {
  std::set<std::string> names;  ///< of the stimuli and of their sources, without extension
  at::Tensor thumbnails;        ///< (n, 256) float32: 16 x 16 gray, centred, of unit norm
  /// Trials of a stimulus of the test split (of all other trials, where none of it is left), on
  /// average; 1 where there are none: what a reconstruction averages.
  double repeats = 1;

  /// Of a recording of which `trials` are learned from. Its images are read where `look`.
  static OtherStimuli of(const Recording& recording, const std::vector<int64_t>& trials, bool look,
                         const RunContext& run);

  /// One more name that must not be shown.
  void hide(const std::string& photograph);

  /// Whether a photograph (3, H, W) uint8 of this file name is one of them: by name, or because its
  /// central square looks the same (correlation of thumbnails above 0.95).
  bool show(const std::string& file, const at::Tensor& photograph) const;
};

}  // namespace afterimage
