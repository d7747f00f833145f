#include "afterimage/regression/band_reduction.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "afterimage/regression/symmetric.h"

namespace afterimage {
namespace {

at::Tensor positive(int64_t m) {
  const auto x = at::randn({m, m + 3}, at::detail::createCPUGenerator(m), at::kDouble);
  return at::mm(x, x.t());
}

class Sizes : public ::testing::TestWithParam<int64_t> {};

TEST_P(Sizes, ShiftedSolutionsAreThoseOfTheMatrix) {
  const auto m = GetParam();
  const auto a = positive(m);
  // Above the diagonal blocks of symmetric.h the matrix is not looked at.
  auto given = a.clone();
  if (m > symmetric::block_rows) {
    given.narrow(0, 0, symmetric::block_rows)
        .narrow(1, symmetric::block_rows, m - symmetric::block_rows)
        .fill_(1e9);
  }
  const RunContext run;
  const BandReduction band(given, run);
  const auto right = at::randn({m, 3}, at::detail::createCPUGenerator(1), at::kDouble);
  for (const double lambda : {0.5, 100.0}) {
    ShiftedBand shifted;
    ASSERT_TRUE(band.shift(lambda, shifted));
    auto x = right.clone();
    band.rotate(x);
    shifted.forward(x);
    const auto norm = x.square().sum(0);  // b'(A + lambda)^-1 b
    shifted.backward(x);
    band.rotate_back(x);
    const auto back = at::mm(a, x) + lambda * x;
    EXPECT_LT((back - right).abs().max().item<double>(), 1e-9) << lambda;
    EXPECT_LT((norm - (right * x).sum(0)).abs().max().item<double>(), 1e-9);
  }
  const auto values = at::linalg_eigvalsh(a);
  const auto ratio = band.condition(1) / ((values[-1] + 1) / (values[0] + 1)).item<double>();
  EXPECT_GT(ratio, 0.5);
  EXPECT_LT(ratio, 50);
  ShiftedBand shifted;
  EXPECT_FALSE(band.shift(-1e6 * static_cast<double>(m), shifted));
}

TEST_P(Sizes, CholeskyAndProducts) {
  const auto m = GetParam();
  const auto a = positive(m) + at::eye(m, at::kDouble);
  const RunContext run;
  auto factor = a.clone();
  ASSERT_TRUE(symmetric::cholesky(factor, run));
  const auto expected = at::linalg_cholesky(a);
  EXPECT_LT((factor.tril() - expected).abs().max().item<double>(), 1e-9);
  auto x = at::randn({m, 40}, at::kDouble);
  const auto right = x.clone();
  symmetric::solve(factor, x, run);
  EXPECT_LT((at::mm(a, x) - right).abs().max().item<double>(), 1e-8);

  const auto v = at::randn({m, 5}, at::kDouble);
  EXPECT_LT((symmetric::times(a, 0, v).t() - at::mm(a, v)).abs().max().item<double>(), 1e-9);
  auto sum = at::zeros({m, m}, at::kDouble);
  symmetric::add_product(sum, 0, v, v, 2, run);
  symmetric::mirror(sum);
  EXPECT_LT((sum - 2 * at::mm(v, v.t())).abs().max().item<double>(), 1e-12);
  factor.copy_(-a);
  EXPECT_FALSE(symmetric::cholesky(factor, run));
}

INSTANTIATE_TEST_SUITE_P(Band, Sizes, ::testing::Values(1, 5, 64, 65, 130, 600));

}  // namespace
}  // namespace afterimage
