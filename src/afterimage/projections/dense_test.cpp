#include "afterimage/projections/dense.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "afterimage/base/error.h"
#include "afterimage/projections/example_sensors.h"

namespace afterimage {
namespace {

using example::set;

const Sensors three = example::sensors({"V1", "V1", "V4"}, {0, 0, 0}, {0, 0, 0}, 1);

TEST(DenseProjection, IsOneLinearLayerLaidOutRowByRow) {
  DenseProjection projection;
  set(projection, "features", "2");
  set(projection, "grid", "4");
  projection.build(three, 2, 4, RunContext());
  auto weight = projection.named_parameters()["layer.weight"];
  const auto responses = at::randn({5, 3, 2});
  const auto maps = projection.forward(responses);
  ASSERT_EQ(maps.sizes(), (std::vector<int64_t>{5, 2, 4, 4}));
  // Channel 1, row 2, column 3 is output 1 * 16 + 2 * 4 + 3.
  const auto expected = at::mv(responses.flatten(1), weight[27]);
  EXPECT_LT((maps.select(1, 1).select(1, 2).select(1, 3) - expected).abs().max().item<float>(),
            1e-5);
}

TEST(DenseProjection, CoarseMapsAreEnlarged) {
  DenseProjection projection;
  set(projection, "grid", "2");
  projection.build(three, 1, 8, RunContext());
  const auto maps = projection.forward(at::randn({1, 3, 1}));
  ASSERT_EQ(maps.sizes(), (std::vector<int64_t>{1, 15, 8, 8}));
  EXPECT_TRUE(maps[0][0][0][0].equal(maps[0][0][1][1]));  // beyond the first pixel's centre
  EXPECT_FALSE(maps[0][0][0][0].equal(maps[0][0][0][7]));
}

TEST(DenseProjection, AGridFinerThanTheImageIsRefused) {
  DenseProjection projection;
  EXPECT_THROW(projection.build(three, 1, 8, RunContext()), Error);
}

}  // namespace
}  // namespace afterimage
