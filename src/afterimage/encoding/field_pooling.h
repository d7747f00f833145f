#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/fields/gaussian.h"

namespace afterimage {

/// Maps over the stimulus seen through a Gaussian field for each sensor.
class FieldPooling {
 public:
  /// `cells`: centres of the maps' cells along either axis, (k) float64. `coarser`: wide fields
  /// read maps of half, a quarter, ... the resolution, which costs a quarter, a sixteenth, ...
  FieldPooling(const std::vector<GaussianField>& fields, const at::Tensor& cells, bool coarser);

  /// (n, feature, y, x) -> (sensor, n, feature)
  at::Tensor operator()(const at::Tensor& maps) const;

 private:
  struct Level {
    at::Tensor sensors;  // (k) int64
    at::Tensor weights;  // (k, y x)
  };
  std::vector<Level> levels_;  // each half as fine as the one before
  int64_t sensors_;
};

}  // namespace afterimage
