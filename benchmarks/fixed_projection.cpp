// The fixed projection: batch 8, 5 bins, 3,000 sensors, 96 px, one channel per area and bin (three
// areas); each response at the pixel of its centre. The peer is peers/fixed_projection.py. Threads:
// OMP_NUM_THREADS.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <benchmark/benchmark.h>

#include "afterimage/base/example_run.h"
#include "afterimage/projections/fixed.h"

namespace afterimage {
namespace {

constexpr int64_t batch = 8, bins = 5, count = 3000, side = 96;

void forward(benchmark::State& state, const std::string& spread) {
  const RunContext run = example::prepared_run();
  auto generator = run.generator("sensors");
  const auto place = at::rand({2, count}, generator, at::kDouble);
  Sensors sensors;
  for (int64_t s = 0; s < count; ++s) {
    sensors.name.push_back("s" + std::to_string(s));
    sensors.roi.push_back("V" + std::to_string(1 + s % 3));
    sensors.x.push_back(place[0][s].item<double>());
    sensors.y.push_back(place[1][s].item<double>());
  }
  sensors.array.assign(count, -1);
  sensors.size.assign(count, 0.02);
  sensors.reliability.assign(count, 1);
  FixedProjection projection;
  Options options = projection.options();
  set_option(find_option(options, "spread", "benchmark"), spread, "benchmark");
  projection.build(sensors, bins, side, run);
  const auto responses = at::randn({batch, count, bins}, generator);
  for (auto _ : state) benchmark::DoNotOptimize(projection.forward(responses));
}

BENCHMARK_CAPTURE(forward, pixel, "0")
    ->Name("fixed_projection/pixel")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(forward, gaussian, "1")
    ->Name("fixed_projection/gaussian")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
}  // namespace afterimage
