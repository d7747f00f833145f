#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "afterimage/fields/field_method.h"
#include "afterimage/recordings/recording.h"

namespace afterimage {

/// When a sensor counts as mapped.
struct MappingOptions {
  double min_r2 = 0.05;
  double max_distance = 0.5;

  Options options();
};

/// What an estimation left unmapped, and what it says of each area.
struct MappingReport {
  struct Unmapped {
    std::string reason;  ///< "R2 below 0.05"
    int64_t count = 0;
  };
  struct Roi {
    std::string name;
    int64_t mapped = 0, sensors = 0;
    double median_r2 = 0, median_size = 0;  ///< of the mapped; NaN when there are none
  };
  std::vector<Unmapped> unmapped;
  int64_t oriented = 0;  ///< mapped sensors whose size is that of a Gabor's envelope
  std::vector<Roi> rois;

  nlohmann::json to_json() const;
};

/// Puts the fields that pass into `sensors` (x, y, size; NaN for the others) with the measures
/// "field_r2" and "field_distance" of all, and "field_oriented" (1: a Gabor) where the method
/// tells.
MappingReport map_sensors(const ReceptiveFields& found, const at::Tensor& varies,
                          const MappingOptions& options, Sensors& sensors);

}  // namespace afterimage
