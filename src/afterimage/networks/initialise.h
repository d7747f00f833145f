#pragma once

#include <string>
#include <vector>

#include <ATen/core/Generator.h>
#include <torch/nn/module.h>

namespace afterimage {

/// The public MXNet code of Brain2Pix and MonkeySee: convolution and dense weights N(0, .02),
/// BatchNorm gamma N(1, .02), biases 0; drawn from `generator` on the CPU.
void initialise_normal(torch::nn::Module& module, at::Generator generator);

/// IRFA's public code: convolutions Kaiming normal over the fan-out (He et al. 2015), dense weights
/// Xavier normal (Glorot and Bengio 2010), BatchNorm gamma N(1, .02), biases 0.
void initialise_kaiming(torch::nn::Module& module, at::Generator generator);

/// As LibTorch's modules do it, which IRFA's public code leaves its discriminator to: convolution
/// and dense weights and biases uniform within 1 / sqrt(fan-in), BatchNorm gamma 1 and beta 0.
void initialise_default(torch::nn::Module& module, at::Generator generator);

/// MXNet's default, which Brain2Pix's fully connected baseline is left to: convolution and dense
/// weights uniform within .07, biases 0, BatchNorm gamma 1.
void initialise_uniform(torch::nn::Module& module, at::Generator generator);

/// "normal", "kaiming", "default", "uniform": names of the four.
const std::vector<std::string>& initialisations();
/// The one of this name.
void initialise(const std::string& name, torch::nn::Module& module, at::Generator generator);

}  // namespace afterimage
