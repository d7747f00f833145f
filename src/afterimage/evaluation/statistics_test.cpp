#include "afterimage/evaluation/statistics.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include <cmath>

#include "afterimage/formats/safetensors.h"
#include "afterimage/similarity/correlation.h"

namespace afterimage {
namespace {

at::Generator generator(uint64_t seed) { return at::detail::createCPUGenerator(seed); }

std::vector<double> numbers(const at::Tensor& t) {
  return {t.const_data_ptr<double>(), t.const_data_ptr<double>() + t.numel()};
}

at::Tensor mean_columns(const at::Tensor& values) {
  return at::stack({values, at::ones_like(values)}, 1);
}

TensorMap reference() {
  return read_safetensors(std::string(AFTERIMAGE_TEST_DATA) + "/evaluation/statistics.safetensors");
}

TEST(Statistics, BenjaminiHochbergIsSciPys) {
  const auto file = reference();
  const auto q = benjamini_hochberg(numbers(file.at("p")));
  const auto expected = numbers(file.at("q"));
  for (size_t i = 0; i < q.size(); ++i) EXPECT_NEAR(q[i], expected[i], 1e-14);
  EXPECT_TRUE(benjamini_hochberg({}).empty());
}

TEST(Statistics, PercentilesAreNumPys) {
  const auto file = reference();
  const auto interval = percentile_interval(file.at("sample"));
  EXPECT_NEAR(interval.low, file.at("interval")[0].item<double>(), 1e-12);
  EXPECT_NEAR(interval.high, file.at("interval")[1].item<double>(), 1e-12);
}

TEST(Statistics, DrawsFollowFromTheSeed) {
  const auto counts = bootstrap_counts(7, 50, generator(1));
  EXPECT_TRUE(counts.sum(1).eq(7).all().item<bool>());
  EXPECT_TRUE(counts.equal(bootstrap_counts(7, 50, generator(1))));
  EXPECT_FALSE(counts.equal(bootstrap_counts(7, 50, generator(2))));
  const auto signs = random_signs(7, 50, generator(1));
  EXPECT_EQ(signs.size(0), 50);
  EXPECT_TRUE(signs.abs().eq(1).all().item<bool>());
  EXPECT_LT(std::abs(signs.sum().item<double>()), 100);
}

// The bootstrap distribution of a mean has variance s^2 / n (population s); by the central limit
// theorem the percentile interval nears mean +- 1.96 s / sqrt(n).
TEST(Statistics, BootstrapOfAMeanIsTheAnalyticOne) {
  const auto values = at::arange(400, at::kDouble) / 400;
  const auto interval =
      bootstrap_interval(mean_columns(values), bootstrap_counts(400, 20000, generator(3)));
  const double half = 1.959964 * values.std(0, /*unbiased=*/false).item<double>() / 20;
  const double mean = values.mean().item<double>();
  EXPECT_NEAR(interval.low, mean - half, 0.03 * half);
  EXPECT_NEAR(interval.high, mean + half, 0.03 * half);
}

// SciPy's t.ppf(.975, df); and 2 norm.cdf(t.ppf(.975, n - 1) sqrt(n / (n - 1))) - 1.
TEST(Statistics, FewImagesWidenTheInterval) {
  EXPECT_NEAR(student_quantile(1), 12.706205, 1e-4);
  EXPECT_NEAR(student_quantile(9), 2.262157, 1e-4);
  EXPECT_NEAR(student_quantile(11), 2.200985, 1e-5);
  EXPECT_NEAR(student_quantile(99), 1.984217, 1e-5);
  EXPECT_NEAR(expanded_share(6), 0.995136, 1e-5);
  EXPECT_NEAR(expanded_share(12), 0.978487, 1e-5);
  EXPECT_NEAR(expanded_share(100), 0.953871, 1e-5);
}

// Twelve images, differences of 0 to 3 standard errors: the interval holds the true difference in
// 95 % of samples (percentiles as they are: 90 %), and interval and test seldom say two things.
TEST(Statistics, IntervalAndTestRarelyDisagree) {
  constexpr int64_t images = 12, samples = 600;
  const auto counts = bootstrap_counts(images, 1000, generator(1)).to(at::kDouble);
  const auto signs = random_signs(images, 1000, generator(2)).to(at::kDouble);
  const auto noise = at::randn({samples, images}, generator(3), at::kDouble);
  const auto zero = mean_columns(at::zeros({images}, at::kDouble));
  int held = 0, disagree = 0;
  for (int64_t i = 0; i < samples; ++i) {
    const double truth = static_cast<double>(i % 4) / std::sqrt(static_cast<double>(images));
    const auto paired = paired_difference(mean_columns(noise[i] + truth), zero, counts, signs);
    const bool excludes = paired.low > 0 || paired.high < 0;
    held += paired.low <= truth && truth <= paired.high;
    disagree += excludes ? paired.p > 0.06 : paired.p < 0.04;
  }
  EXPECT_NEAR(held, 0.945 * samples, 0.02 * samples);
  EXPECT_LT(disagree, 0.025 * samples);
}

TEST(Statistics, CorrelationOfAResampleIsThatOfItsImages) {
  const auto x = at::randn({4, 30}, generator(1), at::kDouble);
  const auto y = x + at::randn({4, 30}, generator(2), at::kDouble);
  const auto rows = at::tensor({1, 1, 3, 0}, at::kLong);
  const auto counts = at::tensor({1, 2, 0, 1}, at::kShort).unsqueeze(0);
  const auto r = value_of_sums(weighted_sums(counts, moments(x, y)));
  const auto drawn =
      at::stack({x.index_select(0, rows).flatten(), y.index_select(0, rows).flatten()});
  EXPECT_NEAR(r.item<double>(), at::corrcoef(drawn)[0][1].item<double>(), 1e-13);
}

TEST(Statistics, PairedDifferenceOfMeans) {
  const auto counts = bootstrap_counts(40, 2000, generator(1));
  const auto signs = random_signs(40, 2000, generator(2));
  const auto base = at::randn({40}, generator(3), at::kDouble);
  const auto noise = at::randn({40}, generator(4), at::kDouble);
  const auto better =
      paired_difference(mean_columns(base + 1 + 0.5 * noise), mean_columns(base), counts, signs);
  EXPECT_NEAR(better.difference, 1 + 0.5 * noise.mean().item<double>(), 1e-12);
  EXPECT_GT(better.low, 0.5);
  EXPECT_LT(better.high, 1.5);
  EXPECT_DOUBLE_EQ(better.p, 1.0 / 2001);
  const auto same = paired_difference(mean_columns(base), mean_columns(base), counts, signs);
  EXPECT_EQ(same.difference, 0);
  EXPECT_EQ(same.p, 1);
}

// Five images, all better: of 32 sign patterns two are as far from 0, so p = 2 / 32.
TEST(Statistics, FewImagesAreTestedExactly) {
  const auto signs = random_signs(5, 2000, generator(1));
  EXPECT_EQ(signs.size(0), 31);
  EXPECT_EQ(std::get<0>(at::unique_dim(signs, 0)).size(0), 31);
  const auto zero = at::zeros({5}, at::kDouble);
  const auto paired = paired_difference(mean_columns(zero + 1), mean_columns(zero),
                                        bootstrap_counts(5, 100, generator(2)), signs);
  EXPECT_DOUBLE_EQ(paired.p, 2.0 / 32);
}

// Under the null p values are uniform: 5 % below .05.
TEST(Statistics, ExchangeTestKeepsItsLevel) {
  const auto counts = bootstrap_counts(20, 100, generator(1));
  const auto signs = random_signs(20, 999, generator(2));
  const auto a = at::randn({200, 20}, generator(3), at::kDouble);
  const auto b = at::randn({200, 20}, generator(4), at::kDouble);
  int below = 0;
  for (int64_t i = 0; i < 200; ++i) {
    const auto paired = paired_difference(mean_columns(a[i]), mean_columns(b[i]), counts, signs);
    below += paired.p < 0.05;
  }
  EXPECT_NEAR(below, 10, 10);  // three standard deviations of the binomial are 9.2
}

TEST(Statistics, ExchangingImagesOfACorrelation) {
  const auto truth = at::randn({3, 50}, generator(1), at::kDouble);
  const auto good = truth + 0.5 * at::randn({3, 50}, generator(2), at::kDouble);
  const auto bad = truth + 2 * at::randn({3, 50}, generator(3), at::kDouble);
  const auto pooled = [&](const at::Tensor& y) {
    return at::corrcoef(at::stack({truth.flatten(), y.flatten()}))[0][1].item<double>();
  };
  // Signs (1, -1, 1) exchange the second image; p counts whether that difference is as large.
  const auto swapped_good = at::stack({good[0], bad[1], good[2]});
  const auto swapped_bad = at::stack({bad[0], good[1], bad[2]});
  const double difference = pooled(good) - pooled(bad);
  const double exchanged = pooled(swapped_good) - pooled(swapped_bad);
  const auto signs = at::tensor({1, -1, 1}, at::kShort).unsqueeze(0);
  const auto paired = paired_difference(moments(truth, good), moments(truth, bad),
                                        bootstrap_counts(3, 100, generator(4)), signs);
  EXPECT_NEAR(paired.difference, difference, 1e-13);
  EXPECT_EQ(paired.p, std::abs(exchanged) >= difference ? 1.0 : 0.5);
}

}  // namespace
}  // namespace afterimage
