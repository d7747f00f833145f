// The projection `tuned`, forward and backward with the gradients of fields and tuning: 8 samples,
// 960 sensors of TVSD's areas (448 V1, 256 V4, 256 IT) with the simulator's field sizes at 5
// degrees, 16 features, 96 px. The peer, peers/tuned.py, writes it as two products over whole
// fields. Threads: OMP_NUM_THREADS.
#include "afterimage/projections/tuned.h"
#include "afterimage/base/example_run.h"

#include <ATen/Parallel.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>
#include <benchmark/benchmark.h>

namespace afterimage {
namespace {

constexpr int64_t batch = 8, side = 96;

Sensors make_sensors() {
  struct Area {
    const char* name;
    int64_t count;
    double size;
  };
  Sensors sensors;
  const auto places = at::rand({960, 2});
  for (const Area& area : {Area{"V1", 448, 0.025}, {"V4", 256, 0.076}, {"IT", 256, 0.173}}) {
    for (int64_t i = 0; i < area.count; ++i) {
      const auto s = sensors.count();
      sensors.name.push_back(std::to_string(s));
      sensors.roi.push_back(area.name);
      sensors.array.push_back(s / 64);
      sensors.x.push_back(places[s][0].item<double>());
      sensors.y.push_back(places[s][1].item<double>());
      sensors.size.push_back(area.size);
      sensors.reliability.push_back(1);
    }
  }
  return sensors;
}

void tuned(benchmark::State& state, const char* move) {
  const RunContext run = example::prepared_run();
  TunedProjection projection;
  Options options = projection.options();
  set_option(find_option(options, "move", ""), move, "");
  const Sensors sensors = make_sensors();
  projection.build(sensors, 1, side, run);
  const auto responses = at::randn({batch, sensors.count(), 1});
  const auto given = at::randn({batch, 16, side, side});
  for (auto _ : state) {
    projection.forward(responses).backward(given);
    projection.zero_grad();
  }
}

BENCHMARK_CAPTURE(tuned, free, "free")->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(tuned, frozen, "frozen")->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace afterimage
