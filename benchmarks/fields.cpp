// Receptive fields (prf): 1,000 sensors, 2,000 images of 64 px. The responses are those of fields
// on luminance with noise; the time does not depend on it. Threads: OMP_NUM_THREADS.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>

#include "afterimage/base/example_run.h"
#include "afterimage/fields/gaussian.h"
#include "afterimage/fields/prf.h"
#include "afterimage/fields/reverse_correlation.h"

namespace afterimage {
namespace {

constexpr int64_t stimuli = 2000, sensors = 1000, side = 64;

RunContext make_run() {
  RunOptions options;
  options.weights = AFTERIMAGE_ASSETS "/weights";
  return example::prepared_run(options);
}

/// Fields of all sizes from .02 to .2, as in a recording of several areas.
FieldData make_data(const RunContext& run) {
  auto generator = run.generator("data");
  const auto coarse = at::rand({stimuli, 3, 16, 16}, generator);
  const auto images = at::upsample_bilinear2d(coarse, {side, side}, false);
  const auto light = images.mean(1);
  const auto place = at::rand({sensors, 2}, generator, at::kDouble);
  std::vector<at::Tensor> responses;
  for (int64_t s = 0; s < sensors; ++s) {
    const double size = 0.02 * std::pow(10.0, static_cast<double>(s) / sensors);
    const GaussianAxis x(even_cells(side), place[s][0].item<double>(), size);
    const GaussianAxis y(even_cells(side), place[s][1].item<double>(), size);
    const auto weights = at::outer(y.value, x.value).to(at::kFloat);
    const auto drive = light.flatten(1).mv(weights.flatten());
    responses.push_back((drive - drive.mean()) / drive.std() + at::randn({stimuli}, generator));
  }
  const auto all = at::stack(responses, 1);
  return {(images * 255).to(at::kByte),
          {},
          (all - all.mean(0)) / all.std(0, false),
          at::ones({sensors}, at::kBool),
          stimuli / 2};
}

template <typename Method>
void fields(benchmark::State& state) {
  const RunContext run = make_run();
  const auto data = make_data(run);
  const std::vector<std::string> rois(sensors, "V1");
  for (auto _ : state) {
    Method method;
    benchmark::DoNotOptimize(method.estimate(data, rois, run));
  }
}

BENCHMARK_TEMPLATE(fields, PrfMethod)
    ->Name("fields/prf")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Iterations(1);
BENCHMARK_TEMPLATE(fields, ReverseCorrelation)
    ->Name("fields/reverse-correlation")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->Iterations(1);

}  // namespace
}  // namespace afterimage
