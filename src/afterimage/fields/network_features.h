#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/formats/safetensors.h"
#include "afterimage/networks/feature_network.h"

namespace afterimage {

/// Features of SqueezeNet's features.6 and features.12 (Iandola et al. 2016), an early and its last
/// layer, as principal components of unit variance, each unit at the centre of what it sees.
class NetworkFeatures {
 public:
  static constexpr size_t layers = 2;

  explicit NetworkFeatures(std::shared_ptr<FeatureNetwork> network)
      : network_(std::move(network)) {}

  /// Takes the principal components over (n, 3, H, W) in [0,1]: `components` of each layer.
  void fit(const at::Tensor& images, int64_t components);
  /// (n, component, y, x) of each layer; images of any size.
  std::vector<at::Tensor> maps(const at::Tensor& images) const;
  /// Centres of a layer's cells, of which there are `side` in a row: (side) float64.
  static at::Tensor cells(size_t layer, int64_t side);

  TensorMap state() const;
  /// Takes back what `state` gave.
  void load(const TensorMap& state);

 private:
  struct Components {
    at::Tensor mean, basis;  // (1, C, 1), (K, C)
  };
  std::vector<at::Tensor> outputs(const at::Tensor& images) const;

  std::shared_ptr<FeatureNetwork> network_;
  std::vector<Components> components_;  // of each layer
};

}  // namespace afterimage
