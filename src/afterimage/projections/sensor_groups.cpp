#include "afterimage/projections/sensor_groups.h"

#include <map>

#include "afterimage/base/text.h"

namespace afterimage {

std::vector<SensorGroup> sensor_groups(const Sensors& sensors, const std::string& by) {
  std::vector<SensorGroup> groups;
  std::map<std::string, size_t> index;
  for (int64_t s = 0; s < sensors.count(); ++s) {
    const auto i = static_cast<size_t>(s);
    const std::string name =
        by == "roi" ? sensors.roi[i] : concat(sensors.roi[i], " array ", sensors.array[i]);
    const auto [place, is_new] = index.emplace(name, groups.size());
    if (is_new) groups.push_back({name, {}});
    groups[place->second].sensors.push_back(s);
  }
  return groups;
}

std::vector<std::string> group_channel_names(const std::vector<SensorGroup>& groups, int64_t bins) {
  std::vector<std::string> names;
  for (const auto& group : groups) {
    for (int64_t bin = 0; bin < bins; ++bin) names.push_back(concat(group.name, ", bin ", bin));
  }
  return names;
}

}  // namespace afterimage
