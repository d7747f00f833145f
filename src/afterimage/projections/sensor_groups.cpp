#include "afterimage/projections/sensor_groups.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/randperm.h>

#include <algorithm>
#include <map>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

using Rows = std::vector<int64_t>;

/// Cut across the longer side of where the fields lie, in parts of nearly equal size.
void cut(const Sensors& sensors, Rows rows, size_t parts, std::vector<Rows>& out) {
  if (parts == 1) {
    out.push_back(std::move(rows));
    return;
  }
  const auto extent = [&](const std::vector<double>& at) {
    const auto [low, high] = std::minmax_element(rows.begin(), rows.end(), [&](auto a, auto b) {
      return at[static_cast<size_t>(a)] < at[static_cast<size_t>(b)];
    });
    return at[static_cast<size_t>(*high)] - at[static_cast<size_t>(*low)];
  };
  const auto& axis = extent(sensors.x) >= extent(sensors.y) ? sensors.x : sensors.y;
  std::stable_sort(rows.begin(), rows.end(), [&](auto a, auto b) {
    return axis[static_cast<size_t>(a)] < axis[static_cast<size_t>(b)];
  });
  const auto middle = rows.begin() + static_cast<std::ptrdiff_t>(rows.size() * (parts / 2) / parts);
  cut(sensors, Rows(rows.begin(), middle), parts / 2, out);
  cut(sensors, Rows(middle, rows.end()), parts - parts / 2, out);
}

std::vector<Rows> by_position(const Sensors& sensors, const SensorGroup& group, size_t parts) {
  Rows mapped, unmapped;
  for (const auto s : group.sensors) (sensors.mapped(s) ? mapped : unmapped).push_back(s);
  if (mapped.empty()) {
    throw Error("projection.groups",
                concat("no sensor of '", group.name, "' has a receptive field to split them by"),
                "Give projection.split = \"random\"");
  }
  std::vector<Rows> out;
  parts = std::min(parts, mapped.size());
  cut(sensors, std::move(mapped), parts, out);
  if (!unmapped.empty()) out.push_back(std::move(unmapped));
  return out;
}

/// The seed is no run's: a model that is read again must find the groups it was trained with.
std::vector<Rows> at_random(const SensorGroup& group, size_t parts) {
  const auto order = at::randperm(static_cast<int64_t>(group.sensors.size()),
                                  at::detail::createCPUGenerator(1), at::kLong);
  std::vector<Rows> out(parts);
  for (size_t i = 0; i < group.sensors.size(); ++i) {
    const auto place = order[static_cast<int64_t>(i)].item<int64_t>();
    out[i % parts].push_back(group.sensors[static_cast<size_t>(place)]);
  }
  return out;
}

}  // namespace

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

std::vector<SensorGroup> split_groups(const std::vector<SensorGroup>& groups,
                                      const Sensors& sensors, int64_t parts,
                                      const std::string& by) {
  if (parts == 1) return groups;
  std::vector<SensorGroup> split;
  for (const auto& group : groups) {
    const size_t most = std::min(static_cast<size_t>(parts), group.sensors.size());
    auto pieces = by == "random" ? at_random(group, most) : by_position(sensors, group, most);
    for (size_t i = 0; i < pieces.size(); ++i) {
      std::sort(pieces[i].begin(), pieces[i].end());
      const auto place = concat("group ", i + 1);
      split.push_back({group.name.empty() ? place : concat(group.name, " ", place), pieces[i]});
    }
  }
  return split;
}

std::vector<std::string> group_channel_names(const std::vector<SensorGroup>& groups, int64_t bins) {
  std::vector<std::string> names;
  for (const auto& group : groups) {
    for (int64_t bin = 0; bin < bins; ++bin) names.push_back(concat(group.name, ", bin ", bin));
  }
  return names;
}

}  // namespace afterimage
