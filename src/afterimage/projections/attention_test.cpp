#include "afterimage/projections/attention.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>

#include "afterimage/base/error.h"
#include "afterimage/base/example_run.h"
#include "afterimage/projections/attention_core.h"
#include "afterimage/projections/example_sensors.h"
#include "reference/formula.h"

namespace afterimage {
namespace {

using example::set;
using reference::error;
using reference::wave;

constexpr float nan = std::numeric_limits<float>::quiet_NaN();
// As in make_attention.py.
constexpr int64_t n = 3, bins = 2, count = 8, stride = 7;
const std::vector<std::string> rois = {"V1", "V4", "IT", "IT", "V1", "V1", "IT", "IT"};

struct Case {
  std::string name;
  int64_t k, side, channels;
  bool normalise;
  double gain;
  std::vector<std::pair<int64_t, int64_t>> absent;  // sample, array
};
const std::vector<Case> cases = {
    {"k1", 1, 7, 4, false, 8, {}},
    {"k2", 2, 9, 4, false, 8, {}},
    {"k3", 3, 8, 4, true, 8, {}},
    {"k4", 4, 11, 6, false, 60, {}},
    {"k5", 5, 11, 4, false, 8, {}},
    {"k6", 6, 13, 4, true, 30, {}},
    {"k7", 7, 15, 4, false, 30, {}},
    {"small", 7, 4, 4, false, 60, {}},
    {"far", 4, 11, 6, false, 3000, {}},
    {"farther", 4, 11, 6, false, 60000, {}},
    {"absent", 4, 11, 6, false, 60, {{0, 0}, {2, 1}, {2, 2}}},
};

Sensors sensors_of(const std::vector<std::string>& roi) {
  const std::vector<double> unknown(roi.size(), std::numeric_limits<double>::quiet_NaN());
  return example::sensors(roi, unknown, unknown, 1);
}

std::unique_ptr<AttentionProjection> make(const Case& c, c10::ScalarType type) {
  auto projection = std::make_unique<AttentionProjection>();
  set(*projection, "features", std::to_string(c.channels));
  set(*projection, "kernel", std::to_string(c.k));
  set(*projection, "embedding", c.normalise ? "batchnorm-relu" : "affine");
  projection->build(sensors_of(rois), bins, c.side, RunContext());
  for (auto& parameter : projection->parameters()) parameter.set_data(parameter.to(type));
  for (auto& buffer : projection->buffers()) {
    if (buffer.is_floating_point()) buffer.set_data(buffer.to(type));
  }
  reference::fill(*projection);
  const at::NoGradGuard no_grad;
  projection->named_parameters()["key_weight"].mul_(c.gain);
  return projection;
}

at::Tensor responses_of(const Case& c, c10::ScalarType type) {
  auto responses = wave({n, count, bins}).to(type);
  const auto rois_seen = sensors_of(rois).rois();
  for (const auto& [sample, array] : c.absent) {
    for (int64_t s = 0; s < count; ++s) {
      if (rois[static_cast<size_t>(s)] == rois_seen[static_cast<size_t>(array)]) {
        responses[sample][s].fill_(nan);
      }
    }
  }
  return responses.requires_grad_();
}

void expect_parity(const Case& c, c10::ScalarType type, double tolerance) {
  const TensorMap all = reference::read("projections/attention.safetensors");
  const auto expected = [&](const std::string& what) { return all.at(c.name + "." + what); };
  const auto projection = make(c, type);
  const auto responses = responses_of(c, type);
  const auto maps = projection->forward(responses);
  EXPECT_LT(error(maps, expected("maps"), stride), tolerance) << c.name;
  (maps * wave(maps.sizes(), 4).to(type)).sum().backward();
  EXPECT_LT(error(responses.grad(), expected("grad.responses")), tolerance) << c.name;
  for (const auto& entry : projection->named_parameters()) {
    const auto& name = entry.key();
    // The same for all arrays, so the softmax does not see it: PyTorch has rounding errors there.
    if (name == "score_bias") {
      EXPECT_FALSE(entry.value().grad().defined());
      EXPECT_LT(expected("grad." + name).abs().max().item<double>(), 1e-10);
      continue;
    }
    if (c.normalise && name.find("dense") != name.npos && name.ends_with("bias")) {
      EXPECT_LT(expected("grad." + name).abs().max().item<double>(), 1e-10);  // nor BatchNorm that
      EXPECT_LT(entry.value().grad().abs().max().item<double>(), 10 * tolerance);
      continue;
    }
    EXPECT_LT(
        error(entry.value().grad(), expected("grad." + name), entry.value().dim() > 2 ? stride : 1),
        tolerance)
        << c.name << " " << name;
  }
  EXPECT_LT(error(projection->weights(responses), expected("weights"), stride * stride), tolerance);
}

TEST(AttentionProjection, AgreesWithPyTorch) {
  for (const auto& c : cases) {
    expect_parity(c, at::kDouble, 1e-10);
    // Scores of several hundred lose digits before any formula sees them.
    if (c.name != "farther") expect_parity(c, at::kFloat, c.name == "far" ? 3e-4 : 1e-5);
  }
}

/// A projection with large enough scores that the choice of arrays matters.
std::unique_ptr<AttentionProjection> example_projection() {
  return make({"", 4, 13, 6, false, 60, {}}, at::kFloat);
}

TEST(AttentionProjection, WeightsSumToOneAndAbsentArraysHaveNone) {
  const auto projection = example_projection();
  const auto responses = wave({n, count, bins}).to(at::kFloat);
  const auto before = projection->weights(responses);
  EXPECT_EQ(before.sizes(), (at::IntArrayRef{n, 3, 6, 13, 13}));
  EXPECT_LT((before.sum(1) - 1).abs().max().item<float>(), 1e-6f);
  projection->set_present({true, false, true});
  const auto after = projection->weights(responses);
  EXPECT_EQ(after.select(1, 1).abs().max().item<float>(), 0);
  // The others share what is left in the same proportion.
  const auto rest = before / (1 - before.select(1, 1)).unsqueeze(1);
  EXPECT_LT((after.select(1, 2) - rest.select(1, 2)).abs().max().item<float>(), 1e-5f);
  EXPECT_THROW(projection->set_present({false, false, false}), Error);
}

TEST(AttentionProjection, AResponseThatIsMissingChangesItsOwnSampleOnly) {
  const auto projection = example_projection();
  auto responses = wave({n, count, bins}).to(at::kFloat);
  const auto before = projection->forward(responses);
  responses[1][1].fill_(nan);  // the only sensor of V4
  const auto after = projection->forward(responses);
  EXPECT_TRUE(at::equal(after[0], before[0]) && at::equal(after[2], before[2]));
  EXPECT_TRUE(after.isfinite().all().item<bool>());
  responses[1][1].fill_(5.f);  // as if the array were not there
  projection->set_present({true, false, true});
  EXPECT_TRUE(at::allclose(projection->forward(responses)[1], after[1], 1e-5, 1e-6));
  responses[0][3][1] = nan;  // one of several: the sensor's mean
  const auto one_missing = projection->forward(responses);
  responses[0][3][1] = 0;
  EXPECT_TRUE(at::equal(projection->forward(responses), one_missing));
}

TEST(AttentionProjection, AutocastChangesNothing) {
  RunOptions options;
  options.precision = "bf16";
  const RunContext run = example::prepared_run(options);
  const auto projection = example_projection();
  const auto responses = wave({n, count, bins}).to(at::kFloat);
  const auto gradient = [&](bool autocast) {
    projection->zero_grad();
    std::optional<AutocastScope> scope;
    if (autocast) scope.emplace(run);
    const auto maps = projection->forward(responses);
    scope.reset();
    (maps * wave(maps.sizes(), 4)).sum().backward();
    return std::pair{maps, projection->named_parameters()["key_weight"].grad().clone()};
  };
  const auto [plain, of_plain] = gradient(false);
  const auto [mixed, of_mixed] = gradient(true);
  EXPECT_EQ(mixed.scalar_type(), at::kFloat);
  EXPECT_TRUE(at::equal(plain, mixed));
  EXPECT_TRUE(at::equal(of_plain, of_mixed));
}

TEST(AttentionProjection, TakesRoisWhereThereAreNoArrays) {
  auto sensors = sensors_of(rois);
  sensors.array = {0, 0, 1, 0, 1, 0, 1, 0};
  AttentionProjection by_array;
  by_array.build(sensors, 1, 8, RunContext());
  EXPECT_EQ(by_array.arrays().size(), 5u);
  EXPECT_EQ(by_array.arrays()[0], "V1 array 0");
  sensors.array.assign(rois.size(), -1);
  AttentionProjection by_roi;
  set(by_roi, "absent", "V4");
  by_roi.build(sensors, 1, 8, RunContext());
  EXPECT_EQ(by_roi.arrays(), (std::vector<std::string>{"V1", "V4", "IT"}));
  EXPECT_EQ(by_roi.weights(at::zeros({1, count, 1})).select(1, 1).max().item<float>(), 0);
}

TEST(AttentionProjection, OneArrayIsSplitIntoGroups) {
  auto sensors = sensors_of(rois);
  sensors.roi.assign(rois.size(), "");
  sensors.array.assign(rois.size(), -1);
  AttentionProjection whole;
  whole.build(sensors, 1, 8, RunContext());
  ASSERT_EQ(whole.notes().size(), 1u);
  EXPECT_NE(whole.notes()[0].find("projection.groups"), std::string::npos);
  AttentionProjection split;
  set(split, "groups", "3");
  set(split, "split", "random");
  split.build(sensors, 1, 8, RunContext());
  EXPECT_TRUE(split.notes().empty());
  EXPECT_EQ(split.arrays(), (std::vector<std::string>{"group 1", "group 2", "group 3"}));
  EXPECT_EQ(split.weights(at::zeros({1, count, 1})).size(1), 3);
}

TEST(AttentionProjection, RefusesWhatItCannotDo) {
  const auto refused = [](const std::string& name, const std::string& value) {
    AttentionProjection projection;
    set(projection, name, value);
    try {
      projection.build(sensors_of(rois), 1, 8, RunContext());
    } catch (const Error& message) {
      return std::string(message.what());
    }
    return std::string();
  };
  EXPECT_NE(refused("features", "5").find("even"), std::string::npos);
  EXPECT_NE(refused("absent", "V2").find("V1 array 0, V4 array 0"), std::string::npos);
}

}  // namespace
}  // namespace afterimage
