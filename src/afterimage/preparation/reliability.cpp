#include "afterimage/preparation/reliability.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <limits>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

/// Correlations over stimuli between pairs of weighted means, for K pairs at once, from running
/// sums. Values are taken relative to the first stimulus, which keeps the sums from cancelling.
class PairCorrelations {
 public:
  /// a, b: (K, sensor) of one stimulus; NaN rows (a repetition it lacks) are skipped.
  void add(const at::Tensor& a, const at::Tensor& b) {
    if (!count_.defined()) {
      shift_ = b.nan_to_num().mean(0);
      count_ = at::zeros_like(a);
      for (auto* sum : {&a_, &b_, &aa_, &bb_, &ab_}) *sum = at::zeros_like(a);
    }
    const at::Tensor there = at::isfinite(a).logical_and(at::isfinite(b));
    const at::Tensor x = at::where(there, a - shift_, 0.0), y = at::where(there, b - shift_, 0.0);
    count_ += there;
    a_ += x;
    b_ += y;
    aa_.addcmul_(x, x);
    bb_.addcmul_(y, y);
    ab_.addcmul_(x, y);
  }

  /// (K, sensor); NaN where something does not vary or fewer than three stimuli count.
  at::Tensor correlation() const {
    const at::Tensor covariance = ab_ - a_ * b_ / count_;
    const at::Tensor va = aa_ - a_.square() / count_, vb = bb_ - b_.square() / count_;
    const at::Tensor varies =
        (va > aa_ * 1e-12).logical_and(vb > bb_ * 1e-12).logical_and(count_ >= 3);
    const at::Tensor r = covariance / (va * vb).sqrt();
    return at::where(varies, r.clamp(-1, 1), std::numeric_limits<double>::quiet_NaN());
  }

 private:
  at::Tensor shift_, count_, a_, b_, aa_, bb_, ab_;
};

/// The mean correlation over all pairs of repetitions, without a loop over pairs: of standardised
/// repetitions z, the sum of z_j z_k over pairs is half of (sum z)^2 - sum z^2. Where stimuli have
/// different numbers of trials, those a pair shares are those that have its later repetition: a
/// level of repetitions that the same stimuli have.
class SingleTrials {
 public:
  /// `trials`: of each stimulus. Pairs that fewer than three stimuli have are left out.
  explicit SingleTrials(std::vector<int64_t> trials) {
    std::sort(trials.begin(), trials.end());
    for (size_t i = 0; i + 3 <= trials.size(); ++i) {
      const int64_t before = levels_.empty() ? 0 : levels_.back().repetitions;
      if (trials[i] == before) continue;
      Level level;
      level.before = before;
      level.repetitions = trials[i];
      level.stimuli = static_cast<double>(trials.size() - i);
      levels_.push_back(level);
    }
  }

  /// Of one stimulus, (n, sensor): first for the moments of every repetition.
  void add(const at::Tensor& values) {
    for (Level& level : levels_) {
      if (level.repetitions > values.size(0)) break;
      const at::Tensor first = values.narrow(0, 0, level.repetitions);
      if (!level.shift.defined()) {
        level.shift = first.clone();
        level.sum = at::zeros_like(first);
        level.squares = at::zeros_like(first);
        level.products = at::zeros_like(first[0]);
      }
      level.sum += first - level.shift;
      level.squares += (first - level.shift).square();
    }
  }

  /// Between the two passes.
  void standardise() {
    for (Level& level : levels_) {
      level.mean = level.shift + level.sum / level.stimuli;
      const at::Tensor squares = level.squares - level.sum.square() / level.stimuli;
      level.varies = squares > level.squares * 1e-12;
      level.scale = at::where(level.varies, (squares / level.stimuli).rsqrt(), 0.0);
    }
  }

  /// The same stimuli again, for their products.
  void add_products(const at::Tensor& values) {
    for (Level& level : levels_) {
      if (level.repetitions > values.size(0)) break;
      const at::Tensor z = (values.narrow(0, 0, level.repetitions) - level.mean) * level.scale;
      level.products += of_pairs(z) - of_pairs(z.narrow(0, 0, level.before));
    }
  }

  /// (sensor); NaN where no pair varies.
  at::Tensor mean_correlation() const {
    at::Tensor sum = at::zeros({}, at::kDouble), pairs = sum;
    for (const Level& level : levels_) {
      const at::Tensor all = level.varies.sum(0),
                       before = level.varies.narrow(0, 0, level.before).sum(0);
      pairs = pairs + (all * (all - 1) - before * (before - 1)) / 2.0;
      sum = sum + level.products / level.stimuli;
    }
    return (sum / pairs).clamp(-1, 1);  // 0 / 0: NaN
  }

 private:
  struct Level {
    int64_t before = 0, repetitions = 0;  ///< of the level before, and with this one
    double stimuli = 0;                   ///< that have so many
    at::Tensor shift, sum, squares, mean, varies, scale;  // (repetition, sensor)
    at::Tensor products;                                  // (sensor)
  };

  /// The sum over pairs of rows of their products.
  static at::Tensor of_pairs(const at::Tensor& z) {  // (repetition, sensor) -> (sensor)
    return (z.sum(0).square() - z.square().sum(0)) / 2;
  }

  std::vector<Level> levels_;
};

/// Weights (K, n) of the means of random halves: rows of one half, and of the other.
std::pair<at::Tensor, at::Tensor> half_weights(int64_t halves, int64_t n,
                                               at::Generator& generator) {
  const at::Tensor order = at::rand({halves, n}, generator, at::TensorOptions(at::kDouble))
                               .argsort(1, false)
                               .argsort(1, false);
  const at::Tensor first = (order < n / 2).to(at::kDouble);
  return {first / static_cast<double>(n / 2), (1 - first) / static_cast<double>(n - n / 2)};
}

/// Weights (most, n): repetition k, and the mean of the others; NaN rows past n.
std::pair<at::Tensor, at::Tensor> oracle_weights(int64_t most, int64_t n) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  at::Tensor one = at::full({most, n}, nan, at::kDouble), rest = one.clone();
  one.narrow(0, 0, n).copy_(at::eye(n, at::kDouble));
  rest.narrow(0, 0, n).copy_((1 - at::eye(n, at::kDouble)) / static_cast<double>(n - 1));
  return {one, rest};
}

/// Variance over all trials and within stimuli.
struct Variance {
  at::Tensor shift, sum, squares, within;  // (sensor)
  int64_t trials = 0, stimuli = 0;

  void add(const at::Tensor& values) {  // (n, sensor)
    if (!shift.defined()) {
      shift = values.mean(0);
      sum = at::zeros_like(shift);
      squares = at::zeros_like(shift);
      within = at::zeros_like(shift);
    }
    sum += (values - shift).sum(0);
    squares += (values - shift).square().sum(0);
    within += values.var(0, /*unbiased=*/true);
    trials += values.size(0);
    ++stimuli;
  }

  at::Tensor snr() const {
    const auto n = static_cast<double>(trials);
    const at::Tensor total = squares / n - (sum / n).square();
    const at::Tensor noise = within / static_cast<double>(stimuli);
    const at::Tensor ratio = (total - noise).clamp_min(0) / noise;
    return at::where(noise > total.abs() * 1e-12, ratio, std::numeric_limits<double>::quiet_NaN());
  }
};

}  // namespace

Repeatability measure_repeatability(const ResponseReader& read,
                                    const std::vector<std::vector<int64_t>>& groups, int64_t halves,
                                    at::Generator generator, const std::string& where) {
  Repeatability out;
  std::vector<std::vector<int64_t>> repeated;
  std::vector<int64_t> sizes;
  for (const auto& group : groups) {
    if (group.size() < 2) continue;
    repeated.push_back(group);
    sizes.push_back(std::ssize(group));
  }
  out.stimuli = std::ssize(repeated);
  if (out.stimuli < 3) {
    throw Error(where, concat(out.stimuli, " stimuli were shown more than once"),
                "Reliability needs three or more; leave it out, or name another split");
  }
  out.fewest = *std::min_element(sizes.begin(), sizes.end());
  out.most = *std::max_element(sizes.begin(), sizes.end());
  const auto values_of = [&read](const std::vector<int64_t>& group) {  // (n, sensor)
    return read(group).to(at::kDouble).mean(2);
  };
  PairCorrelations split, oracle;
  SingleTrials single(sizes);
  Variance variance;
  for (const auto& group : repeated) {
    const auto n = static_cast<int64_t>(group.size());
    const at::Tensor values = values_of(group);
    const auto [a, b] = half_weights(halves, n, generator);
    split.add(a.matmul(values), b.matmul(values));
    const auto [one, rest] = oracle_weights(out.most, n);
    oracle.add(one.matmul(values), rest.matmul(values));
    single.add(values);
    variance.add(values);
  }
  single.standardise();
  for (const auto& group : repeated) single.add_products(values_of(group));
  const at::Tensor r = split.correlation();  // (half, sensor)
  out.split_half = (2 * r / (1 + r)).clamp(-1, 1).nanmean(0);
  out.single_trial = single.mean_correlation();
  out.oracle = oracle.correlation().nanmean(0);
  out.snr = variance.snr();
  return out;
}

at::Tensor noise_ceiling(const at::Tensor& snr, int64_t trials) {
  return snr / (snr + 1.0 / static_cast<double>(trials));
}

}  // namespace afterimage
