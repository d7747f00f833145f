#pragma once

#include <torch/nn/module.h>

namespace afterimage {

/// Lays convolution weights channels last in memory (shapes stay): oneDNN's and cuDNN's faster
/// layout, which every convolution then uses whatever the layout of its input.
void lay_channels_last(torch::nn::Module& module);

}  // namespace afterimage
