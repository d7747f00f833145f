#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <torch/nn/modules/linear.h>

#include "afterimage/base/options.h"
#include "afterimage/networks/image_generator.h"

namespace afterimage {

struct FullyConnectedOptions {
  int64_t divisor = 100;
  std::string initialise = "uniform";

  Options options();
};

/// A skip block of dense layers, output ReLU(concat(x, block(x))), block(x) =
/// up(inner(LeakyReLU(down(x)))); the innermost has no inner block and drops half of its output
/// while it is trained.
class DenseSkipImpl : public torch::nn::Module {
 public:
  DenseSkipImpl(int64_t inputs, size_t level, int64_t divisor);
  at::Tensor forward(const at::Tensor& x, const at::Generator& random);
  int64_t outputs() const { return outputs_; }

 private:
  int64_t outputs_ = 0;
  torch::nn::Linear down_{nullptr}, up_{nullptr};
  std::shared_ptr<DenseSkipImpl> inner_;
};

/// The generator of Brain2Pix's baseline "FC-layers" (Le et al. 2022; sizes from the authors' code,
/// reference tests/reference/make_fully_connected.py): the U-Net with every convolution replaced by
/// a dense layer on the flattened maps. Dense 1475, LeakyReLU .2, four nested skip blocks, dense to
/// the image, sigmoid. The inner widths are those the U-Net's maps of 96 px have, all over
/// `divisor` (code: 100); a width is one at least.
class FullyConnectedImpl : public ImageGenerator {
 public:
  FullyConnectedImpl(int64_t in_channels, int64_t side, const FullyConnectedOptions& options);
  at::Tensor forward(const at::Tensor& maps) override;
  void draw_from(const at::Generator& random) override { random_ = random; }

 private:
  int64_t side_;
  torch::nn::Linear first_{nullptr}, last_{nullptr};
  std::shared_ptr<DenseSkipImpl> block_;
  at::Generator random_;
};
TORCH_MODULE(FullyConnected);

}  // namespace afterimage
