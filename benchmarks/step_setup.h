#pragma once

#include <ATen/Parallel.h>
#include <ATen/ops/rand.h>
#include <benchmark/benchmark.h>

#include "afterimage/base/example_run.h"
#include "afterimage/networks/initialise.h"
#include "afterimage/networks/layout.h"
#include "afterimage/networks/unet.h"
#include "afterimage/training/adversarial_step.h"
#include "afterimage/training/feature_cache.h"

// What the benchmarks of whole training steps share: the networks, and the parts of a step.
namespace afterimage {

struct StepShape {
  int64_t batch, channels, side;
};

inline RunContext benchmark_run(Precision precision = Precision::fp32) {
  RunOptions options;
  options.precision = precision == Precision::bf16 ? "bf16" : "fp32";
  return example::prepared_run(options);
}

/// Which pass over the samples is timed: in the first, target features are computed, in later ones
/// they are there (training.feature_cache_mb).
enum class Epoch { first, later };

/// All that a step needs, with the weights and the layout a training run starts from.
struct StepSetup {
  StepSetup(const StepShape& shape, Precision precision, Epoch epoch = Epoch::later)
      : run(benchmark_run(precision)),
        unet(shape.channels, UNetOptions()),
        discriminator(shape.channels + 3) {
    initialise_normal(*unet, run.generator("generator"));
    initialise_normal(*discriminator, run.generator("discriminator"));
    lay_channels_last(*unet);
    lay_channels_last(*discriminator);
    const std::string weights =
        std::string(AFTERIMAGE_ASSETS) + "/weights/squeezenet1_0.safetensors";
    perceptual = std::make_shared<PerceptualLoss>(load_feature_network_from("squeezenet", weights),
                                                  ObjectiveOptions());
    const int64_t limit = epoch == Epoch::first ? 0 : int64_t{512} << 20;
    features = std::make_unique<FeatureCache>(*perceptual, limit, run);
    for (int64_t row = 0; row < shape.batch; ++row) rows.push_back(row);
    maps = images(shape.channels, shape, "maps");
    targets = images(3, shape, "targets");
  }

  at::Tensor images(int64_t channels, const StepShape& shape, const char* purpose) {
    return at::rand({shape.batch, channels, shape.side, shape.side}, run.generator(purpose))
        .contiguous(at::MemoryFormat::ChannelsLast);
  }
  at::Tensor generate() {
    const AutocastScope precision(run);
    return unet(maps);
  }
  /// A batch as training makes it.
  AdversarialStep::Batch batch() {
    return {maps, generate(), targets, features->features(rows, targets), {}};
  }
  at::Tensor judge() {
    const AutocastScope precision(run);
    return discriminator(maps, targets);
  }

  RunContext run;
  UNet unet;
  PatchGan discriminator;
  std::shared_ptr<PerceptualLoss> perceptual;
  std::unique_ptr<FeatureCache> features;
  std::vector<int64_t> rows;  // the samples of the batch
  at::Tensor maps, targets;
};

inline void unet_backward(benchmark::State& state, StepShape shape, Precision precision) {
  StepSetup setup(shape, precision);
  for (auto _ : state) {
    setup.generate().sum().backward();
    setup.unet->zero_grad();
  }
}

inline void patchgan_backward(benchmark::State& state, StepShape shape, Precision precision) {
  StepSetup setup(shape, precision);
  for (auto _ : state) {
    adversarial_loss(setup.judge(), 1).backward();
    setup.discriminator->zero_grad();
  }
}

inline void perceptual_backward(benchmark::State& state, StepShape shape, Precision precision) {
  StepSetup setup(shape, precision);
  const auto image = setup.images(3, shape, "reconstructions").requires_grad_();
  for (auto _ : state) {
    const AutocastScope scope(setup.run);
    (*setup.perceptual)(image, setup.perceptual->target_features(setup.targets)).backward();
    image.mutable_grad().reset();
  }
}

inline void adam(benchmark::State& state, StepShape shape) {
  StepSetup setup(shape, Precision::fp32);
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

inline void configure(benchmark::internal::Benchmark* benchmark) {
  benchmark->Unit(benchmark::kMillisecond)
      ->MeasureProcessCPUTime()
      ->UseRealTime()
      ->MinWarmUpTime(1)
      ->MinTime(3);
}

/// The parts of a step as benchmarks of their own: "unet_backward/bf16".
inline bool register_parts(const StepShape& shape) {
  const auto add = [&](const std::string& name, auto part, auto... arguments) {
    configure(benchmark::RegisterBenchmark(name.c_str(), part, shape, arguments...));
  };
  for (const auto& [name, precision] :
       {std::pair{"/fp32", Precision::fp32}, std::pair{"/bf16", Precision::bf16}}) {
    add(std::string("unet_backward") + name, unet_backward, precision);
    add(std::string("patchgan_backward") + name, patchgan_backward, precision);
    add(std::string("perceptual_backward") + name, perceptual_backward, precision);
  }
  add("adam/fp32", adam);
  return true;
}

}  // namespace afterimage
