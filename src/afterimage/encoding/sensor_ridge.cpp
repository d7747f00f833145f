#include "afterimage/encoding/sensor_ridge.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace afterimage {
namespace {

constexpr int64_t kSensorsAtOnce = 512;

/// Means and centred products of some rows, (sensor, ...).
struct Moments {
  at::Tensor mean_x, mean_y;  // (sensor, p), (sensor, t)
  at::Tensor xx, xy, yy;      // (sensor, p, p), (sensor, p, t), (sensor, t)
};

/// From sums of products of [x, y, 1], of deviations from `centre` (sensor, p + t), or from the
/// rows' own mean.
Moments moments(const at::Tensor& sums, int64_t p, const at::Tensor& centre = {}) {
  const int64_t q = sums.size(2) - 1;
  const auto n = sums.select(1, q).select(1, q).view({-1, 1});  // (sensor, 1)
  const auto total = sums.select(1, q).narrow(1, 0, q);         // (sensor, q)
  const auto from = centre.defined() ? centre : total / n;
  const auto outer = [](const at::Tensor& a, const at::Tensor& b) {
    return a.unsqueeze(2) * b.unsqueeze(1);
  };
  const auto products = sums.narrow(1, 0, q).narrow(2, 0, q) - outer(total, from) -
                        outer(from, total) + outer(from, from) * n.unsqueeze(2);
  return {from.narrow(1, 0, p), from.slice(1, p), products.narrow(1, 0, p).narrow(2, 0, p),
          products.narrow(1, 0, p).slice(2, p), products.slice(1, p).slice(2, p).diagonal(0, 1, 2)};
}

/// The ridge solutions of one set of rows, for any penalty, from one eigendecomposition.
class Solver {
 public:
  Solver(const Moments& rows, const at::Tensor& scale)  // scale: (sensor, p, 1)
      : scale_(scale) {
    const auto gram = rows.xx * scale * scale.transpose(1, 2);
    std::tie(values_, vectors_) = at::linalg_eigh((gram + gram.transpose(1, 2)) / 2);
    values_ = values_.clamp_min(0).unsqueeze(2);
    rotated_ = vectors_.transpose(1, 2).bmm(rows.xy * scale);
  }

  /// (sensor, p, t); lambda: a number, or (sensor, 1, 1).
  template <typename Lambda>
  at::Tensor weight(const Lambda& lambda) const {
    return vectors_.bmm(rotated_ / (values_ + lambda)) * scale_;
  }

 private:
  at::Tensor scale_, values_, vectors_, rotated_;
};

/// Squared errors (sensor) of weights on rows whose moments are around the training rows' mean.
at::Tensor squared_errors(const Moments& held, const at::Tensor& weight) {
  const auto explained = (weight * (2 * held.xy - held.xx.bmm(weight))).sum(1);
  return (held.yy - explained).sum(1);
}

/// Fits the sensors of these sums, (fold, sensor, q, q).
SensorRidgeFit solve_part(const at::Tensor& sums, int64_t p, const std::vector<double>& lambdas,
                          bool standardise) {
  const int64_t folds = sums.size(0), sensors = sums.size(1);
  const auto all = sums.sum(0);
  const auto whole = moments(all, p);
  auto scale = at::ones({sensors, p, 1}, at::kDouble);
  if (standardise) {
    const auto rows = all.select(1, -1).select(1, -1).view({-1, 1});
    const auto variance = whole.xx.diagonal(0, 1, 2) / rows;
    // Nothing but rounding: no predictor.
    const auto varies = variance > whole.mean_x.square() * 1e-12 + 1e-30;
    scale = at::where(varies, variance.rsqrt(), at::zeros({}, at::kDouble)).unsqueeze(2);
  }
  auto errors = at::zeros({std::ssize(lambdas), sensors}, at::kDouble);
  std::vector<Solver> solvers;
  std::vector<Moments> trained;
  for (int64_t fold = 0; fold < folds; ++fold) {
    trained.push_back(moments(all - sums[fold], p));
    solvers.emplace_back(trained.back(), scale);
    const auto held =
        moments(sums[fold], p, at::cat({trained.back().mean_x, trained.back().mean_y}, 1));
    for (int64_t l = 0; l < std::ssize(lambdas); ++l) {
      errors[l] += squared_errors(held, solvers.back().weight(lambdas[static_cast<size_t>(l)]));
    }
  }
  trained.push_back(whole);
  solvers.emplace_back(whole, scale);
  const auto chosen = at::tensor(lambdas, at::kDouble).index_select(0, errors.argmin(0));
  std::vector<at::Tensor> weights, intercepts;
  for (size_t f = 0; f < solvers.size(); ++f) {
    weights.push_back(solvers[f].weight(chosen.view({-1, 1, 1})));
    intercepts.push_back(trained[f].mean_y -
                         trained[f].mean_x.unsqueeze(1).bmm(weights.back()).squeeze(1));
  }
  return {at::stack(weights), at::stack(intercepts), chosen, errors};
}

}  // namespace

SensorRidge::SensorRidge(int64_t sensors, int64_t predictors, int64_t targets, int64_t folds)
    : sensors_(sensors), predictors_(predictors), targets_(targets), folds_(folds) {
  const int64_t q = predictors + targets + 1;
  sums_ = at::zeros({folds, sensors, q, q}, at::kDouble);
}

void SensorRidge::add(const at::Tensor& x, const at::Tensor& y, int64_t fold) {
  const int64_t n = y.size(1);
  for (int64_t first = 0; first < sensors_; first += kSensorsAtOnce) {
    const int64_t count = std::min(kSensorsAtOnce, sensors_ - first);
    const auto own = x.size(0) == 1 ? x.expand({count, -1, -1}) : x.narrow(0, first, count);
    const auto rows = at::cat({own.to(at::kDouble), y.narrow(0, first, count).to(at::kDouble),
                               at::ones({count, n, 1}, at::kDouble)},
                              2);
    sums_[fold].narrow(0, first, count).baddbmm_(rows.transpose(1, 2), rows);
  }
}

SensorRidgeFit SensorRidge::solve(const std::vector<double>& lambdas, bool standardise,
                                  const RunContext& run) const {
  std::vector<at::Tensor> weight, intercept, lambda, errors;
  for (int64_t first = 0; first < sensors_; first += kSensorsAtOnce) {
    run.stop_if_cancelled("stopped; nothing was written");
    const int64_t count = std::min(kSensorsAtOnce, sensors_ - first);
    const auto part = solve_part(sums_.narrow(1, first, count), predictors_, lambdas, standardise);
    weight.push_back(part.weight);
    intercept.push_back(part.intercept);
    lambda.push_back(part.lambda);
    errors.push_back(part.errors);
  }
  return {at::cat(weight, 1), at::cat(intercept, 1), at::cat(lambda), at::cat(errors, 1)};
}

}  // namespace afterimage
