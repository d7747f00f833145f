#pragma once

#include <string>
#include <vector>

#include "afterimage/recordings/recording.h"

namespace afterimage {

/// Sensors on the 15 arrays of IRFA (section 3.2), as many as each has responses.
inline Sensors irfa_sensors() {
  const std::vector<int64_t> arrays = {43, 59, 37, 44, 50, 2, 48, 43, 44, 53, 29, 17, 24, 59, 24};
  Sensors sensors;
  for (size_t array = 0; array < arrays.size(); ++array) {
    for (int64_t i = 0; i < arrays[array]; ++i) {
      sensors.name.push_back(std::to_string(sensors.name.size()));
      sensors.roi.push_back("V1");
      sensors.array.push_back(static_cast<int64_t>(array));
    }
  }
  return sensors;
}

}  // namespace afterimage
