#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "afterimage/base/options.h"

namespace afterimage::diffusion {

/// Which steps of the diffusion are taken. The two published conventions: Stable Diffusion's own
/// code (time steps 1, 21, ..., 981 of 50; the last step ends at the first table entry) is
/// `offset` 1 and `end_at_one` false; Song et al. 2021, and diffusers' defaults, 0 and true.
struct DdimOptions {
  int64_t steps = 50;
  double eta = 0;
  int64_t offset = 1;
  bool end_at_one = false;
  int64_t trained_steps = 1000;
  double beta_start = 0.00085;
  double beta_end = 0.012;

  Options options();
};

/// Denoising diffusion implicit models (Song, Meng and Ermon 2021, equation 12) over a network that
/// says the noise. Steps are numbered from 0, the least noisy, to `steps() - 1`.
class Ddim {
 public:
  /// Errors: more steps than were trained.
  explicit Ddim(const DdimOptions& options = {});

  int64_t steps() const { return options_.steps; }
  /// The time step of a step, as the network takes it.
  int64_t time(int64_t step) const { return step * stride_ + options_.offset; }
  /// The share of signal in variance at a time step, alpha bar (float32, as published).
  float signal(int64_t time_step) const { return signal_[static_cast<size_t>(time_step)]; }
  /// The one before a step, at which it arrives.
  float signal_before(int64_t step) const;

  /// sqrt(abar) latents + sqrt(1 - abar) noise at a step.
  at::Tensor noised(const at::Tensor& latents, const at::Tensor& noise, int64_t step) const;

  /// The latents one step less noisy, from those at `step` and the network's `predicted` noise.
  /// With eta > 0 fresh standard normal noise is added (none needs be given with eta 0).
  at::Tensor denoised(const at::Tensor& latents, const at::Tensor& predicted, int64_t step,
                      const at::Tensor& fresh_noise = {}) const;

 private:
  DdimOptions options_;
  int64_t stride_;
  std::vector<float> signal_;
};

}  // namespace afterimage::diffusion
