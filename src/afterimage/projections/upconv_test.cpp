#include "afterimage/projections/upconv.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "afterimage/base/error.h"
#include "afterimage/projections/example_sensors.h"
#include "reference/formula.h"

namespace afterimage {
namespace {

using example::set;
using reference::error;
using reference::wave;

const Sensors three = example::sensors({"V1", "V1", "V4"}, {0, 0, 0}, {0, 0, 0}, 1);

void build(UpconvProjection& projection, int64_t side) {
  set(projection, "hidden", "16");
  set(projection, "width", "16");
  projection.build(three, 2, side, RunContext());
}

TEST(UpconvProjection, AgreesWithPyTorch) {
  const auto expected = reference::read("projections/upconv.safetensors");
  constexpr int64_t stride = 13;
  constexpr double tolerance = 1e-10;
  for (const int64_t side : {24, 256}) {  // three doublings from 3 x 3, and all six from 4 x 4
    SCOPED_TRACE(side);
    const auto name = std::to_string(side) + ".";
    UpconvProjection projection;
    build(projection, side);
    projection.to(at::kDouble);
    reference::fill(projection);
    const auto responses = wave({2, 3, 2}).requires_grad_();
    const auto image = projection.forward(responses);
    ASSERT_EQ(image.sizes(), (std::vector<int64_t>{2, 3, side, side}));
    (image * wave(image.sizes(), 4)).sum().backward();
    EXPECT_LT(error(image, expected.at(name + "image"), stride * side), tolerance);
    EXPECT_LT(error(responses.grad(), expected.at(name + "grad.responses")), tolerance);
    for (const auto& entry : projection.named_parameters()) {
      EXPECT_LT(error(entry.value().grad(), expected.at(name + "grad." + entry.key()), stride),
                tolerance)
          << entry.key();
    }
  }
}

TEST(UpconvProjection, ASideThatHalvingLeavesLargeIsRefused) {
  UpconvProjection projection;
  EXPECT_THROW(build(projection, 100), Error);  // 25
  UpconvProjection fits;
  build(fits, 96);
  EXPECT_EQ(fits.forward(at::randn({1, 3, 2})).sizes(), (std::vector<int64_t>{1, 3, 96, 96}));
}

}  // namespace
}  // namespace afterimage
