#include "afterimage/regression/ridge_regression.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "afterimage/base/error.h"
#include "afterimage/formats/safetensors.h"

namespace afterimage {
namespace {

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

double relative_difference(const at::Tensor& a, const at::Tensor& b) {
  return largest_difference(a, b) / b.abs().max().item<double>();
}

RidgeFit fit(const at::Tensor& x, const at::Tensor& y, const RidgeSettings& settings) {
  return fit_ridge(regression_data(x, y), settings, RunContext());
}

/// Refits without each group in turn: squared errors of the rows left out, (lambda, target).
at::Tensor errors_by_refitting(const at::Tensor& x, const at::Tensor& y,
                               const std::vector<double>& lambdas,
                               const std::vector<int64_t>& group) {
  const auto of = at::tensor(group);
  auto errors = at::zeros({std::ssize(lambdas), y.size(1)}, at::kDouble);
  for (int64_t g = 0; g <= of.max().item<int64_t>(); ++g) {
    const auto train = of.ne(g).nonzero().squeeze(1), held = of.eq(g).nonzero().squeeze(1);
    for (int64_t l = 0; l < errors.size(0); ++l) {
      const auto model = fit(x.index_select(0, train), y.index_select(0, train),
                             settings_of({lambdas[static_cast<size_t>(l)]}));
      const auto predicted =
          at::mm(x.index_select(0, held) - model.x_mean, model.weight) + model.y_mean;
      errors[l] += (predicted - y.index_select(0, held)).square().sum(0);
    }
  }
  return errors / static_cast<double>(y.size(0));
}

// scikit-learn's Ridge in float64 (tests/reference/make_evaluation.py), both forms; with little
// memory nothing is kept and the targets come in blocks of one column.
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
  std::vector<double> lambdas() const {
    const auto list = file_.at("lambdas");
    return {list.const_data_ptr<double>(), list.const_data_ptr<double>() + list.numel()};
  }
  TensorMap file_ =
      read_safetensors(std::string(AFTERIMAGE_TEST_DATA) + "/evaluation/ridge.safetensors");
};

TEST_P(RidgeParity, CoefficientsAndPredictions) {
  const auto model = fit(tensor("x"), tensor("y"), settings({3.7}));
  EXPECT_EQ(model.lambda.min().item<double>(), 3.7);
  EXPECT_FALSE(model.errors.defined());
  EXPECT_LT(largest_difference(model.weight, tensor("coefficients")), 1e-10);

  const RunContext run;
  RidgeRegression regression(regression_data(tensor("x"), tensor("y")), settings({3.7}), run);
  const auto choice = at::zeros({5}, at::kLong);
  auto predicted = at::full_like(tensor("predictions"), -1);
  regression.predictions(tensor("test"), choice,
                         [&](int64_t first, int64_t last, const at::Tensor& block) {
                           predicted.narrow(1, first, last - first).copy_(block);
                         });
  EXPECT_LT(largest_difference(predicted, tensor("predictions")), 1e-10);
}

TEST_P(RidgeParity, CrossValidationErrors) {
  auto with_folds = settings(lambdas());
  with_folds.group = integers(tensor("fold"));
  const auto model = fit(tensor("x"), tensor("y"), with_folds);
  EXPECT_LT(largest_difference(model.errors.mean(1), tensor("errors")), 1e-10);
  const auto best = lambdas()[static_cast<size_t>(tensor("errors").argmin().item<int64_t>())];
  EXPECT_EQ(model.lambda.min().item<double>(), best);
  EXPECT_EQ(model.lambda.max().item<double>(), best);
  // The weights are those of the chosen lambda on all rows.
  const auto again = fit(tensor("x"), tensor("y"), settings({best}));
  EXPECT_LT(largest_difference(model.weight, again.weight), 1e-12);
}

TEST_P(RidgeParity, LeavingOutIsRefitting) {
  const auto x = tensor("x"), y = tensor("y");
  auto left_out = settings(lambdas());
  left_out.per_target = true;
  left_out.validation = Validation::leave_out;
  const auto one = fit(x, y, left_out);
  const auto each = integers(at::arange(x.size(0), at::kLong));
  EXPECT_LT(relative_difference(one.errors, errors_by_refitting(x, y, lambdas(), each)), 1e-10);

  left_out.group = integers(at::arange(x.size(0), at::kLong) * 5 % 7);  // groups of 2 to 6, mixed
  const auto groups = fit(x, y, left_out);
  EXPECT_LT(
      relative_difference(groups.errors, errors_by_refitting(x, y, lambdas(), left_out.group)),
      1e-10);
  // Folds of the same groups give the same by refitting.
  left_out.validation = Validation::folds;
  EXPECT_LT(relative_difference(fit(x, y, left_out).errors, groups.errors), 1e-10);
}

TEST_P(RidgeParity, EachTargetItsOwnLambda) {
  const auto x = tensor("x");
  auto y = tensor("y").clone();
  y.select(1, 1).copy_(at::randn({y.size(0)}, at::detail::createCPUGenerator(4), at::kDouble));
  auto own = settings(lambdas());
  own.per_target = true;
  own.group = integers(tensor("fold"));
  const auto model = fit(x, y, own);
  const auto best = errors_by_refitting(x, y, lambdas(), own.group).argmin(0);
  EXPECT_GT(best.max().item<int64_t>(), best.min().item<int64_t>());
  for (int64_t t = 0; t < y.size(1); ++t) {
    const auto lambda = lambdas()[static_cast<size_t>(best[t].item<int64_t>())];
    EXPECT_EQ(model.lambda[t].item<double>(), lambda);
    const auto alone = fit(x, y.narrow(1, t, 1), settings({lambda}));
    EXPECT_LT(largest_difference(model.weight.narrow(1, t, 1), alone.weight), 1e-10);
  }
}

INSTANTIATE_TEST_SUITE_P(Forms, RidgeParity,
                         ::testing::Combine(::testing::Values("primal", "dual"),
                                            ::testing::Values(int64_t{1} << 30, int64_t{1})));

// More rows and predictors than a block of the band (64) and of the products (512) has, float32
// data with a strong common component: float32 products against float64 refits.
class RidgeInFloat : public ::testing::TestWithParam<std::pair<int64_t, int64_t>> {};

TEST_P(RidgeInFloat, ErrorsAndWeightsToFiveDigits) {
  const auto [rows, predictors] = GetParam();
  auto random = at::detail::createCPUGenerator(7);
  auto x = at::randn({rows, predictors}, random) + 3 * at::randn({rows, 1}, random) + 5;
  const auto y =
      (at::mm(x, at::randn({predictors, 4}, random)) / 10 + 3 * at::randn({rows, 4}, random) - 20)
          .to(at::kFloat);
  const std::vector<double> lambdas = {0.1, 30, 1e4};
  RidgeSettings settings;
  settings.lambdas = lambdas;
  settings.per_target = true;
  settings.group = integers(at::arange(rows, at::kLong) % 3);
  const auto folds = fit(x, y, settings);
  const auto xd = x.to(at::kDouble), yd = y.to(at::kDouble);
  const auto expected = errors_by_refitting(xd, yd, lambdas, settings.group);
  EXPECT_LT(((folds.errors - expected) / expected).abs().max().item<double>(), 1e-5);
  settings.validation = Validation::leave_out;
  const auto left_out = fit(x, y, settings);
  EXPECT_LT(((left_out.errors - expected) / expected).abs().max().item<double>(), 1e-5);
  settings.per_target = false;
  settings.lambdas = {30};
  const auto one = fit(x, y, settings), exact = fit(xd, yd, settings_of({30}));
  EXPECT_LT(relative_difference(one.weight.to(at::kDouble), exact.weight), 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Forms, RidgeInFloat,
                         ::testing::Values(std::pair<int64_t, int64_t>{900, 600},
                                           std::pair<int64_t, int64_t>{300, 700},
                                           std::pair<int64_t, int64_t>{700, 600}));

// One lambda for many targets is chosen on a factor of their Gram matrix.
TEST(Ridge, ManyTargetsAreScoredByTheirProducts) {
  auto random = at::detail::createCPUGenerator(5);
  for (const int64_t predictors : {9, 50}) {
    const auto x = at::randn({30, predictors}, random, at::kDouble);
    const auto y = at::mm(x.narrow(1, 0, 4), at::randn({4, 200}, random, at::kDouble)) +
                   at::randn({30, 1}, random, at::kDouble) + 3;  // of rank 5
    auto settings = settings_of({0.1, 10, 1000});
    settings.group = integers(at::arange(30, at::kLong) % 4);
    for (const auto validation : {Validation::folds, Validation::leave_out}) {
      settings.validation = validation;
      const auto expected = errors_by_refitting(x, y, settings.lambdas, settings.group).mean(1);
      const auto errors = fit(x, y, settings).errors.squeeze(1);
      EXPECT_LT(((errors - expected) / expected).abs().max().item<double>(), 1e-8);
    }
  }
}

TEST(Ridge, FormsAgree) {
  const auto x = at::randn({20, 20}, at::kDouble);
  const auto y = at::randn({20, 3}, at::kDouble);
  const auto primal = fit(x, y, settings_of({2}));
  // A twenty-first predictor that is zero makes the problem dual and changes nothing else.
  const auto wider = at::cat({x, at::zeros({20, 1}, at::kDouble)}, 1);
  const auto dual = fit(wider, y, settings_of({2}));
  EXPECT_LT(largest_difference(primal.weight, dual.weight.narrow(0, 0, 20)), 1e-11);
  EXPECT_LT(dual.weight[20].abs().max().item<double>(), 1e-12);
}

TEST(Ridge, ChoosesMoreShrinkageForMoreNoise) {
  at::manual_seed(3);
  const auto x = at::randn({60, 10}, at::kDouble);
  const auto signal = at::mm(x, at::randn({10, 4}, at::kDouble));
  auto settings = settings_of({0.01, 1, 100, 10000});
  for (int64_t i = 0; i < 60; ++i) settings.group.push_back(i % 5);
  const auto clean = fit(x, signal, settings);
  const auto noise = fit(x, at::randn({60, 4}, at::kDouble), settings);
  EXPECT_EQ(clean.lambda[0].item<double>(), 0.01);
  EXPECT_GE(noise.lambda[0].item<double>(), 100);
}

TEST(Ridge, LambdaTooSmallIsAnError) {
  const auto column = at::arange(6, at::kDouble).unsqueeze(1) * 1e8;
  const auto x = at::cat({column, column, column}, 1);  // singular
  EXPECT_THROW(fit(x, column, settings_of({1e-6})), Error);
  // Among several such a lambda is never chosen.
  auto settings = settings_of({1e-6, 1e6});
  settings.group = {0, 1, 2, 0, 1, 2};
  const auto model = fit(x, column, settings);
  EXPECT_EQ(model.lambda[0].item<double>(), 1e6);
  EXPECT_TRUE(std::isfinite(model.errors[1].item<double>()));
}

TEST(Ridge, StopsWhenAsked) {
  const Cancellation cancellation;
  const RunContext run({}, cancellation);
  const auto x = at::randn({40, 8}), y = at::randn({40, 3});
  auto data = regression_data(x, y);
  int reads = 0;
  data.y = [&](const RegressionData::Rows& rows, int64_t first, int64_t last) {
    if (++reads == 2) cancellation.request();
    return y.narrow(1, first, last - first).index_select(0, at::tensor(rows));
  };
  auto settings = settings_of({1, 10});
  settings.memory = 1;
  settings.validation = Validation::leave_out;
  EXPECT_THROW(fit_ridge(data, settings, run), Interrupted);
}

}  // namespace
}  // namespace afterimage
