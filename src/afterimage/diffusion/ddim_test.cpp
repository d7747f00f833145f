#include "afterimage/diffusion/ddim.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "afterimage/base/error.h"
#include "afterimage/base/example_run.h"
#include "afterimage/diffusion/conditional_unet.h"
#include "afterimage/diffusion/sampler.h"
#include "reference/formula.h"

namespace afterimage::diffusion {
namespace {

using reference::error;
using reference::wave;

TEST(Ddim, TablesAreExactlyThoseOfDiffusers) {
  const TensorMap expected = reference::read("diffusion/diffusion.safetensors");
  const auto signal = expected.at("ddim.signal");
  const Ddim stable;
  ASSERT_EQ(signal.numel(), 1000);
  for (int64_t t = 0; t < 1000; ++t) EXPECT_EQ(stable.signal(t), signal[t].item<float>()) << t;
  for (const bool song : {false, true}) {
    const Ddim ddim({.offset = song ? 0 : 1, .end_at_one = song});
    const auto times = expected.at(song ? "ddim.song.times" : "ddim.sd.times");
    for (int64_t i = 0; i < 50; ++i) EXPECT_EQ(ddim.time(i), times[i].item<int64_t>());
    EXPECT_EQ(ddim.signal_before(0), song ? 1.0f : signal[0].item<float>());
  }
  // MindDiffuser's: noised to t = 741, denoised from t = 681.
  EXPECT_EQ(stable.time(37), 741);
  EXPECT_EQ(stable.time(34), 681);
  EXPECT_NEAR(stable.signal(741), 0.0603556, 1e-7);
  EXPECT_NEAR(stable.signal(681), 0.0946369, 1e-7);
}

TEST(Ddim, StepsAreThoseOfDiffusers) {
  const TensorMap expected = reference::read("diffusion/diffusion.safetensors");
  for (const auto& [type, tolerance] : {std::pair(at::kDouble, 1e-10), {at::kFloat, 1e-5}}) {
    const auto x = wave({2, 4, 3, 5}).to(type), noise = wave({2, 4, 3, 5}, 1).to(type);
    const auto predicted = wave({2, 4, 3, 5}, 2).to(type);
    for (const bool song : {false, true}) {
      const Ddim ddim({.eta = song ? 0.6 : 0.0, .offset = song ? 0 : 1, .end_at_one = song});
      const std::string key = song ? "ddim.song." : "ddim.sd.";
      EXPECT_LT(error(ddim.noised(x, noise, 37), expected.at(key + "noised")), tolerance);
      for (const int64_t step : {37, 20, 0}) {
        const auto next = ddim.denoised(x, predicted, step, song ? noise : at::Tensor());
        EXPECT_LT(error(next, expected.at(key + "step." + std::to_string(step))), tolerance)
            << key << step;
      }
    }
  }
}

TEST(Ddim, RefusesMoreStepsThanWereTrained) {
  EXPECT_THROW(Ddim({.steps = 1000}), Error);  // with offset 1 the last would be 1000
  EXPECT_NO_THROW(Ddim({.steps = 1000, .offset = 0}));
  EXPECT_THROW(Ddim({.steps = 60, .trained_steps = 50}), Error);
}

ConditionalUNet small_unet() {
  ConditionalUNet unet(
      {.channels = {32, 32}, .attention = {true, false}, .heads = 4, .condition_width = 8});
  unet.to(at::kDouble);
  reference::fill(unet);
  return unet;
}

TEST(Guidance, IsTheLineThroughBothPredictions) {
  const auto unet = small_unet();
  const auto x = wave({2, 4, 4, 4});
  const Guidance guidance = {wave({2, 3, 8}, 1), wave({1, 3, 8}, 2), 5};
  const auto time = at::full({2}, 681, at::kLong);
  const auto with = unet.forward(x, time, guidance.condition);
  const auto without = unet.forward(x, time, guidance.unconditional.expand({2, 3, 8}));
  EXPECT_LT(error(guided_noise(unet, x, 681, guidance), 5 * with - 4 * without), 1e-12);
  Guidance alone = guidance;
  alone.strength = 1;
  EXPECT_LT(error(guided_noise(unet, x, 681, alone), with), 1e-12);
}

TEST(Denoise, WalksFromTheStepGivenToTheLast) {
  const auto unet = small_unet();
  const Ddim ddim({.steps = 5});
  const auto start = wave({1, 4, 4, 4});
  const Guidance guidance = {wave({1, 3, 8}, 1), wave({1, 3, 8}, 2), 3};
  at::Tensor expected = start;
  for (const int64_t time : {401, 201, 1}) {
    expected = ddim.denoised(expected, guided_noise(unet, expected, time, guidance), time / 200);
  }
  EXPECT_LT(error(denoise(example::prepared_run(), unet, ddim, start, 3, guidance), expected),
            1e-12);
  EXPECT_TRUE(at::equal(denoise(example::prepared_run(), unet, ddim, start, 0, guidance), start));
}

}  // namespace
}  // namespace afterimage::diffusion
