// Stable Diffusion 1.x at its full size, with random weights: one guided call of the U-Net for 512
// pixels, the autoencoder's decoder, the text encoder of a caption; and the memory of stage 1
// (MindDiffuser), which is all three: the most the process has held is "peak_GiB", so run it alone
// (--benchmark_filter=stage_1/bf16). Threads: OMP_NUM_THREADS.
#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>
#include <benchmark/benchmark.h>

#include <fstream>

#include "afterimage/base/example_run.h"
#include "afterimage/diffusion/autoencoder.h"
#include "afterimage/diffusion/conditional_unet.h"
#include "afterimage/diffusion/sampler.h"
#include "afterimage/diffusion/text_encoder.h"

namespace afterimage::diffusion {
namespace {

/// Random weights in a type, without a copy in another.
void fill(torch::nn::Module& network, at::ScalarType type) {
  const auto some = at::randn({1 << 20}).mul_(0.02).to(type);
  for (auto& parameter : network.parameters()) {
    const auto value = at::empty(parameter.sizes(), type);
    const auto flat = value.view(-1);
    for (int64_t first = 0; first < flat.numel(); first += some.numel()) {
      const auto part = flat.slice(0, first, first + some.numel());
      part.copy_(some.slice(0, 0, part.numel()));
    }
    parameter.set_data(value);
  }
}

template <typename Network, typename Sizes>
std::shared_ptr<Network> random_network(const Sizes& sizes, at::ScalarType type) {
  auto network = std::make_shared<Network>(sizes);
  fill(*network, type);
  return network;
}

double peak_gib() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    if (word == "VmHWM:") break;
  }
  double kib = 0;
  status >> kib;
  return kib / (1 << 20);
}

Guidance guidance(at::ScalarType type) {
  return {at::randn({1, 77, 768}).to(type), at::randn({1, 77, 768}).to(type), 5};
}

void unet(benchmark::State& state, at::ScalarType type) {
  const RunContext run = example::prepared_run();
  const at::NoGradGuard no_grad;
  const auto network = random_network<ConditionalUNet>(UNetSizes{}, type);
  const auto latents = at::randn({1, 4, 64, 64}).to(type);
  const auto led = guidance(type);
  for (auto _ : state) benchmark::DoNotOptimize(guided_noise(*network, latents, 681, led));
}

void decoder(benchmark::State& state, at::ScalarType type) {
  const RunContext run = example::prepared_run();
  const at::NoGradGuard no_grad;
  const auto network = random_network<Autoencoder>(AutoencoderSizes{}, type);
  const auto latents = at::randn({1, 4, 64, 64}).to(type);
  for (auto _ : state) benchmark::DoNotOptimize(network->decode(latents));
}

void text(benchmark::State& state, at::ScalarType type) {
  const RunContext run = example::prepared_run();
  const at::NoGradGuard no_grad;
  const auto network = random_network<TextEncoder>(TextEncoderSizes{}, type);
  const auto tokens = at::randint(49408, {1, 77}, at::kLong);
  for (auto _ : state) benchmark::DoNotOptimize(network->forward(tokens, type));
}

/// Memory does not depend on the number of steps: one.
void stage_1(benchmark::State& state, at::ScalarType type) {
  const RunContext run = example::prepared_run();
  const at::NoGradGuard no_grad;
  const auto encoder = random_network<TextEncoder>(TextEncoderSizes{}, type);
  const auto network = random_network<ConditionalUNet>(UNetSizes{}, type);
  const auto autoencoder = random_network<Autoencoder>(AutoencoderSizes{}, type);
  const auto tokens = at::randint(49408, {2, 77}, at::kLong);
  for (auto _ : state) {
    const auto both = encoder->forward(tokens, type);
    const Guidance led = {both.slice(0, 0, 1), both.slice(0, 1, 2), 5};
    const auto latents = denoise(run, *network, Ddim(), at::randn({1, 4, 64, 64}).to(type), 1, led);
    benchmark::DoNotOptimize(autoencoder->decode(latents));
  }
  state.counters["peak_GiB"] = peak_gib();
}

void once(benchmark::internal::Benchmark* benchmark) {
  benchmark->Unit(benchmark::kSecond)->Iterations(1)->UseRealTime();
}
BENCHMARK_CAPTURE(unet, fp32, at::kFloat)->Apply(once);
BENCHMARK_CAPTURE(unet, bf16, at::kBFloat16)->Apply(once);
BENCHMARK_CAPTURE(decoder, fp32, at::kFloat)->Apply(once);
BENCHMARK_CAPTURE(decoder, bf16, at::kBFloat16)->Apply(once);
BENCHMARK_CAPTURE(text, fp32, at::kFloat)->Apply(once);
BENCHMARK_CAPTURE(text, bf16, at::kBFloat16)->Apply(once);
BENCHMARK_CAPTURE(stage_1, fp32, at::kFloat)->Apply(once);
BENCHMARK_CAPTURE(stage_1, bf16, at::kBFloat16)->Apply(once);

}  // namespace
}  // namespace afterimage::diffusion
