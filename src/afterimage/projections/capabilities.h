#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/projections/learned_fields.h"

namespace afterimage {

/// What projections with a Gaussian field per sensor can show (`gaussian`, `tuned`).
class HasFields {
 public:
  virtual ~HasFields() = default;
  /// The field of every sensor as it is now.
  virtual FieldTensors learned_fields() const = 0;
  /// 1 for sensors that have a place, 0 for those that take no part. (s)
  virtual at::Tensor placed() const = 0;
  /// What each sensor drives in each feature map, (sensor, bin, feature); undefined where no tuning
  /// is learned.
  virtual at::Tensor learned_tuning() const { return {}; }
};

/// What projections can do that attend to arrays of electrodes (`attention`).
class HasAttention {
 public:
  virtual ~HasAttention() = default;
  /// Names of the arrays.
  virtual std::vector<std::string> arrays() const = 0;
  /// The place of an array among `arrays`. Errors name `where` and the arrays there are.
  virtual size_t find_array(const std::string& name, const std::string& where) const = 0;
  /// Rows of an array's sensors.
  virtual const std::vector<int64_t>& sensors_of(size_t array) const = 0;
  /// The weights W (n, h, c, y, x) of the projection as it was trained, for standardised responses
  /// (n, sensor, bin): what each pixel and feature takes from which array. Mind the size.
  virtual at::Tensor attention(const at::Tensor& responses) = 0;
  /// Which arrays take part, one entry per array; at least one must.
  virtual std::vector<bool> present() const = 0;
  virtual void set_present(const std::vector<bool>& present) = 0;
};

}  // namespace afterimage
