#include "afterimage/projections/sensor_groups.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "afterimage/base/error.h"
#include "afterimage/projections/example_sensors.h"

namespace afterimage {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

using Rows = std::vector<int64_t>;

/// Eight V1 sensors in a wide field, the last without a place, and two of V4.
Sensors wide() {
  return example::sensors({"V1", "V1", "V1", "V1", "V1", "V1", "V1", "V1", "V4", "V4"},
                          {.9, .1, .2, .8, .1, .3, .7, nan, .5, .6},
                          {.1, .1, .2, .2, .6, .6, .6, nan, .5, .5}, .1);
}

std::vector<Rows> rows_of(const std::vector<SensorGroup>& groups) {
  std::vector<Rows> all;
  for (const auto& group : groups) all.push_back(group.sensors);
  return all;
}

TEST(SensorGroups, AreCutByThePositionOfTheirFields) {
  const auto sensors = wide();
  const auto split = split_groups(sensor_groups(sensors, "roi"), sensors, 4, "position");
  // Left and right first, then each of them across.
  EXPECT_EQ(rows_of(split), (std::vector<Rows>{{1}, {2, 4}, {5, 6}, {0, 3}, {7}, {8}, {9}}));
  EXPECT_EQ(split[0].name, "V1 group 1");
  EXPECT_EQ(split[4].name, "V1 group 5");  // those without a place
  EXPECT_EQ(split[6].name, "V4 group 2");
  EXPECT_EQ(rows_of(split_groups(sensor_groups(sensors, "roi"), sensors, 1, "position")),
            rows_of(sensor_groups(sensors, "roi")));
}

TEST(SensorGroups, AreDealtOutAtRandomAlwaysAlike) {
  const auto sensors = wide();
  const auto groups = sensor_groups(sensors, "roi");
  const auto split = split_groups(groups, sensors, 3, "random");
  ASSERT_EQ(split.size(), 5u);
  std::multiset<int64_t> seen;
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_GE(split[i].sensors.size(), 2u);
    seen.insert(split[i].sensors.begin(), split[i].sensors.end());
  }
  EXPECT_EQ(seen, (std::multiset<int64_t>{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(rows_of(split), rows_of(split_groups(groups, sensors, 3, "random")));
}

TEST(SensorGroups, NeedFieldsToBeCutByPosition) {
  const auto sensors = example::sensors({"V1", "V1"}, {nan, nan}, {nan, nan}, .1);
  try {
    split_groups(sensor_groups(sensors, "roi"), sensors, 2, "position");
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("random"), std::string::npos);
  }
}

}  // namespace
}  // namespace afterimage
