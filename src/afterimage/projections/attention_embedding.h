#pragma once

#include <vector>

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>

namespace afterimage {

/// IRFA's multi-head embedding: the responses of each array through a dense layer of its own to
/// `features` numbers; with `normalise` BatchNorm and ReLU behind it, as in the public code.
class MultiheadEmbeddingImpl : public torch::nn::Module {
 public:
  /// `inputs`: the length of each array's input.
  MultiheadEmbeddingImpl(const std::vector<int64_t>& inputs, int64_t features, bool normalise,
                         const at::Generator& random);

  /// One input (n, length) per array -> (n, array, features).
  at::Tensor forward(const std::vector<at::Tensor>& arrays);

 private:
  std::vector<torch::nn::Linear> dense_;
  std::vector<torch::nn::BatchNorm1d> norm_;
};
TORCH_MODULE(MultiheadEmbedding);

/// Uniform within 1 / sqrt(fan in): PyTorch's default for weights and biases of dense layers and
/// convolutions, which IRFA's public code leaves as they are.
at::Tensor default_weight(at::IntArrayRef shape, int64_t fan_in, const at::Generator& random);

}  // namespace afterimage
