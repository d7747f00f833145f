#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <array>
#include <functional>
#include <string>

#include "afterimage/formats/safetensors.h"

namespace afterimage {

/// Pretrained weights, where they were read, and what would be right, for errors.
struct WeightFile {
  const TensorMap& tensors;
  std::string where;
  std::string right;  ///< "Weights of ... are needed: COMMAND"
};

/// One module of a frozen network.
using Layer = std::function<at::Tensor(const at::Tensor&)>;

/// The window of a convolution, (y, x).
struct Window {
  std::array<int64_t, 2> kernel = {1, 1};
  int64_t stride = 1;
  std::array<int64_t, 2> padding = {0, 0};
  int64_t groups = 1;

  /// A square window, padded so that stride 1 keeps the size.
  static Window same(int64_t side, int64_t stride = 1) {
    return {{side, side}, stride, {side / 2, side / 2}};
  }
};

/// Makes the modules of a pretrained network as PyTorch defines them. Each takes its weights out of
/// a file and registers them, frozen, with the owner under PyTorch's names; the layers hold the
/// same tensors, so that they follow the owner to another device or type. Errors: a tensor that is
/// missing or has another shape.
class LayerFactory {
 public:
  /// Both outlive the factory; the layers outlive it, and need the owner's tensors only.
  LayerFactory(torch::nn::Module& owner, const std::string& network, const WeightFile& file)
      : owner_(owner), network_(network), file_(file) {}

  /// "features.3.weight", registered in a tree of modules.
  at::Tensor parameter(const std::string& name, at::IntArrayRef shape);
  at::Tensor buffer(const std::string& name, at::IntArrayRef shape);

  Layer convolution(const std::string& path, int64_t in, int64_t out, const Window& window,
                    bool bias);
  /// As in evaluation: by the running mean and variance.
  Layer batch_norm(const std::string& path, int64_t channels, double epsilon);
  Layer layer_norm(const std::string& path, int64_t width, double epsilon);
  Layer linear(const std::string& path, int64_t in, int64_t out);

 private:
  at::Tensor take(const std::string& name, at::IntArrayRef shape) const;

  torch::nn::Module& owner_;
  const std::string& network_;
  const WeightFile& file_;
};

/// One layer after the other.
Layer chain(std::vector<Layer> layers);
/// A layer and a rectifier that works in place: the layer's output must be nobody else's.
Layer rectified(Layer layer);

}  // namespace afterimage
