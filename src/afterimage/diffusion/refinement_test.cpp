#include "afterimage/diffusion/refinement.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "afterimage/base/example_run.h"
#include "afterimage/diffusion/autoencoder.h"
#include "afterimage/diffusion/conditional_unet.h"
#include "afterimage/networks/vision_transformer.h"
#include "reference/formula.h"

// Against transformers and diffusers at small sizes (make_refinement.py).
namespace afterimage::diffusion {
namespace {

using reference::error;
using reference::wave;

const UNetSizes unet_sizes{.channels = {32, 64, 64},
                           .attention = {true, true, false},
                           .heads = 4,
                           .condition_width = 24,
                           .groups = 8};
const AutoencoderSizes autoencoder_sizes{.channels = {32, 64}};
const std::vector<std::string> layers = {"transformer.resblocks.0.mlp.c_proj",
                                         "transformer.resblocks.2.mlp.c_proj", "embedding"};

/// The stack of the reference in one type.
class Stack {
 public:
  explicit Stack(at::ScalarType type) : type_(type), unet_(unet_sizes), vae_(autoencoder_sizes) {
    for (torch::nn::Module* module :
         {static_cast<torch::nn::Module*>(&unet_), static_cast<torch::nn::Module*>(&vae_)}) {
      module->to(type);
      reference::fill(*module);
    }
    TensorMap weights;
    for (const auto& [name, value] : expected_) {
      if (name.starts_with("clip.")) weights[name.substr(5)] = value;
    }
    clip_ = make_clip_vision(network_entry("clip-b32"), {24, 8, 8, 3, 2, 6}, {weights, "", ""});
    clip_->to(type);
  }

  Refinement refinement(const RefinementOptions& options) const {
    const std::vector<RefinementTarget> targets = {
        {wave({80}, 4).to(type_), {}, 80, 1.5},
        {(wave({20}, 5) * 3).to(type_), at::arange(20) * 4, 80, 1.0}};
    const auto features = [this](const at::Tensor& images) {
      auto found = clip_->forward(images, layers);
      for (auto& values : found) values = values.flatten();
      return found;
    };
    return {way_, features, targets, wave({6}, 6).to(type_), options};
  }
  at::Tensor z() const { return wave({1, 4, 8, 8}).to(type_); }
  at::Tensor noise() const { return wave({1, 4, 8, 8}, 2).to(type_); }
  at::Tensor c() const { return wave({1, 5, 24}, 1).to(type_); }
  const Generation& way() const { return way_; }
  const at::Tensor& expected(const std::string& name) const { return expected_.at(name); }

 private:
  at::ScalarType type_;
  TensorMap expected_ = reference::read("diffusion/refinement.safetensors");
  ConditionalUNet unet_;
  Autoencoder vae_;
  std::shared_ptr<FeatureNetwork> clip_;
  Ddim ddim_{{.steps = 10}};
  Generation way_{unet_,
                  [this](const at::Tensor& latents) { return vae_.decode(latents); },
                  ddim_,
                  {.denoised_steps = 3, .noised_to = 4, .guidance = 5},
                  wave({1, 5, 24}, 3).to(type_),
                  type_};
};

TEST(Refinement, LossAndGradientsAgreeWithDiffusersAndTransformers) {
  const auto run = example::prepared_run();
  // In float32 diffusers is 3e-3 away from itself in float64 on this stack, whose weights enlarge
  // differences at every step.
  for (const auto& [type, tolerance] : {std::pair{at::kDouble, 1e-10}, {at::kFloat, 5e-3}}) {
    const Stack stack(type);
    const auto found =
        stack.refinement({.lambda = 0.25}).gradient(stack.z(), stack.c(), stack.noise(), run);
    EXPECT_LT(error(at::tensor({found.loss}, at::kDouble), stack.expected("loss")), tolerance);
    EXPECT_LT(error(found.image, stack.expected("image")), tolerance) << type;
    EXPECT_LT(error(found.z, stack.expected("z")), tolerance) << type;
    EXPECT_LT(error(found.c, stack.expected("c")), tolerance) << type;
    const auto image =
        stack.way().image(stack.way().latent(stack.z(), stack.c(), stack.noise(), run));
    EXPECT_TRUE(at::equal(image, found.image));
  }
}

double mean_of(const std::vector<double>& losses, size_t first, size_t last) {
  return std::accumulate(losses.begin() + first, losses.begin() + last, 0.0) /
         static_cast<double>(last - first);
}

TEST(Refinement, LowersTheLossOnAverage) {
  const auto run = example::prepared_run();
  const Stack stack(at::kFloat);
  const auto still = [&](at::IntArrayRef) { return stack.noise(); };
  for (const std::string variables : {"both", "z", "c"}) {
    const auto refinement =
        stack.refinement({.iterations = 12, .learning_rate = 0.003, .variables = variables});
    const auto losses = refinement.refine(stack.z(), stack.c(), still, run).losses;
    ASSERT_EQ(losses.size(), 12u);
    EXPECT_LT(mean_of(losses, 8, 12), mean_of(losses, 4, 8)) << variables;
    EXPECT_LT(mean_of(losses, 4, 8), mean_of(losses, 0, 4)) << variables;
  }
  // The first iteration is that of the start.
  const auto one = stack.refinement({.iterations = 1}).refine(stack.z(), stack.c(), still, run);
  EXPECT_TRUE(at::equal(
      one.image, stack.refinement({}).gradient(stack.z(), stack.c(), stack.noise(), run).image));
}

TEST(Refinement, KeepsTheBestImageOrTheLastAndStopsWithoutProgress) {
  const auto run = example::prepared_run();
  const Stack stack(at::kFloat);
  // A loss without gradient: what differs between iterations is the noise alone.
  const auto seen = [](const at::Tensor& images) {
    return std::vector{(images.detach() + 0 * images).flatten()};
  };
  const std::vector<RefinementTarget> target = {{at::ones({3 * 16 * 16}), {}, 3 * 16 * 16, 1}};
  const auto with = [&](const RefinementOptions& options) {
    return Refinement(stack.way(), seen, target, {}, options);
  };
  std::vector<at::Tensor> drawn;
  auto random = run.generator("noise");
  const auto fresh = [&](at::IntArrayRef shape) {
    drawn.push_back(at::randn(shape, random));
    return drawn.back();
  };
  const auto image_of = [&](const at::Tensor& noise) {
    return stack.way().image(stack.way().latent(stack.z(), stack.c(), noise, run));
  };
  const auto best = with({.iterations = 5}).refine(stack.z(), stack.c(), fresh, run);
  const auto least = std::ranges::min_element(best.losses) - best.losses.begin();
  EXPECT_TRUE(at::equal(best.image, image_of(drawn[static_cast<size_t>(least)])));
  const auto last =
      with({.iterations = 5, .keep = "last"}).refine(stack.z(), stack.c(), fresh, run);
  EXPECT_TRUE(at::equal(last.image, image_of(drawn.back())));
  const auto still = [&](at::IntArrayRef) { return stack.noise(); };
  const auto ended =
      with({.iterations = 20, .patience = 3}).refine(stack.z(), stack.c(), still, run);
  EXPECT_EQ(ended.losses.size(), 4u);  // the first, and three that were not lower
}

}  // namespace
}  // namespace afterimage::diffusion
