// Ridge regression with the decoder's 16 penalties: five folds with one penalty for all targets
// (weights included), five folds with one for each, leaving out each row with one for each. Size:
// AFTERIMAGE_RIDGE, "rows predictors targets". With AFTERIMAGE_RIDGE_STREAM set the weights are
// made block by block and dropped, as for more targets than memory holds. Threads: OMP_NUM_THREADS.
#include "afterimage/regression/ridge_regression.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <sstream>

namespace afterimage {
namespace {

const std::vector<double> lambdas = {0.1, 0.3, 1,   3,   10,  30,  100, 300,
                                     1e3, 3e3, 1e4, 3e4, 1e5, 3e5, 1e6, 1e7};

struct Size {
  int64_t rows = 1500, predictors = 1000, targets = 512;
};

Size size_asked() {
  Size size;
  if (const char* text = std::getenv("AFTERIMAGE_RIDGE")) {
    std::istringstream(text) >> size.rows >> size.predictors >> size.targets;
  }
  return size;
}

/// Responses with common components, as sensors have, and targets that follow from them with noise
/// of three times the signal. Targets are made when read: 200,000 of them need no memory.
RegressionData data_of(const Size& size) {
  constexpr int64_t common = 64;
  const auto shared = at::randn({size.rows, common});
  const auto x = at::mm(shared, at::randn({common, size.predictors}) / 8) +
                 at::randn({size.rows, size.predictors});
  const auto weight = at::randn({common, size.targets}) / 8;
  RegressionData data = regression_data(x, weight);  // y is replaced
  data.rows = size.rows;
  data.targets = size.targets;
  data.y = [=](const RegressionData::Rows& rows, int64_t first, int64_t last) {
    const auto some = shared.index_select(0, at::tensor(rows));
    auto y = at::mm(some, weight.narrow(1, first, last - first));
    // Noise that depends on row and target alone.
    const auto noise = at::arange(first, last, at::kFloat).unsqueeze(0) * 12.9898F +
                       at::tensor(rows).to(at::kFloat).unsqueeze(1) * 78.233F;
    return y.add_(noise.sin().mul(43758.5F).frac(), 5.2);
  };
  return data;
}

void ridge(benchmark::State& state, Validation validation, bool per_target) {
  RunOptions options;
  options.threads = at::get_num_threads();
  const RunContext run(options);
  const auto size = size_asked();
  const auto data = data_of(size);
  RidgeSettings settings;
  settings.lambdas = lambdas;
  settings.validation = validation;
  settings.per_target = per_target;
  if (validation == Validation::folds) {
    for (int64_t i = 0; i < size.rows; ++i) settings.group.push_back(i % 5);
  }
  for (auto _ : state) {
    if (std::getenv("AFTERIMAGE_RIDGE_STREAM") == nullptr) {
      fit_ridge(data, settings, run);
      continue;
    }
    RidgeRegression regression(data, settings, run);
    regression.weights(regression.best(regression.errors()),
                       [](int64_t, int64_t, const at::Tensor&) {});
  }
}

BENCHMARK_CAPTURE(ridge, folds, Validation::folds, false)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Iterations(1);
BENCHMARK_CAPTURE(ridge, folds_per_target, Validation::folds, true)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Iterations(1);
BENCHMARK_CAPTURE(ridge, leave_out, Validation::leave_out, true)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Iterations(1);

}  // namespace
}  // namespace afterimage
