#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "afterimage/fields/example_fields.h"
#include "afterimage/fields/field_method.h"
#include "afterimage/fields/mapping.h"

namespace afterimage {
namespace {

ReceptiveFields estimate(const std::string& name, const std::vector<std::string>& settings,
                         const FieldData& data) {
  for (const auto& entry : field_method_table()) {
    if (entry.name != name) continue;
    const auto method = entry.make();
    auto options = method->options();
    for (size_t i = 0; i + 1 < settings.size(); i += 2) {
      set_option(find_option(options, settings[i], "test"), settings[i + 1], "test");
    }
    const std::vector<std::string> rois(static_cast<size_t>(data.sensors()), "V1");
    return method->estimate(data, rois, example::quiet_run());
  }
  throw std::logic_error("no method " + name);
}

const std::vector<std::string> local = {"features", "local"};

TEST(Prf, FindsCentresAndSizes) {
  const auto world = example::luminance_world(500, 12, 1.5);
  const auto found = estimate("prf", local, world.data);
  EXPECT_LT(example::centre_errors(world, found.x, found.y).median().item<double>(), 0.015);
  for (int64_t s = 0; s < 12; ++s) {
    const double truth = world.truth[static_cast<size_t>(s)].size;
    EXPECT_NEAR(found.size[s].item<double>() / truth, 1, 0.35) << "sensor " << s;
  }
  EXPECT_GT(found.r2.min().item<double>(), 0.5);  // of 1.5^2 / (1 + 1.5^2) = .69
  EXPECT_LT(found.r2.max().item<double>(), 0.75);
  EXPECT_LT(found.distance.median().item<double>(), 0.03);
}

TEST(Prf, RefinementBeatsTheGrid) {
  const auto world = example::luminance_world(500, 12, 1.5);
  const auto grid = estimate("prf", {"features", "local", "steps", "0"}, world.data);
  const auto refined = estimate("prf", local, world.data);
  EXPECT_LT(example::centre_errors(world, refined.x, refined.y).mean().item<double>(),
            0.7 * example::centre_errors(world, grid.x, grid.y).mean().item<double>());
}

/// Sizes over the true ones.
at::Tensor size_ratios(const example::LuminanceWorld& world, const ReceptiveFields& found) {
  auto ratios = at::empty_like(found.size);
  for (int64_t s = 0; s < ratios.numel(); ++s) {
    ratios[s] = found.size[s].item<double>() / world.truth[static_cast<size_t>(s)].size;
  }
  return ratios;
}

/// A field of one sign fits one stripe of a Gabor: a third of its size and less.
TEST(Oriented, SizesAreThoseOfTheEnvelope) {
  for (const bool energy : {false, true}) {
    const auto world = example::gabor_world(400, 6, 2, energy);
    for (const std::string name : {"prf", "reverse-correlation"}) {
      const auto found =
          estimate(name, name == "prf" ? local : std::vector<std::string>{}, world.data);
      const auto ratios = size_ratios(world, found);
      EXPECT_GT(ratios.min().item<double>(), 0.7) << name << " " << energy << "\n" << ratios;
      EXPECT_LT(ratios.max().item<double>(), 1.4) << name << " " << energy << "\n" << ratios;
      EXPECT_LT(example::centre_errors(world, found.x, found.y).max().item<double>(), 0.05);
      EXPECT_TRUE(found.oriented.all().item<bool>()) << found.r2;
      EXPECT_LT(found.distance.max().item<double>(), 0.08);
    }
  }
}

TEST(Oriented, LuminanceIsNotTakenForGabors) {
  const auto world = example::luminance_world(500, 12, 1.5);
  const auto found = estimate("prf", local, world.data);
  EXPECT_FALSE(found.oriented.any().item<bool>());
}

class OfNoise : public testing::TestWithParam<std::string> {};

TEST_P(OfNoise, IsLeftUnmapped) {
  const auto world = example::luminance_world(200, 40, 0);
  const auto settings = GetParam() == "prf"   ? local
                        : GetParam() == "nif" ? std::vector<std::string>{"epochs", "2"}
                                              : std::vector<std::string>{};
  const auto found = estimate(GetParam(), settings, world.data);
  EXPECT_LE((found.r2 >= MappingOptions().min_r2).sum().item<int64_t>(), 2);
}
INSTANTIATE_TEST_SUITE_P(Methods, OfNoise, testing::Values("prf", "reverse-correlation", "nif"));

TEST(ReverseCorrelation, FindsCentres) {
  const auto world = example::luminance_world(800, 12, 2);
  const auto found = estimate("reverse-correlation", {}, world.data);
  EXPECT_LT(example::centre_errors(world, found.x, found.y).median().item<double>(), 0.03);
  EXPECT_GT(found.r2.median().item<double>(), 0.5);
  const auto wide = at::arange(1, 12, 2), narrow = at::arange(0, 12, 2);
  EXPECT_GT(found.size.index_select(0, wide).mean().item<double>(),
            1.2 * found.size.index_select(0, narrow).mean().item<double>());
}

TEST(Nif, FindsCentres) {
  const auto world = example::luminance_world(600, 8, 3, 16);
  const auto found = estimate("nif", {"channels", "4"}, world.data);
  EXPECT_LT(example::centre_errors(world, found.x, found.y).median().item<double>(), 0.06);
  EXPECT_GT(found.r2.median().item<double>(), 0.5);
}

TEST(MapSensors, LeavesOutAndCountsWhatDoesNotPass) {
  Sensors sensors;
  sensors.name = {"a", "b", "c", "d"};
  sensors.roi = {"V1", "V1", "V1", "V4"};
  const auto four = [](double a, double b, double c, double d) {
    return at::tensor({a, b, c, d}, at::kDouble);
  };
  const ReceptiveFields found{four(.1, .2, .3, .4), four(.5, .6, .7, .8), four(.1, .1, .1, .1),
                              four(.3, .01, .4, .5), four(.02, .02, .9, .02)};
  auto varies = at::ones({4}, at::kBool);
  varies[3] = false;
  auto oriented = at::zeros({4}, at::kBool);
  oriented.narrow(0, 0, 2).fill_(true);  // the second is not mapped
  const auto with_gabors =
      ReceptiveFields{found.x, found.y, found.size, found.r2, found.distance, oriented};
  EXPECT_EQ(
      map_sensors(with_gabors, varies, {.min_r2 = 0.05, .max_distance = 0.5}, sensors).oriented, 1);
  EXPECT_EQ(sensors.measures.at("field_oriented")[1], 1);
  const auto report = map_sensors(found, varies, {.min_r2 = 0.05, .max_distance = 0.5}, sensors);
  EXPECT_EQ(sensors.x[0], 0.1);
  EXPECT_TRUE(sensors.mapped(0));
  for (int64_t s = 1; s < 4; ++s) EXPECT_FALSE(sensors.mapped(s)) << s;
  EXPECT_EQ(sensors.measures.at("field_r2")[1], 0.01);
  ASSERT_EQ(report.unmapped.size(), 3u);
  for (const auto& entry : report.unmapped) EXPECT_EQ(entry.count, 1) << entry.reason;
  EXPECT_EQ(report.rois[0].mapped, 1);
  EXPECT_EQ(report.rois[0].sensors, 3);
  EXPECT_TRUE(std::isnan(report.rois[1].median_r2));
}

}  // namespace
}  // namespace afterimage
