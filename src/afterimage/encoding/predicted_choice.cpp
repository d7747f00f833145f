#include "afterimage/encoding/predicted_choice.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "afterimage/base/batches.h"
#include "afterimage/regression/folds.h"
#include "afterimage/regression/ridge_regression.h"

namespace afterimage {
namespace {

constexpr int64_t kSide = 16, kFolds = 5;

/// (n, pixels): as small as the linear decoder is judged by.
at::Tensor targets(const SampleSource& source, const std::vector<int64_t>& rows) {
  const auto images = source.images(rows).narrow(1, 0, source.channels());
  const int64_t side = std::min(kSide, source.image_size());
  return at::_upsample_bilinear2d_aa(images, {side, side}, /*align_corners=*/false).flatten(1);
}

at::Tensor unit_rows(const at::Tensor& x) {
  const auto centred = x - x.mean(1, true);
  return centred / centred.norm(2, {1}, true).clamp_min(1e-12);
}

}  // namespace

at::Tensor linear_scores(const SampleSource& train, const SampleSource& held,
                         const RunContext& run) {
  const int64_t side = std::min(kSide, train.image_size());
  RegressionData data;
  data.rows = train.count();
  data.predictors = train.sensors() * train.bins();
  data.targets = train.channels() * side * side;
  data.x = [&](const auto& rows) { return train.responses(rows).flatten(1); };
  data.y = [&](const auto& rows, int64_t first, int64_t last) {
    return targets(train, rows).narrow(1, first, last - first);
  };
  RidgeSettings settings;
  settings.lambdas = {1, 10, 100, 1000, 10000, 100000};
  settings.group = grouped_folds(train.photographs(), kFolds, run.generator("choice folds"));
  const auto fit = fit_ridge(data, settings, run);
  std::vector<at::Tensor> scores;
  for_batches(all_rows(held.count()), 256, [&](int64_t, const auto& rows) {
    const auto x = held.responses(rows).flatten(1) - fit.x_mean.to(at::kFloat);
    const auto made = at::addmm(fit.y_mean.to(at::kFloat), x, fit.weight).clamp(0, 1);
    scores.push_back((unit_rows(made) * unit_rows(targets(held, rows))).sum(1));
  });
  return at::cat(scores).to(at::kDouble);
}

PairedGain PairedGain::of(const at::Tensor& scores, const at::Tensor& than,
                          const std::vector<std::string>& photographs) {
  const auto gains = (scores - than).contiguous();
  std::map<std::string, std::pair<double, int64_t>> by_photograph;
  for (size_t i = 0; i < photographs.size(); ++i) {
    auto& [sum, count] = by_photograph[photographs[i]];
    sum += gains.const_data_ptr<double>()[i];
    ++count;
  }
  double sum = 0, squares = 0;
  for (const auto& [name, part] : by_photograph) {
    const double mean = part.first / static_cast<double>(part.second);
    sum += mean;
    squares += mean * mean;
  }
  const auto n = static_cast<double>(by_photograph.size());
  const double mean = sum / n;
  const double variance = std::max(0.0, squares / n - mean * mean) * n / std::max(1.0, n - 1);
  return {mean, std::sqrt(variance / n)};
}

}  // namespace afterimage
