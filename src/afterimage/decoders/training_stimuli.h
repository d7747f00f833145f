#pragma once

#include <cstdint>
#include <vector>

#include "afterimage/decoders/target_file.h"
#include "afterimage/recordings/sample_source.h"

namespace afterimage {

/// The stimuli of a training, each once, as networks are given them, and which of them each sample
/// shows. The source must outlive it. Captions are looked up by the photograph's name.
struct TrainingStimuli {
  explicit TrainingStimuli(const SampleSource& train);

  /// All of them, (m, 3, size, size) uint8.
  at::Tensor pixels(const RunContext& run) const;

  TargetStimuli stimuli;
  std::vector<int64_t> row;  ///< of each sample
};

}  // namespace afterimage
