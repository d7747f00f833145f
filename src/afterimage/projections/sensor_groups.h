#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "afterimage/recordings/recording.h"

namespace afterimage {

/// Sensors that share a channel.
struct SensorGroup {
  std::string name;              ///< "V1", or "V1 array 3"
  std::vector<int64_t> sensors;  ///< rows of the recording's sensors, ascending
};

/// The sensors by their ROI (`by` is "roi") or by their electrode array ("array"), in order of
/// first appearance; each sensor is in one group.
std::vector<SensorGroup> sensor_groups(const Sensors& sensors, const std::string& by);

/// Every group in `parts` of nearly equal size, as many as it has sensors at most: "V1 group 1",
/// ... `by` is "position": halved across the longer side of where its fields lie, and so on,
/// sensors without a field in a group of their own behind the others; or "random", the same split
/// always. Errors: by position, and none of a group's sensors has a field.
std::vector<SensorGroup> split_groups(const std::vector<SensorGroup>& groups,
                                      const Sensors& sensors, int64_t parts, const std::string& by);

/// "GROUP, bin 0", "GROUP, bin 1", ... for every group: the channels of a map of groups and bins.
std::vector<std::string> group_channel_names(const std::vector<SensorGroup>& groups, int64_t bins);

}  // namespace afterimage
