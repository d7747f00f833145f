#include "afterimage/decoders/ridge_regression.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "afterimage/base/error.h"
#include "afterimage/decoders/folds.h"
#include "afterimage/formats/safetensors.h"

namespace afterimage {
namespace {

RidgeData data_of(const at::Tensor& x, const at::Tensor& y) {
  RidgeData data{x.size(0), x.size(1), y.size(1), {}, {}};
  data.x = [x](const std::vector<int64_t>& rows) { return x.index_select(0, at::tensor(rows)); };
  data.y = [y](const std::vector<int64_t>& rows) { return y.index_select(0, at::tensor(rows)); };
  return data;
}

RidgeSettings settings_of(std::vector<double> lambdas) {
  RidgeSettings settings;
  settings.lambdas = std::move(lambdas);
  settings.dtype = at::kDouble;
  return settings;
}

std::vector<int64_t> integers(const at::Tensor& t) {
  return {t.const_data_ptr<int64_t>(), t.const_data_ptr<int64_t>() + t.numel()};
}

double largest_difference(const at::Tensor& a, const at::Tensor& b) {
  EXPECT_EQ(a.sizes(), b.sizes());
  return (a - b).abs().max().item<double>();
}

// scikit-learn's Ridge in float64 (tests/reference/make_evaluation.py), both forms; with little
// memory the targets come in blocks of one column.
class RidgeParity : public ::testing::TestWithParam<std::tuple<std::string, int64_t>> {
 protected:
  at::Tensor tensor(const std::string& name) const {
    return file_.at(std::get<0>(GetParam()) + "." + name);
  }
  RidgeSettings settings(std::vector<double> lambdas) const {
    auto result = settings_of(std::move(lambdas));
    result.memory = std::get<1>(GetParam());
    return result;
  }
  TensorMap file_ =
      read_safetensors(std::string(AFTERIMAGE_TEST_DATA) + "/evaluation/ridge.safetensors");
};

TEST_P(RidgeParity, CoefficientsAndPredictions) {
  const auto fit = fit_ridge(data_of(tensor("x"), tensor("y")), settings({3.7}));
  EXPECT_EQ(fit.lambda, 3.7);
  EXPECT_TRUE(fit.errors.empty());
  EXPECT_LT(largest_difference(fit.weight, tensor("coefficients")), 1e-10);
  const auto predicted = at::mm(tensor("test") - fit.x_mean, fit.weight) + fit.y_mean;
  EXPECT_LT(largest_difference(predicted, tensor("predictions")), 1e-10);
}

TEST_P(RidgeParity, CrossValidationErrors) {
  const auto lambdas = file_.at("lambdas");
  auto with_folds = settings(
      {lambdas.const_data_ptr<double>(), lambdas.const_data_ptr<double>() + lambdas.numel()});
  with_folds.fold = integers(tensor("fold"));
  const auto fit = fit_ridge(data_of(tensor("x"), tensor("y")), with_folds);
  EXPECT_LT(largest_difference(at::tensor(fit.errors, at::kDouble), tensor("errors")), 1e-10);
  EXPECT_EQ(fit.lambda, lambdas[tensor("errors").argmin()].item<double>());
  // The weights are those of the chosen lambda on all rows.
  const auto again = fit_ridge(data_of(tensor("x"), tensor("y")), settings({fit.lambda}));
  EXPECT_LT(largest_difference(fit.weight, again.weight), 1e-12);
}

INSTANTIATE_TEST_SUITE_P(Forms, RidgeParity,
                         ::testing::Combine(::testing::Values("primal", "dual"),
                                            ::testing::Values(int64_t{1} << 30, int64_t{1})));

TEST(Ridge, FormsAgree) {
  const auto x = at::randn({20, 20}, at::kDouble);
  const auto y = at::randn({20, 3}, at::kDouble);
  const auto primal = fit_ridge(data_of(x, y), settings_of({2}));
  // A twenty-first predictor that is zero makes the problem dual and changes nothing else.
  const auto wider = at::cat({x, at::zeros({20, 1}, at::kDouble)}, 1);
  const auto dual = fit_ridge(data_of(wider, y), settings_of({2}));
  EXPECT_LT(largest_difference(primal.weight, dual.weight.narrow(0, 0, 20)), 1e-11);
  EXPECT_LT(dual.weight[20].abs().max().item<double>(), 1e-12);
}

TEST(Ridge, ChoosesMoreShrinkageForMoreNoise) {
  at::manual_seed(3);
  const auto x = at::randn({60, 10}, at::kDouble);
  const auto signal = at::mm(x, at::randn({10, 4}, at::kDouble));
  auto settings = settings_of({0.01, 1, 100, 10000});
  for (int64_t i = 0; i < 60; ++i) settings.fold.push_back(i % 5);
  const auto clean = fit_ridge(data_of(x, signal), settings);
  const auto noise = fit_ridge(data_of(x, at::randn({60, 4}, at::kDouble)), settings);
  EXPECT_EQ(clean.lambda, 0.01);
  EXPECT_GE(noise.lambda, 100);
}

TEST(Ridge, LambdaTooSmallIsAnError) {
  const auto column = at::arange(6, at::kDouble).unsqueeze(1) * 1e8;
  const auto x = at::cat({column, column, column}, 1);  // singular
  EXPECT_THROW(fit_ridge(data_of(x, column), settings_of({1e-6})), Error);
}

TEST(Folds, CropsOfAPhotographShareAFold) {
  std::vector<std::string> groups;
  for (int i = 0; i < 60; ++i) groups.push_back("photo" + std::to_string(i % 12));
  const auto fold = grouped_folds(groups, 5, at::detail::createCPUGenerator(1));
  std::vector<int64_t> size(5, 0);
  for (size_t i = 0; i < 60; ++i) {
    EXPECT_EQ(fold[i], fold[i % 12]);
    ++size[static_cast<size_t>(fold[i])];
  }
  for (const auto count : size) EXPECT_TRUE(count == 10 || count == 15) << count;
  EXPECT_EQ(fold, grouped_folds(groups, 5, at::detail::createCPUGenerator(1)));
  EXPECT_NE(fold, grouped_folds(groups, 5, at::detail::createCPUGenerator(2)));
}

TEST(Folds, FewGroupsBecomeContiguousRuns) {
  const std::vector<std::string> video(10, "film");
  EXPECT_EQ(grouped_folds(video, 5, at::detail::createCPUGenerator(1)),
            (std::vector<int64_t>{0, 0, 1, 1, 2, 2, 3, 3, 4, 4}));
  EXPECT_EQ(grouped_folds({"a", "b"}, 5, at::detail::createCPUGenerator(1)).size(), 2u);
}

}  // namespace
}  // namespace afterimage
