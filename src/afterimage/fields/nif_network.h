#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

namespace afterimage {

struct NifShape {
  int64_t side = 64;               ///< of the stimuli, pixels
  int64_t frames = 1;              ///< 1: images (2-D convolutions); more: clips (3-D)
  int64_t channels = 8;            ///< of each area's layer
  int64_t rank = 1;                ///< terms of the spatial readout
  std::vector<int64_t> sensors{};  ///< how many read each of the three layers
};

/// Neural information flow (Seeliger et al. 2021, as Brain2Pix uses it): a gray stimulus passes a
/// linear 3 x 3 filter ("lgn") and three convolutional layers, each with a sigmoid and average
/// pooling by two; clips are averaged over time at the end. A sensor reads one layer T by
///     b + sum_k softplus(a_k) sum_xy softmax(x_k) softmax(y_k) sum_c u_c T_cxy.
class NifNetwork : public torch::nn::Module {
 public:
  explicit NifNetwork(const NifShape& shape);

  /// Random filters and channel weights, even spatial maps.
  void initialise(at::Generator generator);

  /// (n, 1, y, x), or (n, 1, t, y, x) for clips -> (n, sensor), the sensors layer by layer.
  at::Tensor forward(const at::Tensor& stimuli);

  /// The positive spatial maps of a layer's sensors: (sensor, y, x).
  at::Tensor maps(size_t layer) const;

  static constexpr size_t kLayers = 3;

 private:
  struct Readout {
    at::Tensor scale, x, y, channels, bias;  // (S, K), (S, K, X), (S, K, Y), (S, C), (S)
  };
  at::Tensor convolved(const at::Tensor& input, const at::Tensor& weight,
                       const at::Tensor& bias) const;
  at::Tensor read(size_t layer, const at::Tensor& maps_of_layer) const;

  NifShape shape_;
  at::Tensor lgn_weight_, lgn_bias_;
  std::vector<at::Tensor> weight_, bias_;
  std::vector<Readout> readout_;
};

}  // namespace afterimage
