#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include "afterimage/simulation/features.h"
#include "afterimage/simulation/geometry.h"
#include "afterimage/simulation/model.h"

namespace afterimage::simulator {

/// What each sensor responds to: a random mixture of features, pooled by its Gaussian field,
///     drive(image, s) = sum_f w(s, f) / sd(s, f) * sum_yx field(s, y, x) map(image, f, y, x),
/// computed as two matrix products per family and batch.
class Tuning {
 public:
  /// Draws the weights w. Neighbouring sensors are drawn independently.
  Tuning(const BrainModel& brain, const Geometry& geometry, at::Generator generator);

  std::array<bool, kFamilies> needed() const;

  /// Estimates sd(s, f), the spread of each pooled feature over these stimuli.
  void calibrate(const FeatureMaps& maps);

  /// (n, sensor) float32.
  at::Tensor drive(const FeatureMaps& maps) const;

  /// w of a family: (sensor, feature); zero for sensors without features of this family.
  const at::Tensor& weights(Family family) const { return weights_[family]; }

 private:
  struct Pool {
    at::Tensor fields;   // (y * x, member)
    at::Tensor weights;  // (feature, member), w / sd
  };
  std::vector<int64_t> members(Family family) const;
  at::Tensor pooled(const at::Tensor& maps, const at::Tensor& fields) const;

  Sensors sensors_;
  std::array<at::Tensor, kFamilies> weights_;
  std::array<at::Tensor, kFamilies> members_;  // sensors with weights in the family
  std::array<Pool, kFamilies> pools_;
};

/// Drives (stimulus, sensor) at mean 0 and variance 1 over the rows `training`, float64; those of a
/// sensor that does not vary are 0.
at::Tensor standardised_signals(const at::Tensor& drives, const at::Tensor& training);

/// Drives (stimulus, sensor) -> signals: standardised over the rows of `training`, bent by the mild
/// saturation 3 tanh(z / 3), and standardised again (mean 0, variance 1 over `training`). A sensor
/// that never varies gets the signal 0.
at::Tensor signals_from_drives(const at::Tensor& drives, const at::Tensor& training);

}  // namespace afterimage::simulator
