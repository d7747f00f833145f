#include "afterimage/analysis/agreement.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "reference/formula.h"

namespace afterimage {
namespace {

TEST(AdjustedRand, IsThatOfScikitLearn) {
  const TensorMap expected = reference::read("analysis/agreement.safetensors");
  const auto labels = expected.at("labels");  // (case, 2, point)
  for (int64_t i = 0; i < labels.size(0); ++i) {
    const double index = expected.at("index")[i].item<double>();
    EXPECT_NEAR(adjusted_rand(labels[i][0], labels[i][1]), index, 1e-12) << i;
    EXPECT_NEAR(adjusted_rand(labels[i][1], labels[i][0]), index, 1e-12) << i;
  }
}

TEST(AdjustedRand, KnowsAgreementFromChance) {
  const auto one = at::tensor({0, 0, 0, 1, 1, 1, -1}, at::kLong);
  EXPECT_EQ(adjusted_rand(one, at::tensor({5, 5, 5, -1, -1, -1, 0}, at::kLong)), 1);
  EXPECT_EQ(adjusted_rand(at::zeros({7}, at::kLong), at::zeros({7}, at::kLong)), 1);
  EXPECT_EQ(adjusted_rand(at::arange(7), at::arange(7)), 1);
  EXPECT_EQ(adjusted_rand(at::arange(7), at::zeros({7}, at::kLong)), 0);
  EXPECT_LT(adjusted_rand(one, at::tensor({0, 1, -1, 0, 1, -1, 0}, at::kLong)), 0);
}

}  // namespace
}  // namespace afterimage
