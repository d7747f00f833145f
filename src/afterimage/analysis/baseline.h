#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/recordings/recording.h"
#include "afterimage/recordings/samples.h"

namespace afterimage {

/// What stands in for responses that are kept from a decoder, as the decoder reads them.
class Baseline {
 public:
  /// The mean training response: 0, as responses are standardised.
  Baseline() = default;

  /// The mean response before stimulus onset over these training trials, in each block by itself
  /// (a baseline that drifts from block to block takes its level along), standardised with the
  /// block as the decoder's responses are. Blocks without training trials take the mean over all
  /// of them. `by_block` is false for a recording whose blocks are not those of the samples: then
  /// every block takes it.
  /// Errors: no bin that ends at or before 0 ms.
  static Baseline before_onset(const Recording& recording, const std::vector<int64_t>& trials,
                               const Normalisation& normalisation, int64_t bins, bool by_block);

  /// For samples that average trials of these blocks, as their responses are averaged:
  /// (n, sensor, bin) float32, or a number's worth (1, 1, 1) where it is 0 throughout.
  at::Tensor of(const std::vector<std::vector<int64_t>>& blocks) const;

 private:
  const Normalisation* normalisation_ = nullptr;  // null: the mean
  int64_t bins_ = 0;
  std::map<int64_t, at::Tensor> level_;  // of each block: (sensor), as recorded
  at::Tensor overall_;                   // (sensor)
};

/// The blocks of the trials that each sample of a split averages, samples in order of first
/// appearance of their stimulus (Samples with average_repeats).
std::vector<std::vector<int64_t>> blocks_of_samples(const RecordingInfo& info,
                                                    const std::vector<int64_t>& trials);

}  // namespace afterimage
