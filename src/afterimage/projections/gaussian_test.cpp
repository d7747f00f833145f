#include "afterimage/projections/gaussian.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "afterimage/base/error.h"
#include "afterimage/projections/example_sensors.h"
#include "afterimage/projections/gaussian_layout.h"
#include "afterimage/projections/tuned.h"
#include "reference/formula.h"

namespace afterimage {
namespace {

using example::set;
using reference::error;
using reference::wave;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
// As in make_gaussian.py.
constexpr int64_t n = 2, count = 11, bins = 2, features = 3, side = 21, stride = 3;
const std::vector<std::string> rois = {"V1", "V1", "V1", "V4", "V4", "V1",
                                       "IT", "IT", "IT", "IT", "IT"};

/// The sensors of make_gaussian.py.
Sensors reference_sensors() {
  auto sensors = example::sensors(rois, std::vector<double>(count), std::vector<double>(count), 1);
  const auto x = wave({count}, 1) * 0.6 + 0.5, y = wave({count}, 2) * 0.6 + 0.5,
             size = wave({count}, 3).abs() * 0.15 + 0.02;
  for (int64_t s = 0; s < count; ++s) {
    const auto i = static_cast<size_t>(s);
    sensors.x[i] = x[s].item<double>();
    sensors.y[i] = y[s].item<double>();
    sensors.size[i] = size[s].item<double>();
  }
  return sensors;
}

/// float32 centres are rounded when the projection is built: set them again in full.
void set_exactly(Projection& projection, c10::ScalarType type) {
  for (auto& parameter : projection.parameters()) parameter.set_data(parameter.to(type));
  const at::NoGradGuard no_grad;
  auto parameters = projection.named_parameters();
  parameters["fields.x"].copy_(wave({count}, 1) * 0.6 + 0.5);
  parameters["fields.y"].copy_(wave({count}, 2) * 0.6 + 0.5);
  parameters["fields.log_size"].copy_((wave({count}, 3).abs() * 0.15 + 0.02).log());
}

void expect_parity(const std::string& name, Projection& projection, c10::ScalarType type,
                   double tolerance) {
  const TensorMap expected = reference::read("projections/gaussian.safetensors");
  set_exactly(projection, type);
  auto parameters = projection.named_parameters();
  if (auto* tuning = parameters.find("tuning")) {
    const at::NoGradGuard no_grad;
    tuning->copy_(wave({count, bins, features}, 5));
  }
  const auto responses = wave({n, count, bins}).to(type).requires_grad_();
  const auto maps = projection.forward(responses);
  EXPECT_LT(error(maps, expected.at(name + ".maps"), stride), tolerance);
  (maps * wave(maps.sizes(), 4).to(type)).sum().backward();
  EXPECT_LT(error(responses.grad(), expected.at(name + ".grad.responses")), tolerance);
  EXPECT_LT(error(parameters["fields.x"].grad(), expected.at(name + ".grad.x")), tolerance);
  EXPECT_LT(error(parameters["fields.y"].grad(), expected.at(name + ".grad.y")), tolerance);
  const auto size = parameters["fields.log_size"].exp();  // d/d log s = s d/ds
  EXPECT_LT(error(parameters["fields.log_size"].grad(), expected.at(name + ".grad.size") * size),
            tolerance);
  if (name == "tuned") {
    EXPECT_LT(error(parameters["tuning"].grad(), expected.at("tuned.grad.tuning")), tolerance);
  }
}

TEST(GaussianProjection, AgreesWithPyTorch) {
  for (const auto& [type, tolerance] : {std::pair{at::kDouble, 1e-10}, {at::kFloat, 1e-5}}) {
    GaussianProjection projection;
    set(projection, "group", "roi");
    projection.build(reference_sensors(), bins, side, RunContext());
    ASSERT_EQ(projection.channels(), 3 * bins);
    expect_parity("gaussian", projection, type, tolerance);
  }
}

TEST(TunedProjection, AgreesWithPyTorch) {
  for (const auto& [type, tolerance] : {std::pair{at::kDouble, 1e-10}, {at::kFloat, 1e-5}}) {
    TunedProjection projection;
    set(projection, "features", "3");
    projection.build(reference_sensors(), bins, side, RunContext());
    expect_parity("tuned", projection, type, tolerance);
  }
}

TEST(GaussianLayout, GradientsAreThoseOfCentralDifferences) {
  const std::vector<at::Tensor> at = {wave({3, count}), wave({count}, 1) * 0.6 + 0.5,
                                      wave({count}, 2) * 0.6 + 0.5,
                                      wave({count}, 3).abs() * 0.15 + 0.05};
  const auto value = [&](const std::vector<at::Tensor>& in) {
    const auto maps = lay_out_gaussians(in[0], in[1], in[2], in[3], 37);
    return (maps * wave(maps.sizes(), 4)).sum();
  };
  std::vector<at::Tensor> leaves;
  for (const auto& tensor : at) leaves.push_back(tensor.clone().requires_grad_());
  value(leaves).backward();
  constexpr double h = 1e-6;
  for (size_t which = 0; which < at.size(); ++which) {
    for (int64_t i = 0; i < std::min<int64_t>(at[which].numel(), count); ++i) {
      const auto shifted = [&](double by) {
        auto in = at;
        in[which] = in[which].clone();
        in[which].view(-1)[i] += by;
        return value(in).item<double>();
      };
      const double expected = (shifted(h) - shifted(-h)) / (2 * h);
      EXPECT_NEAR(leaves[which].grad().view(-1)[i].item<double>(), expected,
                  1e-7 * std::max(1.0, std::abs(expected)))
          << which << " " << i;
    }
  }
}

TEST(GaussianLayout, FieldsFarOutsideTheMapAddNothing) {
  const auto one = at::ones({1}, at::kDouble);
  const auto maps = lay_out_gaussians(one.view({1, 1}), one * 3, one * 0.5, one * 0.1, 32);
  EXPECT_EQ(maps.abs().max().item<double>(), 0);
}

TEST(GaussianProjection, UnmappedSensorsTakeNoPart) {
  GaussianProjection projection;
  projection.build(example::sensors({"V1", "V1"}, {0.5, nan}, {0.5, 0.5}, 0.1), 1, 8, RunContext());
  EXPECT_EQ(projection.notes().size(), 1u);
  const auto maps = [&](float second) {
    return projection.forward(at::tensor({1.f, second}).view({1, 2, 1}));
  };
  EXPECT_TRUE(at::equal(maps(0), maps(100)));
  EXPECT_GT(maps(0).max().item<float>(), 0.6f);
}

TEST(GaussianProjection, SaysWhichSizesItAssumes) {
  auto sensors = example::sensors({"V1", "V1", "V1"}, {0.5, nan, 0.2}, {0.5, 0.5, 0.2}, 0.1);
  sensors.size[2] = nan;
  GaussianProjection projection;
  projection.build(sensors, 1, 8, RunContext());
  ASSERT_EQ(projection.notes().size(), 2u);
  EXPECT_EQ(projection.notes()[1],
            "1 of 3 sensors have a receptive field's centre and no size: they start at 0.05 "
            "stimulus widths");
}

TEST(GaussianProjection, WithoutFieldsItSaysWhatToDo) {
  const auto unknown = example::sensors({"V1", "V4"}, {nan, nan}, {nan, nan}, nan);
  GaussianProjection refused;
  try {
    refused.build(unknown, 1, 8, RunContext());
    FAIL();
  } catch (const Error& message) {
    EXPECT_NE(std::string(message.what()).find("afterimage fields"), std::string::npos);
  }
  GaussianProjection projection;
  set(projection, "start", "none");
  projection.build(unknown, 1, 8, RunContext());
  const auto fields = projection.learned_fields();
  EXPECT_GT((fields.x[0] - fields.x[1]).abs().item<float>(), 1e-3f);
  EXPECT_GT(projection.forward(at::ones({1, 2, 1})).max().item<float>(), 0.1f);
}

TEST(LearnedFields, MoveAsFarAsTheyMay) {
  for (const std::string move : {"free", "bounded", "frozen"}) {
    GaussianProjection projection;
    set(projection, "move", move);
    set(projection, "reach", "0.05");
    projection.build(example::sensors({"V1"}, {0.5}, {0.25}, 0.1), 1, 8, RunContext());
    const auto start = projection.learned_fields();
    const FieldTensors before = {start.x.clone(), start.y.clone(), start.size.clone()};
    EXPECT_NEAR(before.y.item<double>(), 0.25, 1e-6) << move;
    EXPECT_NEAR(before.size.item<double>(), 0.1, 1e-6) << move;
    {
      const at::NoGradGuard no_grad;
      for (auto& parameter : projection.parameters()) {
        if (parameter.requires_grad()) parameter += 5;
      }
    }
    const auto after = projection.learned_fields();
    const double moved = (after.x - before.x).item<double>();
    const double grown = (after.size / before.size).item<double>();
    EXPECT_NEAR(moved, move == "free" ? 5 : move == "bounded" ? 0.05 : 0, 1e-4) << move;
    EXPECT_NEAR(grown, move == "free" ? std::exp(5) : move == "bounded" ? 2 : 1, 1e-2) << move;
  }
}

}  // namespace
}  // namespace afterimage
