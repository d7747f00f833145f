#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include "afterimage/recordings/recording.h"
#include "afterimage/simulation/model.h"

namespace afterimage::simulator {

/// Where the sensors look.
struct GeometryOptions {
  bool quadrant = false;       ///< lower right of fixation only, else the whole stimulus
  double magnification = 0.5;  ///< density of fields goes as |z + a|^(-2 magnification)
  double fixation_x = 0.5, fixation_y = 0.5;  ///< stimulus coordinates
};

/// The sensors with where they sit.
struct Geometry {
  Sensors sensors;                   ///< fields in stimulus coordinates; arrays numbered through
  std::vector<int64_t> roi;          ///< row of BrainModel::rois
  std::vector<double> eccentricity;  ///< degrees
  std::vector<double> u, v;          ///< cortical position, units of Schwartz's k (below)

  /// Sensors that share an array (or, without arrays, an area), in groups.
  std::vector<std::vector<int64_t>> groups() const;
};

/// Places the fields of each area so that its arrays, together, cover the stimulus or quadrant.
///
/// A point z = x + iy of one half of the visual field (degrees from fixation, x away from the
/// vertical meridian) lies on the cortex at w = u + iv = log(z + a) - log(a) (Schwartz 1980). The
/// left half gets negative u. Each half's cortex is cut, always across its longer side, into
/// patches that carry equally many sensors: first the arrays, then one patch per sensor, whose
/// field centre is drawn within it. Field sizes are size_degrees + size_slope * eccentricity with a
/// log-normal scatter.
///
/// Errors: fixation so near the lower right corner that a quadrant would be empty.
Geometry place_sensors(const BrainModel& brain, const GeometryOptions& options,
                       at::Generator generator);

/// The Gaussian fields on a grid of side x side pixels, each summing to one over the stimulus:
/// (y * x, sensor) float32. A field wholly outside weighs the nearest pixels.
at::Tensor gaussian_fields(const Sensors& sensors, const std::vector<int64_t>& rows, int64_t side);

}  // namespace afterimage::simulator
