#include "afterimage/fields/nif_network.h"

#include <ATen/ATen.h>
#include <torch/utils.h>

#include <cmath>

#include "afterimage/base/text.h"

namespace afterimage {

NifNetwork::NifNetwork(const NifShape& shape) : shape_(shape) {
  TORCH_INTERNAL_ASSERT(shape.sensors.size() == kLayers && shape.side % 8 == 0);
  const bool clips = shape.frames > 1;
  const auto kernel = [clips](int64_t out, int64_t in, int64_t time) {
    return clips ? at::zeros({out, in, time, 3, 3}) : at::zeros({out, in, 3, 3});
  };
  lgn_weight_ = register_parameter("lgn_weight", kernel(1, 1, 1));
  lgn_bias_ = register_parameter("lgn_bias", at::zeros({1}));
  const int64_t channels = shape.channels, rank = shape.rank;
  for (size_t l = 0; l < kLayers; ++l) {
    const auto name = [l](const char* part) { return concat("layer", l + 1, "_", part); };
    weight_.push_back(
        register_parameter(name("weight"), kernel(channels, l == 0 ? 1 : channels, 3)));
    bias_.push_back(register_parameter(name("bias"), at::zeros({channels})));
    const int64_t count = shape.sensors[l], side = shape.side >> (l + 1);
    readout_.push_back({register_parameter(name("readout_scale"), at::zeros({count, rank})),
                        register_parameter(name("readout_x"), at::zeros({count, rank, side})),
                        register_parameter(name("readout_y"), at::zeros({count, rank, side})),
                        register_parameter(name("readout_channels"), at::zeros({count, channels})),
                        register_parameter(name("readout_bias"), at::zeros({count}))});
  }
}

void NifNetwork::initialise(at::Generator generator) {
  const torch::NoGradGuard no_gradients;
  const auto randomise = [&](at::Tensor values, double spread) {
    values.copy_(at::randn(values.sizes(), generator, at::kFloat) * spread);
  };
  const auto inputs = [](const at::Tensor& weight) {
    return static_cast<double>(weight.numel() / weight.size(0));
  };
  lgn_weight_.zero_();
  lgn_weight_.flatten()[4] = 1;  // passes the stimulus on
  for (size_t l = 0; l < kLayers; ++l) {
    randomise(weight_[l], 3 / std::sqrt(inputs(weight_[l])));
    randomise(readout_[l].channels, 0.1);
    randomise(readout_[l].x, 0.01);
    randomise(readout_[l].y, 0.01);
  }
}

at::Tensor NifNetwork::convolved(const at::Tensor& input, const at::Tensor& weight,
                                 const at::Tensor& bias) const {
  if (weight.dim() == 4) return at::conv2d(input, weight, bias, 1, 1);
  return at::conv3d(input, weight, bias, 1, at::IntArrayRef{weight.size(2) / 2, 1, 1});
}

at::Tensor NifNetwork::maps(size_t layer) const {
  const auto& r = readout_[layer];
  const auto x = at::softmax(r.x, 2) * at::softplus(r.scale).unsqueeze(2);
  return at::matmul(at::softmax(r.y, 2).transpose(1, 2), x);  // (S, y, k) x (S, k, x)
}

at::Tensor NifNetwork::read(size_t layer, const at::Tensor& values) const {
  const auto pooled = at::matmul(values.flatten(2), maps(layer).flatten(1).t());  // (n, c, S)
  return (pooled * readout_[layer].channels.t()).sum(1) + readout_[layer].bias;
}

at::Tensor NifNetwork::forward(const at::Tensor& stimuli) {
  const bool clips = shape_.frames > 1;
  at::Tensor values = convolved(stimuli, lgn_weight_, lgn_bias_);
  std::vector<at::Tensor> predicted;
  for (size_t l = 0; l < kLayers; ++l) {
    values = at::sigmoid(convolved(values, weight_[l], bias_[l]));
    values = clips ? at::avg_pool3d(values, {1, 2, 2}) : at::avg_pool2d(values, 2);
    predicted.push_back(read(l, clips ? values.mean(2) : values));
  }
  return at::cat(predicted, 1);
}

}  // namespace afterimage
