#pragma once

#include <string>
#include <vector>

#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include "afterimage/projections/projection.h"

namespace afterimage {

/// The generator of Shen et al. (2019, Frontiers in Computational Neuroscience): no receptive
/// fields; three fully connected layers, the last read as `width` maps of at least 3 x 3 pixels,
/// which up-convolutions double to the image, most of them followed by a convolution:
///
///     responses -> 4096 -> 4096 -> 256 maps
///     up 256, conv 512; up 256, conv 256; up 128, conv 128; up 64, conv 64; up 32; up 3
///
/// up: transposed 4/2/1, conv: 3/1/1; LeakyReLU .3 after all but the last, no normalisation. The
/// six doublings are for 256 px from 4 x 4; smaller images take the first of them, and the last one
/// always ends in 3 channels: the image itself before the sigmoid (generator = "projection").
class UpconvProjection : public Projection {
 public:
  Options options() override;
  /// Errors: a side that halving does not bring to 8 pixels or fewer.
  void build(const Sensors& sensors, int64_t bins, int64_t side, const RunContext& run) override;
  int64_t channels() const override { return 3; }
  at::Tensor forward(const at::Tensor& responses) override;
  std::vector<std::string> channel_names() const override { return {"red", "green", "blue"}; }

 private:
  int64_t hidden_ = 4096;
  int64_t width_ = 256;
  int64_t base_ = 0;  // side of the smallest maps
  std::vector<torch::nn::Linear> dense_;
  std::vector<torch::nn::ConvTranspose2d> up_;
  std::vector<torch::nn::Conv2d> convolution_;  // [i] follows up_[i]; empty where none does
};

}  // namespace afterimage
