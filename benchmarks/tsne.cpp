// t-SNE of `rows` x 64, 1000 iterations; the peer is peers/tsne.py on the same rows.
// AFTERIMAGE_TSNE_ROWS sets their number. Threads: OMP_NUM_THREADS.
#include "afterimage/analysis/tsne.h"

#include <ATen/ATen.h>
#include <benchmark/benchmark.h>

#include <cstdlib>

namespace afterimage {
namespace {

/// As in peers/tsne.py: 50 clusters on a formula.
at::Tensor make_rows(int64_t n) {
  const auto wave = [](int64_t count, int64_t columns, double phase) {
    return at::sin(at::arange(count * columns, at::kDouble) * 12.9898 + phase)
        .view({count, columns});
  };
  const auto noise = at::sin(at::arange(n * 64, at::kDouble).square() * 0.7318).view({n, 64});
  const auto centre = wave(50, 64, 1).index_select(0, at::arange(n, at::kLong).remainder(50));
  return (centre + 0.8 * noise).to(at::kFloat);
}

void tsne_of_rows(benchmark::State& state) {
  const char* text = std::getenv("AFTERIMAGE_TSNE_ROWS");
  const auto rows = make_rows(text ? std::atoll(text) : 10000);
  Tsne found;
  for (auto _ : state) found = tsne(rows, {}, RunContext());
  state.counters["divergence"] = found.divergence;
}

BENCHMARK(tsne_of_rows)->Name("tsne")->Unit(benchmark::kSecond)->UseRealTime()->Iterations(1);

}  // namespace
}  // namespace afterimage
