#include "afterimage/fields/gabor_search.h"

#include <ATen/ATen.h>

#include <cmath>
#include <numbers>

#include "afterimage/base/progress.h"

namespace afterimage {
namespace {

constexpr double kSizes[] = {0.02, 0.03, 0.045, 0.07, 0.1, 0.15, 0.22};
constexpr double kWavelengths[] = {1.8, 2.6, 3.8};  // sizes
constexpr int64_t kOrientations = 6;
constexpr double kPenalty = 1e-3;  // keeps features that are nearly equal apart

/// Sums over rows for many places at once. P places, F features, S sensors.
struct Sums {
  double count;
  at::Tensor x, xx, xy;  // (P, F), (P, F, F), (P, F, S)
  at::Tensor y, yy;      // (S)

  /// `features` (F, rows, P), `responses` (rows, S).
  Sums(const at::Tensor& features, const at::Tensor& responses)
      : count(static_cast<double>(responses.size(0))) {
    const auto by_place = features.permute({2, 0, 1}).contiguous();  // (P, F, rows)
    x = by_place.sum(2);
    xx = at::bmm(by_place, by_place.transpose(1, 2));
    xy = at::matmul(by_place, responses);
    y = responses.sum(0);
    yy = responses.square().sum(0);
  }
  Sums(const Sums& a, const Sums& b)
      : count(a.count + b.count),
        x(a.x + b.x),
        xx(a.xx + b.xx),
        xy(a.xy + b.xy),
        y(a.y + b.y),
        yy(a.yy + b.yy) {}

  /// The part of each response's variance that the features of each place explain: (P, S).
  at::Tensor explained() const {
    auto gram = xx - x.unsqueeze(2) * x.unsqueeze(1) / count;
    const auto cross = xy - x.unsqueeze(2) * y / count;
    const auto scale = gram.diagonal(0, 1, 2).clamp_min(1e-8).sqrt();  // (P, F)
    gram = gram / (scale.unsqueeze(2) * scale.unsqueeze(1));
    gram.diagonal(0, 1, 2).add_(kPenalty);
    const auto c = cross / scale.unsqueeze(2);
    const auto fitted = (c * at::cholesky_solve(c, at::linalg_cholesky(gram))).sum(1);
    return fitted / (yy - y.square() / count).clamp_min(1e-8);
  }
};

struct Best {
  at::Tensor explained;  // (set, S)
  std::array<std::vector<Gabor>, kFitSets> gabor;

  explicit Best(int64_t sensors) : explained(at::zeros({kFitSets, sensors})) {
    for (auto& list : gabor) list.resize(static_cast<size_t>(sensors));
  }

  /// Places run row by row over a grid of `across` columns, `pitch` apart from `first`.
  void consider(size_t set, const at::Tensor& found, Gabor at, int64_t across, double first,
                double pitch) {
    const auto [most, place] = found.max(0);  // (S)
    auto best = explained[static_cast<int64_t>(set)];
    const auto better = (most > best).nonzero().squeeze(1);
    for (int64_t i = 0; i < better.numel(); ++i) {
      const int64_t sensor = better[i].item<int64_t>(), p = place[sensor].item<int64_t>();
      at.x = first + pitch * static_cast<double>(p % across);
      at.y = first + pitch * static_cast<double>(p / across);
      gabor[set][static_cast<size_t>(sensor)] = at;
    }
    best.copy_(at::maximum(best, most));
  }
};

}  // namespace

std::array<std::vector<Gabor>, kFitSets> search_gabors(const LuminancePyramid& pyramid,
                                                       const FieldData& data,
                                                       const RunContext& run) {
  const std::array responses = {data.responses.narrow(0, 0, data.first_half),
                                data.responses.narrow(0, data.first_half, data.rows_of(1))};
  Best best(data.sensors());
  Progress progress(run, "Searching Gabors", std::ssize(kSizes) * std::ssize(kWavelengths), "kind");
  for (const double size : kSizes) {
    for (const double ratio : kWavelengths) {
      run.stop_if_cancelled("stopped; no recording was written");
      progress.advance();
      if (size < pyramid.smallest()) continue;
      const double pixels = pyramid.pixels(size);
      const auto side = static_cast<double>(pyramid.side(size));
      const auto reach = static_cast<int64_t>(std::ceil(3 * pixels));
      const auto stride = std::max<int64_t>(1, std::lround(pixels));
      const auto axis = at::arange(-reach, reach + 1, at::kDouble) / side;
      for (int64_t k = 0; k < kOrientations; ++k) {
        Gabor gabor{0, 0, size, std::numbers::pi * static_cast<double>(k) / kOrientations,
                    ratio * size};
        const auto kernels = gabor_kernels(gabor, axis, axis).unsqueeze(1);  // (3, 1, y, x)
        std::vector<Sums> sums;
        int64_t across = 0;
        for (int half = 0; half < 2; ++half) {
          const auto outputs = at::conv2d(pyramid.images(size, half), kernels, {}, stride, reach);
          across = outputs.size(3);
          const auto features = gabor_features(outputs.transpose(0, 1).flatten(2));
          sums.emplace_back(features - features.mean(1, true),
                            responses[static_cast<size_t>(half)]);
        }
        sums.emplace_back(sums[0], sums[1]);
        for (size_t set = 0; set < kFitSets; ++set) {
          best.consider(set, sums[set].explained(), gabor, across, 0.5 / side,
                        static_cast<double>(stride) / side);
        }
      }
    }
  }
  return best.gabor;
}

}  // namespace afterimage
