#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/decoders/model.h"
#include "afterimage/projections/sensor_groups.h"

namespace afterimage {

/// IRFA's inverse receptive fields: the attention weights W (n, h, C, y, x) averaged.
struct IrfMaps {
  std::vector<std::string> arrays;
  std::vector<SensorGroup> groups;  ///< the sensors of each
  at::Tensor spatial;               ///< over features: (n, h, y, x) float32
  at::Tensor feature;               ///< over space: (n, h, C) float32
};

/// Of all samples, a few at a time. Errors: a model whose
/// projection is not `attention`.
IrfMaps inverse_receptive_fields(Model& model, const SampleSource& samples);

}  // namespace afterimage
