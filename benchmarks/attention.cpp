// IRFA's attention, forward and backward: 8 samples, 15 arrays, 64 x 64 maps, k = 4, as many
// features as the case says; the peer is peers/attention.py. Threads: OMP_NUM_THREADS.
#include "afterimage/projections/attention.h"
#include "afterimage/base/example_run.h"

#include <ATen/Parallel.h>
#include <ATen/ops/randn.h>
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include "irfa_sensors.h"

namespace afterimage {
namespace {

constexpr int64_t batch = 8, side = 64;

double peak_mib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

void attention(benchmark::State& state) {
  const RunContext run = example::prepared_run();
  AttentionProjection projection;
  Options options = projection.options();
  set_option(find_option(options, "features", ""), std::to_string(state.range(0)), "");
  const Sensors sensors = irfa_sensors();
  projection.build(sensors, 1, side, run);
  const auto responses = at::randn({batch, sensors.count(), 1}, run.generator("responses"));
  const auto given = at::randn({batch, state.range(0), side, side}, run.generator("gradient"));
  static const double before = peak_mib();  // of the first run, before anything was computed
  for (auto _ : state) {
    projection.forward(responses).backward(given);
    projection.zero_grad();
  }
  state.counters["peak_MiB"] = peak_mib() - before;
}

BENCHMARK(attention)->Arg(64)->Arg(16)->Arg(4)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace afterimage
