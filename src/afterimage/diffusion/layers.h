#pragma once

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <string>

/// The parts of latent diffusion (Rombach et al. 2022), named as in the public checkpoints.
///
/// All networks here are frozen: they are read from a checkpoint and never trained, but gradients
/// pass through them to their inputs. Weights stay in the type and memory they were loaded in (a
/// mapped file in half precision, say); each layer converts its own to the type of its input while
/// it works, so that the input alone decides in which precision is computed. A new network's
/// parameters hold nothing until they are loaded.
namespace afterimage::diffusion {

/// Registers `part` under a dotted path ("ff.net.0.proj") below `parent`, making what lies between.
void place(torch::nn::Module& parent, const std::string& path,
           const std::shared_ptr<torch::nn::Module>& part);

/// The same for a part made of `arguments`.
template <typename Part, typename... Arguments>
std::shared_ptr<Part> place_new(torch::nn::Module& parent, const std::string& path,
                                Arguments... arguments) {
  auto part = std::make_shared<Part>(arguments...);
  place(parent, path, part);
  return part;
}

/// x W' + b over the last dimension.
class Linear : public torch::nn::Module {
 public:
  Linear(int64_t in, int64_t out, bool bias = true);
  at::Tensor forward(const at::Tensor& x) const;  // (..., in) -> (..., out)

 private:
  at::Tensor weight_, bias_;
};

/// A square convolution.
class Convolution : public torch::nn::Module {
 public:
  Convolution(int64_t in, int64_t out, int64_t kernel, int64_t stride = 1, int64_t padding = 0,
              bool bias = true);
  at::Tensor forward(const at::Tensor& x) const;  // (n, in, y, x) -> (n, out, y', x')

 private:
  int64_t stride_, padding_;
  at::Tensor weight_, bias_;
};

/// Normalisation over groups of channels (Wu and He 2018), with a scale and shift per channel.
class GroupNorm : public torch::nn::Module {
 public:
  GroupNorm(int64_t groups, int64_t channels, double epsilon);
  at::Tensor forward(const at::Tensor& x) const;

 private:
  int64_t groups_;
  double epsilon_;
  at::Tensor weight_, bias_;
};

/// Normalisation over the last dimension, with a scale and shift per element.
class LayerNorm : public torch::nn::Module {
 public:
  explicit LayerNorm(int64_t width, double epsilon = 1e-5);
  at::Tensor forward(const at::Tensor& x) const;

 private:
  double epsilon_;
  at::Tensor weight_, bias_;
};

/// Rows of a table by number, in the type `compute`.
class Embedding : public torch::nn::Module {
 public:
  Embedding(int64_t count, int64_t width);
  at::Tensor forward(const at::Tensor& numbers, at::ScalarType compute) const;

 private:
  at::Tensor weight_;
};

/// softmax(Q K' / sqrt(width of a head)) V per head, by LibTorch's fused kernel: q is (n, t, c), k
/// and v are (n, s, c), the result (n, t, c). `causal`: token t sees tokens 0..t.
at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, int64_t heads,
                  bool causal = false);

}  // namespace afterimage::diffusion
