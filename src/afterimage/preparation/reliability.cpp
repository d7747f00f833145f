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
  for (const auto& group : groups) {
    const auto n = static_cast<int64_t>(group.size());
    if (n < 2) continue;
    out.fewest = out.stimuli == 0 ? n : std::min(out.fewest, n);
    out.most = std::max(out.most, n);
    ++out.stimuli;
  }
  if (out.stimuli < 3) {
    throw Error(where, concat(out.stimuli, " stimuli were shown more than once"),
                "Reliability needs three or more; leave it out, or name another split");
  }
  PairCorrelations split, oracle;
  Variance variance;
  for (const auto& group : groups) {
    const auto n = static_cast<int64_t>(group.size());
    if (n < 2) continue;
    const at::Tensor values = read(group).to(at::kDouble).mean(2);  // (n, sensor)
    const auto [a, b] = half_weights(halves, n, generator);
    split.add(a.matmul(values), b.matmul(values));
    const auto [one, rest] = oracle_weights(out.most, n);
    oracle.add(one.matmul(values), rest.matmul(values));
    variance.add(values);
  }
  const at::Tensor r = split.correlation();  // (half, sensor)
  out.split_half = (2 * r / (1 + r)).clamp(-1, 1).nanmean(0);
  out.oracle = oracle.correlation().nanmean(0);
  out.snr = variance.snr();
  return out;
}

at::Tensor noise_ceiling(const at::Tensor& snr, int64_t trials) {
  return snr / (snr + 1.0 / static_cast<double>(trials));
}

}  // namespace afterimage
