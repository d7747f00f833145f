#include "afterimage/fields/prf_grid.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>

#include "afterimage/base/error.h"
#include "afterimage/base/progress.h"

namespace afterimage {
namespace {

const std::vector<double> kPenalties = {1e-3, 1e-2, 0.1, 0.3, 1, 3};
constexpr double kSizes[] = {0.03, 0.06, 0.12, 0.2};

std::vector<GaussianField> candidates(double size) {
  const auto side = std::clamp<int64_t>(std::llround(0.5 / size) + 1, 5, 16);
  std::vector<GaussianField> list;
  for (int64_t row = 0; row < side; ++row) {
    for (int64_t column = 0; column < side; ++column) {
      list.push_back({(static_cast<double>(column) + 0.5) / static_cast<double>(side),
                      (static_cast<double>(row) + 0.5) / static_cast<double>(side), size});
    }
  }
  return list;
}

/// The best error of each sensor and set so far, and where it was found.
struct Best {
  at::Tensor error;  // (set, sensor)
  std::array<std::vector<FieldStart>, kFitSets> start;

  explicit Best(int64_t sensors) : error(at::full({kFitSets, sensors}, INFINITY, at::kDouble)) {
    for (auto& list : start) list.resize(static_cast<size_t>(sensors));
  }

  void consider(const GaussianField& field, const at::Tensor& errors, const at::Tensor& penalty) {
    const auto better = (errors < error).nonzero();
    const auto rows = better.accessor<int64_t, 2>();
    for (int64_t i = 0; i < better.size(0); ++i) {
      const int64_t set = rows[i][0], sensor = rows[i][1];
      const auto chosen = static_cast<size_t>(penalty[set][sensor].item<int64_t>());
      start[static_cast<size_t>(set)][static_cast<size_t>(sensor)] = {field, kPenalties[chosen]};
    }
    error = at::minimum(error, errors);
  }
};

}  // namespace

std::array<std::vector<FieldStart>, kFitSets> search_grid(const std::vector<FeatureMaps>& maps,
                                                          const FieldData& data,
                                                          const RunContext& run) {
  int64_t features = 0, all = 0;
  for (const auto& map : maps) features += map.features();
  for (const double size : kSizes) all += static_cast<int64_t>(candidates(size).size());
  const std::array responses = {data.responses.narrow(0, 0, data.first_half),
                                data.responses.narrow(0, data.first_half, data.rows_of(1))};
  const int64_t chunk =
      std::clamp<int64_t>((int64_t{128} << 20) / (features * data.count() * 4), 2, 64);
  Best best(data.sensors());
  Progress progress(run, "Searching", all, "field");
  for (const double size : kSizes) {
    const auto list = candidates(size);
    const auto count = static_cast<int64_t>(list.size());
    for (int64_t first = 0; first < count; first += chunk) {
      run.stop_if_cancelled("stopped; no recording was written");
      const int64_t n = std::min(chunk, count - first);
      const std::vector<GaussianField> part(list.begin() + first, list.begin() + first + n);
      const std::array pooled = {pooled_features(maps, 0, part), pooled_features(maps, 1, part)};
      std::vector<at::Tensor> errors(part.size()), penalties(part.size());
      at::parallel_for(0, n, 1, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) {
          const auto a = Moments::of(pooled[0][i], responses[0]);
          const auto b = Moments::of(pooled[1][i], responses[1]);
          std::vector<at::Tensor> error, penalty;
          for (const auto& moments : {a, b, a + b}) {
            const auto [lowest, at] = ridge_gcv(moments, kPenalties).min(0);
            error.push_back(lowest);
            penalty.push_back(at);
          }
          errors[static_cast<size_t>(i)] = at::stack(error);
          penalties[static_cast<size_t>(i)] = at::stack(penalty);
        }
      });
      for (size_t i = 0; i < part.size(); ++i) best.consider(part[i], errors[i], penalties[i]);
      progress.advance(n);
    }
  }
  return best.start;
}

}  // namespace afterimage
