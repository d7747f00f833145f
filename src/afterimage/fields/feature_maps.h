#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/fields/gaussian.h"

namespace afterimage {

/// Feature maps of one kind over the stimuli, at one or several resolutions (finest first), stored
/// pixel by pixel so that the window of a field is read in long runs.
class FeatureMaps {
 public:
  /// `levels` > 1 adds coarser copies, each half as fine, for wider fields.
  FeatureMaps(int64_t features, at::Tensor cells, std::array<int64_t, 2> rows, int64_t levels);

  /// Stores (n, feature, y, x) as the rows first, first + 1, ... of a half.
  void set(int half, int64_t first, const at::Tensor& maps);

  int64_t features() const { return features_; }

  /// The features of a half's rows under many fields of about one size: (field, feature, row).
  at::Tensor pooled(int half, const std::vector<GaussianField>& fields) const;
  /// Under one field, with derivatives: (4, feature, row): value, by x, by y (both in units of
  /// size), by log size.
  at::Tensor with_derivatives(int half, const GaussianField& field) const;

 private:
  struct Level {
    at::Tensor cells;                // (side) centres of its cells
    std::array<at::Tensor, 2> half;  // (y, x, feature * row) float32
  };
  const Level& level_for(double size) const;

  int64_t features_;
  std::array<int64_t, 2> rows_;
  std::vector<Level> levels_;
};

}  // namespace afterimage
