#include "afterimage/analysis/neighbours.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace afterimage {
namespace {

/// Floats of a tile of distances: it should stay in the processor's cache.
constexpr int64_t tile_elements = int64_t{1} << 22;

using Candidate = std::pair<float, int64_t>;

/// The k smallest of a row, the row's own place left out, in no order.
void keep_smallest(const float* distance, int64_t n, int64_t self, int64_t k,
                   std::vector<Candidate>& heap) {
  heap.clear();
  for (int64_t j = 0; j < n; ++j) {
    const bool full = static_cast<int64_t>(heap.size()) == k;
    if (j == self || (full && distance[j] >= heap.front().first)) continue;
    if (full) {
      std::pop_heap(heap.begin(), heap.end());
      heap.pop_back();
    }
    heap.emplace_back(distance[j], j);
    std::push_heap(heap.begin(), heap.end());
  }
}

double squared_distance(const double* a, const double* b, int64_t d) {
  double sum = 0;
  for (int64_t i = 0; i < d; ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

}  // namespace

Neighbours nearest_neighbours(const at::Tensor& rows, int64_t k) {
  const int64_t n = rows.size(0), d = rows.size(1);
  TORCH_CHECK(k >= 1 && k < n, "k must be in 1..", n - 1, ", got ", k);
  const auto exact = rows.to(at::kCPU, at::kDouble).contiguous();
  // Around the mean, so that the products keep most digits.
  const auto centred = (exact - exact.mean(0)).to(at::kFloat);
  const auto norm = centred.square().sum(1);
  Neighbours out{at::empty({n, k}, at::kLong), at::empty({n, k}, at::kDouble)};
  auto* index = out.index.mutable_data_ptr<int64_t>();
  auto* distance = out.distance.mutable_data_ptr<double>();
  const auto* x = exact.const_data_ptr<double>();
  const int64_t step = std::max<int64_t>(1, tile_elements / n);
  for (int64_t top = 0; top < n; top += step) {
    const auto tile_rows = centred.slice(0, top, std::min(n, top + step));
    const auto tile = at::addmm(norm.unsqueeze(0), tile_rows, centred.t(), 1, -2);  // - |row|^2
    const auto* values = tile.const_data_ptr<float>();
    at::parallel_for(0, tile_rows.size(0), 8, [&](int64_t begin, int64_t end) {
      std::vector<Candidate> heap;
      std::vector<std::pair<double, int64_t>> kept;
      for (int64_t r = begin; r < end; ++r) {
        const int64_t i = top + r;
        keep_smallest(values + r * n, n, i, k, heap);
        kept.clear();
        for (const auto& [unused, j] : heap) {
          kept.emplace_back(squared_distance(x + i * d, x + j * d, d), j);
        }
        std::sort(kept.begin(), kept.end());
        for (int64_t m = 0; m < k; ++m) {
          distance[i * k + m] = kept[static_cast<size_t>(m)].first;
          index[i * k + m] = kept[static_cast<size_t>(m)].second;
        }
      }
    });
  }
  return out;
}

}  // namespace afterimage
