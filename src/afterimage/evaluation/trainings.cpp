#include "afterimage/evaluation/trainings.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace afterimage {
namespace {

/// The value of each training with the stimuli as they are: (trainings).
at::Tensor values_of(const Trainings& trainings) {
  std::vector<at::Tensor> values;
  for (const auto& columns : trainings) {
    values.push_back(value_of_sums(columns.sum(0, /*keepdim=*/true)));
  }
  return at::cat(values);
}

/// The mean over trainings at each draw of stimuli: (resamples). A draw without a single value of
/// one of them leaves that at its value.
at::Tensor drawn_means(const Trainings& trainings, const at::Tensor& counts) {
  const auto values = values_of(trainings);
  std::vector<at::Tensor> drawn;
  for (size_t k = 0; k < trainings.size(); ++k) {
    const auto found = value_of_sums(weighted_sums(counts, trainings[k]));
    drawn.push_back(at::where(found.isfinite(), found, values[static_cast<int64_t>(k)]));
  }
  return at::stack(drawn).mean(0);
}

/// Independent parts of a variance, each with its degrees of freedom.
class Variance {
 public:
  /// Over stimuli, from the values of bootstrap resamples of n.
  void add_stimuli(const at::Tensor& drawn, int64_t stimuli) {
    const auto n = static_cast<double>(stimuli);
    add(drawn.var(0, /*unbiased=*/false).item<double>() * n / (n - 1), n - 1);
  }
  /// Of the mean over seeds; nothing is known of it from one.
  void add_seeds(const at::Tensor& values) {
    const auto k = static_cast<double>(values.numel());
    if (k > 1) add(values.var().item<double>() / k, k - 1);
  }
  double sum() const { return sum_; }
  double degrees() const { return by_degrees_ > 0 ? sum_ * sum_ / by_degrees_ : most_; }

 private:
  void add(double variance, double degrees) {
    sum_ += variance;
    by_degrees_ += variance * variance / degrees;
    most_ += degrees;
  }
  double sum_ = 0, by_degrees_ = 0, most_ = 0;
};

CrossedEstimate crossed_estimate_of(double value, const Variance& variance) {
  return {value, std::sqrt(variance.sum()), variance.degrees()};
}

}  // namespace

double student_p(double t, double degrees) {
  // P(|T| < t) is the integral of cos^(degrees - 1) from 0 to atan(t / sqrt(degrees)), over that
  // to pi / 2; Simpson's rule on a smooth function.
  const double end = std::atan(std::abs(t) / std::sqrt(degrees));
  const double scale = 2 / std::sqrt(std::numbers::pi) *
                       std::exp(std::lgamma((degrees + 1) / 2) - std::lgamma(degrees / 2));
  constexpr int steps = 200;
  const double step = end / steps;
  double sum = 0;
  for (int i = 0; i <= steps; ++i) {
    const double weight = i == 0 || i == steps ? 1 : i % 2 == 1 ? 4 : 2;
    sum += weight * std::pow(std::cos(i * step), degrees - 1);
  }
  return std::max(0.0, 1 - scale * sum * step / 3);
}

/// The t with a two-sided p of .05, of any degrees of freedom (student_quantile has whole ones).
static double two_sided_quantile(double degrees) {
  double low = 1.9, high = 13;  // at infinitely many and at 1
  for (int i = 0; i < 40; ++i) {
    const double middle = (low + high) / 2;
    (student_p(middle, degrees) > 0.05 ? low : high) = middle;
  }
  return low;
}

Interval CrossedEstimate::interval() const {
  const double half = two_sided_quantile(degrees) * error;
  return {value - half, value + half};
}

double CrossedEstimate::p(double expected) const {
  if (error == 0) return value == expected ? 1 : 0;
  return student_p((value - expected) / error, degrees);
}

double value_of_trainings(const Trainings& trainings) {
  return values_of(trainings).mean().item<double>();
}

CrossedEstimate crossed_estimate(const Trainings& trainings, const at::Tensor& counts) {
  Variance variance;
  variance.add_stimuli(drawn_means(trainings, counts), trainings.front().size(0));
  variance.add_seeds(values_of(trainings));
  return crossed_estimate_of(value_of_trainings(trainings), variance);
}

Interval interval_of_trainings(const Trainings& trainings, const at::Tensor& counts) {
  if (trainings.size() == 1) return bootstrap_interval(trainings.front(), counts);
  return crossed_estimate(trainings, counts).interval();
}

PairedDifference paired_trainings(const Trainings& first, const Trainings& second,
                                  const at::Tensor& counts, const at::Tensor& signs) {
  if (first.size() == 1 && second.size() == 1) {
    return paired_difference(first.front(), second.front(), counts, signs);
  }
  Variance variance;
  variance.add_stimuli(drawn_means(first, counts) - drawn_means(second, counts),
                       first.front().size(0));
  variance.add_seeds(values_of(first));
  variance.add_seeds(values_of(second));
  const auto found =
      crossed_estimate_of(value_of_trainings(first) - value_of_trainings(second), variance);
  const auto [low, high] = found.interval();
  return {found.value, low, high, found.p(0)};
}

}  // namespace afterimage
