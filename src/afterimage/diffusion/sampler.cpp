#include "afterimage/diffusion/sampler.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>

#include "afterimage/base/progress.h"
#include "afterimage/diffusion/conditional_unet.h"

namespace afterimage::diffusion {

at::Tensor guided_noise(const ConditionalUNet& unet, const at::Tensor& latents, int64_t time,
                        const Guidance& guidance) {
  const int64_t n = latents.size(0);
  const auto times = [&](int64_t count) {
    return at::full({count}, time, latents.options().dtype(at::kLong));
  };
  if (guidance.strength == 1) return unet.forward(latents, times(n), guidance.condition);
  const auto without = guidance.unconditional.expand_as(guidance.condition);
  const auto both = unet.forward(at::cat({latents, latents}), times(2 * n),
                                 at::cat({without, guidance.condition}))
                        .chunk(2);  // (n, 4, y, x) each
  return both[0] + guidance.strength * (both[1] - both[0]);
}

at::Tensor denoise(const RunContext& run, const ConditionalUNet& unet, const Ddim& ddim,
                   at::Tensor latents, int64_t first, const Guidance& guidance,
                   const std::function<at::Tensor(at::IntArrayRef)>& fresh) {
  TORCH_INTERNAL_ASSERT(first >= 0 && first <= ddim.steps());
  Progress progress(run, "Denoising", first, "step");
  for (int64_t step = first - 1; step >= 0; --step) {
    run.stop_if_cancelled("stopped; nothing was written");
    const auto noise = guided_noise(unet, latents, ddim.time(step), guidance);
    latents = ddim.denoised(latents, noise, step, fresh ? fresh(latents.sizes()) : at::Tensor());
    progress.advance();
  }
  return latents;
}

}  // namespace afterimage::diffusion
