#include "afterimage/simulation/colour_sums.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace afterimage::simulator {
namespace {

TEST(ColourSums, AreThoseOfThePixelAtTheCentre) {
  Sensors sensors;
  sensors.name = {"a", "b", "c"};
  sensors.x = {0.8, 0.1, 1.2};    // columns 3, 0, and the last
  sensors.y = {0.3, 0.99, -0.1};  // rows 1, 3, and the first
  const auto images = at::rand({2, 3, 4, 4});
  const auto sums = colour_sums(images, sensors);
  ASSERT_EQ(sums.sizes(), (std::vector<int64_t>{2, 3}));
  const auto of = [&](int64_t row, int64_t column) {
    return images.select(2, row).select(2, column).sum(1);
  };
  EXPECT_TRUE(at::allclose(sums.select(1, 0), of(1, 3)));
  EXPECT_TRUE(at::allclose(sums.select(1, 1), of(3, 0)));
  EXPECT_TRUE(at::allclose(sums.select(1, 2), of(0, 3)));
}

}  // namespace
}  // namespace afterimage::simulator
