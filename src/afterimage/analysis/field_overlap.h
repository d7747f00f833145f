#pragma once

#include <vector>

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include "afterimage/projections/sensor_groups.h"

namespace afterimage {

/// The known field of each array on a grid: the sum of its sensors' Gaussians, each of weight one.
/// NaN for an array without a sensor whose centre and size are known. (h, side, side) float32
at::Tensor array_fields(const Sensors& sensors, const std::vector<SensorGroup>& arrays,
                        int64_t side);

/// Pearson's correlation over the pixels of every map with every field: (h, h'). float64
at::Tensor overlaps(const at::Tensor& maps, const at::Tensor& fields);

/// Whether arrays are nearer to their own than to each other's: how often the likenesses
/// (h, h') of the arrays in another order have as large a mean as in the given one. One-sided, the
/// given order counted in; with h arrays p is at least 1 / h!.
double matched_by_chance(const at::Tensor& likeness, int64_t permutations,
                         const at::Generator& random);

}  // namespace afterimage
