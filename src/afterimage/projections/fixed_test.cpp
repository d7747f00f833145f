#include "afterimage/projections/fixed.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "afterimage/base/error.h"
#include "afterimage/projections/example_sensors.h"

namespace afterimage {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

using example::set;

TEST(FixedProjection, PutsEachResponseAtItsPixelAndAveragesOverlaps) {
  // Two V1 sensors share the pixel of column 3, row 1; x runs right and y down.
  const auto sensors =
      example::sensors({"V1", "V1", "V4", "V1"}, {0.8, 0.99, 0.1, nan}, {0.3, 0.26, 0.9, 0.5}, 0.1);
  FixedProjection projection;
  projection.build(sensors, 2, 4, RunContext());
  ASSERT_EQ(projection.channels(), 4);
  EXPECT_EQ(projection.unplaced(), 1);
  const auto responses = at::tensor({1.f, 10.f, 3.f, 30.f, 5.f, 50.f, 7.f, 70.f}).view({1, 4, 2});
  const auto maps = projection.forward(responses);
  auto expected = at::zeros({1, 4, 4, 4});
  expected[0][0][1][3] = 2;   // V1, bin 0
  expected[0][1][1][3] = 20;  // V1, bin 1
  expected[0][2][3][0] = 5;   // V4, bin 0
  expected[0][3][3][0] = 50;
  EXPECT_TRUE(at::equal(maps, expected)) << maps;
  EXPECT_EQ(projection.channel_names()[3], "V4, bin 1");
}

TEST(FixedProjection, SaysWhichSensorsHaveNoSize) {
  auto sensors = example::sensors({"V1", "V1", "V1"}, {0.8, 0.2, nan}, {0.3, 0.26, 0.5}, 0.1);
  sensors.size[1] = nan;
  for (const auto& [spread, lines] : {std::pair("0", 1), {"1", 2}}) {  // one pixel needs no size
    FixedProjection projection;
    set(projection, "spread", spread);
    projection.build(sensors, 1, 8, RunContext());
    EXPECT_EQ(std::ssize(projection.notes()), lines) << spread;
  }
}

/// The same maps by a dense sum over (sensor, y, x), as the papers' scripts form them.
at::Tensor dense_maps(const Sensors& sensors, const at::Tensor& responses, int64_t side,
                      double spread, double floor) {
  const auto grid = (at::arange(side, at::kDouble) + 0.5) / static_cast<double>(side);
  at::Tensor numerator = at::zeros({responses.size(0), side, side}, at::kDouble);
  at::Tensor weights = at::zeros({side, side}, at::kDouble);
  for (int64_t s = 0; s < sensors.count(); ++s) {
    const auto i = static_cast<size_t>(s);
    const double sigma = spread * sensors.size[i];
    const auto gx = (grid - sensors.x[i]).square().neg().div(2 * sigma * sigma).exp();
    const auto gy = (grid - sensors.y[i]).square().neg().div(2 * sigma * sigma).exp();
    // Support: whole pixels from floor(centre - 3 sigma) to floor(centre + 3 sigma).
    const auto index = at::arange(side, at::kDouble);
    const auto support = [&](double centre) {
      const double n = static_cast<double>(side);
      return index.ge(std::floor((centre - 3 * sigma) * n))
          .logical_and(index.le(std::floor((centre + 3 * sigma) * n)))
          .to(at::kDouble);
    };
    const auto field = at::outer(gy * support(sensors.y[i]), gx * support(sensors.x[i]));
    numerator += responses.to(at::kDouble).select(1, s).view({-1, 1, 1}) * field;
    weights += field;
  }
  return numerator / weights.clamp_min(floor);
}

TEST(FixedProjection, SpreadEqualsTheDenseSum) {
  const int64_t count = 40, side = 24;
  const auto x = at::rand({count}, at::kDouble), y = at::rand({count}, at::kDouble);
  const std::vector<double> xs(x.data_ptr<double>(), x.data_ptr<double>() + count);
  const std::vector<double> ys(y.data_ptr<double>(), y.data_ptr<double>() + count);
  const auto sensors = example::sensors(std::vector<std::string>(count, "V1"), xs, ys, 0.06);
  FixedProjection projection;
  set(projection, "spread", "1.5");
  set(projection, "floor", "0.25");
  projection.build(sensors, 1, side, RunContext());
  const auto responses = at::randn({3, count, 1});
  const auto maps = projection.forward(responses).select(1, 0);
  const auto expected = dense_maps(sensors, responses.select(2, 0), side, 1.5, 0.25);
  EXPECT_LT((maps.to(at::kDouble) - expected).abs().max().item<double>(), 1e-5);
}

TEST(FixedProjection, PassesTheGradientToTheResponses) {
  const auto sensors = example::sensors({"V1", "V1"}, {0.1, 0.6}, {0.1, 0.6}, 0.05);
  FixedProjection projection;
  projection.build(sensors, 1, 4, RunContext());
  const auto responses = at::randn({2, 2, 1}).requires_grad_(true);
  const auto seed = at::randn({2, 1, 4, 4});
  (projection.forward(responses) * seed).sum().backward();
  EXPECT_TRUE(at::allclose(responses.grad().select(2, 0).select(1, 1),
                           seed.select(1, 0).select(1, 2).select(1, 2)));
}

TEST(FixedProjection, RefusesARecordingWithoutFields) {
  FixedProjection projection;
  EXPECT_THROW(projection.build(example::sensors({"V1"}, {nan}, {nan}, nan), 1, 8, RunContext()),
               Error);
}

TEST(ProjectionTable, OffersTheNearestName) {
  try {
    make_projection("fixd", "config");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("'fixed'"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace afterimage
