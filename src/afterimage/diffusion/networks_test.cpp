#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "afterimage/diffusion/autoencoder.h"
#include "afterimage/diffusion/conditional_unet.h"
#include "afterimage/diffusion/residual_block.h"
#include "afterimage/diffusion/small_decoder.h"
#include "afterimage/diffusion/spatial_transformer.h"
#include "afterimage/diffusion/text_encoder.h"
#include "reference/formula.h"

// The parts of Stable Diffusion against diffusers and transformers (make_diffusion.py), at small
// sizes.
namespace afterimage::diffusion {
namespace {

using reference::error;
using reference::wave;

constexpr int64_t stride = 3;  // of what make_diffusion.py keeps

struct Precise {
  at::ScalarType type;
  double tolerance;
};
const Precise precisions[] = {{at::kDouble, 1e-10}, {at::kFloat, 1e-5}};

UNetSizes small_unet() {
  return {.channels = {32, 64, 64},
          .attention = {true, true, false},
          .heads = 4,
          .condition_width = 24,
          .groups = 8};
}
AutoencoderSizes small_autoencoder() { return {.channels = {32, 64}}; }

at::Tensor leaf(at::IntArrayRef shape, at::ScalarType type, double phase = 0) {
  return wave(shape, phase).to(type).requires_grad_();
}

/// A module with the formula's weights in a type.
template <typename Module, typename... Arguments>
Module filled(at::ScalarType type, Arguments... arguments) {
  Module module(arguments...);
  module.to(type);
  reference::fill(module);
  return module;
}

/// An output, and the gradients of sum(output * wave) for its inputs, as the reference has them.
void expect_parity(const std::string& name, const at::Tensor& output, const Precise& precise,
                   const TensorMap& inputs) {
  const TensorMap expected = reference::read("diffusion/diffusion.safetensors");
  EXPECT_EQ(output.scalar_type(), precise.type) << name;
  EXPECT_LT(error(output, expected.at(name), stride), precise.tolerance) << name;
  (output * wave(output.sizes(), 1).to(precise.type)).sum().backward();
  for (const auto& [key, input] : inputs) {
    EXPECT_LT(error(input.grad(), expected.at(name + "." + key), stride), precise.tolerance)
        << name << " " << key;
  }
}

TEST(ResidualBlock, AgreesWithDiffusers) {
  for (const auto& precise : precisions) {
    const auto block = filled<ResidualBlock>(precise.type, 32, 64, 32, 1e-5, 16);
    const auto x = leaf({2, 32, 6, 4}, precise.type), time = leaf({2, 16}, precise.type, 2);
    expect_parity("residual", block.forward(x, at::silu(time)), precise,
                  {{"x", x}, {"time", time}});
  }
}

TEST(SpatialTransformer, AgreesWithDiffusers) {
  for (const auto& precise : precisions) {
    const auto block = filled<SpatialTransformer>(precise.type, 32, 4, 24, 32);
    const auto x = leaf({2, 32, 6, 4}, precise.type), context = leaf({2, 5, 24}, precise.type, 2);
    expect_parity("transformer", block.forward(x, context), precise,
                  {{"x", x}, {"context", context}});
  }
}

TEST(ConditionalUNet, AgreesWithDiffusers) {
  for (const auto& precise : precisions) {
    const auto unet = filled<ConditionalUNet>(precise.type, small_unet());
    const auto x = leaf({2, 4, 8, 16}, precise.type), context = leaf({2, 5, 24}, precise.type, 2);
    expect_parity("unet", unet.forward(x, at::tensor({741, 1}), context), precise,
                  {{"x", x}, {"context", context}});
  }
}

TEST(Autoencoder, EncoderAgreesWithDiffusers) {
  const double scale = small_autoencoder().scale;
  for (const auto& precise : precisions) {
    const auto autoencoder = filled<Autoencoder>(precise.type, small_autoencoder());
    for (const bool mean : {true, false}) {
      const auto x = leaf({2, 3, 16, 24}, precise.type);
      const auto latents = autoencoder.encode(x * 0.5 + 0.5);  // theirs are in [-1, 1]
      expect_parity(mean ? "encoder.mean" : "encoder.deviation",
                    (mean ? latents.mean : latents.deviation) / scale, precise, {{"x", x}});
    }
  }
}

TEST(Autoencoder, DecodersAgreeWithDiffusers) {
  for (const auto& precise : precisions) {
    const auto autoencoder = filled<Autoencoder>(precise.type, small_autoencoder());
    const auto x = leaf({2, 4, 8, 6}, precise.type);
    expect_parity("decoder", autoencoder.decode(x) * 2 - 1, precise, {{"x", x}});

    const auto small = filled<SmallDecoder>(precise.type, SmallDecoderSizes{.channels = 8});
    const auto y = leaf({2, 4, 4, 6}, precise.type);
    expect_parity("small", small.decode(y) * 2 - 1, precise, {{"x", y}});
  }
}

TEST(Autoencoder, SamplesAroundTheMean) {
  const LatentDistribution latents = {at::full({1, 4, 1, 1}, 2.0), at::full({1, 4, 1, 1}, 0.5)};
  EXPECT_TRUE(
      at::allclose(latents.sample(at::full({1, 4, 1, 1}, -3.0)), at::full({1, 4, 1, 1}, 0.5)));
}

TEST(TextEncoder, AgreesWithTransformers) {
  const TensorMap expected = reference::read("diffusion/diffusion.safetensors");
  const auto tokens = at::tensor({97, 3, 50, 98, 98, 98, 98, 97, 12, 0, 7, 7, 61, 98}).view({2, 7});
  for (const auto& precise : precisions) {
    for (const bool quick : {true, false}) {
      const TextEncoderSizes sizes = {99, 12, 32, 64, 2, 4, quick};
      const auto encoder = filled<TextEncoder>(precise.type, sizes);
      const auto output = encoder.forward(tokens.to(at::kLong), precise.type);
      EXPECT_LT(error(output, expected.at(quick ? "text" : "text.gelu")), precise.tolerance);
    }
  }
}

TEST(TextEncoder, LaterTokensDoNotChangeEarlierOnes) {
  const TextEncoderSizes sizes = {99, 12, 32, 64, 2, 4, true};
  const auto encoder = filled<TextEncoder>(at::kDouble, sizes);
  const auto all = at::arange(12).view({1, 12});
  const auto whole = encoder.forward(all, at::kDouble);
  const auto part = encoder.forward(all.slice(1, 0, 5), at::kDouble);
  EXPECT_LT(error(whole.slice(1, 0, 5), part), 1e-12);
}

/// Weights kept in half precision: what comes out has the input's type, and is near what full
/// precision gives.
TEST(ConditionalUNet, InputDecidesThePrecision) {
  const auto full = filled<ConditionalUNet>(at::kFloat, small_unet());
  auto half = filled<ConditionalUNet>(at::kFloat, small_unet());
  half.to(at::kHalf);
  const at::NoGradGuard no_grad;
  const auto x = wave({1, 4, 8, 8}).to(at::kFloat), context = wave({1, 5, 24}, 2).to(at::kFloat);
  const auto expected = full.forward(x, at::tensor({741}), context);
  const auto stored = half.forward(x, at::tensor({741}), context);
  EXPECT_EQ(stored.scalar_type(), at::kFloat);
  EXPECT_LT(error(stored, expected), 0.02);
  EXPECT_GT(error(stored, expected), 0);
  const auto coarse =
      full.forward(x.to(at::kBFloat16), at::tensor({741}), context.to(at::kBFloat16));
  EXPECT_EQ(coarse.scalar_type(), at::kBFloat16);
  EXPECT_LT(error(coarse, expected), 0.1);
}

/// The published number of parameters of Stable Diffusion 1.x; nothing of them is touched.
TEST(Sizes, AreThoseOfStableDiffusion) {
  const auto count = [](const torch::nn::Module& module) {
    int64_t sum = 0;
    for (const auto& parameter : module.parameters()) sum += parameter.numel();
    return sum;
  };
  EXPECT_EQ(count(ConditionalUNet(UNetSizes{})), 859520964);
  EXPECT_EQ(count(Autoencoder(AutoencoderSizes{})), 34163592 + 49490179 + 92);
  EXPECT_EQ(count(TextEncoder(TextEncoderSizes{})), 123060480);
}

}  // namespace
}  // namespace afterimage::diffusion
