#pragma once

#include <cstdint>
#include <string>

#include "afterimage/formats/safetensors.h"

namespace afterimage {

/// The running mean of weights over a training (Polyak & Juditsky 1992), exponentially forgotten:
///
///     mean <- d mean + (1 - d) weights,    d = min(decay, (1 + u) / (10 + u))
///
/// with u the updates before this one, so that the first weights, which know nothing, are soon
/// forgotten (as TensorFlow's ExponentialMovingAverage with num_updates; the first update copies).
/// Running statistics of BatchNorm are averaged like weights; whole numbers are copied.
class WeightAverage {
 public:
  /// `decay` in [0, 1); 0 keeps no mean.
  explicit WeightAverage(double decay) : decay_(decay) {}

  bool on() const { return decay_ > 0; }
  /// Takes the weights of one more step. By name; always the same names.
  void update(const TensorMap& weights);
  const TensorMap& mean() const { return mean_; }

  /// The means by name, and "updates".
  TensorMap to_tensors() const;
  /// Takes back what `to_tensors` gave; the weights of the model say names and shapes. Errors name
  /// `where`.
  void restore(const TensorMap& tensors, const TensorMap& weights, const std::string& where);

 private:
  double decay_;
  int64_t updates_ = 0;
  TensorMap mean_;
};

/// Copies tensors, so that they stay what they are while their owner changes.
TensorMap copied(const TensorMap& tensors);

}  // namespace afterimage
