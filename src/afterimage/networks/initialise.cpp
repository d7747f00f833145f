#include "afterimage/networks/initialise.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/normal.h>
#include <ATen/ops/rand.h>

#include <algorithm>
#include <cmath>
#include <functional>

namespace afterimage {
namespace {

/// Fills every parameter: biases 0, gamma N(1, .02), weights N(0, spread(weight)).
void draw_normal(torch::nn::Module& module, const at::Generator& generator,
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
  draw_normal(module, generator, [](const at::Tensor&) { return 0.02; });
}

void initialise_kaiming(torch::nn::Module& module, at::Generator generator) {
  draw_normal(module, generator, [](const at::Tensor& weight) {
    const double fan_out = static_cast<double>(weight.numel() / weight.size(1));
    const double fan_in = static_cast<double>(weight.numel() / weight.size(0));
    return weight.dim() == 2 ? std::sqrt(2 / (fan_in + fan_out)) : std::sqrt(2 / fan_out);
  });
}

void initialise_default(torch::nn::Module& module, at::Generator generator) {
  const at::NoGradGuard no_grad;
  auto parameters = module.named_parameters();
  for (auto& entry : parameters) {
    at::Tensor& parameter = entry.value();
    const std::string& name = entry.key();
    const bool bias = name.ends_with("bias");
    const at::Tensor weight =
        bias ? parameters[name.substr(0, name.size() - 4) + "weight"] : parameter;
    if (weight.dim() == 1) {  // of a BatchNorm
      parameter.fill_(bias ? 0 : 1);
      continue;
    }
    const double fan_in = static_cast<double>(weight.numel() / weight.size(0));
    parameter.copy_((at::rand(parameter.sizes(), generator) * 2 - 1) / std::sqrt(fan_in));
  }
}

void initialise_uniform(torch::nn::Module& module, at::Generator generator) {
  constexpr double reach = 0.07;
  const at::NoGradGuard no_grad;
  for (auto& entry : module.named_parameters()) {
    at::Tensor& parameter = entry.value();
    if (parameter.dim() == 1) {
      parameter.fill_(entry.key().ends_with("bias") ? 0 : 1);
    } else {
      parameter.copy_((at::rand(parameter.sizes(), generator) * 2 - 1) * reach);
    }
  }
}

namespace {

struct Initialisation {
  std::string name;
  void (*run)(torch::nn::Module&, at::Generator);
};

const std::vector<Initialisation>& initialisation_table() {
  static const std::vector<Initialisation> table = {{"normal", initialise_normal},
                                                    {"kaiming", initialise_kaiming},
                                                    {"default", initialise_default},
                                                    {"uniform", initialise_uniform}};
  return table;
}

}  // namespace

const std::vector<std::string>& initialisations() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto& entry : initialisation_table()) all.push_back(entry.name);
    return all;
  }();
  return names;
}

void initialise(const std::string& name, torch::nn::Module& module, at::Generator generator) {
  const auto& table = initialisation_table();
  const auto found = std::find_if(table.begin(), table.end(),
                                  [&](const auto& entry) { return entry.name == name; });
  TORCH_INTERNAL_ASSERT(found != table.end());
  found->run(module, std::move(generator));
}

}  // namespace afterimage
