#pragma once

#include <limits>
#include <string>
#include <vector>

#include "afterimage/base/options.h"
#include "afterimage/projections/projection.h"

/// For the tests of this room: a few sensors, and a way to set an option by its name.
namespace afterimage::example {

/// Sensors of these ROIs and centres, all of one size and on array 0.
inline Sensors sensors(const std::vector<std::string>& roi, const std::vector<double>& x,
                       const std::vector<double>& y, double size) {
  Sensors out;
  for (size_t i = 0; i < roi.size(); ++i) out.name.push_back("s" + std::to_string(i));
  out.roi = roi;
  out.array.assign(roi.size(), 0);
  out.x = x;
  out.y = y;
  out.size.assign(roi.size(), size);
  out.reliability.assign(roi.size(), std::numeric_limits<double>::quiet_NaN());
  return out;
}

inline void set(Projection& projection, const std::string& name, const std::string& value) {
  Options options = projection.options();
  set_option(find_option(options, name, "test"), value, "test");
}

}  // namespace afterimage::example
