#include "afterimage/regression/selected_regression.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>

#include <atomic>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/base/progress.h"

namespace afterimage {
namespace {

constexpr double least_variance = 1e-8;  // of a predictor that can be chosen
constexpr int64_t block = 256;           // targets at a time

/// The predictors, and what every target needs of them.
struct Predictors {
  explicit Predictors(const RegressionData& data, double alpha)
      : x(data.x(all_rows(data.rows)).to(at::kDouble)),
        mean(x.mean(0)),
        centred(x - mean),
        deviation(centred.square().mean(0).sqrt()) {
    const auto ones = at::ones({x.size(0), 1}, x.options());
    const auto with_ones = at::cat({x, ones}, 1);
    gram = with_ones.t().matmul(with_ones);  // (p + 1, p + 1)
    gram.diagonal().add_(alpha);
  }

  /// [X, 1]'Y of targets (n, q): (q, p + 1), and |r| of each with each predictor (q, p).
  std::pair<at::Tensor, at::Tensor> cross(const at::Tensor& y) const {
    const auto y_mean = y.mean(0);
    const auto around = (y - y_mean).t().matmul(centred);  // (q, p)
    const auto n = static_cast<double>(y.size(0));
    const auto products = around + n * y_mean.unsqueeze(1) * mean;
    const auto y_deviation = (y - y_mean).square().mean(0).sqrt().unsqueeze(1);
    const auto r = (around / (n * y_deviation * deviation)).abs();
    const auto able = deviation.square() >= least_variance;
    return {at::cat({products, n * y_mean.unsqueeze(1)}, 1),
            at::where(able.logical_and(r.isfinite()), r, at::zeros({}, r.options()))};
  }

  at::Tensor x, mean, centred, deviation, gram;
};

[[noreturn]] void dependent() {
  throw Error("regression", "the predictors depend on each other", "Use an alpha above 0");
}

/// gram^-1 right by Cholesky; both are of the chosen columns. Undefined where a column depends on
/// the others but for rounding.
at::Tensor solved(const at::Tensor& gram, const at::Tensor& right) {
  const auto [factor, info] = at::linalg_cholesky_ex(gram);
  constexpr double rounding = 1e-13;
  const auto pivots = factor.diagonal().square();
  if (info.item<int>() != 0 || (pivots.min() < rounding * pivots.max()).item<bool>()) return {};
  return at::cholesky_solve(right, factor);
}

}  // namespace

Options SelectedRegressionOptions::options() {
  return {
      Option("predictors", predictors, "how many each target sees, those of largest |correlation|")
          .range(1),
      Option("alpha", alpha, "penalty of weights and intercept (MindDiffuser: .15)").range(0),
  };
}

SelectedRegression::SelectedRegression(const RegressionData& data,
                                       const SelectedRegressionOptions& options,
                                       const RunContext& run) {
  check_options(SelectedRegressionOptions(options).options(), "regression");
  const Predictors predictors(data, options.alpha);
  const int64_t k = std::min(options.predictors, data.predictors);
  chosen_ = at::empty({data.targets, k}, at::kInt);
  weight_ = at::empty({data.targets, k}, at::kDouble);
  bias_ = at::empty({data.targets}, at::kDouble);
  const auto rows = all_rows(data.rows);
  Progress progress(run, "Regression", data.targets, "target");
  std::atomic<bool> singular = false;
  for (int64_t first = 0; first < data.targets; first += block) {
    run.stop_if_cancelled("stopped; nothing was written");
    const int64_t last = std::min(first + block, data.targets);
    const auto [products, r] = predictors.cross(data.y(rows, first, last).to(at::kDouble));
    const auto columns = std::get<1>(r.topk(k, 1));  // (q, k)
    chosen_.slice(0, first, last).copy_(columns);
    // A target a thread: its matrices are too small for several.
    at::parallel_for(0, last - first, 1, [&, &right = products](int64_t begin, int64_t end) {
      const at::NoGradGuard no_grad;
      for (int64_t t = begin; t < end; ++t) {
        const auto own = at::cat({columns[t], at::full({1}, data.predictors, at::kLong)});
        const auto gram = at::index(predictors.gram, {own.unsqueeze(1), own});    // (k + 1, k + 1)
        const auto w = solved(gram, right[t].index_select(0, own).unsqueeze(1));  // (k + 1, 1)
        if (!w.defined()) {
          singular = true;
          return;
        }
        weight_[first + t].copy_(w.squeeze(1).slice(0, 0, k));
        bias_[first + t].copy_(w[k][0]);
      }
    });
    if (singular) dependent();
    progress.advance(last - first);
  }
}

at::Tensor SelectedRegression::predict(const at::Tensor& x) const {
  return selected_prediction(x, chosen_, weight_, bias_);
}

at::Tensor selected_prediction(const at::Tensor& x, const at::Tensor& chosen,
                               const at::Tensor& weight, const at::Tensor& bias) {
  const auto given = x.to(at::kDouble);
  const int64_t targets = bias.size(0);
  const auto result = at::empty({x.size(0), targets}, at::kDouble);
  for (int64_t first = 0; first < targets; first += block) {
    const int64_t last = std::min(first + block, targets);
    const auto dense =
        at::zeros({last - first, x.size(1)}, at::kDouble)
            .scatter(1, chosen.slice(0, first, last).to(at::kLong), weight.slice(0, first, last));
    result.slice(1, first, last).copy_(at::addmm(bias.slice(0, first, last), given, dense.t()));
  }
  return result;
}

}  // namespace afterimage
