#include "afterimage/diffusion/refinement.h"

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>

#include "afterimage/base/progress.h"
#include "afterimage/base/text.h"
#include "afterimage/diffusion/sampler.h"
#include "afterimage/training/adam.h"

namespace afterimage::diffusion {
namespace {

at::Tensor leaf(const at::Tensor& x) { return x.detach().clone().requires_grad_(); }

/// One step of the way from noise, in the network's precision and back.
at::Tensor stepped(const Generation& way, const at::Tensor& latents, const at::Tensor& c,
                   int64_t step) {
  const Guidance guidance{c.to(way.compute), way.unconditional.to(way.compute),
                          way.options.guidance};
  const auto noise = guided_noise(way.unet, latents.to(way.compute), way.ddim.time(step), guidance);
  return way.ddim.denoised(latents, noise.to(latents.scalar_type()), step);
}

}  // namespace

Options GenerationOptions::options() {
  return {
      Option("denoised_steps", denoised_steps, "steps of denoising, the last ones of all").range(1),
      Option(
          "noised_to", noised_to,
          "step z is noised to, from 0: one less than are denoised is consistent (MindDiffuser's "
          "code: 37 for 35)")
          .range(0),
      Option("guidance", guidance, "strength of the condition; 1 = the condition alone")
          .range(0, 100),
  };
}

Options RefinementOptions::options() {
  return {
      Option("iterations", iterations, "steps of Adam").range(1),
      Option("learning_rate", learning_rate, "of Adam").range(1e-9, 10),
      Option("decay", decay, "the rate's factor after each iteration").range(0.1, 1),
      Option("variables", variables, "what is changed").one_of({"both", "z", "c"}),
      Option("lambda", lambda, "share of the final embedding in the loss (MindDiffuser's run: 0)")
          .range(0, 1),
      Option("keep", keep, "the image of least loss, or the last").one_of({"best", "last"}),
      Option("patience", patience, "stop after so many iterations without a lower loss, 0 = never")
          .range(0),
  };
}

at::Tensor Generation::latent(const at::Tensor& z, const at::Tensor& c, const at::Tensor& noise,
                              const RunContext& run) const {
  const at::NoGradGuard no_grad;
  auto latents = ddim.noised(z, noise, options.noised_to);
  Progress progress(run, "Denoising", options.denoised_steps, "step");
  for (int64_t step = options.denoised_steps - 1; step >= 0; --step) {
    run.stop_if_cancelled("stopped; images that were finished are kept");
    latents = stepped(*this, latents, c, step);
    progress.advance();
  }
  return latents;
}

at::Tensor Generation::image(const at::Tensor& latent) const {
  return decode(latent.to(compute)).to(latent.scalar_type()).clamp(0, 1);
}

Refinement::Refinement(const Generation& generation, Features features,
                       std::vector<RefinementTarget> targets, at::Tensor final_embedding,
                       const RefinementOptions& options)
    : generation_(generation),
      features_(std::move(features)),
      targets_(std::move(targets)),
      final_(std::move(final_embedding)),
      options_(options) {
  std::vector<double> inverse;
  double sum = 0;
  for (const auto& target : targets_) {
    inverse.push_back(1 / std::max(target.value.to(at::kDouble).norm().item<double>(), 1e-12));
    sum += inverse.back();
  }
  for (size_t i = 0; i < targets_.size(); ++i) {
    shares_.push_back(targets_[i].weight * inverse[i] / sum * (1 - options_.lambda) /
                      static_cast<double>(targets_[i].layer_units));
  }
}

at::Tensor Refinement::loss(const at::Tensor& image) const {
  const auto found = features_(image);
  auto total = at::zeros({}, image.options());
  for (size_t i = 0; i < targets_.size(); ++i) {
    const auto& target = targets_[i];
    const auto shown = target.units.defined() ? found[i].index_select(0, target.units) : found[i];
    total = total + shares_[i] * (shown - target.value).square().sum();
  }
  if (options_.lambda > 0) {
    total = total + 0.1 * options_.lambda * (1 - at::cosine_similarity(found.back(), final_, 0));
  }
  return total;
}

Refinement::Gradient Refinement::gradient(const at::Tensor& z, const at::Tensor& c,
                                          const at::Tensor& noise, const RunContext& run) const {
  const auto& way = generation_;
  std::vector<at::Tensor> between;  // latents before each step, the first step first
  at::Tensor latents;
  {
    const at::NoGradGuard no_grad;
    latents = way.ddim.noised(z, noise, way.options.noised_to);
    for (int64_t step = way.options.denoised_steps - 1; step >= 0; --step) {
      run.stop_if_cancelled("stopped; images that were finished are kept");
      between.push_back(latents);
      latents = stepped(way, latents, c, step);
    }
  }
  const at::AutoGradMode with_gradient(true);
  const auto last = leaf(latents), condition = leaf(c);
  const auto image = way.image(last);
  const auto value = loss(image);
  at::Tensor downward = torch::autograd::grad({value}, {last})[0];
  auto of_condition = at::zeros_like(c);
  for (int64_t step = 0; step < way.options.denoised_steps; ++step) {
    run.stop_if_cancelled("stopped; images that were finished are kept");
    const auto before = leaf(between.back());
    between.pop_back();
    const auto grads = torch::autograd::grad({stepped(way, before, condition, step)},
                                             {before, condition}, {downward});
    downward = grads[0];
    of_condition += grads[1];
  }
  const double signal = way.ddim.signal(way.ddim.time(way.options.noised_to));
  return {value.item<double>(), image.detach(), std::sqrt(signal) * downward, of_condition};
}

Refinement::Result Refinement::refine(const at::Tensor& z, const at::Tensor& c,
                                      const std::function<at::Tensor(at::IntArrayRef)>& fresh,
                                      const RunContext& run) const {
  auto latent = leaf(z), condition = leaf(c);
  std::vector<at::Tensor> changed;
  if (options_.variables != "c") changed.push_back(latent);
  if (options_.variables != "z") changed.push_back(condition);
  Adam adam(changed, {.beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8});
  Result result;
  double least = INFINITY, rate = options_.learning_rate;
  int64_t since = 0;
  Progress progress(run, "Refinement", options_.iterations, "iteration");
  for (int64_t i = 0; i < options_.iterations; ++i) {
    const auto now = gradient(latent, condition, fresh(z.sizes()), run);
    result.losses.push_back(now.loss);
    since = now.loss < least ? 0 : since + 1;
    if (now.loss < least || options_.keep == "last") result.image = now.image;
    least = std::min(least, now.loss);
    progress.advance(1, concat("loss ", number_text(now.loss)));
    if (options_.patience > 0 && since >= options_.patience) break;
    latent.mutable_grad() = now.z;
    condition.mutable_grad() = now.c;
    adam.step(rate);
    rate *= options_.decay;
  }
  return result;
}

}  // namespace afterimage::diffusion
