// One training step of IRFA-16 (15 arrays of unequal length, k = 4) at 96 px, batch 8, SqueezeNet's
// features, and its parts, the projection alone among them; the peer is peers/irfa_step.py.
// Threads: OMP_NUM_THREADS.
#include <ATen/ops/randn.h>

#include "afterimage/projections/attention.h"
#include "irfa_sensors.h"
#include "step_setup.h"

namespace afterimage {
namespace {

constexpr StepShape shape{8, 16, 96};
constexpr double learning_rate = 7.8e-4;

/// The projection of configs/irfa-16.toml, and responses of a batch.
struct Front {
  explicit Front(const RunContext& run) {
    const Sensors sensors = irfa_sensors();
    projection.build(sensors, 1, shape.side, run);
    responses = at::randn({shape.batch, sensors.count(), 1}, run.generator("responses"));
  }
  at::Tensor maps() {
    return projection.forward(responses).contiguous(at::MemoryFormat::ChannelsLast);
  }

  AttentionProjection projection;
  at::Tensor responses;
};

void irfa_step(benchmark::State& state, Precision precision, Epoch epoch) {
  StepSetup setup(shape, precision, epoch);
  Front front(setup.run);
  auto learned = front.projection.parameter_groups();
  learned.push_back({setup.unet->parameters()});
  ObjectiveOptions objective;
  objective.detach_maps = false;
  objective.perceptual = 0.69;
  objective.pixel = 0.3;
  AdversarialStep step(learned, setup.discriminator.ptr(), setup.perceptual, objective, {},
                       setup.run);
  for (auto _ : state) {
    setup.maps = front.maps();
    step(setup.batch(), learning_rate);
  }
}

/// Forward and backward. It computes in float32 whatever the precision.
void projection(benchmark::State& state) {
  const RunContext run = benchmark_run();
  Front front(run);
  const auto given =
      at::randn({shape.batch, shape.channels, shape.side, shape.side}, run.generator("gradient"));
  for (auto _ : state) {
    front.maps().backward(given);
    front.projection.zero_grad();
  }
}

BENCHMARK_CAPTURE(irfa_step, fp32, Precision::fp32, Epoch::first)->Apply(configure);
BENCHMARK_CAPTURE(irfa_step, bf16, Precision::bf16, Epoch::first)->Apply(configure);
BENCHMARK_CAPTURE(irfa_step, fp32_later, Precision::fp32, Epoch::later)->Apply(configure);
BENCHMARK_CAPTURE(irfa_step, bf16_later, Precision::bf16, Epoch::later)->Apply(configure);
BENCHMARK(projection)->Apply(configure);
[[maybe_unused]] const bool parts = register_parts(shape);

}  // namespace
}  // namespace afterimage
