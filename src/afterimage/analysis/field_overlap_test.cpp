#include "afterimage/analysis/field_overlap.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>

#include "afterimage/base/run_context.h"

namespace afterimage {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t side = 32;

/// Eight arrays of four sensors on a ring, and attention that is largest where each array looks.
struct FieldOverlapTest : testing::Test {
  FieldOverlapTest() {
    for (int64_t array = 0; array < 8; ++array) {
      for (int64_t s = 0; s < 4; ++s) {
        const double turn = 0.785 * static_cast<double>(array);
        sensors.name.push_back("s" + std::to_string(sensors.name.size()));
        sensors.roi.push_back("V1");
        sensors.array.push_back(array);
        sensors.x.push_back(0.5 + 0.3 * std::cos(turn) + 0.02 * static_cast<double>(s));
        sensors.y.push_back(0.5 + 0.3 * std::sin(turn));
        sensors.size.push_back(0.06);
      }
    }
    arrays = sensor_groups(sensors, "array");
    fields = array_fields(sensors, arrays, side);
    const auto noise = at::rand(fields.sizes(), RunContext().generator("noise"));
    attention = at::softmax(20 * fields + 0.3 * noise, 0);
  }

  double p(const at::Tensor& maps) const {
    return matched_by_chance(overlaps(maps, fields), 999, RunContext().generator("permutations"));
  }

  Sensors sensors;
  std::vector<SensorGroup> arrays;
  at::Tensor fields, attention;
};

TEST_F(FieldOverlapTest, FieldsAreSumsOfTheSensorsGaussians) {
  EXPECT_LT((fields.sum({1, 2}) - 4).abs().max().item<float>(), 1e-4f);
  // Array 0 looks to the right of the middle, at x .83 and y .5.
  const auto peak = fields[0].argmax().item<int64_t>();
  EXPECT_NEAR(static_cast<double>(peak % side) / side, 0.83, 0.04);
  EXPECT_NEAR(static_cast<double>(peak / side) / side, 0.5, 0.04);
}

TEST_F(FieldOverlapTest, ArraysWithoutAKnownFieldHaveNone) {
  for (size_t s = 0; s < 4; ++s) sensors.size[s] = nan;
  sensors.x[4] = nan;
  const auto known = array_fields(sensors, arrays, side);
  EXPECT_TRUE(known[0].isnan().all().item<bool>());
  EXPECT_NEAR(known[1].sum().item<double>(), 3, 1e-4);
}

TEST_F(FieldOverlapTest, OverlapsAreCorrelations) {
  const auto all = overlaps(attention, fields);
  const auto a = attention[3].flatten(), b = fields[5].flatten();
  EXPECT_NEAR(all[3][5].item<double>(), at::corrcoef(at::stack({a, b}))[0][1].item<double>(), 1e-5);
  EXPECT_LT((overlaps(fields * 3 + 1, fields).diagonal() - 1).abs().max().item<double>(), 1e-6);
  EXPECT_EQ(overlaps(at::ones({1, side, side}), fields).abs().max().item<double>(), 0);
}

TEST_F(FieldOverlapTest, OwnFieldsAreToldFromThoseOfOthers) {
  EXPECT_GT(overlaps(attention, fields).diagonal().min().item<double>(), 0.5);
  EXPECT_LE(p(attention), 0.002);
  // Each array attends to where its neighbour looks, or to nowhere in particular.
  EXPECT_GT(p(attention.roll(1, 0)), 0.2);
  const auto noise = at::rand(fields.sizes(), RunContext().generator("other noise"));
  EXPECT_GT(p(noise), 0.05);
}

}  // namespace
}  // namespace afterimage
