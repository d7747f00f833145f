#include "afterimage/evaluation/statistics.h"

#include <ATen/ATen.h>
#include <algorithm>
#include <cmath>
#include <numeric>

#include "afterimage/similarity/correlation.h"

namespace afterimage {
namespace {

constexpr int64_t kBlock = 256;  // resamples turned to float64 at a time

}  // namespace

at::Tensor bootstrap_counts(int64_t images, int64_t resamples, at::Generator generator) {
  auto counts = at::zeros({resamples, images}, at::kShort);
  const auto ones = at::ones({images}, at::kShort);
  for (int64_t r = 0; r < resamples; ++r) {
    counts[r].index_add_(0, at::randint(images, {images}, generator, at::kLong), ones);
  }
  return counts;
}

at::Tensor random_signs(int64_t images, int64_t count, at::Generator generator) {
  if (images < 32 && (int64_t{1} << images) - 1 <= count) {
    const auto pattern = at::arange(1, int64_t{1} << images, at::kLong).unsqueeze(1);
    const auto bits = at::bitwise_right_shift(pattern, at::arange(images, at::kLong));
    return (1 - 2 * bits.bitwise_and(1)).to(at::kShort);
  }
  return at::randint(2, {count, images}, std::move(generator), at::kShort) * 2 - 1;
}

at::Tensor weighted_sums(const at::Tensor& weights, const at::Tensor& columns) {
  std::vector<at::Tensor> sums;
  for (const auto& block : weights.split(kBlock)) {
    sums.push_back(at::mm(block.to(at::kDouble), columns));
  }
  return at::cat(sums);
}

at::Tensor value_of_sums(const at::Tensor& sums) {
  if (sums.size(1) == 2) return sums.select(1, 0) / sums.select(1, 1);
  return pearson_of_moments(sums);
}

Interval percentile_interval(const at::Tensor& sample, double share) {
  const auto tail = (1 - share) / 2;
  const auto bounds = at::quantile(sample, at::tensor({tail, 1 - tail}, at::kDouble));
  return {bounds[0].item<double>(), bounds[1].item<double>()};
}

double student_quantile(int64_t degrees) {
  constexpr double table[] = {12.7062, 4.3027, 3.1824, 2.7764, 2.5706,
                              2.4469,  2.3646, 2.3060, 2.2622, 2.2281};
  if (degrees <= std::ssize(table)) return table[degrees - 1];
  constexpr double z = 1.959964;
  const auto n = static_cast<double>(degrees);
  const double z3 = z * z * z, z5 = z3 * z * z, z7 = z5 * z * z, z9 = z7 * z * z;
  return z + (z3 + z) / (4 * n) + (5 * z5 + 16 * z3 + 3 * z) / (96 * n * n) +
         (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * n * n * n) +
         (79 * z9 + 776 * z7 + 1482 * z5 - 1920 * z3 - 945 * z) / (92160 * n * n * n * n);
}

double expanded_share(int64_t images) {
  const auto n = static_cast<double>(images);
  return std::erf(student_quantile(images - 1) * std::sqrt(n / (n - 1)) / std::sqrt(2.0));
}

Interval bootstrap_interval(const at::Tensor& columns, const at::Tensor& counts) {
  return percentile_interval(value_of_sums(weighted_sums(counts, columns)),
                             expanded_share(columns.size(0)));
}

PairedDifference paired_difference(const at::Tensor& first, const at::Tensor& second,
                                   const at::Tensor& counts, const at::Tensor& signs) {
  const auto value = [](const at::Tensor& sums) { return value_of_sums(sums); };
  PairedDifference result;
  const auto once = at::ones({1, first.size(0)}, at::kShort);
  result.difference =
      (value(weighted_sums(once, first)) - value(weighted_sums(once, second))).item<double>();
  const auto [low, high] = percentile_interval(
      value(weighted_sums(counts, first)) - value(weighted_sums(counts, second)),
      expanded_share(first.size(0)));
  result.low = low;
  result.high = high;
  // Exchanging image i swaps its rows: sum = middle +- sum_i sign_i (first_i - second_i) / 2.
  const auto middle = (first + second).sum(0, /*keepdim=*/true) / 2;
  const auto half = weighted_sums(signs, (first - second) / 2);
  const auto exchanged = (value(middle + half) - value(middle - half)).abs();
  const auto as_far = exchanged.ge(std::abs(result.difference) - 1e-12).sum().item<int64_t>();
  result.p = static_cast<double>(1 + as_far) / static_cast<double>(1 + signs.size(0));
  return result;
}

std::vector<double> benjamini_hochberg(const std::vector<double>& p) {
  std::vector<size_t> order(p.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return p[a] > p[b]; });
  std::vector<double> q(p.size());
  double least = 1;
  for (size_t k = 0; k < order.size(); ++k) {  // from the largest down
    const auto rank = static_cast<double>(order.size() - k);
    least = std::min(least, p[order[k]] * static_cast<double>(p.size()) / rank);
    q[order[k]] = least;
  }
  return q;
}

}  // namespace afterimage
