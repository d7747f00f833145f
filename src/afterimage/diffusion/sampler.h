#pragma once

#include <functional>

#include "afterimage/base/run_context.h"
#include "afterimage/diffusion/ddim.h"

namespace afterimage::diffusion {

class ConditionalUNet;

/// What the denoiser is told: a condition for each image, and the one of no text, away from which
/// the noise is led (classifier-free guidance, Ho and Salimans 2022).
struct Guidance {
  at::Tensor condition;      ///< (n, s, width)
  at::Tensor unconditional;  ///< (1 or n, s, width)
  double strength = 5;       ///< 1: the condition alone; MindDiffuser 5, Stable Diffusion 7.5
};

/// unconditional + strength (conditional - unconditional) noise in latents (n, 4, y, x) at a time
/// step: one call of the network on both halves, or on one where the strength is 1.
at::Tensor guided_noise(const ConditionalUNet& unet, const at::Tensor& latents, int64_t time,
                        const Guidance& guidance);

/// DDIM from step `first - 1` down to 0: `first` calls of `guided_noise`. `fresh` draws standard
/// normal noise of a size where eta > 0. Says its progress; stops between steps when asked to.
at::Tensor denoise(const RunContext& run, const ConditionalUNet& unet, const Ddim& ddim,
                   at::Tensor latents, int64_t first, const Guidance& guidance,
                   const std::function<at::Tensor(at::IntArrayRef)>& fresh = {});

}  // namespace afterimage::diffusion
