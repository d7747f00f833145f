#include "afterimage/simulation/tuning.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "afterimage/simulation/example_simulation.h"

namespace afterimage::simulator {
namespace {

at::Tensor random_images(int64_t n, int64_t side, int64_t seed) {
  const auto coarse = at::rand({n, 3, side / 4, side / 4}, example::generator(seed));
  return at::upsample_bilinear2d(coarse, {side, side}, false);
}

/// One area whose sensors see nothing but one kind of feature.
BrainModel brain_with(const Shares& shares, int64_t sensors) {
  BrainModel brain{"test", 17, 0.8, {}, {{0, 40}}, {-100, 0}};
  brain.rois = {{"V1", 1, sensors, 0.5, 0.05, shares, {false, 40, 0, 4, 40, 0.5}, {0, 133}}};
  return brain;
}

struct Simulated {
  Geometry geometry;
  Tuning tuning;
  at::Tensor signals;
};

Simulated simulated(const BrainModel& brain, const at::Tensor& images) {
  auto geometry = place_sensors(brain, {}, example::generator(1));
  Tuning tuning(brain, geometry, example::generator(2));
  const FeatureBank bank(nullptr, tuning.needed(), images.size(2));
  const auto maps = bank.maps(images);
  tuning.calibrate(maps);
  const auto signals = signals_from_drives(tuning.drive(maps), at::arange(images.size(0)));
  return {std::move(geometry), std::move(tuning), signals};
}

TEST(LocalFeatures, OpponentAxesSeparateColourFromLight) {
  auto image = at::zeros({1, 3, 16, 16});
  image[0][0] = 0.9;
  image[0][1] = 0.3;
  image[0][2] = 0.6;
  const auto features = local_features(image)[0].mean({1, 2});
  EXPECT_NEAR(features[luminance].item<double>(), 1.8 / std::sqrt(3.0), 1e-5);
  EXPECT_NEAR(features[red_green].item<double>(), 0.6 / std::sqrt(2.0), 1e-5);
  EXPECT_NEAR(features[blue_yellow].item<double>(), 0, 1e-5);
  // A uniform image has no contrast and no orientation, but for the root's small offset.
  EXPECT_LT(features.narrow(0, contrast, kLocalFeatures - contrast).abs().max().item<double>(),
            2e-3);
  EXPECT_EQ(static_cast<int64_t>(local_feature_names().size()), features.size(0));
}

TEST(LocalFeatures, OrientationAndScaleOfAGrating) {
  const int64_t side = 64;
  const auto axis = at::arange(side, at::kFloat);
  for (int64_t scale = 0; scale < kScales; ++scale) {
    for (int64_t k = 0; k < kOrientations; ++k) {
      const double angle = std::numbers::pi * static_cast<double>(k) / kOrientations;
      const double wave = std::numbers::pi / 2 / std::pow(2, scale);
      const auto across = std::cos(angle) * axis.unsqueeze(1) - std::sin(angle) * axis.unsqueeze(0);
      const auto image = (0.5 + 0.4 * at::cos(across * wave)).expand({1, 3, side, side});
      const auto energy = local_features(image)
                              .narrow(1, orientation, kScales * kOrientations)
                              .slice(2, 16, 48)
                              .slice(3, 16, 48)
                              .mean({0, 2, 3});
      EXPECT_EQ(energy.argmax().item<int64_t>(), scale * kOrientations + k);
    }
  }
}

TEST(Tuning, ReverseCorrelationFindsLuminanceFields) {
  const int64_t side = 32;
  const auto images = random_images(1500, side, 3);
  const auto result = simulated(brain_with({.luminance = 1}, 12), images);
  const auto light = images.mean(1).flatten(1);                             // (n, y * x)
  const auto map = result.signals.t().matmul(light - light.mean(0)).abs();  // (sensor, y * x)
  for (int64_t s = 0; s < 12; ++s) {
    const auto i = static_cast<size_t>(s);
    const int64_t peak = map[s].argmax().item<int64_t>();
    const double x = (static_cast<double>(peak % side) + 0.5) / side;
    const double y = (static_cast<double>(peak / side) + 0.5) / side;
    // Within a little more than one of the coarse squares the images are made of (4 of 32 px).
    EXPECT_LT(std::hypot(x - result.geometry.sensors.x[i], y - result.geometry.sensors.y[i]), 0.14);
  }
}

TEST(Tuning, ColourSensorsIgnoreLight) {
  const auto gray = random_images(200, 32, 4).narrow(1, 0, 1).expand({200, 3, 32, 32});
  const auto result = simulated(brain_with({.colour = 1}, 8), random_images(200, 32, 5));
  const FeatureBank bank(nullptr, result.tuning.needed(), 32);
  const auto to_gray = result.tuning.drive(bank.maps(gray));
  const auto to_colour = result.tuning.drive(bank.maps(random_images(200, 32, 6)));
  EXPECT_LT(to_gray.std(0).max().item<double>(), 1e-3 * to_colour.std(0).min().item<double>());
}

TEST(Tuning, EachSensorHasItsOwnMixture) {
  const auto result =
      simulated(brain_with({.luminance = 0.4, .colour = 0.3, .orientation = 0.3}, 64),
                random_images(50, 32, 7));
  const auto& weights = result.tuning.weights(local);
  EXPECT_EQ(weights.sizes(), (std::vector<int64_t>{64, kLocalFeatures}));
  EXPECT_FALSE(result.tuning.needed()[shape]);
  EXPECT_LT(weights.square().sum(1).sub(1).abs().max().item<double>(), 1e-5);
  const auto on = (weights.select(1, luminance) > 0).to(at::kFloat).mean().item<double>();
  EXPECT_GT(on, 0.25);
  EXPECT_LT(on, 0.75);
  EXPECT_GT(weights.select(1, luminance).abs().std().item<double>(), 0.05);
}

TEST(Signals, AreStandardisedOverTrainingAndSaturateMildly) {
  auto drives = 5 + 2 * at::randn({3000, 4}, example::generator(8));
  drives.select(1, 3).fill_(1);  // never varies
  const auto training = at::arange(2000);
  const auto signals = signals_from_drives(drives, training);
  const auto rows = signals.index_select(0, training).to(at::kDouble);
  for (int64_t s = 0; s < 3; ++s) {
    EXPECT_NEAR(rows.select(1, s).mean().item<double>(), 0, 1e-6);
    EXPECT_NEAR(rows.select(1, s).std(false).item<double>(), 1, 1e-6);
  }
  EXPECT_EQ(signals.select(1, 3).abs().max().item<double>(), 0);
  const auto pair = at::stack({drives.select(1, 0), signals.select(1, 0)});
  const double straight = at::corrcoef(pair)[0][1].item<double>();
  EXPECT_GT(straight, 0.98);
  EXPECT_LT(straight, 0.9999);
}

}  // namespace
}  // namespace afterimage::simulator
