#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

namespace afterimage {

/// Resampling of images: of the different stimuli of a set (stimuli.h), which are called images
/// here. What a metric says of a set is a function of sums over its images, so that a resample is a
/// weight per image and thousands of them are one matrix product:
///   columns (value, 1):                  mean = sum(value) / sum(1)
///   columns (x, y, xx, yy, xy, units):   one Pearson correlation over images x units.
/// Images, not trials, units or pairs, are what is drawn: those of one image are not independent.

/// How often each image is drawn in each of `resamples` draws with replacement:
/// (resamples, images) int16.
at::Tensor bootstrap_counts(int64_t images, int64_t resamples, at::Generator generator);

/// Random signs, +1 or -1: (count, images) int16. When all 2^images patterns are no more than asked
/// for, each of them once but the one that changes nothing: the test is then exact.
at::Tensor random_signs(int64_t images, int64_t count, at::Generator generator);

/// weights (r, n) times columns (n, k) float64 -> (r, k) float64.
at::Tensor weighted_sums(const at::Tensor& weights, const at::Tensor& columns);

/// The metric of sums (r, k) as above: k = 2 a mean, k = 6 a correlation. -> (r) float64
at::Tensor value_of_sums(const at::Tensor& sums);

struct Interval {
  double low = 0, high = 0;
};

/// The central share of a sample (n), by percentiles with linear interpolation (NumPy's default).
Interval percentile_interval(const at::Tensor& sample, double share = 0.95);

/// The 97.5 % quantile of Student's t: tabulated to 10 degrees of freedom, then by the
/// Cornish-Fisher expansion (Abramowitz & Stegun 26.7.5; within 1e-5 there).
double student_quantile(int64_t degrees);

/// Share of the bootstrap distribution whose range is a 95 % interval from n images: more than .95,
/// because that distribution is narrower by sqrt((n - 1) / n), and normal where Student's t has
/// n - 1 degrees of freedom ("expanded percentile interval", Hesterberg 2015, section 4.3.3).
double expanded_share(int64_t images);

/// 95 % bootstrap interval of a metric over the images: expanded percentiles.
Interval bootstrap_interval(const at::Tensor& columns, const at::Tensor& counts);

/// What intervals and p are, for who reads a table: interval and test ask alike, but not the same.
inline constexpr const char* kIntervalText =
    "95 % interval: percentiles of bootstrap resamples of the stimuli, widened for few of them "
    "(Hesterberg 2015)";
inline constexpr const char* kTestText =
    "p: two-sided exchange test, how often the two sets differ as much when they are exchanged for "
    "a random half of the stimuli. It asks whether they are alike, the interval how large the "
    "difference is; so near p = .05 one may exclude 0 where the other does not. With n stimuli no "
    "p is below 2 / 2^n: five cannot give p < .05 whatever the interval";

/// How two sets of reconstructions of the same images differ (first minus second): bootstrap
/// interval, and the two-sided p value of exchanging the two sets image by image,
/// (1 + number at least as far from 0) / (1 + draws). For means this is the sign-flip test, and
/// the same as that of Student's t, which grows with the mean as the sum of squares stays.
struct PairedDifference {
  double difference = 0, low = 0, high = 0, p = 1;
};
PairedDifference paired_difference(const at::Tensor& first, const at::Tensor& second,
                                   const at::Tensor& counts, const at::Tensor& signs);

/// Adjusted p values that control the false discovery rate (Benjamini & Hochberg 1995).
std::vector<double> benjamini_hochberg(const std::vector<double>& p);

}  // namespace afterimage
