#include "afterimage/analysis/affinities.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace afterimage {
namespace {

/// Probabilities of one row's neighbours, by bisection of the Gaussian's precision.
void fit_row(const double* distance, int64_t k, double entropy_wanted, float* probability) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  double precision = 1, low = -infinity, high = infinity;
  for (int step = 0; step < 100; ++step) {
    double sum = 0, weighted = 0;
    for (int64_t j = 0; j < k; ++j) {
      const double relative = distance[j] - distance[0];
      const double p = std::exp(-relative * precision);
      probability[j] = static_cast<float>(p);
      sum += p;
      weighted += relative * p;
    }
    for (int64_t j = 0; j < k; ++j) probability[j] /= static_cast<float>(sum);
    const double excess = std::log(sum) + precision * weighted / sum - entropy_wanted;
    if (std::abs(excess) < 1e-5) return;
    (excess > 0 ? low : high) = precision;
    if (excess > 0)
      precision = high == infinity ? precision * 2 : (precision + high) / 2;
    else
      precision = low == -infinity ? precision / 2 : (precision + low) / 2;
  }
}

struct Entry {
  int32_t column;
  float value;
};

/// The rows of a matrix given by rows, or with `transposed` its columns; ascending.
std::vector<std::vector<Entry>> lists(const at::Tensor& index, const std::vector<float>& values,
                                      bool transposed) {
  const int64_t n = index.size(0), k = index.size(1);
  const auto* column = index.const_data_ptr<int64_t>();
  std::vector<std::vector<Entry>> out(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t m = i * k; m < (i + 1) * k; ++m) {
      const int64_t row = transposed ? column[m] : i, other = transposed ? i : column[m];
      out[static_cast<size_t>(row)].push_back(
          {static_cast<int32_t>(other), values[static_cast<size_t>(m)]});
    }
  }
  for (auto& list : out) {
    std::sort(list.begin(), list.end(),
              [](const Entry& a, const Entry& b) { return a.column < b.column; });
  }
  return out;
}

}  // namespace

Affinities affinities(const Neighbours& neighbours, double perplexity) {
  const int64_t n = neighbours.index.size(0), k = neighbours.index.size(1);
  std::vector<float> conditional(static_cast<size_t>(n * k));
  const auto* distance = neighbours.distance.const_data_ptr<double>();
  at::parallel_for(0, n, 64, [&](int64_t first, int64_t last) {
    for (int64_t i = first; i < last; ++i) {
      fit_row(distance + i * k, k, std::log(perplexity), conditional.data() + i * k);
    }
  });
  const auto forward = lists(neighbours.index, conditional, false);
  const auto backward = lists(neighbours.index, conditional, true);
  Affinities out;
  out.begin.push_back(0);
  const float scale = 1 / (2 * static_cast<float>(n));
  for (size_t i = 0; i < static_cast<size_t>(n); ++i) {
    auto a = forward[i].begin(), b = backward[i].begin();
    while (a != forward[i].end() || b != backward[i].end()) {
      const bool take_a =
          b == backward[i].end() || (a != forward[i].end() && a->column <= b->column);
      const bool take_b =
          a == forward[i].end() || (b != backward[i].end() && b->column <= a->column);
      out.column.push_back(take_a ? a->column : b->column);
      out.probability.push_back(((take_a ? a->value : 0) + (take_b ? b->value : 0)) * scale);
      if (take_a) ++a;
      if (take_b) ++b;
    }
    out.begin.push_back(static_cast<int64_t>(out.column.size()));
  }
  return out;
}

}  // namespace afterimage
