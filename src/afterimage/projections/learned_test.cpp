#include "afterimage/projections/learned.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>

#include "afterimage/base/error.h"
#include "afterimage/projections/example_sensors.h"
#include "reference/formula.h"

namespace afterimage {
namespace {

using example::set;
using reference::error;
using reference::wave;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// make_learned.py's: two ROIs in turn, two sensors on one pixel, one without a field.
const Sensors five = example::sensors({"V1", "V2", "V1", "V1", "V2"}, {0.1, 0.6, 0.12, nan, 0.9},
                                      {0.3, 0.6, 0.3, nan, 0.05}, 0.1);

/// Everything floating: indices stay what they are.
void convert(torch::nn::Module& module, at::ScalarType type) {
  for (auto& parameter : module.parameters()) parameter.set_data(parameter.to(type));
  for (auto& buffer : module.buffers()) {
    if (buffer.is_floating_point()) buffer.set_data(buffer.to(type));
  }
}

class Learned : public ::testing::TestWithParam<int64_t> {};

TEST_P(Learned, AgreesWithPyTorch) {
  const auto expected = reference::read("projections/learned.safetensors");
  constexpr int64_t side = 8, stride = 3;
  const auto rank = std::to_string(GetParam());
  for (const std::string base : {"fixed", "none"}) {
    SCOPED_TRACE(base);
    for (const auto& [type, tolerance] : {std::pair(at::kDouble, 1e-10), {at::kFloat, 1e-5}}) {
      LearnedProjection projection;
      set(projection, "rank", rank);
      set(projection, "base", base);
      projection.build(five, 2, side, RunContext());
      convert(projection, type);
      reference::fill(projection);
      const auto responses = wave({3, 5, 2}).to(type).requires_grad_();
      const auto maps = projection.forward(responses);
      ASSERT_EQ(maps.sizes(), (std::vector<int64_t>{3, 4, side, side}));
      (maps * wave(maps.sizes(), 4).to(type)).sum().backward();
      const auto name = base + "." + rank + ".";
      EXPECT_LT(error(maps, expected.at(name + "maps")), tolerance);
      EXPECT_LT(error(responses.grad(), expected.at(name + "grad.responses")), tolerance);
      for (const auto& entry : projection.named_parameters()) {
        EXPECT_LT(error(entry.value().grad(), expected.at(name + "grad." + entry.key()), stride),
                  tolerance)
            << entry.key();
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Ranks, Learned, ::testing::Values(0, 2));

/// Deviation of the weights a dense layer begins with, the product where there are two factors.
double first_deviation(const std::string& initialise, const std::string& rank) {
  LearnedProjection projection;
  set(projection, "initialise", initialise);
  set(projection, "rank", rank);
  const std::vector<double> at(60, 0.5);
  projection.build(example::sensors(std::vector<std::string>(60, "V1"), at, at, 0.1), 1, 32,
                   RunContext());
  const auto state = projection.named_parameters();
  EXPECT_EQ(state["bias_0"].abs().max().item<double>(), 0);
  const auto weight = state["weight_0"];
  return (rank == "0" ? weight : at::mm(weight, state["down_0"])).std().item<double>();
}

TEST(LearnedProjection, BeginsNearTheFixedMap) {
  EXPECT_NEAR(first_deviation("normal", "0"), 0.02, 0.0005);
  EXPECT_NEAR(first_deviation("normal", "16"), 0.02, 0.002);
  EXPECT_NEAR(first_deviation("uniform", "0"), 0.07 / std::sqrt(3.0), 0.001);
}

TEST(LearnedProjection, FieldsAreNeededForTheFixedMapAlone) {
  const auto unmapped = example::sensors({"V1", "V1"}, {nan, nan}, {nan, nan}, nan);
  LearnedProjection with, without, partly;
  EXPECT_THROW(with.build(unmapped, 1, 8, RunContext()), Error);
  set(without, "base", "none");
  without.build(unmapped, 1, 8, RunContext());
  EXPECT_TRUE(without.notes().empty());
  EXPECT_EQ(without.channels(), 1);
  partly.build(five, 1, 8, RunContext());
  EXPECT_EQ(std::ssize(partly.notes()), 1);
}

}  // namespace
}  // namespace afterimage
