#pragma once

#include <ATen/core/Generator.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <cstdint>
#include <vector>

#include "afterimage/networks/discriminator.h"

namespace afterimage {

/// The discriminator of Shen et al. (2019, Frontiers in Computational Neuroscience; sizes from the
/// authors' prototxt): it sees the image alone, convolutions without padding 7/4-32, 5/1-64,
/// 3/2-128, 3/1-256, 3/2-256, each with ReLU, mean over what is left (11 x 11 of 227 px), dropout
/// .5, dense 256 with ReLU, dropout .5, dense 2. Softmax and cross entropy over the two units,
/// shown and made, are binary cross entropy of their difference, which `forward` gives: (n, 1).
///
/// Images enter as they did there, times 255 less the mean of ImageNet. At least 63 px.
class ShenDiscriminatorImpl : public Discriminator {
 public:
  static constexpr int64_t least_side = 63;

  explicit ShenDiscriminatorImpl(int64_t width = 32);
  at::Tensor forward(const at::Tensor& maps, const at::Tensor& image) override;
  void draw_from(const at::Generator& random) override { random_ = random; }

  /// The authors' first weights: N(0, 2 / fan-in), the first convolution and the dense layers a
  /// tenth of that deviation; biases 0.
  void initialise(const at::Generator& generator);

 private:
  at::Tensor drop(const at::Tensor& x) const;

  std::vector<torch::nn::Conv2d> convolutions_;
  torch::nn::Linear dense1_{nullptr}, dense2_{nullptr};
  at::Generator random_;
};
TORCH_MODULE(ShenDiscriminator);

}  // namespace afterimage
