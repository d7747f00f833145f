#include "afterimage/networks/initialise.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/normal.h>

#include <cmath>
#include <functional>

namespace afterimage {
namespace {

/// Fills every parameter: biases 0, gamma N(1, .02), weights N(0, spread(weight)).
void initialise(torch::nn::Module& module, const at::Generator& generator,
                const std::function<double(const at::Tensor&)>& spread) {
  const at::NoGradGuard no_grad;
  for (auto& entry : module.named_parameters()) {
    at::Tensor& parameter = entry.value();
    if (entry.key().ends_with("bias")) {
      parameter.zero_();
      continue;
    }
    const bool gamma = parameter.dim() == 1;
    // Drawn contiguous on the CPU, so that neither device nor memory layout changes the numbers.
    parameter.copy_(at::normal(gamma ? 1.0 : 0.0, gamma ? 0.02 : spread(parameter),
                               parameter.sizes(), generator));
  }
}

}  // namespace

void initialise_normal(torch::nn::Module& module, at::Generator generator) {
  initialise(module, generator, [](const at::Tensor&) { return 0.02; });
}

void initialise_kaiming(torch::nn::Module& module, at::Generator generator) {
  initialise(module, generator, [](const at::Tensor& weight) {
    const double fan_out = static_cast<double>(weight.numel() / weight.size(1));
    const double fan_in = static_cast<double>(weight.numel() / weight.size(0));
    return weight.dim() == 2 ? std::sqrt(2 / (fan_in + fan_out)) : std::sqrt(2 / fan_out);
  });
}

}  // namespace afterimage
