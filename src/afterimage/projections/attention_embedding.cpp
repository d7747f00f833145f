#include "afterimage/projections/attention_embedding.h"

#include <ATen/ATen.h>

#include <cmath>

#include "afterimage/base/text.h"

namespace afterimage {

at::Tensor default_weight(at::IntArrayRef shape, int64_t fan_in, const at::Generator& random) {
  return (at::rand(shape, random) * 2 - 1) / std::sqrt(static_cast<double>(fan_in));
}

MultiheadEmbeddingImpl::MultiheadEmbeddingImpl(const std::vector<int64_t>& inputs, int64_t features,
                                               bool normalise, const at::Generator& random) {
  const at::NoGradGuard no_grad;
  for (size_t h = 0; h < inputs.size(); ++h) {
    dense_.push_back(register_module(concat("dense_", h), torch::nn::Linear(inputs[h], features)));
    dense_[h]->weight.copy_(default_weight({features, inputs[h]}, inputs[h], random));
    dense_[h]->bias.copy_(default_weight({features}, inputs[h], random));
    if (normalise) {
      norm_.push_back(register_module(concat("norm_", h), torch::nn::BatchNorm1d(features)));
    }
  }
}

at::Tensor MultiheadEmbeddingImpl::forward(const std::vector<at::Tensor>& arrays) {
  std::vector<at::Tensor> embedded;
  for (size_t h = 0; h < arrays.size(); ++h) {
    auto x = dense_[h](arrays[h]);
    if (!norm_.empty()) x = at::relu(norm_[h](x));
    embedded.push_back(x);
  }
  return at::stack(embedded, 1);  // (n, h, features)
}

}  // namespace afterimage
