#include "afterimage/diffusion/layers.h"

#include <ATen/ops/conv2d.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/group_norm.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/scaled_dot_product_attention.h>

#include <vector>

#include "afterimage/base/text.h"

namespace afterimage::diffusion {
namespace {

/// Memory that nobody has touched costs none: what is loaded later takes its place.
at::Tensor parameter(torch::nn::Module& module, const std::string& name, at::IntArrayRef shape) {
  return module.register_parameter(name, at::empty(shape), /*requires_grad=*/false);
}

at::Tensor like(const at::Tensor& weight, const at::Tensor& x) {
  return weight.defined() ? weight.to(x.scalar_type()) : weight;
}

}  // namespace

void place(torch::nn::Module& parent, const std::string& path,
           const std::shared_ptr<torch::nn::Module>& part) {
  std::vector<std::string> names = split(path, '.');
  const std::string last = names.back();
  names.pop_back();
  torch::nn::Module* module = &parent;
  for (const auto& name : names) {
    const auto children = module->named_children();
    module = children.contains(name)
                 ? children[name].get()
                 : module->register_module(name, std::make_shared<torch::nn::Module>()).get();
  }
  module->register_module(last, part);
}

Linear::Linear(int64_t in, int64_t out, bool bias)
    : weight_(parameter(*this, "weight", {out, in})) {
  if (bias) bias_ = parameter(*this, "bias", {out});
}

at::Tensor Linear::forward(const at::Tensor& x) const {
  return at::linear(x, like(weight_, x), like(bias_, x));
}

Convolution::Convolution(int64_t in, int64_t out, int64_t kernel, int64_t stride, int64_t padding,
                         bool bias)
    : stride_(stride),
      padding_(padding),
      weight_(parameter(*this, "weight", {out, in, kernel, kernel})) {
  if (bias) bias_ = parameter(*this, "bias", {out});
}

at::Tensor Convolution::forward(const at::Tensor& x) const {
  return at::conv2d(x, like(weight_, x), like(bias_, x), stride_, padding_);
}

GroupNorm::GroupNorm(int64_t groups, int64_t channels, double epsilon)
    : groups_(groups),
      epsilon_(epsilon),
      weight_(parameter(*this, "weight", {channels})),
      bias_(parameter(*this, "bias", {channels})) {}

at::Tensor GroupNorm::forward(const at::Tensor& x) const {
  return at::group_norm(x, groups_, like(weight_, x), like(bias_, x), epsilon_);
}

LayerNorm::LayerNorm(int64_t width, double epsilon)
    : epsilon_(epsilon),
      weight_(parameter(*this, "weight", {width})),
      bias_(parameter(*this, "bias", {width})) {}

at::Tensor LayerNorm::forward(const at::Tensor& x) const {
  return at::layer_norm(x, weight_.sizes(), like(weight_, x), like(bias_, x), epsilon_);
}

Embedding::Embedding(int64_t count, int64_t width)
    : weight_(parameter(*this, "weight", {count, width})) {}

at::Tensor Embedding::forward(const at::Tensor& numbers, at::ScalarType compute) const {
  return at::embedding(weight_, numbers).to(compute);
}

at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, int64_t heads,
                  bool causal) {
  const auto by_head = [heads](const at::Tensor& x) {  // (n, t, c) -> (n, h, t, c / h)
    return x.view({x.size(0), x.size(1), heads, x.size(2) / heads}).transpose(1, 2);
  };
  return at::scaled_dot_product_attention(by_head(q), by_head(k), by_head(v), /*attn_mask=*/{},
                                          /*dropout_p=*/0, causal)
      .transpose(1, 2)
      .reshape(q.sizes());
}

}  // namespace afterimage::diffusion
