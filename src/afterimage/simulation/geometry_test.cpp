#include "afterimage/simulation/geometry.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>

#include "afterimage/base/error.h"
#include "afterimage/simulation/example_simulation.h"

namespace afterimage::simulator {
namespace {

Geometry placed(const GeometryOptions& options = {}, double scale = 1, int64_t seed = 7) {
  return place_sensors(brain_model("tvsd", scale), options, example::generator(seed));
}

double median_size(const Geometry& geometry, const std::string& roi) {
  std::vector<double> sizes;
  for (size_t s = 0; s < geometry.roi.size(); ++s) {
    if (geometry.sensors.roi[s] == roi) sizes.push_back(geometry.sensors.size[s]);
  }
  std::ranges::sort(sizes);
  return sizes[sizes.size() / 2];
}

double share_within(const Geometry& geometry, double degrees) {
  double inside = 0;
  for (const double e : geometry.eccentricity) inside += e < degrees;
  return inside / static_cast<double>(geometry.eccentricity.size());
}

TEST(Geometry, HasFifteenArraysOf64InThreeAreas) {
  const auto geometry = placed();
  std::map<int64_t, int64_t> per_array;
  std::map<std::string, std::set<int64_t>> arrays;
  for (size_t s = 0; s < geometry.roi.size(); ++s) {
    ++per_array[geometry.sensors.array[s]];
    arrays[geometry.sensors.roi[s]].insert(geometry.sensors.array[s]);
  }
  EXPECT_EQ(per_array.size(), 15u);
  for (const auto& [array, count] : per_array) EXPECT_EQ(count, 64) << array;
  EXPECT_EQ(arrays["V1"].size(), 7u);
  EXPECT_EQ(arrays["V4"].size(), 4u);
  EXPECT_EQ(arrays["IT"].size(), 4u);
  const std::set<std::string> names(geometry.sensors.name.begin(), geometry.sensors.name.end());
  EXPECT_EQ(names.size(), 960u);
}

TEST(Geometry, VoxelsHaveNoArray) {
  const auto geometry = place_sensors(brain_model("brain2pix", 0.1), {}, example::generator(1));
  EXPECT_EQ(geometry.sensors.count(), 140);
  for (const int64_t array : geometry.sensors.array) EXPECT_EQ(array, -1);
  EXPECT_EQ(geometry.groups().size(), 3u);
}

TEST(Geometry, V1CoversTheStimulus) {
  const auto geometry = placed();
  for (double y = 0.05; y < 1; y += 0.1) {
    for (double x = 0.05; x < 1; x += 0.1) {
      double nearest = 1;
      for (size_t s = 0; s < geometry.roi.size(); ++s) {
        if (geometry.roi[s] != 0) continue;
        nearest =
            std::min(nearest, std::hypot(geometry.sensors.x[s] - x, geometry.sensors.y[s] - y));
      }
      EXPECT_LT(nearest, 0.08) << x << " " << y;
    }
  }
}

TEST(Geometry, FieldsGrowWithEccentricityAndFromV1ToIT) {
  const auto geometry = placed();
  std::vector<double> eccentricity, size;
  for (size_t s = 0; s < geometry.roi.size(); ++s) {
    if (geometry.roi[s] != 0) continue;
    eccentricity.push_back(geometry.eccentricity[s]);
    size.push_back(geometry.sensors.size[s]);
  }
  const auto both = at::stack({at::tensor(eccentricity), at::tensor(size)});
  EXPECT_GT(at::corrcoef(both)[0][1].item<double>(), 0.8);
  EXPECT_GT(median_size(geometry, "V4"), 2 * median_size(geometry, "V1"));
  EXPECT_GT(median_size(geometry, "IT"), 1.5 * median_size(geometry, "V4"));
}

TEST(Geometry, MagnificationCrowdsTheFovea) {
  const double even = share_within(placed({.magnification = 0}), 3);
  const double half = share_within(placed({.magnification = 0.5}), 3);
  const double full = share_within(placed({.magnification = 1}), 3);
  // An even density puts the area of the circle (pi 3^2) over that of the stimulus (17.3^2) there.
  EXPECT_NEAR(even, M_PI * 9 / (17.3 * 17.3), 0.02);
  EXPECT_GT(half, 1.5 * even);
  EXPECT_GT(full, 1.5 * half);
}

TEST(Geometry, EachArrayStaysInOneHemifield) {
  const auto geometry = placed();
  std::map<int64_t, std::set<bool>> sides;
  for (size_t s = 0; s < geometry.roi.size(); ++s) {
    // Centres are shaken by up to half a grid step over the meridian.
    if (std::abs(geometry.sensors.x[s] - 0.5) < 1.0 / 256) continue;
    sides[geometry.sensors.array[s]].insert(geometry.sensors.x[s] > 0.5);
  }
  for (const auto& [array, side] : sides) EXPECT_EQ(side.size(), 1u) << array;
}

TEST(Geometry, QuadrantKeepsToTheLowerRight) {
  const auto geometry = placed({.quadrant = true, .fixation_x = 0.3, .fixation_y = 0.2}, 0.25);
  for (size_t s = 0; s < geometry.roi.size(); ++s) {
    EXPECT_GT(geometry.sensors.x[s], 0.3 - 1.0 / 256);
    EXPECT_GT(geometry.sensors.y[s], 0.2 - 1.0 / 256);
  }
  EXPECT_THROW(placed({.quadrant = true, .fixation_x = 0.99, .fixation_y = 0.99}), Error);
}

TEST(Geometry, FollowsTheSeed) {
  EXPECT_EQ(placed({}, 0.25, 3).sensors.x, placed({}, 0.25, 3).sensors.x);
  EXPECT_NE(placed({}, 0.25, 3).sensors.x, placed({}, 0.25, 4).sensors.x);
}

TEST(GaussianFields, SumToOneAndHaveTheirCentreAndSize) {
  Sensors sensors;
  sensors.x = {0.3, 0.5};
  sensors.y = {0.6, 0.5};
  sensors.size = {0.05, 0.08};
  const auto fields = gaussian_fields(sensors, {0, 1}, 64).t().reshape({2, 64, 64});
  const auto axis = (at::arange(64) + 0.5) / 64;
  for (int64_t s = 0; s < 2; ++s) {
    const auto i = static_cast<size_t>(s);
    EXPECT_NEAR(fields[s].sum().item<double>(), 1, 1e-5);
    const auto along_x = fields[s].sum(0), along_y = fields[s].sum(1);
    EXPECT_NEAR((along_x * axis).sum().item<double>(), sensors.x[i], 1e-4);
    EXPECT_NEAR((along_y * axis).sum().item<double>(), sensors.y[i], 1e-4);
    const double variance = (along_x * (axis - sensors.x[i]).square()).sum().item<double>();
    EXPECT_NEAR(std::sqrt(variance), sensors.size[i], 1e-4);
  }
}

}  // namespace
}  // namespace afterimage::simulator
