#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include <cstdint>

#include "afterimage/networks/discriminator.h"

namespace afterimage {

/// The PatchGAN discriminator on concat(maps, image): Conv 4/2/1 64, LeakyReLU .2; Conv 4/2/1 128
/// BN; Conv 4/2/1 256 BN; Conv 4/1/1 512 BN; Conv 3/2/1 -> 1 (all but the last followed by
/// LeakyReLU .2). Gives logits (n, 1, h, w), one per patch (Isola et al. 2017, section 3.2.2). Maps
/// are (n, C, H, W), the image (n, 3, H, W), `in_channels` is C + 3; H and W are at least 16.
class PatchGanImpl : public Discriminator {
 public:
  explicit PatchGanImpl(int64_t in_channels, int64_t width = 64);
  at::Tensor forward(const at::Tensor& maps, const at::Tensor& image) override;

 private:
  torch::nn::Conv2d conv1_{nullptr}, conv2_{nullptr}, conv3_{nullptr}, conv4_{nullptr},
      conv5_{nullptr};
  torch::nn::BatchNorm2d norm2_{nullptr}, norm3_{nullptr}, norm4_{nullptr};
};
TORCH_MODULE(PatchGan);

}  // namespace afterimage
