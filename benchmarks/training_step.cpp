// One training step at 64 px, batch 8, 15 channels, SqueezeNet's features, and its parts; the peer
// is peers/training_step.py. Threads: OMP_NUM_THREADS.
#include <ATen/Parallel.h>
#include <ATen/ops/rand.h>
#include <benchmark/benchmark.h>

#include "afterimage/networks/initialise.h"
#include "afterimage/networks/unet.h"
#include "afterimage/training/adversarial_step.h"

namespace afterimage {
namespace {

constexpr int64_t batch = 8, channels = 15, side = 64;

RunContext make_run(Precision precision) {
  RunOptions options;
  options.threads = at::get_num_threads();
  options.precision = precision == Precision::bf16 ? "bf16" : "fp32";
  return RunContext(options);
}

/// All that a step needs, with the weights a training run starts from.
struct Setup {
  explicit Setup(Precision precision) : run(make_run(precision)) {
    initialise_normal(*unet, run.generator("generator"));
    initialise_normal(*discriminator, run.generator("discriminator"));
    const std::string weights =
        std::string(AFTERIMAGE_ASSETS) + "/weights/squeezenet1_0.safetensors";
    perceptual = std::make_shared<PerceptualLoss>(load_feature_network_from("squeezenet", weights),
                                                  ObjectiveOptions());
    maps = at::rand({batch, channels, side, side}, run.generator("maps"));
    targets = at::rand({batch, 3, side, side}, run.generator("targets"));
  }

  at::Tensor generate() {
    const AutocastScope precision(run);
    return unet(maps);
  }
  at::Tensor judge() {
    const AutocastScope precision(run);
    return discriminator(maps, targets);
  }

  RunContext run;
  UNet unet{channels, UNetOptions()};
  PatchGan discriminator{channels + 3};
  std::shared_ptr<PerceptualLoss> perceptual;
  at::Tensor maps, targets;
};

void training_step(benchmark::State& state, Precision precision) {
  Setup setup(precision);
  AdversarialStep step({{setup.unet->parameters()}}, setup.discriminator, setup.perceptual, {}, {},
                       setup.run);
  for (auto _ : state) step({setup.maps, setup.generate(), setup.targets, {}}, 2e-4);
}

void unet_forward(benchmark::State& state, Precision precision) {
  Setup setup(precision);
  const at::NoGradGuard no_grad;
  setup.unet->eval();
  setup.maps = setup.maps.slice(0, 0, state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(setup.generate());
}

void unet_backward(benchmark::State& state, Precision precision) {
  Setup setup(precision);
  for (auto _ : state) {
    setup.generate().sum().backward();
    setup.unet->zero_grad();
  }
}

void patchgan_backward(benchmark::State& state, Precision precision) {
  Setup setup(precision);
  for (auto _ : state) {
    adversarial_loss(setup.judge(), 1).backward();
    setup.discriminator->zero_grad();
  }
}

void perceptual_backward(benchmark::State& state, Precision precision) {
  Setup setup(precision);
  const auto image = at::rand({batch, 3, side, side}).requires_grad_();
  for (auto _ : state) {
    const AutocastScope scope(setup.run);
    (*setup.perceptual)(image, setup.perceptual->target_features(setup.targets)).backward();
    image.mutable_grad().reset();
  }
}

void adam(benchmark::State& state) {
  Setup setup(Precision::fp32);
  Adam optimiser(setup.unet->parameters(), {});
  std::vector<at::Tensor> gradients;
  for (const auto& parameter : optimiser.parameters())
    gradients.push_back(at::ones_like(parameter));
  for (auto _ : state) {
    for (size_t i = 0; i < gradients.size(); ++i) {
      optimiser.parameters()[i].mutable_grad() = gradients[i];
    }
    optimiser.step(1e-9);
  }
}

void configure(benchmark::internal::Benchmark* benchmark) {
  benchmark->Unit(benchmark::kMillisecond)
      ->MeasureProcessCPUTime()
      ->UseRealTime()
      ->MinWarmUpTime(0.5);
}

BENCHMARK_CAPTURE(training_step, fp32, Precision::fp32)->Apply(configure);
BENCHMARK_CAPTURE(training_step, bf16, Precision::bf16)->Apply(configure);
BENCHMARK_CAPTURE(unet_forward, fp32, Precision::fp32)->Arg(1)->Arg(8)->Apply(configure);
BENCHMARK_CAPTURE(unet_forward, bf16, Precision::bf16)->Arg(1)->Arg(8)->Apply(configure);
BENCHMARK_CAPTURE(unet_backward, fp32, Precision::fp32)->Apply(configure);
BENCHMARK_CAPTURE(unet_backward, bf16, Precision::bf16)->Apply(configure);
BENCHMARK_CAPTURE(patchgan_backward, fp32, Precision::fp32)->Apply(configure);
BENCHMARK_CAPTURE(patchgan_backward, bf16, Precision::bf16)->Apply(configure);
BENCHMARK_CAPTURE(perceptual_backward, fp32, Precision::fp32)->Apply(configure);
BENCHMARK_CAPTURE(perceptual_backward, bf16, Precision::bf16)->Apply(configure);
BENCHMARK(adam)->Apply(configure);

}  // namespace
}  // namespace afterimage
