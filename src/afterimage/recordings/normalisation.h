#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/formats/safetensors.h"
#include "afterimage/recordings/recording.h"
#include "afterimage/recordings/response_reader.h"

namespace afterimage {

/// z-scores per sensor and bin, estimated on training trials only: one set for the whole recording
/// or one per block. A sensor that never varies is set to zero. Blocks with fewer than two training
/// trials use the statistics over all of them. The standard deviation is that of the population
/// (divided by n).
class Normalisation {
 public:
  Normalisation() = default;
  /// Of the bins of these rows; no rows: of all.
  static Normalisation fit(const Recording& recording, const std::vector<int64_t>& trials,
                           bool per_block, const std::vector<int64_t>& bins = {});
  /// The same from responses that come from elsewhere; `block` is the block of each trial there is.
  static Normalisation fit(const ResponseReader& read, const std::vector<int64_t>& trials,
                           const std::vector<int64_t>& block, bool per_block);

  /// From now on these sensors, (sensor) bool, are zero whatever their responses.
  void silence(const at::Tensor& sensors);

  /// Sensors that are zero whatever their responses: silenced, or the same in all training trials.
  /// (sensor) bool
  at::Tensor silent() const;

  /// A block that no trial belongs to: the statistics over all.
  static constexpr int64_t no_block = -1;
  /// (n, sensor, bin) float32 -> the same, standardised; `block[i]` is the block of row i.
  at::Tensor apply(const at::Tensor& responses, const std::vector<int64_t>& block) const;

  /// Equal for equal statistics only.
  std::string fingerprint() const;

  TensorMap to_tensors() const;
  static Normalisation from_tensors(const TensorMap& tensors, const std::string& where);

 private:
  at::Tensor mean_, scale_;      // (1 + blocks, sensor, bin): row 0 over everything
  std::vector<int64_t> blocks_;  // the block of rows 1, 2, ...
};

}  // namespace afterimage
