#include "afterimage/projections/field_fit.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include <numbers>

#include "afterimage/projections/gaussian_layout.h"

namespace afterimage {
namespace {

constexpr int64_t sensors = 24, trials = 800, side = 24;

/// Images of smooth colours, and sensors that each see one colour under a known field, with noise.
struct Example {
  Example() {
    auto random = at::make_generator<at::CPUGeneratorImpl>(3);
    images = at::avg_pool2d(at::randn({trials, 3, side + 6, side + 6}, random), 7, 1);
    images = images - images.mean(0);
    images = images / images.std();
    truth = {at::rand({sensors}, random) * 0.8 + 0.1, at::rand({sensors}, random) * 0.8 + 0.1,
             at::rand({sensors}, random) * 0.04 + 0.04};
    const auto colours = at::randn({sensors, 3}, random);
    const auto fields =
        lay_out_gaussians(at::eye(sensors), truth.x, truth.y, truth.size, side).flatten(1);
    const auto seen = at::matmul(images.flatten(2), fields.t());  // (n, channel, sensor)
    responses = (seen * colours.t()).sum(1);
    responses = responses / responses.std(0);
    responses += 0.5 * at::randn({trials, sensors}, random);
    angle = at::rand({sensors}, random) * 2 * std::numbers::pi;
  }

  /// The true fields, each centre off by `distance` in a direction of its own.
  FieldTensors off_by(double distance) const {
    return {truth.x + distance * angle.cos(), truth.y + distance * angle.sin(), truth.size};
  }

  at::Tensor error(const FieldTensors& fields) const {
    return at::hypot(fields.x - truth.x, fields.y - truth.y);
  }

  at::Tensor images, responses, angle;
  FieldTensors truth;
};

FieldTensors fitted(const at::Tensor& responses, const at::Tensor& images,
                    const FieldTensors& start) {
  LayoutProblem problem;
  problem.add(responses.narrow(0, 0, 300), images.narrow(0, 0, 300));
  problem.add(responses.narrow(0, 300, trials - 300), images.narrow(0, 300, trials - 300));
  return problem.fit(start);
}

TEST(LayoutProblem, FindsFieldsThatStartATenthAway) {
  const Example example;
  const auto found = fitted(example.responses, example.images, example.off_by(0.1));
  EXPECT_LT(example.error(found).median().item<double>(), 0.03);
}

TEST(LayoutProblem, FindsNothingInShuffledResponses) {
  const Example example;
  auto random = at::make_generator<at::CPUGeneratorImpl>(4);
  const auto shuffled = example.responses.index_select(0, at::randperm(trials, random));
  const auto found = fitted(shuffled, example.images, example.off_by(0.1));
  EXPECT_GT(example.error(found).median().item<double>(), 0.08);
}

TEST(LayoutProblem, SilentSensorsStay) {
  const Example example;
  auto responses = example.responses.clone();
  responses.select(1, 5).zero_();
  const auto start = example.off_by(0.1);
  const auto found = fitted(responses, example.images, start);
  EXPECT_EQ(found.x[5].item<float>(), start.x[5].item<float>());
  EXPECT_NEAR(found.size[5].item<float>(), start.size[5].item<float>(), 1e-6);
}

}  // namespace
}  // namespace afterimage
