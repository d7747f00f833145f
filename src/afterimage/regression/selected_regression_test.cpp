#include "afterimage/regression/selected_regression.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "afterimage/base/error.h"
#include "afterimage/base/example_run.h"
#include "reference/formula.h"

namespace afterimage {
namespace {

using reference::error;
using reference::wave;

at::Tensor predictors() {
  auto x = at::sin(100 * wave({60, 40})) + wave({40}, 3) * 5;  // of full rank
  x.select(1, 7).fill_(2);                                     // never chosen while others are left
  return x;
}
at::Tensor targets() { return wave({60, 9}, 1) + predictors().slice(1, 10, 19) + 3; }

SelectedRegression fitted(int64_t chosen, double alpha = 0.15, const at::Tensor& x = predictors()) {
  return SelectedRegression(regression_data(x, targets()), {chosen, alpha},
                            example::prepared_run());
}

TEST(SelectedRegression, AgreesWithFastL2LiR) {
  const TensorMap expected = reference::read("selected_regression.safetensors");
  for (const int64_t k : {6, 39, 40}) {
    const auto key = std::to_string(k);
    const auto regression = fitted(k);
    const auto dense = at::zeros({9, 40}, at::kDouble)
                           .scatter(1, regression.chosen().to(at::kLong), regression.weight());
    EXPECT_LT(error(dense.t(), expected.at(key + ".weight")), 1e-10) << k;
    EXPECT_LT(error(regression.bias(), expected.at(key + ".bias")), 1e-10) << k;
    EXPECT_LT(error(regression.predict(wave({4, 40}, 5)), expected.at(key + ".predicted")), 1e-10);
  }
}

TEST(SelectedRegression, ConstantPredictorsAreChosenLast) {
  EXPECT_FALSE(fitted(39).chosen().eq(7).any().item<bool>());
  EXPECT_TRUE(fitted(40).chosen().eq(7).any(1).all().item<bool>());
}

TEST(SelectedRegression, RefusesDependentPredictorsWithoutPenalty) {
  auto x = predictors();
  x.select(1, 11).copy_(x.select(1, 10));
  EXPECT_THROW(fitted(40, 0, x), Error);
  EXPECT_NO_THROW(fitted(40, 0.15, x));
}

}  // namespace
}  // namespace afterimage
