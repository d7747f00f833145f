#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "afterimage/base/options.h"
#include "afterimage/networks/image_generator.h"

namespace afterimage {

struct UNetOptions {
  int64_t width = 64;  ///< channels after the first convolution; the blocks have 2, 4, 8, 8 times
  int64_t blocks = 4;  ///< nested skip blocks; the input's side is a multiple of 2^(blocks + 1)
  std::string initialise = "normal";  ///< of `initialisations`
  double norm_momentum = 0.1;         ///< share of a batch in the running statistics of BatchNorm

  Options options();
};

/// One nested skip block of the U-Net: block(x) =
/// BatchNorm(ConvTranspose(inner(LeakyReLU(BatchNorm( Conv(x)))))), output ReLU(concat(x,
/// block(x))). The innermost has no inner block.
class UNetBlockImpl : public torch::nn::Module {
 public:
  /// `widths` holds the channels of this block's input and of every level below.
  UNetBlockImpl(const std::vector<int64_t>& widths, size_t level, double norm_momentum);
  at::Tensor forward(const at::Tensor& x);  // (n, c, y, x) -> (n, 2c, y, x)

 private:
  torch::nn::Conv2d down_{nullptr};
  torch::nn::BatchNorm2d down_norm_{nullptr};
  std::shared_ptr<UNetBlockImpl> inner_;
  torch::nn::ConvTranspose2d up_{nullptr};
  torch::nn::BatchNorm2d up_norm_{nullptr};
};

/// The generator shared by Brain2Pix, MonkeySee and IRFA (pix2pix's U-Net; reference
/// tests/reference/networks.py): Conv 4/2/1 -> width, LeakyReLU .2, four nested skip blocks
/// 64-128-256-512-512, ConvTranspose 4/2/1 -> 3, sigmoid. (n, C, H, W) maps to (n, 3, H, W) in
/// [0,1] of the maps' type; H and W are multiples of 2^(blocks + 1). Weights lie channels last, and
/// so does the image that comes out.
class UNetImpl : public ImageGenerator {
 public:
  UNetImpl(int64_t in_channels, const UNetOptions& options);
  at::Tensor forward(const at::Tensor& maps) override;

 private:
  int64_t multiple_;  // of which height and width are
  torch::nn::Conv2d first_{nullptr};
  std::shared_ptr<UNetBlockImpl> block_;
  torch::nn::ConvTranspose2d last_{nullptr};
};
TORCH_MODULE(UNet);

}  // namespace afterimage
