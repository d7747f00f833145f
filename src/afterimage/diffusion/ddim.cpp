#include "afterimage/diffusion/ddim.h"

#include <ATen/ops/cumprod.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/scalar_tensor.h>

#include <algorithm>
#include <cmath>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage::diffusion {
namespace {

/// In float32 by LibTorch's power, as published: the last bit is not that of std::sqrt.
float root(float value) { return at::pow(at::scalar_tensor(value, at::kFloat), 0.5).item<float>(); }

}  // namespace

Options DdimOptions::options() {
  return {
      Option("steps", steps, "steps of DDIM").range(1, 1000),
      Option("eta", eta, "fresh noise in each step: 0 DDIM, 1 as much as DDPM").range(0, 1),
      Option("offset", offset, "first time step: 1 Stable Diffusion's code, 0 Song et al.")
          .range(0, 1),
      Option("end_at_one", end_at_one,
             "the last step removes all noise (Song et al.); Stable Diffusion's code keeps that of "
             "the first time step"),
      Option("trained_steps", trained_steps, "time steps of the network's training").range(1, 1000),
      Option("beta_start", beta_start, "variance of the noise added in the first time step")
          .range(1e-6, 0.5),
      Option("beta_end", beta_end, "and in the last; their square roots are equally spaced")
          .range(1e-6, 0.999),
  };
}

Ddim::Ddim(const DdimOptions& options)
    : options_(options), stride_(options.trained_steps / std::max<int64_t>(1, options.steps)) {
  check_options(options_.options(), "DDIM");
  if (stride_ == 0 || time(options.steps - 1) >= options.trained_steps) {
    throw Error("DDIM", concat(options.steps, " steps do not fit"),
                concat("The network was trained with ", options.trained_steps, " time steps",
                       options.offset > 0 ? "; fewer, or offset 0" : ""));
  }
  // In float32, in the order of the published implementations: their tables to the last bit.
  const auto betas = at::linspace(std::sqrt(options.beta_start), std::sqrt(options.beta_end),
                                  options.trained_steps, at::kFloat)
                         .square();
  const auto signal = at::cumprod(1 - betas, 0).contiguous();
  signal_.assign(signal.const_data_ptr<float>(), signal.const_data_ptr<float>() + signal.numel());
}

float Ddim::signal_before(int64_t step) const {
  const int64_t before = time(step) - stride_;
  if (before >= 0) return signal(before);
  return options_.end_at_one ? 1.0f : signal(0);
}

at::Tensor Ddim::noised(const at::Tensor& latents, const at::Tensor& noise, int64_t step) const {
  const double abar = signal(time(step));
  return std::sqrt(abar) * latents + std::sqrt(1 - abar) * noise;
}

at::Tensor Ddim::denoised(const at::Tensor& latents, const at::Tensor& predicted, int64_t step,
                          const at::Tensor& fresh_noise) const {
  const float abar = signal(time(step)), before = signal_before(step);
  const float variance = (1 - before) / (1 - abar) * (1 - abar / before);
  const float deviation = static_cast<float>(options_.eta) * root(variance);
  const float towards = root(std::max(0.0f, 1 - before - deviation * deviation));
  const auto clean = (latents - root(1 - abar) * predicted) / root(abar);
  const auto next = root(before) * clean + towards * predicted;
  if (options_.eta == 0) return next;
  TORCH_INTERNAL_ASSERT(fresh_noise.defined(), "eta > 0 takes fresh noise");
  return next + deviation * fresh_noise;
}

}  // namespace afterimage::diffusion
