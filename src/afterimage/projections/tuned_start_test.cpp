#include "afterimage/projections/tuned_start.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include "afterimage/base/error.h"
#include "afterimage/projections/gaussian_layout.h"
#include "reference/formula.h"

namespace afterimage {
namespace {

using reference::wave;

constexpr int64_t n = 9, sensors = 5, bins = 2, features = 3, side = 16;

FieldTensors some_fields() {
  return {wave({sensors}, 1) * 0.4 + 0.5, wave({sensors}, 2) * 0.4 + 0.5,
          wave({sensors}, 3).abs() * 0.1 + 0.1};
}

at::Tensor laid_out(const at::Tensor& responses, const at::Tensor& tuning) {
  const auto fields = some_fields();
  const auto weights = at::einsum("nsb,sbc->ncs", {responses, tuning}).reshape({-1, sensors});
  return lay_out_gaussians(weights, fields.x, fields.y, fields.size, side)
      .view({-1, features, side, side});
}

TEST(TuningProblem, SolutionHasNoGradientLeft) {
  const auto responses = wave({n, sensors, bins}), wanted = wave({n, features, side, side}, 4);
  TuningProblem problem(some_fields(), side);
  problem.add(responses.narrow(0, 0, 4), wanted.narrow(0, 0, 4));
  problem.add(responses.narrow(0, 4, n - 4), wanted.narrow(0, 4, n - 4));
  constexpr double lambda = 0.7;
  const auto tuning = problem.solve(lambda).view({sensors, bins, features}).requires_grad_();
  const auto error = (laid_out(responses, tuning) - wanted).square().sum();
  (error + lambda * tuning.square().sum()).backward();
  EXPECT_LT(tuning.grad().abs().max().item<double>(), 1e-9);

  // The error without its constant, and the maps' energy, are those of the maps themselves.
  const auto flat = tuning.detach().flatten(0, 1);
  EXPECT_NEAR(problem.error(flat), (error - wanted.square().sum()).item<double>(), 1e-8);
  const auto energy = laid_out(responses, tuning.detach()).square().sum({0, 2, 3});
  EXPECT_LT((problem.energy(flat) - energy).abs().max().item<double>(), 1e-8);
}

TEST(PatchComponents, AnswersHaveUnitVarianceAndAreUncorrelated) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(1);
  auto images = at::rand({40, 3, 34, 34}, generator, at::kDouble);
  images = at::avg_pool2d(images, 3, 1);  // neighbours are alike
  const auto filters = patch_components(images, 6);
  ASSERT_EQ(filters.sizes(), (std::vector<int64_t>{6, 3, 4, 4}));
  const auto answers = filter_images(images, filters);
  ASSERT_EQ(answers.sizes(), (std::vector<int64_t>{40, 6, 32, 32}));
  const auto inner = answers.slice(2, 4, 28).slice(3, 4, 28).permute({1, 0, 2, 3}).flatten(1);
  const auto centred = inner - inner.mean(1, true);
  const auto covariance = at::mm(centred, centred.t()) / static_cast<double>(inner.size(1));
  EXPECT_LT((covariance - at::eye(6, at::kDouble)).abs().max().item<double>(), 0.15);
  EXPECT_THROW(patch_components(images, 49), Error);
}

TEST(FilterImages, TheFilterSitsOnItsPixel) {
  auto images = at::full({1, 3, 8, 8}, 0.5, at::kDouble);
  images[0][1][5][2] = 1.5;
  auto filters = at::zeros({1, 3, 3, 3}, at::kDouble);
  filters[0][1][1][1] = 2;
  const auto answers = filter_images(images, filters);
  EXPECT_EQ(answers[0][0][5][2].item<double>(), 2);
  EXPECT_EQ(answers.sum().item<double>(), 2);
}

}  // namespace
}  // namespace afterimage
