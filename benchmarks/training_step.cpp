// One training step at 64 px, batch 8, 15 channels, SqueezeNet's features, in the first epoch and
// in later ones, and its parts; the peer is peers/training_step.py. Threads: OMP_NUM_THREADS.
#include "step_setup.h"

namespace afterimage {
namespace {

constexpr StepShape shape{8, 15, 64};

void training_step(benchmark::State& state, Precision precision, Epoch epoch) {
  StepSetup setup(shape, precision, epoch);
  AdversarialStep step({{setup.unet->parameters()}}, setup.discriminator.ptr(), setup.perceptual,
                       {}, {}, setup.run);
  for (auto _ : state) step(setup.batch(), 2e-4);
}

void unet_forward(benchmark::State& state, Precision precision) {
  StepSetup setup(shape, precision);
  const at::NoGradGuard no_grad;
  setup.unet->eval();
  setup.maps = setup.maps.slice(0, 0, state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(setup.generate());
}

BENCHMARK_CAPTURE(training_step, fp32, Precision::fp32, Epoch::first)->Apply(configure);
BENCHMARK_CAPTURE(training_step, bf16, Precision::bf16, Epoch::first)->Apply(configure);
BENCHMARK_CAPTURE(training_step, fp32_later, Precision::fp32, Epoch::later)->Apply(configure);
BENCHMARK_CAPTURE(training_step, bf16_later, Precision::bf16, Epoch::later)->Apply(configure);
BENCHMARK_CAPTURE(unet_forward, fp32, Precision::fp32)->Arg(1)->Arg(8)->Apply(configure);
BENCHMARK_CAPTURE(unet_forward, bf16, Precision::bf16)->Arg(1)->Arg(8)->Apply(configure);
[[maybe_unused]] const bool parts = register_parts(shape);

}  // namespace
}  // namespace afterimage
